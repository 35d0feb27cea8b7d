//! Orders, as the company's systems report them.
//! Whose an order is follows from the open id that placed it.

use domain::order::{OrderNo, OrderStatus};
use domain::{AppId, Currency, LinkId, OrderId, Timestamp};
use sea_orm::entity::prelude::*;

/// One order.
#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "orders")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: OrderId,
    /// The open id that placed it, for ever.
    pub link_id: LinkId,
    /// The app it was placed in. Unique together with the number.
    pub app: AppId,
    /// The shop's number.
    pub order_no: OrderNo,
    /// Where it stands.
    pub status: OrderStatus,
    /// What it costs in all, in minor units.
    pub total_minor: i64,
    /// The currency of all its amounts.
    pub currency: Currency,
    /// When it was placed; never changes, because it is its place in every list.
    pub placed_at: Timestamp,
    /// When it was first reported.
    pub created_at: Timestamp,
    /// When a report last changed it.
    pub updated_at: Timestamp,
    /// The open id that placed it.
    #[sea_orm(belongs_to, from = "link_id", to = "id")]
    pub link: BelongsTo<super::open_id::Entity>,
    /// Its lines.
    #[sea_orm(has_many)]
    pub items: HasMany<super::order_item::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
