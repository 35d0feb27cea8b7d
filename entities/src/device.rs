//! Devices that people signed in on.
//! Only hashes of secrets are here, never the secrets.

use domain::{DeviceId, Timestamp};
use sea_orm::entity::prelude::*;

/// One device.
#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "devices")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: DeviceId,
    /// The hash of its token. Unique.
    pub token_hash: Vec<u8>,
    /// When the first login was completed on it.
    pub created_at: Timestamp,
    /// When the last one was.
    pub seen_at: Timestamp,
    /// When a phone was last proved on it: since the first time it counts as known.
    pub proved_at: Option<Timestamp>,
}

impl ActiveModelBehavior for ActiveModel {}
