//! Operators: who they are, and their sessions. See `login` for how they sign in.

#[cfg(feature = "sandbox")]
mod demo;
mod login;

use std::collections::HashMap;
use std::sync::Arc;

use chrono::TimeDelta;
use domain::{AppName, AuditAction, OpenId, OpenKey, OperatorId, OperatorRole, Principal};
use serde_json::json;
use store::audit::AuditEvent;
use store::operator::{Operator, OperatorSession, Put};
use store::{Actor, Tx};
use tracing::info;

use crate::error::{ApiError, ErrorCode};
use crate::service::Service;
use crate::token;
use crate::usecase::merge::read_reason;
use crate::usecase::page::{FrontRequest, Page};
use crate::usecase::{Caller, app};

#[cfg(feature = "sandbox")]
pub use demo::{DemoOperator, sign_in_demo};
pub use login::{Begun, Cookie, Ended, Stranger, begin, complete};

/// The app of the demo company's operators, who have no provider.
pub(crate) const DEMO_APP: &str = "demo-operators";
/// The maximum length of a name in characters.
const MAX_NAME: usize = 100;
/// The precision of a session's last use.
const MINUTE: TimeDelta = TimeDelta::minutes(1);

/// A person who becomes an operator.
#[derive(Debug, Clone)]
pub struct WantedOperator {
    /// The app through which the operator signs in.
    pub app: AppName,
    /// The operator's openId in the app.
    pub open_id: OpenId,
    /// The name.
    pub name: String,
    /// The role.
    pub role: OperatorRole,
}

/// Adds an operator at the command line, or gives one another name or role.
///
/// # Errors
/// `UNKNOWN_APP`, or `INVALID_INPUT` for a name that is empty or too long.
pub async fn add(service: &Service, wanted: &WantedOperator) -> Result<(OperatorId, Put), ApiError> {
    let app = app::find(service, &wanted.app)?.provider.app_id().clone();
    let key = OpenKey { app, open_id: wanted.open_id.clone() };
    put(service, (key, &wanted.name, wanted.role), Actor::Command).await
}

async fn put(
    service: &Service,
    (key, name, role): (OpenKey, &str, OperatorRole),
    by: Actor,
) -> Result<(OperatorId, Put), ApiError> {
    let name = name.trim().to_owned();
    if name.is_empty() || name.chars().count() > MAX_NAME || name.chars().any(char::is_control) {
        return Err(ApiError::detailed(ErrorCode::InvalidInput, "name: 1 to 100 characters, no control characters"));
    }
    let now = service.clock.now();
    let wanted = &Operator {
        id: OperatorId::new(now),
        key,
        name,
        role,
        added_by: by,
        created_at: now,
        removed_at: None,
        last_login_at: None,
        left_at: None,
    };
    let put = |tx: Arc<Tx>| async move {
        let (id, put) = store::operator::put(&tx, wanted).await?;
        if put != Put::Unchanged {
            let detail = json!({ "operator": id.to_string(), "name": wanted.name, "role": role.as_str() });
            store::audit::add(&tx, &AuditEvent::new(AuditAction::OperatorAdded, by, now).saying(detail)).await?;
        }
        Ok::<_, ApiError>((id, put))
    };
    let (id, put) = service.store.write("add_operator", put).await?;
    info!(operator.id = %id, %role, ?put, "an operator was added");
    Ok((id, put))
}

/// Removes an operator at the command line. All sessions of the operator end. Returns whether it was one until now.
///
/// # Errors
/// `NOT_FOUND`, or `INVALID_INPUT` without a reason.
pub async fn remove(service: &Service, id: OperatorId, reason: &str) -> Result<bool, ApiError> {
    let reason = &read_reason(Some(reason))?;
    let now = service.clock.now();
    let remove = |tx: Arc<Tx>| async move {
        let removed = store::operator::remove(&tx, id, now).await?;
        let removed = removed.ok_or_else(|| ApiError::refused(ErrorCode::NotFound))?;
        if removed {
            let detail = json!({ "operator": id.to_string(), "reason": reason });
            let event = AuditEvent::new(AuditAction::OperatorRemoved, Actor::Command, now);
            store::audit::add(&tx, &event.saying(detail)).await?;
        }
        Ok::<_, ApiError>(removed)
    };
    let removed = service.store.write("remove_operator", remove).await?;
    info!(operator.id = %id, removed, "an operator was removed");
    Ok(removed)
}

/// Returns a page of all operators, including removed ones, the oldest first.
pub async fn list(service: &Service, page: FrontRequest) -> Result<Page<Operator>, ApiError> {
    page.page(store::operator::list(&service.store.view(), &page.front()?).await?)
}

/// Returns the names of operators and of service tokens, also of removed and revoked ones. Uses one query for each kind.
pub async fn names(service: &Service, who: &[Principal]) -> Result<HashMap<Principal, String>, ApiError> {
    let view = service.store.view();
    let operators: Vec<_> = who.iter().filter_map(|who| who.operator()).collect();
    let tokens: Vec<_> = who.iter().filter_map(|who| who.token()).collect();
    let mut names = HashMap::new();
    if !operators.is_empty() {
        let found = store::operator::names(&view, &operators).await?;
        names.extend(found.into_iter().map(|(id, name)| (Principal::Operator(id), name)));
    }
    if !tokens.is_empty() {
        let found = store::service_token::names(&view, &tokens).await?;
        names.extend(found.into_iter().map(|(id, name)| (Principal::Token(id), name)));
    }
    Ok(names)
}

/// Finds the session of a cookie, and records its use once a minute. The role is the one of now, and the session of an operator
/// who was removed is not found.
pub(crate) async fn find_session(service: &Service, cookie: &str) -> Result<Option<OperatorSession>, ApiError> {
    let console = &service.config.console;
    if !console.enabled {
        return Ok(None);
    }
    let (hash, now) = (&token::hash(cookie), service.clock.now());
    let found = store::operator::session(&service.store.view(), hash, (now, console.idle())).await?;
    let is_possible = |session: &OperatorSession| {
        session.operator.key.app.as_str() != DEMO_APP || service.config.has_demo_operators()
    };
    let Some(session) = found.filter(is_possible) else { return Ok(None) };
    if session.last_used_at.plus(MINUTE) <= now {
        let note = |tx: Arc<Tx>| async move { store::operator::note_use(&tx, hash, now).await };
        service.store.write("note_operator_use", note).await?;
    }
    Ok(Some(session))
}

/// Ends the caller's session. Returns false if the caller is no operator.
pub async fn end_session(service: &Service, caller: &Caller) -> Result<bool, ApiError> {
    let Caller::Operator(session) = caller else { return Ok(false) };
    let (hash, now) = (&session.hash, service.clock.now());
    let left = &AuditEvent::new(AuditAction::OperatorSignedOut, Actor::Operator(session.operator.id.into()), now);
    let end = |tx: Arc<Tx>| async move {
        let ended = store::operator::end_session(&tx, hash).await?;
        if ended {
            store::audit::add(&tx, left).await?;
        }
        Ok::<_, ApiError>(ended)
    };
    service.store.write("end_operator_session", end).await
}
