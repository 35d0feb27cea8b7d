//! A person who is signed in adds another way of signing in (R13).
//! How a code is exchanged is `login`'s business; what follows from the proof is `domain::link::add`'s to say.

use std::sync::Arc;

use domain::link::add::{self, Addition, Refusal};
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

/// What came of it.
#[derive(Debug)]
pub struct Added {
    /// The person's account.
    pub user: User,
    /// Whether it has more than before.
    pub is_new: bool,
}

/// Adds the openId that the code proves to the caller's account. Another account's is not moved, but may be merged.
pub async fn add(
    service: &Service,
    caller: &SignedIn,
    (input, from): (Login, ClientAddress),
) -> Result<Added, ApiError> {
    // Told before the code is spent on it, and before it is said whether the code would do.
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

/// Links, and lets the code sign nobody in afterwards.
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

/// Adds the login, or opens a case and refuses: both are committed.
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
    // What was written holds the account: nobody ends this session from here on.
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
    let user = store::user::find(&tx.look(), id).await?.ok_or(ApiError::Internal("a linked user is not there"))?;
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

/// Both logins have to be bound: else somebody who is lured to the page that a code comes back to would add a stranger's
/// WeChat to the own account, and the stranger could sign in to it; or, in a stranger's session, the own to his.
fn may_add(service: &Service, caller: &SignedIn, added: Boundness) -> Result<(), ApiError> {
    let now = service.clock.now();
    // Nothing leaves the account, so that no cooling-off time bears on it.
    let standing = caller.session.standing(None, now);
    add::may_add(&standing, added, &service.config.phone.policy()).map_err(|refusal| refused(refusal, (None, now)))
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
