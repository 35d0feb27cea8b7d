//! Orders and their lines.

use sea_orm_migration::prelude::{DbErr, MigrationName, MigrationTrait, SchemaManager, async_trait};

use crate::table::{create, id, index, key, number, part_of, references, small_number, table, text, unique};

pub(crate) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &'static str {
        "m0003_orders"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        orders(manager).await?;
        order_items(manager).await
    }
}

async fn orders(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let required = vec![
        id("id"),
        id("link_id"),
        key("app", 128),
        key("order_no", 128),
        key("status", 16),
        number("total_minor"),
        key("currency", 3),
        number("placed_at"),
        number("created_at"),
        number("updated_at"),
    ];
    let mut orders = table("orders", required, vec![]);
    let indexes = vec![
        // Serves every report of an order.
        unique("orders", &["app", "order_no"]),
        // Serves a person's orders page by page, and the test whether an openId has any.
        index("orders", &["link_id", "placed_at", "id"]),
    ];
    create(manager, orders.foreign_key(&mut references("orders", "link_id", "open_ids")).to_owned(), indexes).await
}

async fn order_items(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let required = vec![
        id("id"),
        id("order_id"),
        small_number("position"),
        text("title"),
        number("quantity"),
        number("unit_minor"),
    ];
    let mut items = table("order_items", required, vec![text("sku")]);
    let indexes = vec![
        // Serves the lines of a page of orders.
        index("order_items", &["order_id"]),
    ];
    create(manager, items.foreign_key(&mut part_of("order_items", "order_id", "orders")).to_owned(), indexes).await
}
