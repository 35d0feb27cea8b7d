//! Messages to people that are sent after the transaction that caused them.

use domain::{MessageId, PhoneId, Timestamp, UserId};
use sea_orm::entity::prelude::*;

/// The state of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(16))")]
pub enum State {
    /// It is due, or a worker is sending it.
    #[sea_orm(string_value = "PENDING")]
    Pending,
    /// It was sent.
    #[sea_orm(string_value = "SENT")]
    Sent,
    /// It failed, and is attempted again only if an operator asks for it.
    #[sea_orm(string_value = "FAILED")]
    Failed,
}

/// A message to a person.
#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "outbox")]
pub struct Model {
    /// The id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: MessageId,
    /// The kind of notice.
    pub kind: String,
    /// The notice, as JSON.
    pub payload: String,
    /// The account that it is about.
    pub user_id: UserId,
    /// The phone that it goes to. The account may have lost it since.
    pub phone_id: Option<PhoneId>,
    /// The keyed hash of the phone's number.
    pub number_hash: Option<Vec<u8>>,
    /// The state.
    pub state: State,
    /// The number of claims by workers.
    pub attempts: i32,
    /// When the transaction that caused it was committed.
    pub created_at: Timestamp,
    /// When it may be claimed. A worker that claims it sets the end of its lease.
    pub due_at: Timestamp,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
    /// When it was sent or given up.
    pub settled_at: Option<Timestamp>,
}

impl ActiveModelBehavior for ActiveModel {}
