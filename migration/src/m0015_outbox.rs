//! The outbox: messages that are sent after the transaction that caused them; and the outcomes that a repeated request gets again.

use sea_orm_migration::prelude::{DbErr, MigrationName, MigrationTrait, SchemaManager, async_trait};

use crate::table::{create, hash, id, index, key, number, small_number, table, text};

pub(crate) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &'static str {
        "m0015_outbox"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        outbox(manager).await?;
        receipts(manager).await
    }
}

/// No foreign keys: a message may outlive the account and the phone that it is for.
async fn outbox(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let required = vec![
        id("id"),
        key("kind", 32),
        text("payload"),
        id("user_id"),
        key("state", 16),
        small_number("attempts"),
        number("created_at"),
        number("due_at"),
    ];
    let optional = vec![id("phone_id"), text("last_error"), number("settled_at")];
    let indexes = vec![
        // Serves the worker and the list of an operator.
        index("outbox", &["state", "due_at"]),
        // Serves the limit per account.
        index("outbox", &["user_id", "created_at"]),
        // Serves the purge.
        index("outbox", &["settled_at"]),
    ];
    create(manager, table("outbox", required, optional), indexes).await
}

async fn receipts(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let required = vec![hash("request_hash"), text("outcome"), number("expires_at")];
    // Serves the purge.
    let indexes = vec![index("receipts", &["expires_at"])];
    create(manager, table("receipts", required, vec![]), indexes).await
}
