//! Acts that wait for a second operator.

use sea_orm_migration::prelude::{DbErr, MigrationName, MigrationTrait, SchemaManager, async_trait};

use crate::table::{create, id, index, key, number, sealed, table, text, unique};

pub(crate) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &'static str {
        "m0033_requests"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let required = vec![
            id("id"),
            key("kind", 16),
            id("user_id"),
            text("payload"),
            text("reason"),
            key("asked_by", 64),
            number("asked_at"),
            number("expires_at"),
            key("state", 16),
        ];
        let optional = vec![
            id("other_user_id"),
            id("phone_id"),
            sealed("sealed_number"),
            key("open_key", 128),
            key("decided_by", 64),
            number("decided_at"),
        ];
        let indexes = vec![
            // One open request for one act: null once it is decided.
            unique("requests", &["open_key"]),
            // Serves the list of open requests.
            index("requests", &["state", "asked_at", "id"]),
            // Serves the purge.
            index("requests", &["expires_at"]),
            // Serves the erasure of a person.
            index("requests", &["user_id"]),
            index("requests", &["other_user_id"]),
        ];
        create(manager, table("requests", required, optional), indexes).await
    }
}
