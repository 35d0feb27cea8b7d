//! From where a service token was used, day by day.
//! Only blocks of addresses are here, never whole addresses.

use domain::{ServiceTokenId, Timestamp};
use sea_orm::entity::prelude::*;

/// One block of addresses on one day.
#[sea_orm::model]
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
    /// The token.
    #[sea_orm(belongs_to, from = "token_id", to = "id", on_delete = "Cascade")]
    pub token: BelongsTo<super::service_token::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
