//! The exchanges of each app at its upstream within the present minute.

use sea_orm_migration::prelude::{DbErr, MigrationName, MigrationTrait, SchemaManager, async_trait};

use crate::table::{create, key, number, small_number, table};

pub(crate) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &'static str {
        "m0013_limits"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // One row per app counts for all replicas.
        let columns = vec![key("app", 128), number("minute"), small_number("exchanges"), small_number("of_strangers")];
        create(manager, table("upstream_budgets", columns, vec![]), vec![]).await
    }
}
