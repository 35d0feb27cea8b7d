//! Links a further login to the signed-in person's account (R13). See `domain::link::add` for the rules.

use std::sync::Arc;

use domain::link::add::{self, AddRefusal, Addition};
use domain::login::Proof;
use domain::{Boundness, Timestamp};
use store::user::User;
use store::{Tx, Write};
use tracing::info;

use crate::error::{ApiError, ErrorCode, MergeOffer};
use crate::gate::Work;
use crate::service::Service;
use crate::sms::Notice;
use crate::usecase::login::{Checked, Login};
use crate::usecase::receipt::{Again, Changed, Repeatable, Settled};
use crate::usecase::{ClientAddress, SignedIn, caller, login, merge, not_now, outbox, receipt};

/// The result of [`add()`].
#[derive(Debug)]
pub struct Added {
    /// The person's account.
    pub user: User,
    /// Whether the openId is new to the account.
    pub is_new: bool,
}

/// Links the openId that the code proves to the caller's account. An openId of another account is not moved; a merge
/// may be offered instead.
///
/// # Errors
/// `OPEN_ID_OWNED_BY_ANOTHER`, with a merge offer where a merge is possible, or `LIMIT_BROKEN`; `FRESH_LOGIN_REQUIRED`
/// or `BOUND_LOGIN_REQUIRED` if a login does not suffice; and the errors of a login.
pub async fn add(
    service: &Service,
    caller: &SignedIn,
    (input, from): (Login, ClientAddress),
) -> Result<Added, ApiError> {
    // Checked before the code is exchanged, so that a refusal neither uses it up nor reveals whether it is valid.
    may_add(service, caller, Boundness::Bound)?;
    let mut pass = caller::enter(service, Work::Login, from)?;
    pass.vouch();
    let login = login::check(service, input, &mut pass).await?;
    let (app, has_begun) = (login.provider.app_id().clone(), login.state.is_some());
    may_add(service, caller, login.bound)?;
    let verifier = login.challenge().map_or([0; 32], |challenge| challenge.0);
    let again = receipt::repeatable(service, caller, "link_open_id", &[&login.code_hash, &verifier]);
    if let Some(added) = added_before(service, caller, again).await? {
        return added;
    }
    if login::claim(service, &login).await?.is_some() {
        let used = Err(ApiError::refused(ErrorCode::CodeUsed));
        return added_before(service, caller, again).await?.unwrap_or(used);
    }
    let outcome = carry_out(service, caller, (&login, again)).await;
    if outcome.is_ok() {
        pass.came_to_a_login(&app, has_begun);
    }
    outcome
}

/// Links the openId, and marks the code as used so that it cannot sign in afterwards.
async fn carry_out(
    service: &Service,
    caller: &SignedIn,
    (login, again): (&Checked, Repeatable),
) -> Result<Added, ApiError> {
    let outcome = prove_and_add(service, caller, (login, again)).await;
    login::settle_claim(service, login, outcome.as_ref().err(), ErrorCode::CodeUsed).await;
    outcome
}

async fn prove_and_add(
    service: &Service,
    caller: &SignedIn,
    (login, again): (&Checked, Repeatable),
) -> Result<Added, ApiError> {
    let proof = &login::prove(service, login).await?;
    let add = |tx: Arc<Tx>| async move { add_in(service, &tx, caller, (proof, login.bound, again)).await };
    let added: Result<Added, ApiError> =
        service.store.write(Write::new("link_open_id").in_session(caller.session.id), add).await?;
    outbox::wake(service);
    match &added {
        Ok(_) => {
            info!(user.id = %caller.user.id, "another login was added through {}", service.apps.name_of(&proof.key.app));
        }
        Err(error) => info!(user.id = %caller.user.id, code = error.code().as_str(), "another login was not added"),
    }
    added
}

/// Adds the login, or opens a case and refuses. Commits in both cases.
async fn add_in(
    service: &Service,
    tx: &Tx,
    caller: &SignedIn,
    (proof, added, again): (&Proof, Boundness, Repeatable),
) -> Result<Result<Added, ApiError>, ApiError> {
    let now = service.clock.now();
    let id = caller.user.id;
    let account =
        store::user::account(&tx.look(), id).await?.ok_or_else(|| ApiError::refused(ErrorCode::Unauthenticated))?;
    let known = store::login::known(&tx.look(), proof).await?;
    let request = add::Request { caller: account, standing: caller.session.standing(None, now), added };
    let addition = add::decide(&request, &known, proof, &service.config.phone.policy());
    let is_new = store::link::add(tx, &addition, id, proof, now).await?;
    // The write above holds the account's row lock, so the session cannot end before the commit.
    if !store::link::is_open(&tx.look(), caller.session.id, id).await? {
        return Err(ApiError::refused(ErrorCode::Unauthenticated));
    }
    if is_new {
        store::session::end_all_of(tx, &[id], Some(caller.session.id), now).await?;
        let app = outbox::app_title(service, &proof.key.app);
        outbox::post_to(service, tx, id, &Notice::OpenIdLinked { app }).await?;
    }
    let offer = match &addition {
        Addition::Refuse { rule, offer, .. } => {
            merge::offer(service, tx, id, (*rule, *offer, receipt::offer_token_of(service, again))).await?
        }
        Addition::Known { .. } | Addition::Attach { .. } => None,
    };
    let user = store::user::find(&tx.look(), id).await?.ok_or(ApiError::Internal("a linked user does not exist"))?;
    let (outcome, kept) = match addition {
        Addition::Refuse { refusal, offer: merge, .. } => {
            let error = refused(refusal, (offer, now));
            let kept = Settled::Refused(receipt::refused(service, &error, merge));
            (Err(error), kept)
        }
        Addition::Known { .. } | Addition::Attach { .. } => {
            (Ok(Added { user, is_new }), Settled::Done(Changed { is_new, ..Changed::of(id) }))
        }
    };
    receipt::keep_outcome(service, tx, again, &kept).await?;
    Ok(outcome)
}

async fn added_before(
    service: &Service,
    caller: &SignedIn,
    again: Repeatable,
) -> Result<Option<Result<Added, ApiError>>, ApiError> {
    let before = receipt::settled_before(service, caller, again).await?;
    Ok(before.map(|outcome| outcome.map(|Again { changed, user, .. }| Added { user, is_new: changed.is_new })))
}

/// Requires both logins to be bound. Otherwise an attacker who lures a person to the page that a code returns to could
/// add the attacker's WeChat to the person's account and sign in to it, or, in the attacker's session, add the person's
/// WeChat to the attacker's account.
fn may_add(service: &Service, caller: &SignedIn, added: Boundness) -> Result<(), ApiError> {
    let now = service.clock.now();
    // Nothing is removed from the account, so the cooling-off time does not apply.
    let standing = caller.session.standing(None, now);
    add::may_add(&standing, added, &service.config.phone.policy()).map_err(|refusal| refused(refusal, (None, now)))
}

fn refused(refusal: AddRefusal, (offer, now): (Option<MergeOffer>, Timestamp)) -> ApiError {
    let code = match refusal {
        AddRefusal::NotNow(reason) => return not_now(reason, now),
        AddRefusal::UnboundAddition => ErrorCode::ChallengeRequired,
        AddRefusal::OwnedByAnother => ErrorCode::OpenIdOwnedByAnother,
        AddRefusal::LimitBroken => ErrorCode::LimitBroken,
    };
    ApiError::offered(code, offer)
}
