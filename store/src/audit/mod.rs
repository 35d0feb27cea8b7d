//! The append-only audit: actions of operators and suspicious events. Triggers prevent changes (`m0012_controls`).
//! Links have their own journal in [`history`](crate::history); `chain` covers both.

mod chain;
mod check;

use domain::{AppId, AuditAction, AuditEventId, OperatorId, ServiceTokenId, SessionId, Timestamp, UserId};
use entities::audit_event::{self, Model as AuditRow};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::Value;

use crate::page::earlier;
use crate::{Actor, Front, StoreError, Tx, View};

pub use chain::{ChainKeys, Head, chain_head, has_unsealed_events, seal, unsealed_events};
pub(crate) use chain::{content_of_audit, content_of_journal, contents};
pub use check::{Checked, EventName, Expected, Fault, check};

/// An entry of the audit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEvent {
    /// The id.
    pub id: AuditEventId,
    /// When it happened.
    pub at: Timestamp,
    /// The action.
    pub action: AuditAction,
    /// The actor.
    pub actor: Actor,
    /// The app, if any.
    pub app: Option<AppId>,
    /// The account concerned.
    pub user: Option<UserId>,
    /// The session concerned.
    pub session: Option<SessionId>,
    /// Further details. Contains no secrets and no phone numbers.
    pub detail: Value,
}

impl AuditEvent {
    /// Creates an entry of an event at `now` without further details.
    #[must_use]
    pub fn new(action: AuditAction, actor: Actor, now: Timestamp) -> Self {
        let (app, user, session, detail) = (None, None, None, Value::Object(serde_json::Map::new()));
        Self { id: AuditEventId::new(now), at: now, action, actor, app, user, session, detail }
    }

    /// Sets the account concerned.
    #[must_use]
    pub fn about(self, user: UserId) -> Self {
        Self { user: Some(user), ..self }
    }

    /// Sets the session concerned.
    #[must_use]
    pub fn in_session(self, session: SessionId) -> Self {
        Self { session: Some(session), ..self }
    }

    /// Sets the details: an object without secrets and phone numbers.
    #[must_use]
    pub fn saying(self, detail: Value) -> Self {
        Self { detail, ..self }
    }
}

/// A filter for entries. The default matches all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Only these actions.
    pub actions: Option<Vec<AuditAction>>,
    /// Only entries about one of these accounts.
    pub users: Option<Vec<UserId>>,
    /// Only actions of this service token.
    pub token: Option<ServiceTokenId>,
    /// Only actions of this operator.
    pub operator: Option<OperatorId>,
    /// Only entries at or after this time.
    pub since: Option<Timestamp>,
}

/// Returns a page of the audit, the newest entry first.
pub async fn page(view: &View<'_>, filter: &AuditFilter, front: &Front) -> Result<Vec<AuditEvent>, StoreError> {
    use audit_event::Column::{Action, Actor, At, Id, TokenId, UserId};
    let passes = Condition::all()
        .add_option(filter.actions.as_ref().map(|actions| Action.is_in(actions.iter().copied())))
        .add_option(filter.users.as_ref().map(|users| UserId.is_in(users.iter().copied())))
        .add_option(filter.token.map(|token| TokenId.eq(token)))
        .add_option(filter.operator.map(|id| Actor.eq(crate::Actor::Operator(id.into()).to_string())))
        .add_option(filter.since.map(|since| At.gte(since)))
        .add_option(front.after.map(|place| earlier(At, Id, place)));
    let events = audit_event::Entity::find().filter(passes).order_by_desc(At).order_by_desc(Id).limit(front.limit);
    events.all(&view.db).await?.into_iter().map(read_event).collect()
}

/// Adds an entry.
pub async fn add(tx: &Tx, event: &AuditEvent) -> Result<(), StoreError> {
    tx.insert(row_of(event)).await
}

/// Adds several entries in one statement.
pub async fn add_all(tx: &Tx, events: &[AuditEvent]) -> Result<(), StoreError> {
    tx.insert_all(events.iter().map(row_of).collect()).await
}

fn row_of(event: &AuditEvent) -> AuditRow {
    AuditRow {
        id: event.id,
        at: event.at,
        action: event.action,
        app: event.app.clone(),
        user_id: event.user,
        session_id: event.session,
        detail: event.detail.to_string(),
        actor: Some(event.actor.to_string()),
        token_id: event.actor.token(),
    }
}

fn read_event(row: AuditRow) -> Result<AuditEvent, StoreError> {
    let id = row.id;
    let detail = serde_json::from_str(&row.detail)
        .map_err(|_| StoreError::corrupt("audit_events", format!("{id} has a malformed detail")))?;
    // Older versions audited only repeated logins, and recorded no actor.
    let actor = row.actor.as_deref().map_or(Ok(Actor::System), str::parse);
    let actor = actor.map_err(|_| StoreError::corrupt("audit_events", format!("{id} has an unknown actor")))?;
    let AuditRow { at, action, app, user_id, session_id, .. } = row;
    Ok(AuditEvent { id, at, action, actor, app, user: user_id, session: session_id, detail })
}
