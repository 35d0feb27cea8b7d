//! Undoes merges, for the person (R8) or an operator (R14). The journal records what goes back to which account; see
//! `store`.

use std::sync::Arc;

use domain::merge::{UNDO, may_undo};
use domain::session::{NotNow, Step, may};
use domain::{AppId, AuditAction, Boundness, LinkEventId, ServiceScope, Timestamp, UserId};
use serde_json::json;
use store::audit::AuditEvent;
use store::merge::Grounds;
use store::merge::{Merge, UndoError, Undone};
use store::request::Request;
use store::user::User;
use store::{Actor, Tx, Write};
use tracing::info;

use crate::config::FourEyes;
use crate::error::{ApiError, ErrorCode};
use crate::service::Service;
use crate::sms::Notice;
use crate::token::RefreshToken;
use crate::usecase::receipt::{Again, Before, Changed, IdempotencyKey, Repeatable};
use crate::usecase::session::SessionTokens;
use crate::usecase::{Caller, SignedIn, not_now, outbox, receipt, request, session};

/// The maximum length of a reason in characters.
const MAX_REASON: usize = 500;

/// The result of [`undo()`].
#[derive(Debug)]
pub struct UndoneMerge {
    /// The account that survived the merge.
    pub survivor: UserId,
    /// The restored account.
    pub restored: UserId,
    /// The account that the session belongs to now. Absent for an operator.
    pub user: Option<User>,
    /// New tokens if the session has moved to another account.
    pub session: Option<SessionTokens>,
}

/// Lists the merges into an account that can still be undone, oldest first.
pub async fn list(service: &Service, user: UserId) -> Result<Vec<Merge>, ApiError> {
    Ok(store::merge::list(&service.store.view(), user, service.clock.now().minus(UNDO)).await?)
}

/// Undoes a merge, for the account's person with a fresh login, or for an operator with a reason. If it needs a second operator, returns
/// the request, and what would be undone.
///
/// # Errors
/// `NOT_FOUND` or `UNDO_IMPOSSIBLE`; `INVALID_INPUT` for an operator without a reason, and `REQUEST_PENDING`.
pub async fn undo(
    service: &Service,
    caller: &Caller,
    merge: LinkEventId,
    (reason, key): (Option<&str>, Option<&IdempotencyKey>),
) -> Result<(UndoneMerge, Option<Request>), ApiError> {
    let (person, grounds) = match caller {
        Caller::System(_) | Caller::Operator(_) => {
            let by = caller.principal(ServiceScope::UsersWrite)?;
            (None, Grounds::Operator { by, reason: read_reason(reason)? })
        }
        Caller::Person(_) | Caller::Anonymous | Caller::Rejected | Caller::Closed => {
            (Some(caller.person()?), Grounds::Person)
        }
    };
    if let Grounds::Operator { by, reason } = &grounds
        && request::is_needed(service, FourEyes::Undo)
    {
        let grounds = &grounds;
        let undo = |tx: Arc<Tx>| async move { undo_for_company(service, &tx, (merge, grounds)).await };
        let would = service.store.rehearse("undo_merge", undo).await?;
        let asked = request::ask(service, request::act_of_undo(merge, &would), (*by, reason)).await?;
        return Ok((would, Some(asked)));
    }
    let id = merge.to_string();
    // The merge's id is no secret: only who has the key of the first request is answered its tokens again.
    let again = person
        .zip(key)
        .map(|(person, key)| receipt::repeatable(service, person, "undo_merge", &[id.as_bytes(), key.as_bytes()]));
    let grounds = &grounds;
    let before = || undone_before(service, person.zip(again));
    let work = async {
        let write = Write::new("undo_merge");
        let write = person.map_or(write, |person| write.in_session(person.session.id));
        let undo = |tx: Arc<Tx>| async move {
            undo_in(service, &tx, person.map(|person| (person, again)), (merge, grounds)).await
        };
        let undone = service.store.write(write, undo).await?;
        outbox::wake(service);
        info!(user.id = %undone.survivor, rule = %grounds.rule(), "a merge was undone");
        Ok(undone)
    };
    Ok((receipt::once(before, work).await?, None))
}

/// Undoes a merge for an operator. An error rolls it back.
pub(crate) async fn undo_for_company(
    service: &Service,
    tx: &Tx,
    (merge, grounds): (LinkEventId, &Grounds),
) -> Result<UndoneMerge, ApiError> {
    undo_in(service, tx, None, (merge, grounds)).await
}

/// Returns the stored answer of the same request, if any.
async fn undone_before(
    service: &Service,
    by: Option<(&SignedIn, Repeatable)>,
) -> Result<Option<Result<UndoneMerge, ApiError>>, ApiError> {
    let Some((person, again)) = by else { return Ok(None) };
    match receipt::changed_before(service, person, again).await? {
        Before::Nothing => Ok(None),
        Before::Lapsed => Err(receipt::lapsed()),
        Before::Answer(answer) => {
            let Again { changed: Changed { moved, other, .. }, user, session } = *answer;
            let other = other.ok_or(ApiError::Internal("the receipt of an undone merge names one account"))?;
            let (survivor, restored) = if moved { (other, user.id) } else { (user.id, other) };
            Ok(Some(Ok(UndoneMerge { survivor, restored, user: Some(user), session })))
        }
    }
}

/// Undoes the merge, which locks both accounts, and then checks that it was allowed. An error rolls it back.
async fn undo_in(
    service: &Service,
    tx: &Tx,
    by: Option<(&SignedIn, Option<Repeatable>)>,
    (id, grounds): (LinkEventId, &Grounds),
) -> Result<UndoneMerge, ApiError> {
    let person = by.map(|(person, _)| person);
    let now = service.clock.now();
    let not_found = || ApiError::refused(ErrorCode::NotFound);
    // The survivor may itself have been merged into the person's account. Read first, so that another person's merge
    // takes as long as one that does not exist.
    let own = match person {
        Some(person) => Some(store::history::with_aliases(&tx.look(), person.user.id).await?),
        None => None,
    };
    let merge = store::merge::find(&tx.look(), id).await?.ok_or_else(not_found)?;
    if own.is_some_and(|own| !own.contains(&merge.into)) {
        return Err(not_found());
    }
    if !may_undo(merge.at, now) {
        return Err(ApiError::detailed(ErrorCode::UndoImpossible, "it was made more than thirty days ago"));
    }
    let undone = store::merge::undo(tx, id, grounds, now).await.map_err(refused)?.ok_or_else(not_found)?;
    if let Some(person) = person {
        // Both accounts are locked, so the session cannot end before the commit.
        if !store::link::is_open(&tx.look(), person.session.id, person.user.id).await? {
            return Err(ApiError::refused(ErrorCode::Unauthenticated));
        }
        // The survivor cannot move to another account either, but may have done so before the lock.
        if !store::history::with_aliases(&tx.look(), person.user.id).await?.contains(&undone.survivor) {
            return Err(not_found());
        }
        let users = [undone.survivor, undone.restored];
        let cooling_until = store::merge::cooling_until(&tx.look(), &users).await?;
        let standing = person.session.standing(cooling_until, now);
        may(Step::UndoMerge, &standing, &service.config.phone.policy()).map_err(|reason| not_now(reason, now))?;
    }
    for user in [undone.survivor, undone.restored] {
        outbox::post_to(service, tx, user, &Notice::MergeUndone).await?;
    }
    let answer = settle_undone(service, tx, by, (&undone, merge.at)).await?;
    if let Grounds::Operator { by, reason } = grounds {
        let event = AuditEvent::new(AuditAction::MergeUndone, Actor::Operator(*by), now).about(undone.survivor);
        let restored = undone.restored.to_string();
        store::audit::add(
            tx,
            &event.saying(json!({ "merge": id.to_string(), "restored": restored, "reason": reason })),
        )
        .await?;
    }
    Ok(answer)
}

/// Ends all other sessions. The person's own session moves to the account of the openId or the phone that opened it, because an
/// erroneous merge may have joined two people's accounts.
async fn settle_undone(
    service: &Service,
    tx: &Tx,
    by: Option<(&SignedIn, Option<Repeatable>)>,
    (undone, merged_at): (&Undone, Timestamp),
) -> Result<UndoneMerge, ApiError> {
    let (survivor, restored) = (undone.survivor, undone.restored);
    let own = by.map(|(person, _)| person.session.id);
    store::session::end_all_of(tx, &[survivor, restored], own, service.clock.now()).await?;
    let Some((person, again)) = by else {
        return Ok(UndoneMerge { survivor, restored, user: None, session: None });
    };
    let own = &person.session;
    let through = store::session::app_of(&tx.look(), own.id).await?;
    let goes_back = match store::session::phone_of(&tx.look(), own.id).await? {
        // A login by a phone names an app, in which its person may have no openId.
        Some(phone) => store::phone::active_phone(&tx.look(), restored).await? == Some(phone),
        None => through.as_ref().is_some_and(|app| undone.apps.contains(app)),
    };
    let (session, now, other) = if goes_back {
        let token = again.map_or_else(RefreshToken::random, |again| receipt::token_of(service, again));
        let tokens = session::reassign(service, tx, own, (restored, token)).await?;
        (Some(tokens), restored, survivor)
    } else if own.bound == Boundness::Unbound && !was_there(tx, (survivor, through.as_ref()), merged_at).await? {
        // R15: its openId came to the account after the merge, so that the session would stay in another person's account.
        return Err(not_now(NotNow::UnboundLogin, service.clock.now()));
    } else {
        (None, survivor, restored)
    };
    let outcome = Changed { moved: goes_back, other: Some(other), ..Changed::of(now) };
    if let Some(again) = again {
        receipt::keep_outcome(service, tx, again, &outcome).await?;
    }
    Ok(UndoneMerge { survivor, restored, user: store::user::find(&tx.look(), now).await?, session })
}

/// Whether the account had its openId of this app already when the merge was made.
async fn was_there(tx: &Tx, (user, app): (UserId, Option<&AppId>), merged_at: Timestamp) -> Result<bool, ApiError> {
    // A later merge may have brought the openId along.
    if !store::merge::list(&tx.look(), user, merged_at).await?.is_empty() {
        return Ok(false);
    }
    let links = store::user::open_ids(&tx.look(), user).await?;
    Ok(links.iter().any(|link| Some(&link.key.app) == app && link.linked_at <= merged_at))
}

pub(crate) fn read_reason(reason: Option<&str>) -> Result<String, ApiError> {
    let reason = reason.unwrap_or_default().trim();
    if reason.is_empty() || reason.chars().count() > MAX_REASON {
        let detail = format!("reason: required for an operator, 1 to {MAX_REASON} characters");
        return Err(ApiError::detailed(ErrorCode::InvalidInput, detail));
    }
    Ok(reason.to_owned())
}

fn refused(error: UndoError) -> ApiError {
    match error {
        UndoError::Refused(refusal) => ApiError::detailed(ErrorCode::UndoImpossible, refusal.to_string()),
        UndoError::Store(error) => error.into(),
    }
}
