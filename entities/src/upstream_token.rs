//! Tokens that upstreams gave the apps, and who may fetch the next one.
//! The tokens are sealed; the keys are nowhere in the database.

use domain::Timestamp;
use sea_orm::entity::prelude::*;

/// One token, or the place of one that is to be fetched.
#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "upstream_tokens")]
pub struct Model {
    /// Which token of which app.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// The token, sealed; absent until one is fetched, and again when it was forgotten.
    pub sealed: Option<Vec<u8>>,
    /// The hash of the token, 32 bytes.
    pub hash: Option<Vec<u8>>,
    /// When the token ends.
    pub expires_at: Option<Timestamp>,
    /// Who may fetch the next one, 16 bytes.
    pub lease: Option<Vec<u8>>,
    /// Until when.
    pub lease_until: Option<Timestamp>,
}

impl ActiveModelBehavior for ActiveModel {}
