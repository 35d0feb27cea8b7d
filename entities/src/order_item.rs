//! Lines of orders.
//! Their prices are in the order's currency.

use domain::{OrderId, OrderItemId};
use sea_orm::entity::prelude::*;

/// One line.
#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "order_items")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: OrderItemId,
    /// The order.
    pub order_id: OrderId,
    /// Its place in the order, from 0.
    pub position: i32,
    /// The shop's number of the article.
    pub sku: Option<String>,
    /// What was bought.
    pub title: String,
    /// How many.
    pub quantity: i64,
    /// Minor units for one piece.
    pub unit_minor: i64,
    /// The order.
    #[sea_orm(belongs_to, from = "order_id", to = "id", on_delete = "Cascade")]
    pub order: BelongsTo<super::order::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
