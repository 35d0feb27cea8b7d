//! Cases for operators: the list, and the decision that closes one (R14).
//! What a decision comes to is `domain::conflict`'s to say; merges are `domain::merge`'s.

use std::sync::Arc;

use domain::conflict::{self, Closing};
use domain::merge::{self, Choices};
use domain::{AuditAction, ConflictId, ConflictKind, LinkEventId, Resolution, ServiceScope, Timestamp, UserId};
use serde_json::json;
use store::audit::AuditEvent;
use store::conflict::{Case, CaseFilter, HeldCase, Verdict};
use store::history::Grounds;
use store::{Actor, Tx};
use tracing::info;

use crate::error::{ApiError, ErrorCode};
use crate::service::Service;
use crate::usecase::page::{FrontRequest, Page};
use crate::usecase::{Caller, outbox};

/// Which cases an operator wants to see.
#[derive(Debug, Clone, Default)]
pub struct CaseQuery {
    /// Only of these kinds.
    pub kinds: Option<Vec<ConflictKind>>,
    /// Only open ones, or only closed ones.
    pub open: Option<bool>,
    /// Only those about this person.
    pub user: Option<UserId>,
    /// Only those opened at this time or later.
    pub since: Option<Timestamp>,
}

/// What an operator decides.
#[derive(Debug, Clone)]
pub struct Decide {
    /// About which case.
    pub case: ConflictId,
    /// What.
    pub resolution: Resolution,
    /// Why.
    pub reason: String,
    /// What is to be chosen, if two accounts are merged.
    pub choices: Choices,
}

/// A case that was closed just now.
#[derive(Debug)]
pub struct ClosedCase {
    /// The case as it stands.
    pub case: Case,
    /// The merge, by which it can be undone.
    pub merge: Option<LinkEventId>,
}

/// A page of cases, the oldest first.
pub async fn list(
    service: &Service,
    caller: &Caller,
    query: CaseQuery,
    page: FrontRequest,
) -> Result<Page<Case>, ApiError> {
    caller.require(ServiceScope::ConflictsRead)?;
    let view = service.store.view();
    // Cases that were closed before a merge still name the account that went.
    let users = match query.user {
        Some(user) => Some(store::history::with_aliases(&view, user).await?),
        None => None,
    };
    let filter = CaseFilter { kinds: query.kinds, open: query.open, users, since: query.since };
    page.page(store::conflict::list(&view, &filter, &page.front()?).await?)
}

/// Closes a case. Of two operators one wins, and the other is told that it is closed.
pub async fn resolve(service: &Service, caller: &Caller, decide: Decide) -> Result<ClosedCase, ApiError> {
    caller.require(ServiceScope::ConflictsWrite)?;
    let Caller::System(token) = caller else { return Err(ApiError::refused(ErrorCode::Forbidden)) };
    let reason = crate::usecase::merge::read_reason(Some(&decide.reason))?;
    let is_idle = decide.choices != Choices::default() && decide.resolution != Resolution::Merge;
    if is_idle {
        return Err(ApiError::detailed(ErrorCode::InvalidInput, "survivor, keep: for MERGE only"));
    }
    let verdict = Verdict { resolution: decide.resolution, token: token.id, reason };
    let (id, decision) = (decide.case, (&verdict, &decide.choices));
    let resolve = |tx: Arc<Tx>| async move { resolve_in(service, &tx, id, decision).await };
    let closed = service.store.write("resolve_conflict", resolve).await?;
    outbox::wake(service);
    info!(case.id = %decide.case, decision = %verdict.resolution, by = %verdict.token, "a case was closed");
    Ok(closed)
}

/// Look, decide, do, while the accounts are locked: one attempt in one transaction.
async fn resolve_in(
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
    let merge = do_closing(service, tx, (&held, &closing), (verdict, choices)).await?;
    store::audit::add(tx, &audited(&held.case, verdict, now)).await?;
    let case = store::conflict::find(&tx.look(), id).await?.ok_or_else(not_found)?;
    Ok(ClosedCase { case, merge })
}

/// The decision itself. The sessions of accounts that it changes end: an operator has none to keep.
async fn do_closing(
    service: &Service,
    tx: &Tx,
    (held, closing): (&HeldCase, &Closing),
    (verdict, choices): (&Verdict, &Choices),
) -> Result<Option<LinkEventId>, ApiError> {
    let now = service.clock.now();
    let mut phone_before = None;
    let (changed, merge) = match closing {
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
            let grounds = Grounds::Operator { token: verdict.token, reason: verdict.reason.clone() };
            let phones = [
                store::phone::active_phone(&tx.look(), users[0]).await?,
                store::phone::active_phone(&tx.look(), users[1]).await?,
            ];
            let merged = store::merge::merge_users(tx, &plan, &grounds, now).await?;
            outbox::post_for_merge(service, tx, plan.into, &phones).await?;
            (users.to_vec(), Some(merged.merge))
        }
    };
    store::conflict::decide(tx, (held, closing), verdict, now).await?;
    if let Closing::GivePhone { from, to, .. } = closing {
        outbox::post_for_given_phone(service, tx, (*from, *to), phone_before).await?;
    }
    if !changed.is_empty() {
        store::session::end_all_of(tx, &changed, None, now).await?;
    }
    Ok(merge)
}

fn audited(case: &Case, verdict: &Verdict, now: Timestamp) -> AuditEvent {
    let event = AuditEvent::new(AuditAction::CaseClosed, Actor::Operator(verdict.token), now).about(case.user);
    event.saying(json!({
        "case": case.id.to_string(),
        "other": case.other.map(|other| other.to_string()),
        "decision": verdict.resolution.as_str(),
        "reason": verdict.reason,
    }))
}
