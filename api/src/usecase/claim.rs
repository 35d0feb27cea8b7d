//! A code is claimed before it is exchanged, and its claim keeps what came of it.
//! Who gets the outcome when the code comes again is decided in `repeat`.

use chrono::TimeDelta;
use providers::ErrorKind;
use std::sync::Arc;
use store::{Asker, LoginClaim, LoginOutcome, NewLoginClaim, StoreError, Tx};

use super::login::{Checked, LoggedIn};
use crate::error::{ApiError, ErrorCode};
use crate::service::Service;
use crate::token::CodeChallenge;

/// How long a claim is kept. Used codes have come back from caches hours later, to other people.
pub(super) const CLAIM_LIFE: TimeDelta = TimeDelta::days(1);
/// How long, if the upstream knows no such code, or no longer: the invented ones are many, and codes live ten minutes at most.
pub(super) const REJECTED_LIFE: TimeDelta = TimeDelta::minutes(15);

impl Service {
    /// Claims the code and the state, both or neither. Of any number of parallel logins with a code one gets it; the others
    /// are answered its claim.
    pub(super) async fn claim(&self, login: &Checked) -> Result<Option<LoginClaim>, ApiError> {
        let _place = match login.asker {
            Asker::Stranger => Some(self.place_of_strangers(&login.block).await),
            Asker::Known => None,
        };
        // Read only after a conflict: the first login with a code is the rule, and the primary key tells the others.
        let mut has_conflicted = false;
        let claim = |tx: Arc<Tx>| {
            let looks = std::mem::replace(&mut has_conflicted, true);
            async move {
                if looks && let Some(first) = tx.look().login_claim(&login.code_hash).await? {
                    return Ok(Some(first));
                }
                self.claim_in(&tx, login).await.map(|()| None)
            }
        };
        self.store.write("claim_code", claim).await
    }

    async fn claim_in(&self, tx: &Tx, login: &Checked) -> Result<(), ApiError> {
        let now = self.clock.now();
        let claim = NewLoginClaim {
            code_hash: login.code_hash,
            app: login.provider.app_id().clone(),
            state_hash: login.state.as_ref().map(|state| state.hash),
            verifier_hash: login.challenge().map(|CodeChallenge(hash)| hash),
            claimed_at: now,
            expires_at: now.plus(CLAIM_LIFE),
        };
        tx.claim_code(&claim).await?;
        if let Some(state) = &login.state
            && !tx.claim_state(&state.hash, now).await?
        {
            // A state that is used up came with a new code. The claim of the code goes with the transaction.
            return Err(ApiError::refused(ErrorCode::InvalidState));
        }
        self.spend_exchange(tx, login.provider.app_id(), login.asker).await
    }

    /// Carries out a login whose code is ours, and keeps what came of it.
    pub(super) async fn carry_out(&self, login: &Checked) -> Result<LoggedIn, ApiError> {
        let outcome = self.prove_and_sign_in(login).await;
        // A success was kept together with its session.
        if let Err(error) = &outcome {
            self.settle_claim(login, Some(error), error.code()).await;
        }
        outcome
    }

    /// Keeps what a repeat of this code is told from now on; or nothing, if the error says that nobody has seen the code.
    pub(super) async fn settle_claim(&self, login: &Checked, error: Option<&ApiError>, code: ErrorCode) {
        let kept = match error {
            Some(ApiError::Provider(error)) if error.code_is_unspent() => self.give_back(login).await,
            Some(ApiError::Provider(error)) if error.kind == ErrorKind::CodeRejected => {
                self.keep_failure(login, (code, REJECTED_LIFE)).await
            }
            Some(_) | None => self.keep_failure(login, (code, CLAIM_LIFE)).await,
        };
        if let Err(error) = kept {
            // A repeat will not learn it, and be told that the code is used.
            tracing::warn!("what came of a login could not be kept: {}", crate::error::chain(&error));
        }
    }

    /// Nothing was sent: code and state are as good as before.
    async fn give_back(&self, login: &Checked) -> Result<(), StoreError> {
        let _place = self.place_of_strangers(&login.block).await;
        let give_back = |tx: Arc<Tx>| async move {
            tx.give_code_back(&login.code_hash).await?;
            if let Some(state) = &login.state {
                tx.give_state_back(&state.hash).await?;
            }
            Ok(())
        };
        self.store.write("give_code_back", give_back).await
    }

    async fn keep_failure(&self, login: &Checked, (code, life): (ErrorCode, TimeDelta)) -> Result<(), StoreError> {
        let now = self.clock.now();
        let _place = self.place_of_strangers(&login.block).await;
        let failed = &LoginOutcome::Failed(code.as_str().to_owned());
        let finish = |tx: Arc<Tx>| async move {
            tx.finish_claim(&login.code_hash, failed, now).await?;
            if life < CLAIM_LIFE {
                tx.forget_claim_at(&login.code_hash, now.plus(life)).await?;
            }
            Ok(())
        };
        self.store.write("finish_claim", finish).await
    }
}
