//! A person confirms a merge that was offered: two accounts become one (R8).
//! Who goes on and what has to be chosen is `domain::merging`'s to say; the way back is `undo`.

use domain::merging::{self, Choices, Confirmation, Refusal, Unconfirmed};
use domain::{LinkEventId, Timestamp};
use store::{Grounds, User};
use tracing::info;

use super::{Races, SessionTokens, SignedIn, not_now};
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
        let mut races = Races::default();
        loop {
            let attempt = self.merge_once(caller, request).await;
            if !races.lost(&attempt) {
                return attempt;
            }
        }
    }

    /// Take the offer, look, decide, do: one attempt in one transaction.
    async fn merge_once(&self, caller: &SignedIn, request: &MergeRequest) -> Result<Merged, ApiError> {
        let now = self.clock.now();
        let rejected = || ApiError::refused(ErrorCode::MergeTokenRejected);
        let tx = self.store.begin().await?.in_session(caller.session.id);
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
        let merged = tx.merge_users(&plan, &Grounds::Offer(offer.rule), now).await?;
        tx.end_sessions_of(&users, Some(caller.session.id), now).await?;
        let session = if plan.into == caller.user.id {
            None
        } else {
            Some(self.go_on_as(&tx, &caller.session, plan.into).await?)
        };
        let user = tx.look().user(plan.into).await?.ok_or(ApiError::Internal("a merged user is not there"))?;
        tx.commit().await?;
        info!(user.id = %user.id, rule = %offer.rule, "two accounts were merged");
        let session = session.map(|(session, refresh_token)| self.tokens(&session, refresh_token));
        Ok(Merged { user, merge: merged.merge, session })
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
