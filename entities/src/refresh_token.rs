//! Refresh tokens of sessions.
//! Only hashes of secrets are here, never the secrets.

use domain::{SessionId, Timestamp};
use sea_orm::entity::prelude::*;

/// One refresh token.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "refresh_tokens")]
pub struct Model {
    /// Its hash, 32 bytes.
    #[sea_orm(primary_key, auto_increment = false)]
    pub hash: Vec<u8>,
    /// The session it belongs to.
    pub session_id: SessionId,
    /// When it was given.
    pub created_at: Timestamp,
    /// When it is too late to use it.
    pub expires_at: Timestamp,
    /// When it was used. A second use is a theft or a slow network.
    pub spent_at: Option<Timestamp>,
}

/// Nothing is joined through a relation: the joins stand with the queries, in `store`.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
