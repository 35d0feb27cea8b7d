//! The outcomes of requests that a client may send again because it lost the answer.

use domain::Timestamp;
use sea_orm::entity::prelude::*;

/// The outcome of a request.
#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "receipts")]
pub struct Model {
    /// The keyed hash of the session, the operation and its proof.
    #[sea_orm(primary_key, auto_increment = false)]
    pub request_hash: Vec<u8>,
    /// The outcome, as JSON: ids and codes, no tokens.
    pub outcome: String,
    /// When the outcome expires.
    pub expires_at: Timestamp,
}

impl ActiveModelBehavior for ActiveModel {}
