//! Tokens of back-office systems.
//! Only hashes of secrets are here, never the secrets.

use domain::{ServiceTokenId, Timestamp};
use sea_orm::entity::prelude::*;

/// One token.
#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "service_tokens")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ServiceTokenId,
    /// Its hash, 32 bytes. Unique.
    pub hash: Vec<u8>,
    /// What the operator calls it.
    pub name: String,
    /// What it allows: words with spaces between them.
    pub scopes: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// When it was last used, to the hour.
    pub last_used_at: Option<Timestamp>,
    /// The token that made it; none for one that was made at the command line.
    pub made_by: Option<ServiceTokenId>,
    /// Its uses.
    #[sea_orm(has_many)]
    pub uses: HasMany<super::service_token_use::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
