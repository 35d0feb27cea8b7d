//! A person who is signed in adds another way of signing in (R13).
//! How a code is exchanged is `login`'s business; what follows from the proof is `domain::adding`'s to say.

use domain::adding::{self, Addition, Refusal};
use domain::linking::Proof;
use domain::{Boundness, Timestamp};
use std::sync::Arc;
use store::{Tx, User, Write};
use tracing::info;

use super::login::{Checked, Login};
use super::receipt::{Changed, Repeatable, Settled};
use super::{ClientAddress, SignedIn, not_now};
use crate::error::{ApiError, ErrorCode, MergeOffer};
use crate::gate::Work;
use crate::service::Service;
use crate::sms::Notice;

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
        &self,
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
        let verifier = login.challenge().map_or([0; 32], |challenge| challenge.0);
        let again = self.repeatable(caller, "link_open_id", &[&login.code_hash, &verifier]);
        if let Some(added) = self.added_before(caller, again).await? {
            return added;
        }
        if self.claim(&login).await?.is_some() {
            let used = Err(ApiError::refused(ErrorCode::CodeUsed));
            return self.added_before(caller, again).await?.unwrap_or(used);
        }
        let outcome = self.carry_out_link(caller, (&login, again)).await;
        if outcome.is_ok() {
            pass.came_to_a_login(&app, has_begun);
        }
        outcome
    }

    /// Links, and lets the code sign nobody in afterwards.
    async fn carry_out_link(
        &self,
        caller: &SignedIn,
        (login, again): (&Checked, Repeatable),
    ) -> Result<Added, ApiError> {
        let outcome = self.prove_and_add(caller, (login, again)).await;
        self.settle_claim(login, outcome.as_ref().err(), ErrorCode::CodeUsed).await;
        outcome
    }

    async fn prove_and_add(
        &self,
        caller: &SignedIn,
        (login, again): (&Checked, Repeatable),
    ) -> Result<Added, ApiError> {
        let proof = &self.prove(login).await?;
        let add = |tx: Arc<Tx>| async move { self.add_in(&tx, caller, (proof, login.bound, again)).await };
        let added: Result<Added, ApiError> =
            self.store.write(Write::new("link_open_id").in_session(caller.session.id), add).await?;
        self.wake_outbox();
        match &added {
            Ok(_) => {
                info!(user.id = %caller.user.id, "another login was added through {}", self.apps.name_of(&proof.key.app));
            }
            Err(error) => info!(user.id = %caller.user.id, code = error.code().as_str(), "another login was not added"),
        }
        added
    }

    /// Adds the login, or opens a case and refuses: both are committed.
    async fn add_in(
        &self,
        tx: &Tx,
        caller: &SignedIn,
        (proof, added, again): (&Proof, Boundness, Repeatable),
    ) -> Result<Result<Added, ApiError>, ApiError> {
        let now = self.clock.now();
        let id = caller.user.id;
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
            let app = self.app_title(&proof.key.app);
            self.post_notice_to(tx, id, &Notice::OpenIdLinked { app }).await?;
        }
        let offer = match &addition {
            Addition::Refuse { rule, offer, .. } => {
                self.offer(tx, id, (*rule, *offer, self.offer_token_of(again))).await?
            }
            Addition::Known { .. } | Addition::Attach { .. } => None,
        };
        let user = tx.look().user(id).await?.ok_or(ApiError::Internal("a linked user is not there"))?;
        let (outcome, kept) = match addition {
            Addition::Refuse { refusal, offer: merge, .. } => {
                let error = refused(refusal, (offer, now));
                let kept = Settled::Refused(self.refused(&error, merge));
                (Err(error), kept)
            }
            Addition::Known { .. } | Addition::Attach { .. } => {
                (Ok(Added { user, is_new }), Settled::Done(Changed { is_new, ..Changed::of(id) }))
            }
        };
        self.keep_outcome(tx, again, &kept).await?;
        Ok(outcome)
    }

    /// The answer of the same request, if it came before.
    async fn added_before(
        &self,
        caller: &SignedIn,
        again: Repeatable,
    ) -> Result<Option<Result<Added, ApiError>>, ApiError> {
        match self.outcome_before(again).await? {
            None => Ok(None),
            Some(Settled::Done(Changed { user, is_new, .. })) => {
                Ok(self.user_again(caller, user).await?.map(|user| Ok(Added { user, is_new })))
            }
            Some(Settled::Refused(refused)) => Ok(self.refusal_again(caller, (again, refused)).await?.map(Err)),
        }
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
