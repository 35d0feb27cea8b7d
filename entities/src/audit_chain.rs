//! The hash chain over the audit, the journal and their redactions: each row seals one event and the row before it.

use domain::Timestamp;
use sea_orm::entity::prelude::*;

/// The table of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(8))")]
pub enum Source {
    /// `audit_events`.
    #[sea_orm(string_value = "audit")]
    Audit,
    /// `link_events`.
    #[sea_orm(string_value = "journal")]
    Journal,
    /// `redactions`.
    #[sea_orm(string_value = "redacted")]
    Redaction,
}

/// A sealed event.
#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_chain")]
pub struct Model {
    /// The position, from 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq: i64,
    /// The table of the event.
    pub source: Source,
    /// The event. Unique.
    pub event_id: Uuid,
    /// The hash of the event's row, 32 bytes.
    pub content: Vec<u8>,
    /// The hash of this row and the row before, 32 bytes.
    pub hash: Vec<u8>,
    /// The keyed hash of `hash`, 32 bytes.
    pub mac: Vec<u8>,
    /// The key of the keyed hash.
    pub key_id: String,
    /// When it was sealed.
    pub sealed_at: Timestamp,
}

impl ActiveModelBehavior for ActiveModel {}
