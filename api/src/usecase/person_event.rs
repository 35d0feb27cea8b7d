//! A back office passes on what WeChat told of a person: who follows, what may no longer be known, who is gone.
//! What each does is written in `store`; no key moves by it.

use chrono::TimeDelta;
use domain::{AuditAction, OpenKey, ServiceScope, Timestamp};
use serde_json::{Value, json};
use std::sync::Arc;
use store::audit::AuditEvent;
use store::person_event::{PersonEvent, ProfileFields, RecordedEvent, Telling};
use store::{Actor, Tx};
use tracing::info;

use crate::error::{ApiError, ErrorCode};
use crate::service::Service;
use crate::usecase::Caller;

/// How far an upstream's clock may be ahead of ours.
const SKEW: TimeDelta = TimeDelta::minutes(5);

/// What a back office passes on.
#[derive(Debug, Clone)]
pub struct EventOfPerson {
    /// About whom.
    pub key: OpenKey,
    /// What happened.
    pub event: PersonEvent,
    /// When, by the upstream's clock.
    pub at: Timestamp,
}

/// Records an event; answers whether it changed anything.
pub async fn record(service: &Service, caller: &Caller, told: &EventOfPerson) -> Result<bool, ApiError> {
    caller.require(ServiceScope::UsersWrite)?;
    let Caller::System(token) = caller else { return Err(ApiError::refused(ErrorCode::Forbidden)) };
    // What is said to be of tomorrow would overrule everything that is true until then.
    if told.at > service.clock.now().plus(SKEW) {
        return Err(ApiError::detailed(ErrorCode::InvalidInput, "at: lies in the future"));
    }
    let telling = Telling { token: token.id, at: told.at };
    let record = |tx: Arc<Tx>| async move { record_event_in(service, &tx, told, telling).await };
    let recorded = service.store.write("record_person_event", record).await?;
    let changed = recorded.ok_or_else(|| ApiError::refused(ErrorCode::NotFound))?;
    info!(event = ?told.event, changed, "an upstream's event was recorded, through {}", service.apps.name_of(&told.key.app));
    Ok(changed)
}

/// Answers whether it changed anything; `None` when there is no such open id.
async fn record_event_in(
    service: &Service,
    tx: &Tx,
    told: &EventOfPerson,
    telling: Telling,
) -> Result<Option<bool>, ApiError> {
    let now = service.clock.now();
    let recorded = store::person_event::record(tx, &told.key, (told.event, telling), now).await?;
    if let Some(RecordedEvent { changed: true, user }) = recorded {
        let event = AuditEvent::new(AuditAction::PersonEventRecorded, Actor::Operator(telling.token), now);
        let event = AuditEvent { app: Some(told.key.app.clone()), user, ..event };
        store::audit::add(tx, &event.saying(in_words(told.event))).await?;
    }
    Ok(recorded.map(|recorded| recorded.changed))
}

/// What an operator reads of it. What was withdrawn is named, and not said again.
fn in_words(event: PersonEvent) -> Value {
    match event {
        PersonEvent::Follows(follows) => json!({ "event": if follows { "FOLLOWED" } else { "UNFOLLOWED" } }),
        PersonEvent::Revoked(ProfileFields { nickname, avatar_url }) => {
            json!({ "event": "REVOKED", "fields": { "nickname": nickname, "avatarUrl": avatar_url } })
        }
        PersonEvent::Cancelled => json!({ "event": "CANCELLED" }),
    }
}
