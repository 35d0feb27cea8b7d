//! Devices, recognised by a token, and the requester of an SMS code besides the session.

use sea_orm_migration::prelude::{DbErr, MigrationName, MigrationTrait, SchemaManager, async_trait};

use crate::table::{add_columns, add_index, create, hash, id, index, number, table, unique};

pub(crate) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &'static str {
        "m0011_devices"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        devices(manager).await?;
        // No foreign key: a session may outlive its device, which is then unknown.
        add_columns(manager, "sessions", vec![id("device_id")]).await?;
        // All may be null: codes are in use while the table changes.
        let asked = vec![id("user_id"), id("link_id"), id("device_id"), hash("human_hash")];
        add_columns(manager, "phone_codes", asked).await?;
        // Of two codes that are requested with one answer to a human check one is sent.
        add_index(manager, "phone_codes", unique("phone_codes", &["human_hash"])).await?;
        // Serve the limits per account, per open id and per device.
        for column in ["user_id", "link_id", "device_id"] {
            add_index(manager, "phone_codes", index("phone_codes", &[column, "sent_at"])).await?;
        }
        Ok(())
    }
}

async fn devices(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let required = vec![id("id"), hash("token_hash"), number("created_at"), number("seen_at")];
    let indexes = vec![
        // Serves every login that brings a token.
        unique("devices", &["token_hash"]),
        // Serves the purge.
        index("devices", &["seen_at"]),
    ];
    create(manager, table("devices", required, vec![number("proved_at")]), indexes).await
}
