//! Corrections of orders by operators: what a report of the shop cannot change.

use domain::{LinkId, OrderId, Timestamp};
use sea_orm::entity::prelude::*;

/// A correction of an order's openId or time.
#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "order_corrections")]
pub struct Model {
    /// The number, which the database assigns. A later correction of an order has a larger one.
    #[sea_orm(primary_key)]
    pub position: i64,
    /// The order.
    pub order_id: OrderId,
    /// The openId before.
    pub old_link_id: LinkId,
    /// The openId afterwards.
    pub new_link_id: LinkId,
    /// When the order was placed, before.
    pub old_placed_at: Timestamp,
    /// When the order was placed, afterwards.
    pub new_placed_at: Timestamp,
    /// The operator or the service token.
    pub actor: String,
    /// When it was corrected.
    pub corrected_at: Timestamp,
    /// The operator's words. Null once the person of one of the openIds is erased.
    pub reason: Option<String>,
    /// The order.
    #[sea_orm(belongs_to, from = "order_id", to = "id", on_delete = "Cascade")]
    pub order: BelongsTo<super::order::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
