//! Lines of orders. Their prices are in the currency of the order.

use domain::{OrderId, OrderItemId};
use sea_orm::entity::prelude::*;

/// A line of an order.
#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "order_items")]
pub struct Model {
    /// The id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: OrderItemId,
    /// The order.
    pub order_id: OrderId,
    /// The position in the order, from 0.
    pub position: i32,
    /// The shop's article number.
    pub sku: Option<String>,
    /// The name of the article.
    pub title: String,
    /// The whole part of the quantity.
    pub quantity: i64,
    /// The rest of the quantity, in millionths: 0 to 999,999.
    pub quantity_micros: i32,
    /// The whole minor units of the price per unit, rounded towards negative infinity.
    pub unit_minor: i64,
    /// The rest of the price, in millionths of a minor unit: 0 to 999,999.
    pub unit_micros: i32,
    /// The order.
    #[sea_orm(belongs_to, from = "order_id", to = "id", on_delete = "Cascade")]
    pub order: BelongsTo<super::order::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
