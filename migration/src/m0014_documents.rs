//! The documents that clients may send, where only listed ones are executed.

use sea_orm_migration::prelude::{DbErr, MigrationName, MigrationTrait, SchemaManager, async_trait};

use crate::table::{create, hash, id, key, number, table, text, unique};

pub(crate) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &'static str {
        "m0014_documents"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let required = vec![id("id"), hash("hash"), key("app", 128), text("text"), number("added_at")];
        let documents = table("documents", required, vec![]);
        // Serves the search by hash, too.
        create(manager, documents, vec![unique("documents", &["hash", "app"])]).await
    }
}
