//! Drops the columns that once had phone numbers in clear, after all of them were sealed. `store`, which has the keys, seals them.

use std::time::Duration;

use sea_orm_migration::prelude::{DbErr, SchemaManager};
use sea_orm_migration::sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};

use crate::connection::{begin, lift_limits_of_session};
use crate::table::drop_column;
use crate::waiting::Waiting;

/// For how long a process tries to empty the log of SQLite, and how long it pauses after each try.
const PATIENCE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(100);
const CLEAR: [&str; 2] = ["clear_number", "clear_active_number"];

/// Returns whether the columns still exist.
pub(crate) async fn are_there(db: &DatabaseConnection) -> Result<bool, DbErr> {
    let tx = begin(db).await?;
    let manager = SchemaManager::new(&tx);
    let are_there = manager.has_table("phones").await? && manager.has_column("phones", CLEAR[0]).await?;
    tx.rollback().await?;
    Ok(are_there)
}

/// Returns whether the columns still exist and have no number.
pub(crate) async fn are_sealed(manager: &SchemaManager<'_>) -> Result<bool, DbErr> {
    if !manager.has_column("phones", CLEAR[0]).await? {
        return Ok(false);
    }
    let db = manager.get_connection();
    let any = "SELECT 1 AS n FROM phones WHERE clear_number <> '' LIMIT 1";
    Ok(db.query_one_raw(Statement::from_string(db.get_database_backend(), any)).await?.is_none())
}

/// Returns the same in a transaction of its own.
pub(crate) async fn are_sealed_in(db: &DatabaseConnection) -> Result<bool, DbErr> {
    let tx = begin(db).await?;
    let are_sealed = are_sealed(&SchemaManager::new(&tx)).await;
    tx.rollback().await?;
    match are_sealed {
        // Another process has dropped them meanwhile.
        Err(_) if !are_there(db).await? => Ok(false),
        are_sealed => are_sealed,
    }
}

/// Drops the columns unless they have a number. Returns whether it did.
pub(crate) async fn drop_if_sealed(manager: &SchemaManager<'_>) -> Result<bool, DbErr> {
    if !are_sealed(manager).await? {
        return Ok(false);
    }
    // The column by which another process sees that there is something to do goes last.
    for column in CLEAR.iter().rev() {
        drop_column(manager, "phones", column).await?;
    }
    Ok(true)
}

/// Rewrites the tables that had numbers in clear, because a value that was emptied stays in the old places of its rows on the disk.
/// Comes before the columns are dropped: while they are there, an interrupted run is seen to be one.
pub(crate) async fn rewrite(db: &DatabaseConnection) -> Result<(), DbErr> {
    match db.get_database_backend() {
        DbBackend::Sqlite => {
            db.execute_unprepared("VACUUM").await?;
            empty_log(db).await
        }
        DbBackend::Postgres => {
            lift_limits_of_session(db).await?;
            run(db, ["VACUUM (FULL) phones", "VACUUM (FULL) phone_codes"]).await
        }
        _ => run(db, ["ALTER TABLE phones FORCE", "ALTER TABLE phone_codes FORCE"]).await,
    }
}

async fn run(db: &DatabaseConnection, statements: [&str; 2]) -> Result<(), DbErr> {
    for statement in statements {
        db.execute_unprepared(statement).await?;
    }
    Ok(())
}

/// Writes the log of SQLite to the file and empties it. Fails while another program reads: then the numbers stay in the file.
async fn empty_log(db: &DatabaseConnection) -> Result<(), DbErr> {
    let waiting = Waiting::default();
    // Another process of Guiyi may do the same at this moment.
    while waiting.is_shorter_than(PATIENCE) {
        let checkpoint = Statement::from_string(DbBackend::Sqlite, "PRAGMA wal_checkpoint(TRUNCATE)");
        let row = db.query_one_raw(checkpoint).await?;
        let is_busy: i32 = row.map_or(Ok(0), |row| row.try_get_by_index(0))?;
        if is_busy == 0 {
            return Ok(());
        }
        tokio::time::sleep(PAUSE).await;
    }
    let said = "another program reads the database, so phone numbers that are encrypted now stay on the disk in clear: \
                end that program and start again";
    Err(DbErr::Migration(said.to_owned()))
}
