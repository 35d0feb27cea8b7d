//! Orders, as the company's systems report them. An order belongs to the openId that placed it.

use domain::order::{OrderNo, OrderStatus};
use domain::{AppId, Currency, LinkId, OrderId, Timestamp};
use sea_orm::entity::prelude::*;

/// An order.
#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "orders")]
pub struct Model {
    /// The id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: OrderId,
    /// The openId that placed it. Only an operator corrects it.
    pub link_id: LinkId,
    /// The app in which it was placed. Unique together with the number.
    pub app: AppId,
    /// The shop's order number.
    pub order_no: OrderNo,
    /// The status.
    pub status: OrderStatus,
    /// The total price, in minor units.
    pub total_minor: i64,
    /// The sum of the listed refunds, in minor units. Null if none is listed: then the status says what went back.
    pub refunded_minor: Option<i64>,
    /// The currency of all its amounts.
    pub currency: Currency,
    /// When it was placed: the position in every list. Only an operator corrects it.
    pub placed_at: Timestamp,
    /// When the shop last changed it, by the shop's clock, if the reports tell. One that is older changes nothing.
    pub shop_updated_at: Option<Timestamp>,
    /// When it was first reported.
    pub created_at: Timestamp,
    /// When a report last changed it.
    pub updated_at: Timestamp,
    /// The openId that placed it.
    #[sea_orm(belongs_to, from = "link_id", to = "id")]
    pub link: BelongsTo<super::open_id::Entity>,
    /// Its lines.
    #[sea_orm(has_many)]
    pub items: HasMany<super::order_item::Entity>,
    /// Its refunds.
    #[sea_orm(has_many)]
    pub refunds: HasMany<super::order_refund::Entity>,
    /// Its deliveries.
    #[sea_orm(has_many)]
    pub deliveries: HasMany<super::order_delivery::Entity>,
    /// The changes of its status.
    #[sea_orm(has_many)]
    pub changes: HasMany<super::order_change::Entity>,
    /// The corrections by operators.
    #[sea_orm(has_many)]
    pub corrections: HasMany<super::order_correction::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
