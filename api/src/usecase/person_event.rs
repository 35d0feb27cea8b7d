//! Records events about people that a back end passes on: follows, withdrawn permissions, closed accounts. Events move
//! no keys.

use chrono::TimeDelta;
use domain::{AuditAction, OpenKey, ServiceScope, Timestamp};
use serde_json::{Value, json};
use std::sync::Arc;
use store::audit::AuditEvent;
use store::person_event::{PersonEvent, ProfileFields, RecordedEvent, Telling};
use store::{Actor, StoreError, Tx};
use tracing::info;

use crate::error::{ApiError, ErrorCode};
use crate::service::Service;
use crate::usecase::Caller;

/// The tolerated clock skew of an upstream.
const SKEW: TimeDelta = TimeDelta::minutes(5);

/// An event about a person.
#[derive(Debug, Clone)]
pub struct EventOfPerson {
    /// The person's openId.
    pub key: OpenKey,
    /// The event.
    pub event: PersonEvent,
    /// The time of the event, by the upstream's clock.
    pub at: Timestamp,
}

/// Records an event. Returns whether it changed anything. Requires the scope `users:write`.
///
/// # Errors
/// `NOT_FOUND` for an openId that is unknown, unless the event is a follow; `INVALID_INPUT` for a time in the future.
pub async fn record(service: &Service, caller: &Caller, told: &EventOfPerson) -> Result<bool, ApiError> {
    let by = caller.principal(ServiceScope::UsersWrite)?;
    // An event with a future time would override all events until then.
    if told.at > service.clock.now().plus(SKEW) {
        return Err(ApiError::detailed(ErrorCode::InvalidInput, "at: is in the future"));
    }
    let telling = Telling { by: Some(by), at: told.at };
    let record = |tx: Arc<Tx>| async move { Ok::<_, ApiError>(apply(service, &tx, told, telling).await?) };
    let recorded = service.store.write("record_person_event", record).await?;
    let changed = recorded.ok_or_else(|| ApiError::refused(ErrorCode::NotFound))?;
    info!(event = ?told.event, changed, "a person event was recorded through {}", service.apps.name_of(&told.key.app));
    Ok(changed)
}

/// Carries out an event. Returns whether it changed anything, or `None` if the openId is unknown.
pub(crate) async fn apply(
    service: &Service,
    tx: &Tx,
    told: &EventOfPerson,
    telling: Telling,
) -> Result<Option<bool>, StoreError> {
    let now = service.clock.now();
    let recorded = store::person_event::record(tx, &told.key, (told.event, telling), now).await?;
    if let Some(RecordedEvent { changed: true, user }) = recorded {
        let actor = telling.by.map_or(Actor::Upstream, Actor::Operator);
        let event = AuditEvent::new(AuditAction::PersonEventRecorded, actor, now);
        let event = AuditEvent { app: Some(told.key.app.clone()), user, ..event };
        store::audit::add(tx, &event.saying(in_words(told.event))).await?;
    }
    Ok(recorded.map(|recorded| recorded.changed))
}

/// Returns the audit detail. It names withdrawn fields without their values.
fn in_words(event: PersonEvent) -> Value {
    match event {
        PersonEvent::Follows(follows) => json!({ "event": if follows { "FOLLOWED" } else { "UNFOLLOWED" } }),
        PersonEvent::Revoked(ProfileFields { nickname, avatar_url }) => {
            json!({ "event": "REVOKED", "fields": { "nickname": nickname, "avatarUrl": avatar_url } })
        }
        PersonEvent::Cancelled => json!({ "event": "CANCELLED" }),
    }
}
