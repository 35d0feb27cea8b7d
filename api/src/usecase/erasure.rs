//! Erases people: at their own wish, by the policy for cancelled accounts (R12), and by an operator. A worker on any
//! replica carries out what is due.

use std::sync::Arc;
use std::time::Duration;

use ::metrics::counter;
use chrono::TimeDelta;
use domain::session::{Step, may};
use domain::{AuditAction, ErasureCause, RequestKind, ServiceScope, Timestamp, UserId};
use serde_json::json;
use store::audit::AuditEvent;
use store::erasure::{Erasure, Outcome};
use store::request::{Act, Request};
use store::{Actor, StoreError, Tx, Write};
use tracing::{info, warn};

use crate::config::FourEyes;
use crate::error::{ApiError, ErrorCode};
use crate::service::Service;
use crate::usecase::merge::read_reason;
use crate::usecase::{Caller, Reader, SignedIn, not_now, request};

/// How often a process looks for what is due.
const POLL: Duration = Duration::from_mins(1);
/// The lease of an account that is being erased.
const LEASE: TimeDelta = TimeDelta::minutes(2);
/// The number of accounts in one claim.
const BATCH: u64 = 10;

/// Returns the scheduled erasure of an account, for its person or an operator.
pub async fn find(service: &Service, reader: Reader<'_>, user: UserId) -> Result<Option<Erasure>, ApiError> {
    reader.may_read_user(user)?;
    Ok(store::erasure::find(&service.store.view(), user).await?.filter(|erasure| erasure.erased_at.is_none()))
}

/// Schedules the erasure of the caller's account. Requires a bound and fresh login (R15, R7), and no cooling-off (R6).
/// Until it is due, the person may call it off.
pub async fn erase_me(service: &Service, caller: &SignedIn) -> Result<Erasure, ApiError> {
    let session = caller.session.id;
    let schedule = |tx: Arc<Tx>| async move {
        let (user, now) = may_take(service, &tx, caller, Step::EraseAccount).await?;
        let due = service.config.erasure.policy().due(ErasureCause::Person, now);
        let erasure = store::erasure::schedule(&tx, user, (ErasureCause::Person, due), now).await?;
        if erasure.asked_at == now {
            let asked = AuditEvent::new(AuditAction::ErasureAsked, Actor::Person, now).about(user).in_session(session);
            store::audit::add(&tx, &asked.saying(json!({ "dueAt": erasure.due_at.millis() }))).await?;
        }
        Ok::<_, ApiError>(erasure)
    };
    let erasure = service.store.write(Write::new("erase_me").in_session(session), schedule).await?;
    info!(user.id = %erasure.user, "a person asked to be erased");
    Ok(erasure)
}

/// Calls off the erasure that the person asked for. Returns whether there was one. Requires a bound login (R15).
pub async fn cancel(service: &Service, caller: &SignedIn) -> Result<bool, ApiError> {
    let session = caller.session.id;
    let call_off = |tx: Arc<Tx>| async move {
        let (user, now) = may_take(service, &tx, caller, Step::KeepAccount).await?;
        let was_there = store::erasure::call_off(&tx, user).await?;
        if was_there {
            let kept = AuditEvent::new(AuditAction::ErasureCancelled, Actor::Person, now).about(user);
            store::audit::add(&tx, &kept.in_session(session)).await?;
        }
        Ok::<_, ApiError>(was_there)
    };
    service.store.write(Write::new("cancel_erasure").in_session(session), call_off).await
}

/// Locks the account of the session, which may have moved since the request came in, and checks the step.
async fn may_take(service: &Service, tx: &Tx, caller: &SignedIn, step: Step) -> Result<(UserId, Timestamp), ApiError> {
    let now = service.clock.now();
    let held = store::link::hold(tx, caller.session.id, now).await?;
    let held = held.ok_or_else(|| ApiError::refused(ErrorCode::Unauthenticated))?;
    may(step, &held.standing, &service.config.phone.policy()).map_err(|reason| not_now(reason, now))?;
    Ok((held.account.id, now))
}

/// Erases an account now, for an operator. Requires the scope `users:erase`. If it needs a second operator, returns the request, and
/// has erased nothing.
///
/// # Errors
/// `NOT_FOUND`, `INVALID_INPUT` without a reason, and `REQUEST_PENDING`.
pub async fn erase_as(
    service: &Service,
    caller: &Caller,
    user: UserId,
    reason: &str,
) -> Result<(UserId, bool, Option<Request>), ApiError> {
    let principal = caller.principal(ServiceScope::UsersErase)?;
    let by = Actor::Operator(principal);
    if request::is_needed(service, FourEyes::Erase) {
        let reason = &read_reason(Some(reason))?;
        let erase = |tx: Arc<Tx>| async move { erase_in(service, &tx, user, (by, reason)).await };
        let (user, would_change) = service.store.rehearse("erase_user", erase).await?;
        if !would_change {
            return Ok((user, false, None));
        }
        let act = Act { kind: RequestKind::Erase, user, other: None, payload: json!({}), number: None };
        return Ok((user, false, Some(request::ask(service, act, (principal, reason)).await?)));
    }
    let (user, changed) = erase(service, user, (by, reason)).await?;
    Ok((user, changed, None))
}

/// Erases an account now without checking the caller. Returns the account, to which the id of a merged one leads, and
/// whether it was erased by this call. Idempotent.
pub async fn erase(service: &Service, user: UserId, (by, reason): (Actor, &str)) -> Result<(UserId, bool), ApiError> {
    let reason = &read_reason(Some(reason))?;
    let erase = |tx: Arc<Tx>| async move { erase_in(service, &tx, user, (by, reason)).await };
    let (user, changed) = service.store.write("erase_user", erase).await?;
    if changed {
        report_operator(user);
    }
    Ok((user, changed))
}

/// Erases an account in a transaction. [`report_operator`] follows its commit.
pub(crate) async fn erase_in(
    service: &Service,
    tx: &Tx,
    user: UserId,
    (by, reason): (Actor, &str),
) -> Result<(UserId, bool), ApiError> {
    let now = service.clock.now();
    let erased = store::erasure::erase(tx, user, by, now).await?;
    let (user, changed) = erased.ok_or_else(|| ApiError::refused(ErrorCode::NotFound))?;
    if changed {
        let event = AuditEvent::new(AuditAction::UserErased, by, now).about(user);
        store::audit::add(tx, &event.saying(json!({ "cause": "OPERATOR", "reason": reason }))).await?;
    }
    Ok((user, changed))
}

/// Reports an erasure that an operator decided.
pub(crate) fn report_operator(user: UserId) {
    report(user, "OPERATOR");
}

/// Erases what is due, for as long as the process runs.
pub async fn run(service: &Arc<Service>) {
    loop {
        if let Err(error) = erase_due(service).await {
            warn!("accounts that are due cannot be erased: {error}");
        }
        tokio::time::sleep(POLL).await;
    }
}

/// Erases all accounts that are due. Returns their number.
///
/// # Errors
///
/// When the database fails. Claimed accounts are due again when their lease ends.
pub async fn erase_due(service: &Service) -> Result<usize, StoreError> {
    schedule_cancelled(service).await?;
    let mut erased = 0;
    while !service.is_stopping() {
        let now = service.clock.now();
        let claim = |tx: Arc<Tx>| async move { store::erasure::claim(&tx, BATCH, (now, now.plus(LEASE))).await };
        let claimed = service.store.write("claim_erasures", claim).await?;
        if claimed.is_empty() {
            break;
        }
        for user in claimed {
            erased += usize::from(carry_out(service, user).await? == Outcome::Erased);
        }
    }
    Ok(erased)
}

/// R12: schedules accounts that were cancelled so long ago as the policy says.
async fn schedule_cancelled(service: &Service) -> Result<(), StoreError> {
    let now = service.clock.now();
    let Some(before) = service.config.erasure.policy().cancelled_before(now) else { return Ok(()) };
    loop {
        let schedule = |tx: Arc<Tx>| async move {
            let accounts = store::erasure::schedule_cancelled(&tx, (before, BATCH), now).await?;
            let links = store::erasure::erase_unowned(&tx, before, BATCH).await?;
            Ok::<_, StoreError>(accounts + links)
        };
        if service.store.write("schedule_erasures", schedule).await? == 0 || service.is_stopping() {
            return Ok(());
        }
    }
}

async fn carry_out(service: &Service, user: UserId) -> Result<Outcome, StoreError> {
    let carry_out = |tx: Arc<Tx>| async move {
        let now = service.clock.now();
        let cause = store::erasure::find(&tx.look(), user).await?.map(|erasure| erasure.cause);
        let outcome = store::erasure::carry_out(&tx, user, now).await?;
        let action = match outcome {
            Outcome::Erased => Some(AuditAction::UserErased),
            Outcome::Kept => Some(AuditAction::ErasureCancelled),
            Outcome::Settled | Outcome::Waiting => None,
        };
        let cause = cause.map_or("", ErasureCause::as_str);
        if let Some(action) = action {
            let event = AuditEvent::new(action, Actor::System, now).about(user).saying(json!({ "cause": cause }));
            store::audit::add(&tx, &event).await?;
        }
        Ok::<_, StoreError>((outcome, cause))
    };
    let (outcome, cause) = service.store.write("erase_due", carry_out).await?;
    if outcome == Outcome::Erased {
        report(user, cause);
    }
    Ok(outcome)
}

/// The log has each erasure, because a backup that is restored does not: see `docs/operations.md`.
fn report(user: UserId, cause: &'static str) {
    counter!("guiyi_erasures_total", "cause" => cause).increment(1);
    info!(user.id = %user, cause, "an account was erased");
}
