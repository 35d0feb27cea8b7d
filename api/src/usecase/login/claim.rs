//! Claims a code before its exchange and stores the outcome, so that a retry can return it. See `repeat` for retries.

use std::sync::Arc;

use chrono::TimeDelta;
use providers::ErrorKind;
use store::login::{LoginClaim, LoginOutcome, NewLoginClaim};
use store::upstream::Asker;
use store::{StoreError, Tx};

use crate::error::{ApiError, ErrorCode};
use crate::service::Service;
use crate::token::CodeChallenge;
use crate::usecase::caller;
use crate::usecase::login::{Checked, LoggedIn};

/// The lifetime of a claim. Caches have returned used codes hours later, to other people.
pub(crate) const CLAIM_LIFE: TimeDelta = TimeDelta::days(1);
/// The lifetime of a claim if the provider rejects the code as unknown or expired: such codes can be invented in any
/// number, and real ones are valid for ten minutes at most.
pub(crate) const REJECTED_LIFE: TimeDelta = TimeDelta::minutes(15);

/// Claims the code and the state, both or neither. Of several concurrent logins with one code, one gets the claim; the
/// others receive the existing claim.
pub(crate) async fn claim(service: &Service, login: &Checked) -> Result<Option<LoginClaim>, ApiError> {
    let _place = match login.asker {
        Asker::Stranger => Some(caller::place_of_strangers(service, &login.block).await),
        Asker::Known => None,
    };
    // Read only after a conflict: most logins are the first with their code, and the primary key detects the others.
    let mut has_conflicted = false;
    let claim = |tx: Arc<Tx>| {
        let looks = std::mem::replace(&mut has_conflicted, true);
        async move {
            if looks && let Some(first) = store::login::find_claim(&tx.look(), &login.code_hash).await? {
                return Ok(Some(first));
            }
            claim_in(service, &tx, login).await.map(|()| None)
        }
    };
    service.store.write("claim_code", claim).await
}

async fn claim_in(service: &Service, tx: &Tx, login: &Checked) -> Result<(), ApiError> {
    let now = service.clock.now();
    let claim = NewLoginClaim {
        code_hash: login.code_hash,
        app: login.provider.app_id().clone(),
        state_hash: login.state.as_ref().map(|state| state.hash),
        verifier_hash: login.challenge().map(|CodeChallenge(hash)| hash),
        claimed_at: now,
        expires_at: now.plus(CLAIM_LIFE),
    };
    store::login::claim(tx, &claim).await?;
    let state = match &login.state {
        Some(state) => Some(store::login::claim_state(tx, &state.hash, now).await?),
        None => None,
    };
    // Sends all three.
    let spent = caller::spend_exchange(service, tx, login.provider.app_id(), login.asker).await;
    if state.is_some_and(|claimed| claimed.are_none()) {
        // A used state came with a new code. The rollback releases the claim of the code.
        return Err(ApiError::refused(ErrorCode::InvalidState));
    }
    spent
}

/// Carries out a login with a claimed code, and stores the outcome.
pub(crate) async fn carry_out(service: &Service, login: &Checked) -> Result<LoggedIn, ApiError> {
    let outcome = super::prove_and_sign_in(service, login).await;
    // A success was stored in the transaction of its session.
    if let Err(error) = &outcome {
        settle_claim(service, login, Some(error), error.code()).await;
    }
    outcome
}

/// Stores the outcome for retries with this code, or releases the claim if the error shows that the code was not sent.
pub(crate) async fn settle_claim(service: &Service, login: &Checked, error: Option<&ApiError>, code: ErrorCode) {
    let kept = match error {
        Some(ApiError::Provider(error)) if error.code_is_unspent() => give_back(service, login).await,
        Some(ApiError::Provider(error)) if error.kind == ErrorKind::CodeRejected => {
            keep_failure(service, login, (code, REJECTED_LIFE)).await
        }
        Some(_) | None => keep_failure(service, login, (code, CLAIM_LIFE)).await,
    };
    if let Err(error) = kept {
        // A retry does not get this outcome; its error is `CODE_USED`.
        tracing::warn!("the outcome of a login could not be stored: {}", crate::error::chain(&error));
    }
}

/// Releases code and state: nothing was sent, so both remain valid.
async fn give_back(service: &Service, login: &Checked) -> Result<(), StoreError> {
    let _place = caller::place_of_strangers(service, &login.block).await;
    let give_back = |tx: Arc<Tx>| async move {
        store::login::release_claim(&tx, &login.code_hash).await?;
        if let Some(state) = &login.state {
            store::login::release_state(&tx, &state.hash).await?;
        }
        Ok(())
    };
    service.store.write("give_code_back", give_back).await
}

async fn keep_failure(
    service: &Service,
    login: &Checked,
    (code, life): (ErrorCode, TimeDelta),
) -> Result<(), StoreError> {
    let now = service.clock.now();
    let _place = caller::place_of_strangers(service, &login.block).await;
    let failed = &LoginOutcome::Failed(code.as_str().to_owned());
    let finish = |tx: Arc<Tx>| async move {
        store::login::finish_claim(&tx, &login.code_hash, failed, now).await?;
        if life < CLAIM_LIFE {
            store::login::forget_claim_at(&tx, &login.code_hash, now.plus(life)).await?;
        }
        Ok(())
    };
    service.store.write("finish_claim", finish).await
}
