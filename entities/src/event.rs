//! Events that other systems are told about, by webhooks and by the feed.
//! Phone numbers are masked.

use domain::{EventId, EventKind, Timestamp};
use sea_orm::entity::prelude::*;

/// An event.
#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "events")]
pub struct Model {
    /// The order in which the rows were inserted. Two events of one person are inserted in the order of their changes, because
    /// the changes lock the account.
    #[sea_orm(primary_key)]
    pub position: i64,
    /// The id.
    #[sea_orm(unique)]
    pub id: EventId,
    /// The kind.
    pub kind: EventKind,
    /// The account; or the link of an order whose openId has no account. Events of one lane are delivered in order.
    pub lane: Uuid,
    /// The other account concerned, in whose lane the event is, too.
    pub other_lane: Option<Uuid>,
    /// The event's own fields, as JSON.
    pub data: String,
    /// When it happened.
    pub at: Timestamp,
    /// The place in the feed, assigned after the commit.
    #[sea_orm(unique)]
    pub seq: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
