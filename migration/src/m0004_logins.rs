//! What a login keeps from its beginning to its end.
//! The states themselves came in the second step.

use sea_orm_migration::prelude::{DbErr, MigrationName, MigrationTrait, SchemaManager, async_trait};

use crate::table::{add_columns, hash, key};

pub(crate) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &'static str {
        "m0004_logins"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        kept_with_states(manager).await
    }
}

/// All may be null: logins are under way while the table changes.
async fn kept_with_states(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let columns = vec![key("nonce", 64), key("code_verifier", 128), hash("challenge")];
    add_columns(manager, "login_states", columns).await
}
