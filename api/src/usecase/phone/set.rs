//! Sets a person's phone for an operator (R14). See [`domain::phone::set_by_operator`].

use std::sync::Arc;

use domain::phone::{Setting, set_by_operator};
use domain::{AuditAction, PhoneNumber, RequestKind, ServiceScope, UserId};
use serde_json::json;
use store::audit::AuditEvent;
use store::request::{Act, Request};
use store::{Actor, StoreError, Tx};
use tracing::info;

use crate::config::FourEyes;
use crate::error::{ApiError, ErrorCode};
use crate::service::Service;
use crate::sms::Notice;
use crate::usecase::merge::read_reason;
use crate::usecase::{Caller, outbox, request};

/// The outcome of [`set`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SetPhone {
    /// The account, which is the survivor if the named one was merged.
    pub user: UserId,
    /// Whether the number was new to the account.
    pub changed: bool,
    /// The number of ended sessions.
    pub ended_sessions: u64,
}

/// Sets the phone of an account, without a proof. Its sessions end, and its present phone gets the notice of a change. Requires the
/// scope `users:manage`. If it needs a second operator, returns the request, and has changed nothing.
///
/// # Errors
/// `INVALID_PHONE`, `NOT_FOUND`, `ACCOUNT_CLOSED` if the account is disabled, `REQUEST_PENDING`, and `PHONE_OWNED_BY_ANOTHER` with the other account: no
/// number is taken from an account, not even from one that is disabled.
pub async fn set(
    service: &Service,
    caller: &Caller,
    (user, phone): (UserId, &str),
    reason: &str,
) -> Result<(SetPhone, Option<Request>), ApiError> {
    let principal = caller.principal(ServiceScope::UsersManage)?;
    let by = Actor::Operator(principal);
    let reason = &read_reason(Some(reason))?;
    let number = service.config.phone.parse(phone);
    let number = &number.map_err(|bad| ApiError::detailed(ErrorCode::InvalidPhone, bad.to_string()))?;
    let work = |tx: Arc<Tx>| async move { set_in(service, &tx, (user, number), (by, reason)).await };
    if request::is_needed(service, FourEyes::SetPhone) {
        let would = service.store.rehearse("set_phone", work).await?;
        if !would.changed {
            return Ok((would, None));
        }
        let (kind, payload, number) = (RequestKind::SetPhone, json!({}), Some(number.clone()));
        let act = Act { kind, user: would.user, other: None, payload, number };
        let asked = request::ask(service, act, (principal, reason)).await?;
        return Ok((SetPhone { changed: false, ended_sessions: 0, ..would }, Some(asked)));
    }
    let set = service.store.write("set_phone", work).await?;
    outbox::wake(service);
    info!(user.id = %set.user, changed = set.changed, %by, "an operator set the phone of an account");
    Ok((set, None))
}

pub(crate) async fn set_in(
    service: &Service,
    tx: &Tx,
    (user, number): (UserId, &PhoneNumber),
    (by, reason): (Actor, &str),
) -> Result<SetPhone, ApiError> {
    let now = service.clock.now();
    let not_found = || ApiError::refused(ErrorCode::NotFound);
    let user = store::user::lock_survivor(tx, user).await?.ok_or_else(not_found)?;
    let account = store::user::account(&tx.look(), user).await?;
    let account = account.ok_or_else(|| ApiError::detailed(ErrorCode::AccountClosed, format!("{user} is disabled")))?;
    let refuse = |detail: String| ApiError::detailed(ErrorCode::PhoneOwnedByAnother, detail);
    let owner = store::phone::owner(&tx.look(), number, now).await.map_err(|error| match error {
        StoreError::Closed => refuse("it belongs to a disabled account".to_owned()),
        error => error.into(),
    })?;
    match set_by_operator(user, (account.phone.as_ref(), number), owner.as_ref()) {
        Setting::OwnedBy(owner) => return Err(refuse(format!("it belongs to {owner}"))),
        Setting::Unchanged => return Ok(SetPhone { user, changed: false, ended_sessions: 0 }),
        Setting::Set => {}
    }
    let before = store::phone::active_phone(&tx.look(), user).await?;
    store::phone::set(tx, (user, number), (by, reason), now).await?;
    let ended_sessions = store::session::end_all_of(tx, &[user], None, now).await?;
    if before.is_some() {
        outbox::post(service, tx, (user, before), &Notice::PhoneChanged).await?;
    }
    outbox::post_to(service, tx, user, &Notice::PhoneBound).await?;
    let detail = json!({ "reason": reason, "endedSessions": ended_sessions });
    store::audit::add(tx, &AuditEvent::new(AuditAction::PhoneSet, by, now).about(user).saying(detail)).await?;
    Ok(SetPhone { user, changed: true, ended_sessions })
}
