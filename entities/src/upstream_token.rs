//! Tokens that upstreams issued to the apps, and the lease on fetching the next one. The tokens are sealed; the keys are not in the
//! database.

use domain::Timestamp;
use sea_orm::entity::prelude::*;

/// A token, or the place of one that is to be fetched.
#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "upstream_tokens")]
pub struct Model {
    /// The token's name: its kind and app.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// The token, sealed; absent until one is fetched, and after it was dropped.
    pub sealed: Option<Vec<u8>>,
    /// The hash of the token, 32 bytes.
    pub hash: Option<Vec<u8>>,
    /// When the token expires.
    pub expires_at: Option<Timestamp>,
    /// The lease on fetching the next one, 16 bytes.
    pub lease: Option<Vec<u8>>,
    /// When the lease ends.
    pub lease_until: Option<Timestamp>,
    /// When the token was stored.
    pub fetched_at: Option<Timestamp>,
}

impl ActiveModelBehavior for ActiveModel {}
