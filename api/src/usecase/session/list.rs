//! Lists a person's sessions and ends them.

use domain::{AuditAction, ServiceScope, SessionId, UserId};
use serde_json::json;
use std::sync::Arc;
use store::audit::AuditEvent;
use store::session::OpenSession;
use store::{Actor, Tx};
use tracing::info;

use crate::error::{ApiError, ErrorCode};
use crate::service::Service;
use crate::usecase::merge::read_reason;
use crate::usecase::{Caller, Reader, SignedIn};

/// The most sessions that are listed.
const LISTED: u64 = 50;

/// A session in a person's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedSession {
    /// The session.
    pub session: OpenSession,
    /// Whether it is the caller's current session.
    pub is_current: bool,
}

/// The caller's open sessions, the one that was used last first: at most fifty.
pub async fn list(service: &Service, caller: &SignedIn) -> Result<Vec<ListedSession>, ApiError> {
    let open = store::session::list(&service.store.view(), caller.user.id, service.clock.now(), LISTED).await?;
    let listed = |session: OpenSession| ListedSession { is_current: session.id == caller.session.id, session };
    Ok(open.into_iter().map(listed).collect())
}

/// The open sessions of an account, the one that was used last first: at most fifty. For its person, or a system with the scope
/// `users:read`.
pub async fn of_user(service: &Service, reader: Reader<'_>, user: UserId) -> Result<Vec<ListedSession>, ApiError> {
    reader.may_read_user(user)?;
    let current = match reader {
        Reader::Caller(Caller::Person(signed_in)) => Some(signed_in.session.id),
        Reader::Caller(_) | Reader::Owner => None,
    };
    let open = store::session::list(&service.store.view(), user, service.clock.now(), LISTED).await?;
    let listed = |session: OpenSession| ListedSession { is_current: Some(session.id) == current, session };
    Ok(open.into_iter().map(listed).collect())
}

/// Ends one of the caller's sessions. Returns whether it was open. Other people's sessions get the same answer as
/// unknown ids.
pub async fn end(service: &Service, caller: &SignedIn, id: SessionId) -> Result<bool, ApiError> {
    service.store.write("end_session", |tx: Arc<Tx>| async move { end_one(service, &tx, caller, id).await }).await
}

pub(crate) async fn end_one(service: &Service, tx: &Tx, caller: &SignedIn, id: SessionId) -> Result<bool, ApiError> {
    let now = service.clock.now();
    // An earlier field of this request may have moved the caller's session to another account.
    let ended = if id == caller.session.id {
        store::session::end(tx, id, now).await?
    } else {
        store::session::end_of(tx, caller.user.id, id, now).await?
    };
    if ended {
        let event = AuditEvent::new(AuditAction::SessionEnded, Actor::Person, now).about(caller.user.id);
        let by = json!({ "bySession": caller.session.id.to_string() });
        store::audit::add(tx, &event.in_session(id).saying(by)).await?;
    }
    Ok(ended)
}

/// Ends all sessions of the caller, optionally except the current one. Returns their number.
pub async fn logout_everywhere(service: &Service, caller: &SignedIn, except_this: bool) -> Result<u64, ApiError> {
    let session = caller.session.id;
    let end_all = |tx: Arc<Tx>| async move { logout_everywhere_in(service, &tx, session, except_this).await };
    let (user, ended) = service.store.write("logout_everywhere", end_all).await?;
    info!(user.id = %user, ended, "signed out everywhere");
    Ok(ended)
}

/// Ends all sessions of an account for an operator. Returns the account, which is the survivor if the named one was merged, and the
/// number of ended sessions. Requires the scope `users:disable`, which ends them too. Idempotent.
///
/// # Errors
/// `NOT_FOUND` if there is no such account, or it was erased.
pub async fn end_all_as(
    service: &Service,
    caller: &Caller,
    id: UserId,
    reason: &str,
) -> Result<(UserId, u64), ApiError> {
    let by = caller.operator(ServiceScope::UsersDisable)?;
    let reason = &read_reason(Some(reason))?;
    let end = |tx: Arc<Tx>| async move {
        let now = service.clock.now();
        let user = store::user::lock_survivor(&tx, id).await?.ok_or_else(|| ApiError::refused(ErrorCode::NotFound))?;
        let ended = store::session::end_all_of(&tx, &[user], None, now).await?;
        let detail = json!({ "ended": ended, "reason": reason });
        let event = AuditEvent::new(AuditAction::SessionsEnded, by, now).about(user);
        store::audit::add(&tx, &event.saying(detail)).await?;
        Ok::<_, ApiError>((user, ended))
    };
    let (user, ended) = service.store.write("end_sessions", end).await?;
    info!(user.id = %user, ended, %by, "an operator ended all sessions");
    Ok((user, ended))
}

/// Locks the account: waits for a merge in progress, and ends the sessions of the account that the caller's session
/// belongs to now.
async fn logout_everywhere_in(
    service: &Service,
    tx: &Tx,
    session: SessionId,
    except_this: bool,
) -> Result<(UserId, u64), ApiError> {
    let now = service.clock.now();
    let held =
        store::link::hold(tx, session, now).await?.ok_or_else(|| ApiError::refused(ErrorCode::Unauthenticated))?;
    let user = held.account.id;
    let ended = store::session::end_all_of(tx, &[user], except_this.then_some(session), now).await?;
    if ended > 0 {
        let event = AuditEvent::new(AuditAction::SessionsEnded, Actor::Person, now).about(user).in_session(session);
        store::audit::add(tx, &event.saying(json!({ "ended": ended, "exceptThis": except_this }))).await?;
    }
    Ok((user, ended))
}
