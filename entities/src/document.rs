//! GraphQL documents that clients may send.

use domain::{DocumentId, Timestamp};
use sea_orm::entity::prelude::*;

/// A document of one app.
#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "documents")]
pub struct Model {
    /// The id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: DocumentId,
    /// The SHA-256 hash of the exact text, 32 bytes. Unique with the app.
    pub hash: Vec<u8>,
    /// The upstream id of the app whose clients may send it; `*` for every app.
    pub app: String,
    /// The text.
    pub text: String,
    /// When it was added.
    pub added_at: Timestamp,
}

impl ActiveModelBehavior for ActiveModel {}
