//! Changes of orders' statuses. An order that has had one status only has no row.

use domain::order::OrderStatus;
use domain::{OrderId, Timestamp};
use sea_orm::entity::prelude::*;

/// A change of an order's status.
#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "order_changes")]
pub struct Model {
    /// The number, which the database assigns. A later change of an order has a larger one.
    #[sea_orm(primary_key)]
    pub position: i64,
    /// The order.
    pub order_id: OrderId,
    /// The status before.
    pub from_status: OrderStatus,
    /// The status afterwards.
    pub to_status: OrderStatus,
    /// When the shop changed it, by the shop's clock; when the report arrived, if it does not tell.
    pub changed_at: Timestamp,
    /// The order.
    #[sea_orm(belongs_to, from = "order_id", to = "id", on_delete = "Cascade")]
    pub order: BelongsTo<super::order::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
