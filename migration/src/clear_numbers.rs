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

/// Drops the columns unless they have a number. Returns whether it did.
pub(crate) async fn drop_if_sealed(manager: &SchemaManager<'_>) -> Result<bool, DbErr> {
    let db = manager.get_connection();
    if !manager.has_column("phones", CLEAR[0]).await? {
        return Ok(false);
    }
    let any =
        Statement::from_string(db.get_database_backend(), "SELECT 1 AS n FROM phones WHERE clear_number <> '' LIMIT 1");
    if db.query_one_raw(any).await?.is_some() {
        return Ok(false);
    }
    // The column by which another process sees that there is something to do goes last.
    for column in CLEAR.iter().rev() {
        drop_column(manager, "phones", column).await?;
    }
    Ok(true)
}

/// Rewrites the table, because a dropped column stays in the old places of its rows on the disk.
pub(crate) async fn rewrite(db: &DatabaseConnection) -> Result<(), DbErr> {
    let statements: &[&str] = match db.get_database_backend() {
        DbBackend::Sqlite => &["VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"],
        DbBackend::Postgres => &["VACUUM (FULL) phones"],
        _ => &["ALTER TABLE phones FORCE", "ALTER TABLE phone_codes FORCE"],
    };
    for statement in statements {
        db.execute_unprepared(statement).await?;
    }
    Ok(())
}
