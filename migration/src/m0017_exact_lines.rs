//! Quantities and unit prices of order lines have a rest beyond the whole number of the older columns.

use sea_orm_migration::prelude::{DbErr, MigrationName, MigrationTrait, SchemaManager, async_trait};

use crate::table::{add_column_of_zeros, small_number};

pub(crate) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &'static str {
        "m0017_exact_lines"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // The older columns keep the whole part, so every row is right without being rewritten, and a running older version goes
        // on reading and writing.
        for rest in ["quantity_micros", "unit_micros"] {
            add_column_of_zeros(manager, "order_items", small_number(rest)).await?;
        }
        Ok(())
    }
}
