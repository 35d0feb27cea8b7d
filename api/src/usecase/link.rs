//! A person who is signed in adds another way of signing in (R13).
//! How a code is exchanged is `login`'s business; what follows from the proof is `domain::adding`'s to say.

use std::sync::Arc;

use domain::adding::{self, Addition, Refusal};
use domain::linking::Proof;
use store::User;
use tracing::{Instrument, info};

use super::login::{Checked, Login};
use super::{ClientAddress, Races, SignedIn};
use crate::error::{ApiError, ErrorCode};
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
        // Told before the code is spent on it.
        if !self.is_fresh(caller) {
            return Err(ApiError::refused(ErrorCode::FreshLoginRequired));
        }
        let mut pass = self.enter(Work::Login, from)?;
        pass.vouch();
        let login = self.check(input, &mut pass).await?;
        let (app, has_begun) = (login.provider.app_id().clone(), login.state.is_some());
        require_challenge(&login)?;
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
            let attempt = self.add(caller, &proof).await;
            if !races.lost(&attempt) {
                return attempt;
            }
        }
    }

    /// Look, decide, do: one attempt in one transaction.
    async fn add(&self, caller: &SignedIn, proof: &Proof) -> Result<Added, ApiError> {
        let now = self.clock.now();
        let id = caller.user.id;
        let tx = self.store.begin().await?.in_session(caller.session.id);
        let account = tx.look().account(id).await?.ok_or_else(|| ApiError::refused(ErrorCode::Unauthenticated))?;
        let known = tx.look().known(proof).await?;
        let addition = adding::decide(&account, &known, proof, self.is_fresh(caller));
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
            return Err(ApiError::offered(error_code(refusal), offer));
        }
        info!(user.id = %id, "another login was added through {}", self.apps.name_of(&proof.key.app));
        Ok(Added { user, is_new })
    }

    /// Did the person sign in just now?
    fn is_fresh(&self, caller: &SignedIn) -> bool {
        self.config.phone.policy().is_fresh(caller.session.signed_in_at, self.clock.now())
    }
}

/// A browser's code has to be shown to be of the login that this client began: else somebody who is lured to the page that
/// it comes back to would add a stranger's WeChat to the own account, and the stranger could sign in to it.
fn require_challenge(login: &Checked) -> Result<(), ApiError> {
    let is_bound = login.state.is_some() && login.verifier.is_some();
    if login.provider.start().is_browser() && !is_bound {
        return Err(ApiError::refused(ErrorCode::ChallengeRequired));
    }
    Ok(())
}

fn error_code(refusal: Refusal) -> ErrorCode {
    match refusal {
        Refusal::StaleLogin => ErrorCode::FreshLoginRequired,
        Refusal::OwnedByAnother => ErrorCode::OpenIdOwnedByAnother,
        Refusal::LimitBroken => ErrorCode::LimitBroken,
    }
}
