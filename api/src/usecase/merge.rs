//! A person confirms a merge that was offered: two accounts become one (R8).
//! Who goes on and what has to be chosen is `domain::merging`'s to say; the way back is `undo`.

use domain::merging::{self, Choices, Confirmation, Refusal, Unconfirmed};
use domain::{LinkEventId, Rule, Timestamp};
use std::sync::Arc;
use store::{Grounds, Tx, User, Write};
use tracing::info;

use super::receipt::{Changed, Repeatable};
use super::{SessionTokens, SignedIn, not_now};
use crate::error::{ApiError, ErrorCode};
use crate::service::Service;
use crate::token;

/// What a person confirms.
pub struct MergeRequest {
    /// The token of the offer.
    pub token: String,
    /// What the person chose.
    pub choices: Choices,
    /// A live access token of the other account, where the offer needs one.
    pub other_access_token: Option<String>,
}

impl std::fmt::Debug for MergeRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MergeRequest").field("choices", &self.choices).finish_non_exhaustive()
    }
}

/// Two accounts that are one.
#[derive(Debug)]
pub struct Merged {
    /// The account that the person is signed in to now.
    pub user: User,
    /// The merge, by which it can be undone.
    pub merge: LinkEventId,
    /// New tokens, when the account has changed.
    pub session: Option<SessionTokens>,
}

impl Service {
    /// Merges two accounts as the person chose. A refusal leaves the offer as it was.
    pub async fn merge_users(&self, caller: &SignedIn, request: &MergeRequest) -> Result<Merged, ApiError> {
        let choices = format!("{:?}", request.choices);
        let again = self.repeatable(caller, "merge_users", &[request.token.as_bytes(), choices.as_bytes()]);
        if let Some(merged) = self.merged_before(caller, again).await? {
            return Ok(merged);
        }
        let merge = |tx: Arc<Tx>| async move { self.merge_in(&tx, caller, (request, again)).await };
        let write = Write::new("merge_users").in_session(caller.session.id);
        let (merged, rule) = match self.store.write(write, merge).await {
            Ok(done) => done,
            // The same request may have been under way, and have taken the offer.
            Err(error) => return self.merged_before(caller, again).await?.ok_or(error),
        };
        self.wake_outbox();
        info!(user.id = %merged.user.id, %rule, "two accounts were merged");
        Ok(merged)
    }

    /// The answer of the same request, if it came before.
    async fn merged_before(&self, caller: &SignedIn, again: Repeatable) -> Result<Option<Merged>, ApiError> {
        let Some(Changed { user, moved, merge: Some(merge), .. }) = self.outcome_before(again).await? else {
            return Ok(None);
        };
        let session = if moved { self.tokens_again(caller, again).await? } else { None };
        if moved && session.is_none() {
            return Ok(None);
        }
        Ok(self.user_again(caller, user).await?.map(|user| Merged { user, merge, session }))
    }

    /// Takes the offer, which holds both accounts. The merge and the rule that offered it.
    async fn merge_in(
        &self,
        tx: &Tx,
        caller: &SignedIn,
        (request, again): (&MergeRequest, Repeatable),
    ) -> Result<(Merged, Rule), ApiError> {
        let now = self.clock.now();
        let rejected = || ApiError::refused(ErrorCode::MergeTokenRejected);
        let offer = tx.take_offer(&token::hash(&request.token), caller.user.id, now).await?.ok_or_else(rejected)?;
        // Both accounts are held now: nobody ends this session from here on.
        if !tx.look().is_open(caller.session.id, caller.user.id).await? {
            return Err(ApiError::refused(ErrorCode::Unauthenticated));
        }
        let users = [offer.user, offer.other];
        let standing = caller.session.standing(tx.look().cooling_until(&users).await?, now);
        let second_proof = self.second_proof(&tx.look(), &offer, request.other_access_token.as_deref()).await?;
        merging::may_confirm(&Confirmation { standing, second_proof }, &self.config.phone.policy())
            .map_err(|reason| unconfirmed(reason, now))?;
        let [own, other] = tx.look().sides(users).await?.ok_or_else(rejected)?;
        let plan = merging::plan(&own, &other, &request.choices).map_err(refused)?;
        let phones = [tx.look().phone_id(offer.user).await?, tx.look().phone_id(offer.other).await?];
        let merged = tx.merge_users(&plan, &Grounds::Offer(offer.rule), now).await?;
        tx.end_sessions_of(&users, Some(caller.session.id), now).await?;
        self.post_merge_notices(tx, plan.into, &phones).await?;
        let moved = plan.into != caller.user.id;
        let session = if moved {
            Some(self.reassign_session(tx, &caller.session, (plan.into, self.token_of(again))).await?)
        } else {
            None
        };
        let outcome = Changed { moved, merge: Some(merged.merge), ..Changed::of(plan.into) };
        self.keep_outcome(tx, again, &outcome).await?;
        let user = tx.look().user(plan.into).await?.ok_or(ApiError::Internal("a merged user is not there"))?;
        Ok((Merged { user, merge: merged.merge, session }, offer.rule))
    }
}

pub(super) fn unconfirmed(reason: Unconfirmed, now: Timestamp) -> ApiError {
    match reason {
        Unconfirmed::NotNow(reason) => not_now(reason, now),
        Unconfirmed::ProveMore => ApiError::refused(ErrorCode::SecondProofRequired),
    }
}

pub(super) fn refused(refusal: Refusal) -> ApiError {
    let bad = |what| ApiError::detailed(ErrorCode::InvalidInput, what);
    match refusal {
        // What was offered is never so: the accounts have changed since.
        Refusal::SameAccount => ApiError::refused(ErrorCode::MergeTokenRejected),
        Refusal::LimitBroken => ApiError::refused(ErrorCode::LimitBroken),
        Refusal::Stranger => bad("survivor, keep: neither of the two accounts".to_owned()),
        Refusal::ChoiceIdle(field) => bad(format!("keep: {field} does not clash, or is named twice")),
        Refusal::ChoiceMissing(fields) => {
            let fields: Vec<_> = fields.iter().map(ToString::to_string).collect();
            ApiError::detailed(ErrorCode::MergeChoiceRequired, fields.join(", "))
        }
    }
}
