//! Migrates PostgreSQL while an older version serves: see ADR 0092.

use std::time::Duration;

use sea_orm_migration::prelude::{DbErr, MigratorTrait};
use sea_orm_migration::sea_orm::{ConnectionTrait, DatabaseConnection, DatabaseTransaction};

use crate::connection::{begin, code_of, connect, forget_statements, give_way, statement};
use crate::steps::{Error, Migrator, Work, pending_in};
use crate::waiting::Waiting;
use crate::{ahead, clear_numbers};

/// Held for all of the work. Waiting processes ask for it again and again: one that waits in the database has a snapshot, and the
/// building of an index waits for snapshots.
const ALL: i64 = 4_715_028;
/// Held by the transaction of a step. Processes of older versions hold it for all of their work, in one transaction.
const STEP: i64 = 4_715_027;
/// How often a process asks whether another one has finished.
const POLL: Duration = Duration::from_millis(200);
/// How often a step is tried while other transactions use its tables, a second apart.
const TRIES: u32 = 100;

/// Does the work while no other process migrates.
pub(crate) async fn alone(db: &DatabaseConnection, url: &str, work: &Work) -> Result<Vec<String>, Error> {
    let of_lock = connect(url).await?;
    let held = lock(&of_lock).await?;
    let done = done_by(db, work).await;
    let released = held.rollback().await;
    of_lock.close().await?;
    let done = done?;
    released?;
    Ok(done)
}

/// Returns a transaction that holds the lock. It has no snapshot.
async fn lock(db: &DatabaseConnection) -> Result<DatabaseTransaction, DbErr> {
    let mut waiting = Waiting::default();
    loop {
        let tx = begin(db).await?;
        let got = tx.query_one_raw(statement(db, &format!("SELECT pg_try_advisory_xact_lock({ALL}) AS got"))).await?;
        if got.map_or(Ok(false), |row| row.try_get("", "got"))? {
            return Ok(tx);
        }
        tx.rollback().await?;
        waiting.say();
        tokio::time::sleep(POLL).await;
    }
}

async fn done_by(db: &DatabaseConnection, work: &Work) -> Result<Vec<String>, Error> {
    let Work::Steps(most) = work else { return drop_clear_numbers(db, work).await };
    let mut pending = pending_in(db).await?;
    // A new database has no rows that would make a step long, and is there as a whole or not at all.
    if pending.len() == Migrator::migrations().len() {
        return repeated(db, None, work).await;
    }
    pending.truncate(most.map_or(usize::MAX, |most| most as usize));
    let mut done = Vec::new();
    for step in &pending {
        done.extend(repeated(db, Some(step), &Work::Steps(Some(1))).await?);
    }
    Ok(done)
}

async fn drop_clear_numbers(db: &DatabaseConnection, work: &Work) -> Result<Vec<String>, Error> {
    if !clear_numbers::are_sealed_in(db).await? {
        return Ok(Vec::new());
    }
    clear_numbers::rewrite(db).await?;
    let done = repeated(db, None, work).await?;
    // A snapshot of a backup or a standby has kept former rows, which lose the dropped columns only now.
    clear_numbers::rewrite(db).await?;
    Ok(done)
}

/// Does the work, again and again while other transactions use its tables for long.
async fn repeated(db: &DatabaseConnection, step: Option<&str>, work: &Work) -> Result<Vec<String>, Error> {
    let mut tries = 1;
    loop {
        match once(db, step, work).await {
            Err(Error::Database(error)) if tries < TRIES && is_contention(&error) => tries += 1,
            done => return done,
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

async fn once(db: &DatabaseConnection, step: Option<&str>, work: &Work) -> Result<Vec<String>, Error> {
    if let Some(step) = step {
        ahead::of(step, db).await?;
    }
    let tx = begin(db).await?;
    tx.execute_unprepared(&format!("SELECT pg_advisory_xact_lock({STEP})")).await?;
    give_way(&tx).await?;
    // SeaORM says that the table of the steps is there, once for each step.
    tx.execute_unprepared("SET LOCAL client_min_messages = warning").await?;
    let done = work.done_by((&tx).into()).await?;
    forget_statements(&tx).await?;
    tx.commit().await?;
    Ok(done)
}

/// `lock_not_available` or `deadlock_detected`: a request may hold what the step waits for, and wait for what the step holds.
fn is_contention(error: &DbErr) -> bool {
    matches!(code_of(error).as_deref(), Some("55P03" | "40P01"))
}
