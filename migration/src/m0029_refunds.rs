//! Orders have refunds with numbers and times of their own, deliveries, and the changes of their status.

use sea_orm_migration::prelude::{DbErr, MigrationName, MigrationTrait, SchemaManager, async_trait};

use crate::table::{
    add_column_of_zeros, add_columns, create, id, index, key, number, numbered_table, part_of, small_number, table,
    unique,
};

pub(crate) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &'static str {
        "m0029_refunds"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // Null and 0 are right for every order without listed refunds, so no row is rewritten, and a running older version goes on
        // reading and writing.
        add_columns(manager, "orders", vec![number("refunded_minor")]).await?;
        for part in ["beyond_billions", "beyond_minor"] {
            add_column_of_zeros(manager, "order_totals", number(part)).await?;
        }
        order_refunds(manager).await?;
        order_deliveries(manager).await?;
        order_changes(manager).await
    }
}

async fn order_refunds(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let required = vec![
        id("id"),
        id("order_id"),
        small_number("position"),
        key("refund_no", 128),
        number("amount_minor"),
        number("refunded_at"),
    ];
    let mut refunds = table("order_refunds", required, vec![]);
    refunds.foreign_key(&mut part_of("order_refunds", "order_id", "orders"));
    // Also serves the refunds of a page of orders.
    create(manager, refunds, vec![unique("order_refunds", &["order_id", "refund_no"])]).await
}

async fn order_deliveries(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let required = vec![id("id"), id("order_id"), small_number("position"), key("carrier", 64), key("tracking_no", 64)];
    let mut deliveries = table("order_deliveries", required, vec![number("shipped_at")]);
    deliveries.foreign_key(&mut part_of("order_deliveries", "order_id", "orders"));
    create(manager, deliveries, vec![index("order_deliveries", &["order_id"])]).await
}

async fn order_changes(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let required = vec![id("order_id"), key("from_status", 16), key("to_status", 16), number("changed_at")];
    let mut changes = numbered_table("order_changes", "position", required, vec![]);
    changes.foreign_key(&mut part_of("order_changes", "order_id", "orders"));
    create(manager, changes, vec![index("order_changes", &["order_id"])]).await
}
