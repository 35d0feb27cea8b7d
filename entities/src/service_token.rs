//! Service tokens. The table has their hashes only.

use domain::{OperatorId, ServiceTokenId, Timestamp};
use sea_orm::entity::prelude::*;

/// A service token.
#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "service_tokens")]
pub struct Model {
    /// The id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ServiceTokenId,
    /// The hash of the token, 32 bytes. Unique.
    pub hash: Vec<u8>,
    /// The operator's name for it.
    pub name: String,
    /// The permissions, separated by spaces.
    pub scopes: String,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it expires.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// When it was last used, to the hour.
    pub last_used_at: Option<Timestamp>,
    /// The token that created it; absent for one from the command line.
    pub made_by: Option<ServiceTokenId>,
    /// The operator who created it.
    pub made_by_operator: Option<OperatorId>,
    /// Its uses.
    #[sea_orm(has_many)]
    pub uses: HasMany<super::service_token_use::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
