//! Sessions record whether their login was bound to its browser or device.

use sea_orm_migration::prelude::{DbErr, MigrationName, MigrationTrait, SchemaManager, async_trait};

use crate::table::{add_columns, flag};

pub(crate) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &'static str {
        "m0008_bound_logins"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // Null for existing sessions, which count as unbound: their boundness was not recorded.
        add_columns(manager, "sessions", vec![flag("bound")]).await
    }
}
