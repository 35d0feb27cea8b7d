//! The orders of each openId, added up by month, status and currency; and those that are recorded already. Indexes for lists of
//! one status and lists by amount.

use sea_orm_migration::prelude::{
    DbErr, IndexCreateStatement, MigrationName, MigrationTrait, SchemaManager, async_trait,
};
use sea_orm_migration::sea_orm::prelude::Uuid;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend, Statement};

use crate::batch::{Batch, batch};
use crate::table::{add_index, create, id, index, key, keyed_table, number, references, small_number};

/// The openIds whose orders one statement adds up.
const BATCH: u64 = 1_000;

pub(crate) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &'static str {
        "m0018_order_totals"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        order_totals(manager).await?;
        let mut after = last_added_up(manager).await?;
        while let Some(last) = add_up(manager, after).await? {
            after = last;
        }
        for index in indexes() {
            add_index(manager, "orders", index).await?;
        }
        Ok(())
    }
}

pub(crate) fn indexes() -> [IndexCreateStatement; 2] {
    [
        // Serves a person's orders of one status page by page.
        index("orders", &["link_id", "status", "placed_at", "id"]),
        // Serves a person's orders by amount page by page.
        index("orders", &["link_id", "status", "currency", "total_minor", "id"]),
    ]
}

/// Creates the table, unless it is there.
pub(crate) async fn order_totals(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    if manager.has_table("order_totals").await? {
        return Ok(());
    }
    let keys = vec![id("link_id"), small_number("month"), key("status", 16), key("currency", 3)];
    let values = vec![number("orders"), number("total_billions"), number("total_minor")];
    let mut totals = keyed_table("order_totals", keys, values);
    create(manager, totals.foreign_key(&mut references("order_totals", "link_id", "open_ids")).to_owned(), vec![]).await
}

/// Returns the last openId whose orders are added up: they are taken in the order of their ids. Without any, returns an id that is
/// before all others.
pub(crate) async fn last_added_up(manager: &SchemaManager<'_>) -> Result<Uuid, DbErr> {
    let db = manager.get_connection();
    let last = "SELECT link_id FROM order_totals ORDER BY link_id DESC LIMIT 1";
    let last = db.query_one_raw(Statement::from_string(db.get_database_backend(), last)).await?;
    last.map_or(Ok(Uuid::nil()), |row| row.try_get("", "link_id"))
}

/// Adds up the orders of the next openIds, in one statement. Returns the last of them, or none if there are no more.
pub(crate) async fn add_up(manager: &SchemaManager<'_>, after: Uuid) -> Result<Option<Uuid>, DbErr> {
    let db = manager.get_connection();
    let backend = db.get_database_backend();
    let Batch { last, which, values } = batch(manager, "open_ids", "link_id", (after, BATCH)).await?;
    db.execute_raw(Statement::from_sql_and_values(backend, sums(backend, &which), values)).await?;
    Ok(last)
}

/// Returns the statement that adds up the orders of some openIds.
///
/// The calendar is whole numbers, because each database has its own functions of time, with its own range and zone. Days are
/// counted from 0000-03-01 in Beijing time, 62,162,064,000,000 milliseconds before 1970, so that all of them are positive and
/// that a year ends with its leap day. `era` is 400 years, `m` counts the months since the year 0.
fn sums(backend: DbBackend, which: &str) -> String {
    let div = if backend == DbBackend::MySql { "DIV" } else { "/" };
    let kept = "link_id, status, currency, total_minor";
    let days = format!("SELECT {kept}, (placed_at + 62162064000000) {div} 86400000 AS days FROM orders WHERE {which}");
    let eras = format!("SELECT {kept}, days {div} 146097 AS era, days % 146097 AS day FROM ({days}) a");
    let years = format!(
        "SELECT {kept}, era, day, (day - day {div} 1460 + day {div} 36524 - day {div} 146096) {div} 365 AS y FROM ({eras}) b"
    );
    let of_year =
        format!("SELECT {kept}, era * 400 + y AS y, day - (365 * y + y {div} 4 - y {div} 100) AS day FROM ({years}) c");
    let months = format!("SELECT {kept}, y * 12 + (5 * day + 2) {div} 153 + 2 AS m FROM ({of_year}) d");
    let parts = format!(
        "SELECT link_id, m {div} 12 * 100 + m % 12 + 1 AS month, status, currency, \
         total_minor {div} 1000000000 AS billions, total_minor % 1000000000 AS rest FROM ({months}) e"
    );
    format!(
        "INSERT INTO order_totals (link_id, month, status, currency, orders, total_billions, total_minor) \
         SELECT link_id, month, status, currency, COUNT(*), SUM(billions), SUM(rest) FROM ({parts}) f \
         GROUP BY link_id, month, status, currency"
    )
}
