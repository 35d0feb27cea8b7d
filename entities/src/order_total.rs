//! The orders of each openId, added up by month. Kept in the transactions that record orders, so that no query counts them.

use domain::order::{Month, OrderStatus};
use domain::{Currency, LinkId};
use sea_orm::entity::prelude::*;

/// The orders of one openId that were placed in one month, and have one status and one currency.
#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "order_totals")]
pub struct Model {
    /// The openId that placed them.
    #[sea_orm(primary_key, auto_increment = false)]
    pub link_id: LinkId,
    /// The month in which they were placed, in Beijing time: 202605.
    #[sea_orm(primary_key, auto_increment = false)]
    pub month: Month,
    /// Their status.
    #[sea_orm(primary_key, auto_increment = false)]
    pub status: OrderStatus,
    /// Their currency.
    #[sea_orm(primary_key, auto_increment = false)]
    pub currency: Currency,
    /// Their number. May have become 0.
    pub orders: i64,
    /// The sum of their totals, divided by a billion minor units: of each total the whole billions.
    pub total_billions: i64,
    /// The sum of what remains of each total, in minor units.
    pub total_minor: i64,
    /// The sum of what listed refunds differ by from what the status says is refunded, in whole billions of each.
    pub beyond_billions: i64,
    /// The sum of what remains of each, in minor units.
    pub beyond_minor: i64,
    /// The openId that placed them.
    #[sea_orm(belongs_to, from = "link_id", to = "id")]
    pub link: BelongsTo<super::open_id::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
