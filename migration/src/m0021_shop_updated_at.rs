//! Orders keep the time at which the shop last changed them, so that a late report does not undo a newer one.

use sea_orm_migration::prelude::{DbErr, MigrationName, MigrationTrait, SchemaManager, async_trait};

use crate::table::{add_columns, number};

pub(crate) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &'static str {
        "m0021_shop_updated_at"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // A running older version leaves it empty: its reports count in the order in which they arrive, as before.
        add_columns(manager, "orders", vec![number("shop_updated_at")]).await
    }
}
