//! Events about people that upstreams push, stored before the push is answered.

use sea_orm_migration::prelude::{DbErr, MigrationName, MigrationTrait, SchemaManager, async_trait};

use crate::table::{create, hash, id, index, key, number, small_number, table, text, unique};

pub(crate) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &'static str {
        "m0022_pushes"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    /// No foreign key: an event may be about a person who has never logged in.
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let required = vec![
            id("id"),
            key("app", 128),
            hash("message_hash"),
            key("open_id", 255),
            key("event", 64),
            text("payload"),
            number("happened_at"),
            key("state", 16),
            small_number("attempts"),
            number("created_at"),
            number("due_at"),
        ];
        let optional = vec![text("last_error"), number("settled_at")];
        let indexes = vec![
            // A repeated push is stored once.
            unique("pushes", &["message_hash"]),
            // Serves the worker and the list of an operator.
            index("pushes", &["state", "due_at"]),
            // Serves the order of a person's events, and the erasure of a person.
            index("pushes", &["app", "open_id", "state"]),
            // Serves the purge.
            index("pushes", &["settled_at"]),
        ];
        create(manager, table("pushes", required, optional), indexes).await
    }
}
