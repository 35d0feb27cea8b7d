//! Events for other systems: the feed, and their deliveries to webhooks.

use sea_orm_migration::prelude::{DbErr, MigrationName, MigrationTrait, SchemaManager, async_trait};

use crate::table::{create, id, index, key, number, numbered_table, small_number, table, text, unique};

pub(crate) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &'static str {
        "m0023_events"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        events(manager).await?;
        create(manager, table("event_marks", vec![key("name", 64), number("seq")], vec![]), vec![]).await?;
        endpoints(manager).await?;
        deliveries(manager).await
    }
}

/// No foreign keys: an event may outlive what it is about, and a login must not wait for the lock of a merge to tell about it.
async fn events(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let required = vec![id("id"), key("kind", 32), id("lane"), text("data"), number("at")];
    let optional = vec![id("other_lane"), number("seq")];
    let indexes = vec![
        unique("events", &["id"]),
        // Serves the feed, and finds what has no place in it yet.
        unique("events", &["seq"]),
        // Serve the erasure of a person.
        index("events", &["lane"]),
        index("events", &["other_lane"]),
    ];
    create(manager, numbered_table("events", "position", required, optional), indexes).await
}

async fn endpoints(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let required = vec![key("name", 64), number("seq"), small_number("failures")];
    let optional = vec![number("paused_until"), number("gone_at"), text("last_error"), number("failed_at")];
    create(manager, table("webhook_endpoints", required, optional), vec![]).await
}

async fn deliveries(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let required = vec![
        id("id"),
        key("endpoint", 64),
        number("seq"),
        id("event_id"),
        id("lane"),
        key("state", 16),
        small_number("attempts"),
        number("created_at"),
        number("due_at"),
    ];
    let optional = vec![id("other_lane"), number("lease_until"), text("last_error"), number("settled_at")];
    let indexes = vec![
        // An event is delivered to an endpoint once.
        unique("webhook_deliveries", &["endpoint", "seq"]),
        // Serves the worker.
        index("webhook_deliveries", &["endpoint", "state", "due_at", "seq"]),
        // Serve the order within a lane.
        index("webhook_deliveries", &["lane", "endpoint", "state", "seq"]),
        index("webhook_deliveries", &["other_lane", "endpoint", "state", "seq"]),
        // Serves the purge and an operator who looks for one event.
        index("webhook_deliveries", &["seq"]),
        index("webhook_deliveries", &["event_id"]),
    ];
    create(manager, table("webhook_deliveries", required, optional), indexes).await
}
