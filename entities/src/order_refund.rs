//! Refunds of orders: money that went back to the buyer. Their amounts are in the currency of the order.

use domain::order::RefundNo;
use domain::{OrderId, OrderRefundId, Timestamp};
use sea_orm::entity::prelude::*;

/// A refund of an order.
#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "order_refunds")]
pub struct Model {
    /// The id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: OrderRefundId,
    /// The order.
    pub order_id: OrderId,
    /// The position in the order, from 0.
    pub position: i32,
    /// The shop's number of the refund. Unique within the order.
    pub refund_no: RefundNo,
    /// The amount, in minor units.
    pub amount_minor: i64,
    /// When the money went back.
    pub refunded_at: Timestamp,
    /// The order.
    #[sea_orm(belongs_to, from = "order_id", to = "id", on_delete = "Cascade")]
    pub order: BelongsTo<super::order::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
