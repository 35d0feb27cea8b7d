//! Places in the feed of events and among the changes of orders, and the lease of the sweep.

use sea_orm::entity::prelude::*;

/// A place in the feed.
#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "event_marks")]
pub struct Model {
    /// `head`: the last number that was assigned; `purged`: the last one that was deleted; `order_news`: the last number of a change of
    /// orders; `sweep`: until when one process deletes expired rows, in milliseconds since 1970.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// The number.
    pub seq: i64,
}

impl ActiveModelBehavior for ActiveModel {}
