//! The rows of a large table, taken in the order of their ids.

use sea_orm_migration::prelude::{DbErr, SchemaManager};
use sea_orm_migration::sea_orm::prelude::Uuid;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend, Statement, Value};

/// Some rows.
pub(crate) struct Batch {
    /// The last of them; none if there are no more after them.
    pub(crate) last: Option<Uuid>,
    /// The condition that they meet, and its values.
    pub(crate) which: String,
    pub(crate) values: Vec<Value>,
}

/// Returns so many rows of a table after an id. `column` has the id in the table that the condition is about.
pub(crate) async fn batch(
    manager: &SchemaManager<'_>,
    table: &str,
    column: &str,
    (after, size): (Uuid, u64),
) -> Result<Batch, DbErr> {
    let db = manager.get_connection();
    let backend = db.get_database_backend();
    let [first, second] = if backend == DbBackend::Postgres { ["$1", "$2"] } else { ["?", "?"] };
    let last = format!("SELECT id FROM {table} WHERE id > {first} ORDER BY id LIMIT 1 OFFSET {}", size - 1);
    let last = db.query_one_raw(Statement::from_sql_and_values(backend, last, [after.into()])).await?;
    let last: Option<Uuid> = last.map(|row| row.try_get("", "id")).transpose()?;
    let (which, values) = match last {
        Some(last) => (format!("{column} > {first} AND {column} <= {second}"), vec![after.into(), last.into()]),
        None => (format!("{column} > {first}"), vec![after.into()]),
    };
    Ok(Batch { last, which, values })
}
