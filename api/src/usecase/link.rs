//! A person who is signed in adds another way of signing in (R13).
//! How a code is exchanged is `login`'s business; what follows from the proof is `domain::adding`'s to say.

use std::sync::Arc;

use domain::adding::{self, Addition, Refusal};
use domain::linking::Proof;
use domain::{Boundness, Timestamp};
use store::User;
use tracing::{Instrument, info};

use super::login::{Checked, Login};
use super::{ClientAddress, Races, SignedIn, not_now};
use crate::error::{ApiError, ErrorCode, MergeOffer};
use crate::gate::Work;
use crate::service::Service;

/// What came of it.
#[derive(Debug)]
pub struct Added {
    /// The person's account.
    pub user: User,
    /// Whether it has more than before.
    pub is_new: bool,
}

impl Service {
    /// Adds the openId that the code proves to the caller's account. Another account's is not moved, but may be merged.
    pub async fn link_open_id(
        self: &Arc<Self>,
        caller: &SignedIn,
        (input, from): (Login, ClientAddress),
    ) -> Result<Added, ApiError> {
        // Told before the code is spent on it, and before it is said whether the code would do.
        self.may_add(caller, Boundness::Bound)?;
        let mut pass = self.enter(Work::Login, from)?;
        pass.vouch();
        let login = self.check(input, &mut pass).await?;
        let (app, has_begun) = (login.provider.app_id().clone(), login.state.is_some());
        self.may_add(caller, login.bound)?;
        if self.claim(&login).await?.is_some() {
            return Err(ApiError::refused(ErrorCode::CodeUsed));
        }
        // A task of its own: a client that hangs up is not to leave a code that is spent and a claim that is open.
        let (service, caller) = (self.clone(), caller.clone());
        let work = async move { service.carry_out_link(&caller, &login).await };
        let outcome = tokio::spawn(work.in_current_span()).await;
        let outcome = outcome.unwrap_or(Err(ApiError::Internal("the task of a link ended early")));
        if outcome.is_ok() {
            pass.came_to_a_login(&app, has_begun);
        }
        outcome
    }

    /// Links, and lets the code sign nobody in afterwards.
    async fn carry_out_link(&self, caller: &SignedIn, login: &Checked) -> Result<Added, ApiError> {
        let outcome = self.prove_and_add(caller, login).await;
        self.settle_claim(login, outcome.as_ref().err(), ErrorCode::CodeUsed).await;
        outcome
    }

    async fn prove_and_add(&self, caller: &SignedIn, login: &Checked) -> Result<Added, ApiError> {
        let proof = self.prove(login).await?;
        let mut races = Races::default();
        loop {
            let attempt = self.add(caller, (&proof, login.bound)).await;
            if !races.lost(&attempt) {
                return attempt;
            }
        }
    }

    /// Look, decide, do: one attempt in one transaction.
    async fn add(&self, caller: &SignedIn, (proof, added): (&Proof, Boundness)) -> Result<Added, ApiError> {
        let now = self.clock.now();
        let id = caller.user.id;
        let tx = self.store.begin().await?.in_session(caller.session.id);
        let account = tx.look().account(id).await?.ok_or_else(|| ApiError::refused(ErrorCode::Unauthenticated))?;
        let known = tx.look().known(proof).await?;
        let request = adding::Request { caller: account, standing: caller.session.standing(None, now), added };
        let addition = adding::decide(&request, &known, proof, &self.config.phone.policy());
        let is_new = tx.apply_addition(&addition, id, proof, now).await?;
        // What was written holds the account: nobody ends this session from here on.
        if !tx.look().is_open(caller.session.id, id).await? {
            return Err(ApiError::refused(ErrorCode::Unauthenticated));
        }
        if is_new {
            tx.end_sessions_of(&[id], Some(caller.session.id), now).await?;
        }
        let offer = match &addition {
            Addition::Refuse { rule, offer, .. } => self.offer(&tx, id, (*rule, *offer)).await?,
            Addition::Known { .. } | Addition::Attach { .. } => None,
        };
        let user = tx.look().user(id).await?.ok_or(ApiError::Internal("a linked user is not there"))?;
        tx.commit().await?;
        if let Addition::Refuse { rule, refusal, .. } = addition {
            info!(user.id = %id, %rule, "another login was not added");
            return Err(refused(refusal, (offer, now)));
        }
        info!(user.id = %id, "another login was added through {}", self.apps.name_of(&proof.key.app));
        Ok(Added { user, is_new })
    }

    /// Both logins have to be bound: else somebody who is lured to the page that a code comes back to would add a stranger's
    /// WeChat to the own account, and the stranger could sign in to it; or, in a stranger's session, the own to his.
    fn may_add(&self, caller: &SignedIn, added: Boundness) -> Result<(), ApiError> {
        let now = self.clock.now();
        // Nothing leaves the account, so that no cooling-off time bears on it.
        let standing = caller.session.standing(None, now);
        adding::may_add(&standing, added, &self.config.phone.policy()).map_err(|refusal| refused(refusal, (None, now)))
    }
}

fn refused(refusal: Refusal, (offer, now): (Option<MergeOffer>, Timestamp)) -> ApiError {
    let code = match refusal {
        Refusal::NotNow(reason) => return not_now(reason, now),
        Refusal::UnboundAddition => ErrorCode::ChallengeRequired,
        Refusal::OwnedByAnother => ErrorCode::OpenIdOwnedByAnother,
        Refusal::LimitBroken => ErrorCode::LimitBroken,
    };
    ApiError::offered(code, offer)
}
