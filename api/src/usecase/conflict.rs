//! Cases for operators: the list, and the decision that closes a case (R14). See `domain::conflict` and
//! `domain::merge`.

use std::sync::Arc;

use domain::conflict::{self, Closing};
use domain::merge::{self, Choices};
use domain::{AuditAction, ConflictId, ConflictKind, Resolution, ServiceScope, Timestamp, UserId};
use serde_json::json;
use store::audit::AuditEvent;
use store::conflict::{Case, CaseFilter, HeldCase, Verdict};
use store::merge::Grounds;
use store::request::Request;
use store::{Actor, Tx};
use tracing::info;

use crate::config::FourEyes;
use crate::error::{ApiError, ErrorCode};
use crate::service::Service;
use crate::usecase::merge::MergedPeople;
use crate::usecase::page::{FrontRequest, Page};
use crate::usecase::{Caller, outbox, request};

/// Selects cases.
#[derive(Debug, Clone, Default)]
pub struct CaseQuery {
    /// Only cases of these kinds.
    pub kinds: Option<Vec<ConflictKind>>,
    /// Only open or only closed cases.
    pub open: Option<bool>,
    /// Only cases of this account or of one merged into it.
    pub user: Option<UserId>,
    /// Only cases opened at or after this time.
    pub since: Option<Timestamp>,
}

/// An operator's decision.
#[derive(Debug, Clone)]
pub struct Decide {
    /// The case.
    pub case: ConflictId,
    /// The decision.
    pub resolution: Resolution,
    /// The reason.
    pub reason: String,
    /// The choices, if two accounts are merged.
    pub choices: Choices,
}

/// The result of [`resolve()`].
#[derive(Debug)]
pub struct ClosedCase {
    /// The closed case.
    pub case: Case,
    /// The merge, if the two accounts were merged.
    pub merged: Option<MergedPeople>,
}

/// Returns a page of cases, oldest first.
pub async fn list(
    service: &Service,
    caller: &Caller,
    query: CaseQuery,
    page: FrontRequest,
) -> Result<Page<Case>, ApiError> {
    caller.require(ServiceScope::ConflictsRead)?;
    let view = service.store.view();
    // Cases closed before a merge refer to the merged account's own id.
    let users = match query.user {
        Some(user) => Some(store::history::with_aliases(&view, user).await?),
        None => None,
    };
    let filter = CaseFilter { kinds: query.kinds, open: query.open, users, since: query.since };
    page.page(store::conflict::list(&view, &filter, &page.front()?).await?)
}

/// Returns a page of the cases that concern an account or one that was merged into it, oldest first.
pub async fn of_user(
    service: &Service,
    caller: &Caller,
    user: UserId,
    page: FrontRequest,
) -> Result<Page<Case>, ApiError> {
    caller.require(ServiceScope::ConflictsRead)?;
    let view = service.store.view();
    // Cases closed before a merge refer to the merged account's own id.
    let users = store::history::with_aliases(&view, user).await?;
    page.page(store::conflict::of_users(&view, &users, &page.front()?).await?)
}

/// Closes a case. If two operators decide concurrently, the second one gets `CONFLICT_CLOSED`. A merge that needs a second operator
/// returns the open case with the request.
///
/// # Errors
/// `NOT_FOUND`, `CONFLICT_CLOSED` or `DECISION_DOES_NOT_FIT`; for a merge also the errors of its choices, such as
/// `MERGE_CHOICE_REQUIRED`, and `REQUEST_PENDING`.
pub async fn resolve(
    service: &Service,
    caller: &Caller,
    decide: Decide,
) -> Result<(ClosedCase, Option<Request>), ApiError> {
    let by = caller.principal(ServiceScope::ConflictsWrite)?;
    let reason = crate::usecase::merge::read_reason(Some(&decide.reason))?;
    let is_idle = decide.choices != Choices::default() && decide.resolution != Resolution::Merge;
    if is_idle {
        return Err(ApiError::detailed(ErrorCode::InvalidInput, "survivor, keep: for MERGE only"));
    }
    let verdict = Verdict { resolution: decide.resolution, by, reason };
    let (id, decision) = (decide.case, (&verdict, &decide.choices));
    let resolve = |tx: Arc<Tx>| async move { resolve_in(service, &tx, id, decision).await };
    if verdict.resolution == Resolution::Merge && request::is_needed(service, FourEyes::Merge) {
        let would = service.store.rehearse("resolve_conflict", resolve).await?;
        let merged = would.merged.ok_or(ApiError::Internal("a case was closed by a merge without one"))?;
        let act = request::act_of_case(id, merged, &decide.choices);
        let asked = request::ask(service, act, (by, &verdict.reason)).await?;
        // The rehearsal was rolled back: the case is open.
        let case = store::conflict::find(&service.store.view(), id).await?;
        let case = case.ok_or_else(|| ApiError::refused(ErrorCode::NotFound))?;
        return Ok((ClosedCase { case, merged: None }, Some(asked)));
    }
    let closed = service.store.write("resolve_conflict", resolve).await?;
    outbox::wake(service);
    info!(case.id = %decide.case, decision = %verdict.resolution, by = %verdict.by, "a case was closed");
    Ok((closed, None))
}

/// Reads, decides and writes in one transaction, with the accounts locked.
pub(crate) async fn resolve_in(
    service: &Service,
    tx: &Tx,
    id: ConflictId,
    (verdict, choices): (&Verdict, &Choices),
) -> Result<ClosedCase, ApiError> {
    let now = service.clock.now();
    let not_found = || ApiError::refused(ErrorCode::NotFound);
    let held = store::conflict::hold(tx, id).await?.ok_or_else(not_found)?;
    if held.case.closed.is_some() {
        return Err(ApiError::refused(ErrorCode::ConflictClosed));
    }
    let closing = conflict::decide(verdict.resolution, &held.facts)
        .map_err(|misfit| ApiError::detailed(ErrorCode::DecisionDoesNotFit, misfit.to_string()))?;
    store::conflict::close(tx, &held.case, verdict, now).await?;
    let merged = do_closing(service, tx, (&held, &closing), (verdict, choices)).await?;
    store::audit::add(tx, &audited(&held.case, verdict, now)).await?;
    let case = store::conflict::find(&tx.look(), id).await?.ok_or_else(not_found)?;
    Ok(ClosedCase { case, merged })
}

/// Carries out the decision. All sessions of the changed accounts end.
async fn do_closing(
    service: &Service,
    tx: &Tx,
    (held, closing): (&HeldCase, &Closing),
    (verdict, choices): (&Verdict, &Choices),
) -> Result<Option<MergedPeople>, ApiError> {
    let now = service.clock.now();
    let mut phone_before = None;
    let (changed, merged) = match closing {
        Closing::Nothing => (vec![], None),
        Closing::ReplaceUnionId { user, .. } => (vec![*user], None),
        Closing::GivePhone { from, to, .. } => {
            phone_before = store::phone::active_phone(&tx.look(), *to).await?;
            (vec![*from, *to], None)
        }
        Closing::Merge(users) => {
            let gone = || ApiError::detailed(ErrorCode::DecisionDoesNotFit, conflict::Misfit::AccountGone.to_string());
            let [one, other] = store::merge::sides(&tx.look(), *users).await?.ok_or_else(gone)?;
            let plan = merge::plan(&one, &other, choices).map_err(crate::usecase::merge::refused)?;
            let grounds = Grounds::Operator { by: verdict.by, reason: verdict.reason.clone() };
            let phones = [
                store::phone::active_phone(&tx.look(), users[0]).await?,
                store::phone::active_phone(&tx.look(), users[1]).await?,
            ];
            let merge = store::merge::merge_users(tx, &plan, &grounds, now).await?.merge;
            outbox::post_for_merge(service, tx, plan.into, &phones).await?;
            (users.to_vec(), Some(MergedPeople { survivor: plan.into, former: plan.from, merge }))
        }
    };
    store::conflict::decide(tx, (held, closing), verdict, now).await?;
    if let Closing::GivePhone { from, to, .. } = closing {
        outbox::post_for_given_phone(service, tx, (*from, *to), phone_before).await?;
    }
    if !changed.is_empty() {
        store::session::end_all_of(tx, &changed, None, now).await?;
    }
    Ok(merged)
}

fn audited(case: &Case, verdict: &Verdict, now: Timestamp) -> AuditEvent {
    let event = AuditEvent::new(AuditAction::CaseClosed, Actor::Operator(verdict.by), now).about(case.user);
    event.saying(json!({
        "case": case.id.to_string(),
        "other": case.other.map(|other| other.to_string()),
        "decision": verdict.resolution.as_str(),
        "reason": verdict.reason,
    }))
}
