//! Entries of the journal and the audit whose words about a person were removed. Append-only and part of the chain.

use domain::Timestamp;
use sea_orm::entity::prelude::*;

use crate::audit_chain::Source;

/// The removal of words from one entry.
#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "redactions")]
pub struct Model {
    /// The id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The table of the entry.
    pub source: Source,
    /// The entry.
    pub event_id: Uuid,
    /// The hash of the entry's row before, 32 bytes.
    pub content_before: Vec<u8>,
    /// The hash of the entry's row after, 32 bytes.
    pub content_after: Vec<u8>,
    /// When.
    pub at: Timestamp,
}

impl ActiveModelBehavior for ActiveModel {}
