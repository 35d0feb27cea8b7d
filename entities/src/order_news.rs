//! Which orders a transaction has changed, for the sockets that follow them. Kept for minutes.

use domain::Timestamp;
use sea_orm::entity::prelude::*;

/// The orders that one transaction has changed, or some of them.
#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "order_news")]
pub struct Model {
    /// The order in which the rows were inserted.
    #[sea_orm(primary_key)]
    pub position: i64,
    /// When the transaction began.
    pub at: Timestamp,
    /// For each order 32 bytes: the id of the openId that has or had it, and the id of the order.
    pub orders: Vec<u8>,
    /// The place among all rows, assigned after the commit.
    #[sea_orm(unique)]
    pub seq: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
