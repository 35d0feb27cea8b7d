//! Deliveries of orders: parcels that were sent to the buyer.

use domain::{OrderDeliveryId, OrderId, Timestamp};
use sea_orm::entity::prelude::*;

/// A delivery of an order.
#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "order_deliveries")]
pub struct Model {
    /// The id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: OrderDeliveryId,
    /// The order.
    pub order_id: OrderId,
    /// The position in the order, from 0.
    pub position: i32,
    /// The carrier as the shop calls it.
    pub carrier: String,
    /// The carrier's tracking number.
    pub tracking_no: String,
    /// When it was sent, if the shop tells.
    pub shipped_at: Option<Timestamp>,
    /// The order.
    #[sea_orm(belongs_to, from = "order_id", to = "id", on_delete = "Cascade")]
    pub order: BelongsTo<super::order::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
