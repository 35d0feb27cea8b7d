//! What the support desk shows of the service, and operators whose role comes from a group: when an upstream's token was fetched, how
//! many messages a day's money has paid, and when an operator was found in no group any more.

use sea_orm_migration::prelude::{DbErr, MigrationName, MigrationTrait, SchemaManager, async_trait};

use crate::table::{add_column_of_zeros, add_columns, number};

pub(crate) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &'static str {
        "m0035_desk"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // Null is right for every token and operator from before, and a running older version goes on reading and writing.
        add_columns(manager, "upstream_tokens", vec![number("fetched_at")]).await?;
        add_columns(manager, "operators", vec![number("left_at")]).await?;
        // Messages that an older version sends are not counted; what they cost is.
        for messages in ["code_messages", "notice_messages"] {
            add_column_of_zeros(manager, "sms_spending", number(messages)).await?;
        }
        Ok(())
    }
}
