//! The cost of SMS per day, and the origin of requests for codes besides the session.

use sea_orm_migration::prelude::{DbErr, MigrationName, MigrationTrait, SchemaManager, async_trait};

use crate::table::{add_columns, add_index, create, index, key, number, small_number, table};

pub(crate) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &'static str {
        "m0006_sms"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        asked_for_codes(manager).await?;
        // A transaction that spends holds the row of the day until its end, which serializes the limits too.
        let required = vec![key("day", 10), number("code_cents"), number("notice_cents"), small_number("alarmed")];
        create(manager, table("sms_spending", required, vec![]), vec![]).await
    }
}

/// All may be null: codes are in use while the table changes.
async fn asked_for_codes(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let columns = vec![key("address_block", 64), key("app", 128), number("refused_at")];
    add_columns(manager, "phone_codes", columns).await?;
    // Serves the limits per address block.
    add_index(manager, "phone_codes", index("phone_codes", &["address_block", "sent_at"])).await?;
    // Serves the limits per app.
    add_index(manager, "phone_codes", index("phone_codes", &["app", "sent_at"])).await
}
