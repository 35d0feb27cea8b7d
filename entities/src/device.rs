//! Devices that people signed in on.
//! Only hashes of secrets are here, never the secrets.

use domain::{DeviceId, Timestamp};
use sea_orm::entity::prelude::*;

/// One device.
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

/// Nothing is joined through a relation: the joins stand with the queries, in `store`.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
