//! A QR code may lead to a page of ours: which phone has opened it, and the unionId that its authorization told.

use sea_orm_migration::prelude::{DbErr, MigrationName, MigrationTrait, SchemaManager, async_trait};

use crate::table::{add_columns, hash, key};

pub(crate) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &'static str {
        "m0030_qr_pages"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        add_columns(manager, "qr_logins", vec![hash("phone"), key("union_id", 255)]).await
    }
}
