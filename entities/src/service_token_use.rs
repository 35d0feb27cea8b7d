//! The address blocks from which a service token was used, by day. Whole addresses are not stored.

use domain::{ServiceTokenId, Timestamp};
use sea_orm::entity::prelude::*;

/// An address block on one day.
#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "service_token_uses")]
pub struct Model {
    /// The id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The token.
    pub token_id: ServiceTokenId,
    /// The day, in days since 1970.
    pub day: i64,
    /// The address block.
    pub address_block: String,
    /// When it was last used, to the hour.
    pub last_at: Timestamp,
    /// The token.
    #[sea_orm(belongs_to, from = "token_id", to = "id", on_delete = "Cascade")]
    pub token: BelongsTo<super::service_token::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
