//! Events about people that upstreams have pushed, until a worker has acted on them.

use domain::{AppId, OpenId, PushId, Timestamp};
use sea_orm::entity::prelude::*;

/// The state of a push.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(16))")]
pub enum State {
    /// It is due, or a worker acts on it.
    #[sea_orm(string_value = "PENDING")]
    Pending,
    /// A worker has acted on it.
    #[sea_orm(string_value = "DONE")]
    Done,
    /// It failed, and is attempted again only if an operator asks for it.
    #[sea_orm(string_value = "FAILED")]
    Failed,
}

/// An event about a person.
#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "pushes")]
pub struct Model {
    /// The id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PushId,
    /// The app.
    pub app: AppId,
    /// The hash of the message. A repeated push has the same.
    pub message_hash: Vec<u8>,
    /// The person's openId in the app.
    pub open_id: OpenId,
    /// The upstream's name of the event.
    pub event: String,
    /// The event, as JSON.
    pub payload: String,
    /// When it happened, by the upstream's clock.
    pub happened_at: Timestamp,
    /// The state.
    pub state: State,
    /// The number of claims by workers.
    pub attempts: i32,
    /// When it was received.
    pub created_at: Timestamp,
    /// When it may be claimed. A worker that claims it sets the end of its lease.
    pub due_at: Timestamp,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
    /// When it was done or given up.
    pub settled_at: Option<Timestamp>,
}

impl ActiveModelBehavior for ActiveModel {}
