//! Documents that clients may send.
//! The hash is of the text, exactly as it is.

use domain::{DocumentId, Timestamp};
use sea_orm::entity::prelude::*;

/// One document of one app.
#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "documents")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: DocumentId,
    /// SHA-256 of the text, 32 bytes. Unique with the app.
    pub hash: Vec<u8>,
    /// The upstream id of the app whose clients send it; `*` for every app.
    pub app: String,
    /// The document.
    pub text: String,
    /// When it was added.
    pub added_at: Timestamp,
}

impl ActiveModelBehavior for ActiveModel {}
