//! Logins by a QR code that a follower scans: who scanned it, and what they decided on the phone.

use sea_orm_migration::prelude::{DbErr, MigrationName, MigrationTrait, SchemaManager, async_trait};

use crate::table::{create, hash, index, key, keyed_table, number, unique};

pub(crate) struct Step;

impl MigrationName for Step {
    fn name(&self) -> &'static str {
        "m0027_qr_logins"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let values =
            vec![hash("scene_hash"), key("app", 128), key("status", 16), number("created_at"), number("expires_at")];
        let mut logins = keyed_table("qr_logins", vec![hash("state_hash")], values);
        for mut column in [key("open_id", 255), key("device", 64), key("address_block", 64)] {
            logins.col(column.null());
        }
        let indexes = vec![
            // Serves the scan and the page on the phone.
            unique("qr_logins", &["scene_hash"]),
            // Serves the erasure of a person.
            index("qr_logins", &["app", "open_id"]),
            // Serves the purge.
            index("qr_logins", &["expires_at"]),
        ];
        create(manager, logins, indexes).await
    }
}
