//! Devices on which people signed in. The table has hashes of secrets only.

use domain::{DeviceId, Timestamp};
use sea_orm::entity::prelude::*;

/// A device.
#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "devices")]
pub struct Model {
    /// The id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: DeviceId,
    /// The hash of the device token. Unique.
    pub token_hash: Vec<u8>,
    /// When the first login on it was completed.
    pub created_at: Timestamp,
    /// When the last login on it was completed.
    pub seen_at: Timestamp,
    /// When a phone was last proved on it. From the first time on the device counts as known.
    pub proved_at: Option<Timestamp>,
}

impl ActiveModelBehavior for ActiveModel {}
