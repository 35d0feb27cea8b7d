//! Merges that an operator decides (R14): of any two accounts, with the reason in the journal and in the audit.
//! A merge that has a case is decided there: see [`crate::usecase::conflict`].

use std::sync::Arc;

use domain::merge::{self, Choices, MergeRefusal, Obstacle, Preview};
use domain::{AuditAction, LinkEventId, Principal, ServiceScope, UserId};
use serde_json::json;
use store::audit::AuditEvent;
use store::merge::Grounds;
use store::request::Request;
use store::{Actor, Tx, View};
use tracing::info;

use super::{PreviewedSide, read_reason, refused};
use crate::config::FourEyes;
use crate::error::{ApiError, ErrorCode};
use crate::service::Service;
use crate::usecase::{Caller, outbox, request};

/// What a merge of two accounts would do, and what forbids it.
#[derive(Debug)]
pub struct PeoplePreview {
    /// The two accounts, in the order of the request.
    pub sides: [PreviewedSide; 2],
    /// The surviving account, and the required choices.
    pub preview: Preview,
    /// What forbids the merge; empty if it is possible.
    pub obstacles: Vec<Obstacle>,
}

/// An operator's merge.
#[derive(Debug, Clone)]
pub struct PeopleMerge {
    /// The two accounts.
    pub users: [UserId; 2],
    /// The choices.
    pub choices: Choices,
    /// The reason.
    pub reason: String,
}

/// A merge that was made.
#[derive(Debug, Clone, Copy)]
pub struct MergedPeople {
    /// The account that remains.
    pub survivor: UserId,
    /// The account that became an alias.
    pub former: UserId,
    /// The merge, for `undoMerge`.
    pub merge: LinkEventId,
}

/// Returns what a merge of two accounts would do. Ids of merged accounts stand for the surviving ones. Requires the scope
/// `users:read`.
///
/// # Errors
/// `NOT_FOUND`; `ACCOUNT_CLOSED` if one is disabled; `INVALID_INPUT` if both are one account.
pub async fn preview_people(service: &Service, caller: &Caller, users: [UserId; 2]) -> Result<PeoplePreview, ApiError> {
    caller.require(ServiceScope::UsersRead)?;
    let view = service.store.view();
    let users = survivors(&view, users).await?;
    let [one, other] =
        store::merge::sides(&view, users).await?.ok_or_else(|| ApiError::refused(ErrorCode::NotFound))?;
    Ok(PeoplePreview {
        preview: merge::preview(&one, &other),
        obstacles: merge::obstacles(&one.account, &other.account),
        sides: [
            PreviewedSide { side: one, holdings: store::merge::holdings(&view, users[0]).await? },
            PreviewedSide { side: other, holdings: store::merge::holdings(&view, users[1]).await? },
        ],
    })
}

/// Merges two accounts. All sessions of both end. Requires the scope `users:manage`. If the merge needs a second operator, returns the
/// request, and what the merge would be.
///
/// # Errors
/// Those of [`preview_people`], `LIMIT_BROKEN`, `MERGE_CHOICE_REQUIRED` and `REQUEST_PENDING`.
pub async fn merge_people(
    service: &Service,
    caller: &Caller,
    wanted: &PeopleMerge,
) -> Result<(MergedPeople, Option<Request>), ApiError> {
    let by = caller.principal(ServiceScope::UsersManage)?;
    let reason = &read_reason(Some(&wanted.reason))?;
    let merge = |tx: Arc<Tx>| async move { merge_in(service, &tx, (by, reason), wanted).await };
    if request::is_needed(service, FourEyes::Merge) {
        let would = service.store.rehearse("merge_people", merge).await?;
        let wanted = PeopleMerge { users: [would.survivor, would.former], ..wanted.clone() };
        let asked = request::ask(service, request::act_of_merge(&wanted), (by, reason)).await?;
        return Ok((would, Some(asked)));
    }
    let merged = service.store.write("merge_people", merge).await?;
    outbox::wake(service);
    info!(user.id = %merged.survivor, former = %merged.former, %by, "an operator merged two accounts");
    Ok((merged, None))
}

pub(crate) async fn merge_in(
    service: &Service,
    tx: &Tx,
    (by, reason): (Principal, &str),
    wanted: &PeopleMerge,
) -> Result<MergedPeople, ApiError> {
    let now = service.clock.now();
    let users = survivors(&tx.look(), wanted.users).await?;
    let sides = store::merge::locked_sides(tx, users).await?;
    let [one, other] = sides.ok_or_else(|| ApiError::refused(ErrorCode::NotFound))?;
    let plan = merge::plan(&one, &other, &wanted.choices).map_err(|refusal| match refusal {
        MergeRefusal::SameAccount => same(users[0]),
        refusal => refused(refusal),
    })?;
    let phones = [
        store::phone::active_phone(&tx.look(), users[0]).await?,
        store::phone::active_phone(&tx.look(), users[1]).await?,
    ];
    let grounds = Grounds::Operator { by, reason: reason.to_owned() };
    let merged = store::merge::merge_users(tx, &plan, &grounds, now).await?;
    store::session::end_all_of(tx, &users, None, now).await?;
    outbox::post_for_merge(service, tx, plan.into, &phones).await?;
    let detail = json!({ "merge": merged.merge.to_string(), "former": plan.from.to_string(), "reason": reason });
    let event = AuditEvent::new(AuditAction::UsersMerged, Actor::Operator(by), now).about(plan.into);
    store::audit::add(tx, &event.saying(detail)).await?;
    Ok(MergedPeople { survivor: plan.into, former: plan.from, merge: merged.merge })
}

/// Returns the accounts to which two ids lead: two different ones, neither disabled.
async fn survivors(view: &View<'_>, ids: [UserId; 2]) -> Result<[UserId; 2], ApiError> {
    let led = store::search::led(view, &ids).await?;
    let mut users = ids;
    for id in &mut users {
        let found = led.get(id).ok_or_else(|| ApiError::refused(ErrorCode::NotFound))?;
        if found.user.is_disabled {
            return Err(ApiError::detailed(ErrorCode::AccountClosed, format!("{} is disabled", found.user.id)));
        }
        *id = found.user.id;
    }
    if users[0] == users[1] { Err(same(users[0])) } else { Ok(users) }
}

fn same(user: UserId) -> ApiError {
    ApiError::detailed(ErrorCode::InvalidInput, format!("user, other: both lead to the account {user}"))
}
