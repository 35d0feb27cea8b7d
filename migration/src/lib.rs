//! The migrations, one file per step. They share no code with `entities`: a step describes a former state, and must not change
//! when the tables do. Terms: `docs/glossary.md`.

mod ahead;
mod batch;
mod clear_numbers;
mod connection;
mod m0001_people;
mod m0002_sessions;
mod m0003_orders;
mod m0004_logins;
mod m0005_upstream_tokens;
mod m0006_sms;
mod m0007_identity;
mod m0008_bound_logins;
mod m0009_refresh_generations;
mod m0010_sealed_phones;
mod m0011_devices;
mod m0012_controls;
mod m0013_limits;
mod m0014_documents;
mod m0015_outbox;
mod m0016_notice_limits;
mod m0017_exact_lines;
mod m0018_order_totals;
mod m0019_own_words;
mod m0021_shop_updated_at;
mod m0022_pushes;
mod m0023_events;
mod m0024_erasure;
mod m0025_backfill;
mod m0026_pictures;
mod m0027_qr_logins;
mod m0028_search;
mod m0029_refunds;
mod m0030_qr_pages;
mod m0031_phone_logins;
mod m0032_operators;
mod m0033_requests;
mod m0035_desk;
mod m0036_live_orders;
mod postgres;
mod steps;
mod table;
#[cfg(feature = "throwaway")]
pub mod throwaway;
mod waiting;

use std::time::Duration;

use sea_orm_migration::sea_orm::{
    ConnectionTrait, DatabaseConnection, DbBackend, DbErr, SqliteTransactionMode, TransactionOptions,
};

use connection::{begin_with, code_of, connect, statement, was_ended_by_oceanbase};
pub use steps::{Error, Migrator};
use steps::{Work, pending_in};
use waiting::Waiting;

/// SQLite's code for a database that another connection writes.
const BUSY: &str = "5";
/// How long a process waits for another one to write SQLite: it may migrate, or only hold a transaction open.
const WAIT_FOR_SQLITE: Duration = Duration::from_mins(30);

/// Runs every pending step, and returns their names. Of several processes that do so at once, one does the work and the others
/// wait for it. Creates the file of a SQLite database.
pub async fn up(url: &str) -> Result<Vec<String>, Error> {
    let db = connect(url).await?;
    let taken = alone(&db, url, &Work::Steps(None)).await;
    db.close().await?;
    taken
}

/// Returns whether phone numbers of an older version are still in clear columns. `store`, which has the keys, seals them, and
/// [`drop_clear_numbers`] drops the columns. Writes nothing.
pub async fn has_clear_numbers(url: &str) -> Result<bool, Error> {
    let db = connect(url).await?;
    let are_there = clear_numbers::are_there(&db).await;
    db.close().await?;
    Ok(are_there?)
}

/// Rewrites the tables, so that no number is left on the disk, and drops the clear columns. Does nothing while they have a number.
pub async fn drop_clear_numbers(url: &str) -> Result<(), Error> {
    let db = connect(url).await?;
    if clear_numbers::are_sealed_in(&db).await? {
        // The servers rewrite while they hold the lock: two processes at once would be a deadlock, or an error of OceanBase.
        if db.get_database_backend() == DbBackend::Sqlite {
            clear_numbers::rewrite(&db).await?;
        }
        alone(&db, url, &Work::DropClearNumbers).await?;
    }
    Ok(db.close().await?)
}

/// Runs the pending steps up to and including this one, for tests.
#[cfg(feature = "throwaway")]
pub async fn up_to(url: &str, last: &str) -> Result<Vec<String>, Error> {
    let db = connect(url).await?;
    let steps = pending_in(&db).await?.iter().position(|step| step == last).map_or(0, |at| at + 1);
    let taken = alone(&db, url, &Work::Steps(u32::try_from(steps).ok())).await;
    db.close().await?;
    taken
}

/// Does the work while no other process does. A start without a pending step takes no lock.
async fn alone(db: &DatabaseConnection, url: &str, work: &Work) -> Result<Vec<String>, Error> {
    if matches!(work, Work::Steps(_)) && pending_in(db).await?.is_empty() {
        return Ok(Vec::new());
    }
    match db.get_database_backend() {
        DbBackend::Postgres => postgres::alone(db, url, work).await,
        DbBackend::Sqlite => in_one_transaction(db, work).await,
        // MySQL commits every change of a table by itself, so a lock of the connection replaces that of a transaction.
        _ => under_lock_of_connection(db, work).await,
    }
}

/// Returns the names of the pending steps. Writes nothing.
pub async fn pending(url: &str) -> Result<Vec<String>, Error> {
    let db = connect(url).await?;
    let names = pending_in(&db).await;
    db.close().await?;
    names
}

/// For SQLite, whose single writer the transaction is.
async fn in_one_transaction(db: &DatabaseConnection, work: &Work) -> Result<Vec<String>, Error> {
    let options = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    let mut waiting = Waiting::default();
    let tx = loop {
        match begin_with(db, options).await {
            Err(error) if code_of(&error).as_deref() == Some(BUSY) && waiting.is_shorter_than(WAIT_FOR_SQLITE) => {
                waiting.say();
            }
            begun => break begun?,
        }
    };
    let done = work.done_by((&tx).into()).await?;
    tx.commit().await?;
    Ok(done)
}

async fn under_lock_of_connection(db: &DatabaseConnection, work: &Work) -> Result<Vec<String>, Error> {
    let mut waiting = Waiting::default();
    while !has_taken_lock(db).await? {
        waiting.say();
    }
    if matches!(work, Work::DropClearNumbers) && clear_numbers::are_sealed_in(db).await? {
        clear_numbers::rewrite(db).await?;
    }
    let done = work.done_by(db.into()).await?;
    db.query_one_raw(statement(db, "SELECT RELEASE_LOCK(CONCAT('guiyi ', DATABASE()))")).await?;
    Ok(done)
}

/// Waits for the lock for five seconds: the server ends a statement that waits for long.
async fn has_taken_lock(db: &DatabaseConnection) -> Result<bool, DbErr> {
    // The hint is OceanBase's: locks are rows there, and the wait for one of them has no end of its own.
    let lock = "SELECT /*+ QUERY_TIMEOUT(10000000) */ COALESCE(GET_LOCK(CONCAT('guiyi ', DATABASE()), 5), 0) AS got";
    match db.query_one_raw(statement(db, lock)).await {
        Ok(row) => Ok(row.map_or(Ok(0), |row| row.try_get::<i64>("", "got"))? == 1),
        Err(error) if was_ended_by_oceanbase(&error) => {
            db.execute_unprepared("ROLLBACK").await?;
            tokio::time::sleep(Duration::from_secs(1)).await;
            Ok(false)
        }
        Err(error) => Err(error),
    }
}
