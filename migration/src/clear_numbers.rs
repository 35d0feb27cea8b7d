//! Drops the columns that once had phone numbers in clear, after all of them were sealed. `store`, which has the keys, seals them.

use sea_orm_migration::prelude::{DbErr, SchemaManager};
use sea_orm_migration::sea_orm::{ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, Statement};

use crate::table::drop_column;

const CLEAR: [&str; 2] = ["clear_number", "clear_active_number"];

/// Returns whether the columns still exist.
pub(crate) async fn are_there(db: &DatabaseTransaction) -> Result<bool, DbErr> {
    let manager = SchemaManager::new(db);
    Ok(manager.has_table("phones").await? && manager.has_column("phones", CLEAR[0]).await?)
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
pub(crate) async fn rewrite(db: &DatabaseConnection) -> Result<(), DbErr> {
    let statements: &[&str] = match db.get_database_backend() {
        DbBackend::Sqlite => &["VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"],
        DbBackend::Postgres => &["VACUUM (FULL) phones", "VACUUM (FULL) phone_codes"],
        _ => &["ALTER TABLE phones FORCE", "ALTER TABLE phone_codes FORCE"],
    };
    for statement in statements {
        db.execute_unprepared(statement).await?;
    }
    Ok(())
}
