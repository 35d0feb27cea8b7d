//! The orders of each openId, added up by month, status and currency; and those that are recorded already. Indexes for lists of
//! one status and lists by amount.

use sea_orm_migration::prelude::{DbErr, MigrationName, MigrationTrait, SchemaManager, async_trait};
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend};

use crate::table::{add_index, create, id, index, key, keyed_table, number, references, small_number};

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
        let db = manager.get_connection();
        // MySQL commits every statement by itself: a step that was interrupted begins again.
        db.execute_unprepared("DELETE FROM order_totals").await?;
        db.execute_unprepared(&fill(db.get_database_backend())).await?;
        // Serves a person's orders of one status page by page.
        add_index(manager, "orders", index("orders", &["link_id", "status", "placed_at", "id"])).await?;
        // Serves a person's orders by amount page by page.
        add_index(manager, "orders", index("orders", &["link_id", "status", "currency", "total_minor", "id"])).await
    }
}

async fn order_totals(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let keys = vec![id("link_id"), small_number("month"), key("status", 16), key("currency", 3)];
    let values = vec![number("orders"), number("total_billions"), number("total_minor")];
    let mut totals = keyed_table("order_totals", keys, values);
    create(manager, totals.foreign_key(&mut references("order_totals", "link_id", "open_ids")).to_owned(), vec![]).await
}

/// Adds up all orders in one statement.
///
/// The calendar is whole numbers, because each database has its own functions of time, with its own range and zone. Days are
/// counted from 0000-03-01 in Beijing time, 62,162,064,000,000 milliseconds before 1970, so that all of them are positive and
/// that a year ends with its leap day. `era` is 400 years, `m` counts the months since the year 0.
fn fill(backend: DbBackend) -> String {
    let div = if backend == DbBackend::MySql { "DIV" } else { "/" };
    let kept = "link_id, status, currency, total_minor";
    let days = format!("SELECT {kept}, (placed_at + 62162064000000) {div} 86400000 AS days FROM orders");
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
