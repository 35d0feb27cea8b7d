//! The chain over the audit and the journal: each row seals one event and the row before.
//! How the hashes are made is told in `store`.

use domain::Timestamp;
use sea_orm::entity::prelude::*;

/// Which table an event is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(8))")]
pub enum Source {
    /// `audit_events`.
    #[sea_orm(string_value = "audit")]
    Audit,
    /// `link_events`.
    #[sea_orm(string_value = "journal")]
    Journal,
}

/// One sealed event.
#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_chain")]
pub struct Model {
    /// Its place, from 1 on.
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq: i64,
    /// Which table the event is in.
    pub source: Source,
    /// The event. Unique.
    pub event_id: Uuid,
    /// The hash of the event's row, 32 bytes.
    pub content: Vec<u8>,
    /// The hash of the row before, and of this one, 32 bytes.
    pub hash: Vec<u8>,
    /// A keyed hash of the hash, 32 bytes.
    pub mac: Vec<u8>,
    /// Which key it was made with.
    pub key_id: String,
    /// When it was sealed.
    pub sealed_at: Timestamp,
}

impl ActiveModelBehavior for ActiveModel {}
