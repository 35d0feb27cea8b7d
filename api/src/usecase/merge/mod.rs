//! Merges two accounts after the person has confirmed an offer (R8). See `domain::merge` for the rules and `undo` for
//! the reversal.

mod offer;
mod operator;
mod today;
mod undo;

use std::sync::Arc;

use domain::merge::{self, Choices, Confirmation, MergeRefusal, Unconfirmed};
use domain::{LinkEventId, Rule, Timestamp};
use store::merge::Grounds;
use store::user::User;
use store::{Tx, Write};
use tracing::info;

use crate::error::{ApiError, ErrorCode};
use crate::service::Service;
use crate::token;
use crate::usecase::receipt::{Again, Before, Changed, Repeatable};
use crate::usecase::session::SessionTokens;
use crate::usecase::{SignedIn, not_now, outbox, receipt, session};

pub use offer::{MergePreview, PreviewedSide, preview};
pub(crate) use offer::{hint, offer, second_proof};
pub(crate) use operator::merge_in as merge_people_in;
pub use operator::{MergedPeople, PeopleMerge, PeoplePreview, merge_people, preview_people};
pub use today::{Verdict, verdicts, would_merge_today};
pub use undo::{UndoneMerge, list, undo};
pub(crate) use undo::{read_reason, undo_for_company};

/// The input of [`merge_users`].
pub struct MergeRequest {
    /// The token of the offer.
    pub token: String,
    /// The person's choices.
    pub choices: Choices,
    /// A valid access token of the other account, if the offer requires one.
    pub other_access_token: Option<String>,
}

impl std::fmt::Debug for MergeRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MergeRequest").field("choices", &self.choices).finish_non_exhaustive()
    }
}

/// The result of [`merge_users`].
#[derive(Debug)]
pub struct Merged {
    /// The account that the session belongs to now.
    pub user: User,
    /// The merge, for `undoMerge`.
    pub merge: LinkEventId,
    /// New tokens if the session has moved to another account.
    pub session: Option<SessionTokens>,
}

/// Merges two accounts as the person chose. After an error the offer remains valid.
///
/// # Errors
/// `MERGE_TOKEN_REJECTED`, `MERGE_CHOICE_REQUIRED`, `LIMIT_BROKEN` or `SECOND_PROOF_REQUIRED`, or
/// `FRESH_LOGIN_REQUIRED` or `BOUND_LOGIN_REQUIRED` if the login does not suffice.
pub async fn merge_users(service: &Service, caller: &SignedIn, request: &MergeRequest) -> Result<Merged, ApiError> {
    let choices = format!("{:?}", request.choices);
    let again = receipt::repeatable(service, caller, "merge_users", &[request.token.as_bytes(), choices.as_bytes()]);
    let before = || merged_before(service, caller, again);
    let work = async {
        let merge = |tx: Arc<Tx>| async move { merge_in(service, &tx, caller, (request, again)).await };
        let write = Write::new("merge_users").in_session(caller.session.id);
        let (merged, rule) = service.store.write(write, merge).await?;
        outbox::wake(service);
        info!(user.id = %merged.user.id, %rule, "two accounts were merged");
        Ok(merged)
    };
    receipt::once(before, work).await
}

/// The answer of the same request, if it came before.
async fn merged_before(
    service: &Service,
    caller: &SignedIn,
    again: Repeatable,
) -> Result<Option<Result<Merged, ApiError>>, ApiError> {
    // A token of an offer is good for once: a lapsed answer ends in its refusal.
    let Before::Answer(answer) = receipt::changed_before(service, caller, again).await? else { return Ok(None) };
    let Again { changed, user, session } = *answer;
    Ok(changed.merge.map(|merge| Ok(Merged { user, merge, session })))
}

/// Takes the offer, which locks both accounts, and merges them. Returns the merge and the rule of the offer.
async fn merge_in(
    service: &Service,
    tx: &Tx,
    caller: &SignedIn,
    (request, again): (&MergeRequest, Repeatable),
) -> Result<(Merged, Rule), ApiError> {
    let now = service.clock.now();
    let rejected = || ApiError::refused(ErrorCode::MergeTokenRejected);
    let offer =
        store::merge::take_offer(tx, &token::hash(&request.token), caller.user.id, now).await?.ok_or_else(rejected)?;
    // Both accounts are locked, so the session cannot end before the commit.
    if !store::link::is_open(&tx.look(), caller.session.id, caller.user.id).await? {
        return Err(ApiError::refused(ErrorCode::Unauthenticated));
    }
    let users = [offer.user, offer.other];
    let standing = caller.session.standing(store::merge::cooling_until(&tx.look(), &users).await?, now);
    let second_proof = second_proof(service, &tx.look(), &offer, request.other_access_token.as_deref()).await?;
    merge::may_confirm(&Confirmation { standing, second_proof }, &service.config.phone.policy())
        .map_err(|reason| unconfirmed(reason, now))?;
    let [own, other] = store::merge::sides(&tx.look(), users).await?.ok_or_else(rejected)?;
    let plan = merge::plan(&own, &other, &request.choices).map_err(refused)?;
    let phones = [
        store::phone::active_phone(&tx.look(), offer.user).await?,
        store::phone::active_phone(&tx.look(), offer.other).await?,
    ];
    let merged = store::merge::merge_users(tx, &plan, &Grounds::Offer(offer.rule), now).await?;
    store::session::end_all_of(tx, &users, Some(caller.session.id), now).await?;
    outbox::post_for_merge(service, tx, plan.into, &phones).await?;
    let moved = plan.into != caller.user.id;
    let session = if moved {
        Some(session::reassign(service, tx, &caller.session, (plan.into, receipt::token_of(service, again))).await?)
    } else {
        None
    };
    let outcome = Changed { moved, merge: Some(merged.merge), ..Changed::of(plan.into) };
    receipt::keep_outcome(service, tx, again, &outcome).await?;
    let user =
        store::user::find(&tx.look(), plan.into).await?.ok_or(ApiError::Internal("a merged user does not exist"))?;
    Ok((Merged { user, merge: merged.merge, session }, offer.rule))
}

pub(crate) fn unconfirmed(reason: Unconfirmed, now: Timestamp) -> ApiError {
    match reason {
        Unconfirmed::NotNow(reason) => not_now(reason, now),
        Unconfirmed::ProveMore => ApiError::refused(ErrorCode::SecondProofRequired),
    }
}

pub(crate) fn refused(refusal: MergeRefusal) -> ApiError {
    let bad = |what| ApiError::detailed(ErrorCode::InvalidInput, what);
    match refusal {
        // Offers always concern two accounts, so the accounts have changed since.
        MergeRefusal::SameAccount => ApiError::refused(ErrorCode::MergeTokenRejected),
        MergeRefusal::LimitBroken => ApiError::refused(ErrorCode::LimitBroken),
        MergeRefusal::Stranger => bad("survivor, keep: neither of the two accounts".to_owned()),
        MergeRefusal::ChoiceIdle(field) => bad(format!("keep: {field} does not differ, or is given twice")),
        MergeRefusal::ChoiceMissing(fields) => {
            let fields: Vec<_> = fields.iter().map(ToString::to_string).collect();
            ApiError::detailed(ErrorCode::MergeChoiceRequired, fields.join(", "))
        }
    }
}
