//! Logins by a phone: the code is bound to the browser that asked for it, and the session knows the phone that opened it.

use sea_orm_migration::prelude::{DbErr, MigrationName, MigrationTrait, SchemaManager, async_trait};

use crate::table::{add_columns, hash, id};

pub(crate) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &'static str {
        "m0031_phone_logins"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // Null is right for every code and session from before, so a running older version goes on reading and writing. A code is
        // found by its number, which has few.
        add_columns(manager, "phone_codes", vec![hash("challenge")]).await?;
        // No foreign key: it only says which account the session goes with when a merge is undone.
        add_columns(manager, "sessions", vec![id("phone_id")]).await
    }
}
