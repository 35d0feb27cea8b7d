//! Changes of orders are told to open sockets, and operators correct orders.

use sea_orm_migration::prelude::{DbErr, MigrationName, MigrationTrait, SchemaManager, async_trait};

use crate::table::{create, id, index, key, number, numbered_table, part_of, sealed, text, unique};

pub(crate) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &'static str {
        "m0036_live_orders"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // No foreign keys: the rows live for minutes, and a batch must not wait for a lock to tell what it has changed.
        let indexes = vec![
            // Serves the readers, and finds what has no place yet.
            unique("order_news", &["seq"]),
            // Serves the purge.
            index("order_news", &["at"]),
        ];
        let required = vec![number("at"), sealed("orders")];
        create(manager, numbered_table("order_news", "position", required, vec![number("seq")]), indexes).await?;
        corrections(manager).await
    }
}

async fn corrections(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let required = vec![
        id("order_id"),
        id("old_link_id"),
        id("new_link_id"),
        number("old_placed_at"),
        number("new_placed_at"),
        key("actor", 64),
        number("corrected_at"),
    ];
    let mut corrections = numbered_table("order_corrections", "position", required, vec![text("reason")]);
    corrections.foreign_key(&mut part_of("order_corrections", "order_id", "orders"));
    let indexes = vec![
        index("order_corrections", &["order_id"]),
        // Serve the erasure of a person.
        index("order_corrections", &["old_link_id"]),
        index("order_corrections", &["new_link_id"]),
    ];
    create(manager, corrections, indexes).await
}
