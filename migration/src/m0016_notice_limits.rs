//! The number that a notice goes to, by its keyed hash, so that notices are limited by number.

use sea_orm_migration::prelude::{DbErr, MigrationName, MigrationTrait, SchemaManager, async_trait};

use crate::table::{add_columns, add_index, hash, index};

pub(crate) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &'static str {
        "m0016_notice_limits"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        add_columns(manager, "outbox", vec![hash("number_hash")]).await?;
        // Serves the limit per number.
        add_index(manager, "outbox", index("outbox", &["number_hash", "created_at"])).await
    }
}
