//! Tokens that upstreams gave the apps, and who may fetch the next one.
//! The tokens are sealed; the keys are nowhere in the database.

use domain::Timestamp;
use sea_orm::entity::prelude::*;

/// One token, or the place of one that is to be fetched.
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

/// Nothing is joined through a relation: the joins stand with the queries, in `store`.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
