//! Events on their way to endpoints.

use domain::{EventId, Timestamp};
use sea_orm::entity::prelude::*;

pub use super::outbox::State;

/// An event for one endpoint.
#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "webhook_deliveries")]
pub struct Model {
    /// The id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The name of the endpoint.
    pub endpoint: String,
    /// The event's place in the feed.
    pub seq: i64,
    /// The event.
    pub event_id: EventId,
    /// The event's lane.
    pub lane: Uuid,
    /// The event's other lane.
    pub other_lane: Option<Uuid>,
    /// The state.
    pub state: State,
    /// The number of attempts.
    pub attempts: i32,
    /// When it was made, or an operator asked for it again.
    pub created_at: Timestamp,
    /// When the next attempt is due.
    pub due_at: Timestamp,
    /// Until when a worker may be sending it.
    pub lease_until: Option<Timestamp>,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
    /// When it was received or given up.
    pub settled_at: Option<Timestamp>,
}

impl ActiveModelBehavior for ActiveModel {}
