//! From where a service token was used, day by day.
//! Only blocks of addresses are here, never whole addresses.

use domain::{ServiceTokenId, Timestamp};
use sea_orm::entity::prelude::*;

/// One block of addresses on one day.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "service_token_uses")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The token.
    pub token_id: ServiceTokenId,
    /// Days since 1970.
    pub day: i64,
    /// The block of addresses.
    pub address_block: String,
    /// When it was last used, to the hour.
    pub last_at: Timestamp,
}

/// Nothing is joined through a relation: the joins stand with the queries, in `store`.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
