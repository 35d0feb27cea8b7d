//! Retries of a code: WeChat calls pages twice, apps send requests twice, and caches return old codes to other people.
//! See `claim` for the first login with a code.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use domain::AuditAction;
use serde_json::json;
use store::audit::AuditEvent;
use store::login::{LoginClaim, LoginOutcome};
use store::{Actor, StoreError, Tx};
use tokio::time::{Instant, sleep};

use crate::error::{ApiError, ErrorCode};
use crate::service::Service;
use crate::token::{CodeChallenge, CodeVerifier, DeviceToken};
use crate::usecase::login::{Checked, LoggedIn};
use crate::usecase::session::Brought;
use crate::usecase::{SignedIn, session};

/// How long a retry from the same browser or device gets the first outcome.
const REPEATABLE: TimeDelta = TimeDelta::minutes(5);
/// The time for a login's database work beyond the upstream's deadline.
const MARGIN: TimeDelta = TimeDelta::seconds(30);
/// The pause before the first check whether a login has finished. It doubles each time,
const FIRST_PAUSE: Duration = Duration::from_millis(50);
/// up to this pause.
const LONGEST_PAUSE: Duration = Duration::from_millis(500);
/// The maximum number of refused retries of one code in the audit log. Anyone who has the code could flood it
/// otherwise.
const AUDITED: i32 = 10;

/// The reason why a retry does not get the first outcome.
#[derive(Debug, Clone, Copy)]
enum RepeatRefusal {
    /// The retry has not proved that it comes from the first browser or device.
    AnotherDevice,
    /// The retry comes too late.
    Late,
}

impl RepeatRefusal {
    const fn as_str(self) -> &'static str {
        match self {
            Self::AnotherDevice => "another device",
            Self::Late => "too late",
        }
    }
}

/// Returns the time until which a request that starts now may wait for another one: 9/10 of the request timeout.
pub(crate) fn patience(service: &Service) -> Instant {
    Instant::now() + Duration::from_secs(service.config.http.request_timeout_seconds.into()) * 9 / 10
}

/// Returns the outcome of the first login with this code if the retry comes from the same browser or device and in
/// time.
pub(crate) async fn repeat(
    service: &Service,
    login: &Checked,
    first: LoginClaim,
    patience: Instant,
) -> Result<LoggedIn, ApiError> {
    let Some(verifier) = login.verifier.as_ref().filter(|_| is_same_device(login, &first)) else {
        return Err(refuse_repeat(service, &first, RepeatRefusal::AnotherDevice).await);
    };
    if first.claimed_at.plus(REPEATABLE) <= service.clock.now() {
        return Err(refuse_repeat(service, &first, RepeatRefusal::Late).await);
    }
    match outcome(service, first, patience).await? {
        LoginOutcome::SignedIn { is_new_user, open_id, union_id, .. } => {
            let refresh_token = service.keys.first_refresh_token(&login.code_hash, verifier);
            let view = service.store.view();
            let too_late = || ApiError::refused(ErrorCode::CodeUsed);
            // A client that has refreshed or ended the session has received the first answer.
            let session = store::session::of_newest_token(&view, &refresh_token.hash(), service.clock.now()).await?;
            let session = session.ok_or_else(too_late)?;
            let user = store::user::find(&view, session.user).await?.ok_or_else(too_late)?;
            let device = session::device_token_again(service, &view, login.brought(), &session).await?;
            let tokens = session::tokens(service, &session, refresh_token);
            // An offer is made once: its token is not kept, and the next login makes another.
            Ok(LoggedIn { session, tokens, device, is_new_user, open_id, union_id, user, merge_offer: None })
        }
        LoginOutcome::Failed(code) => {
            let code = ErrorCode::named(&code).ok_or(ApiError::Internal("a login failed with an unknown code"))?;
            Err(ApiError::refused(code))
        }
    }
}

/// Returns the session of a login without a state that ended well within five minutes, and its answer as it would be now, whatever the
/// session has become since. Only the client that has the verifier is answered. The tokens are to be replaced by later ones.
pub(crate) async fn signed_in_before(
    service: &Service,
    (code_hash, verifier): (&[u8; 32], &CodeVerifier),
    device: Option<&DeviceToken>,
) -> Result<Option<(SignedIn, LoggedIn)>, ApiError> {
    let view = service.store.view();
    let Some(first) = store::login::find_claim(&view, code_hash).await? else { return Ok(None) };
    let is_same = first.state_hash.is_none() && first.verifier_hash.map(CodeChallenge) == Some(verifier.challenge());
    if !is_same || first.claimed_at.plus(REPEATABLE) <= service.clock.now() {
        return Ok(None);
    }
    let Some(LoginOutcome::SignedIn { session, is_new_user, open_id, union_id }) = first.outcome else {
        return Ok(None);
    };
    let Some((session, user)) = store::session::find(&view, session).await? else { return Ok(None) };
    let brought = Brought { device, verifier: Some(verifier), seed: code_hash };
    let device = session::device_token_again(service, &view, brought, &session).await?;
    let tokens = session::tokens(service, &session, service.keys.first_refresh_token(code_hash, verifier));
    let caller = SignedIn { session, user: user.clone(), links: None };
    let logged_in = LoggedIn { session, tokens, device, is_new_user, open_id, union_id, user, merge_offer: None };
    Ok(Some((caller, logged_in)))
}

/// Returns the outcome of a login, and waits for a login in progress without holding a transaction or a connection.
async fn outcome(service: &Service, mut first: LoginClaim, patience: Instant) -> Result<LoginOutcome, ApiError> {
    let upstream = TimeDelta::seconds(service.config.upstream.deadline_seconds.into());
    let ends = first.claimed_at.plus(upstream + MARGIN);
    let mut pause = FIRST_PAUSE;
    loop {
        if let Some(outcome) = first.outcome {
            return Ok(outcome);
        }
        if ends < service.clock.now() {
            // The process of the first login died, so it is unknown whether the code was exchanged.
            return Err(ApiError::refused(ErrorCode::CodeUsed));
        }
        if patience < Instant::now() + pause {
            return Err(ApiError::refused(ErrorCode::Timeout));
        }
        sleep(pause).await;
        pause = LONGEST_PAUSE.min(pause * 2);
        let found = store::login::find_claim(&service.store.view(), &first.code_hash).await?;
        // The claim was released: the provider could not be reached, so nothing was sent.
        first = found.ok_or_else(|| ApiError::refused(ErrorCode::UpstreamUnavailable))?;
    }
}

/// Returns the error for a state whose client has not proved that it started the login. If the code was claimed before,
/// this is a retry.
pub(crate) async fn refuse_other_browser(service: &Service, code_hash: &[u8; 32]) -> ApiError {
    match store::login::find_claim(&service.store.view(), code_hash).await {
        Ok(Some(claim)) => refuse_repeat(service, &claim, RepeatRefusal::AnotherDevice).await,
        Ok(None) => ApiError::refused(ErrorCode::InvalidState),
        Err(error) => error.into(),
    }
}

/// Records a refused retry in the audit log, and returns its error.
async fn refuse_repeat(service: &Service, first: &LoginClaim, refusal: RepeatRefusal) -> ApiError {
    match audit_repeat(service, first, refusal).await {
        Ok(()) => ApiError::refused(ErrorCode::CodeUsed),
        Err(error) => error.into(),
    }
}

async fn audit_repeat(service: &Service, first: &LoginClaim, refusal: RepeatRefusal) -> Result<(), StoreError> {
    let session = match &first.outcome {
        Some(LoginOutcome::SignedIn { session, .. }) => Some(*session),
        Some(LoginOutcome::Failed(_)) | None => None,
    };
    let user = match session {
        Some(session) => store::session::find(&service.store.view(), session).await?.map(|(_, user)| user.id),
        None => None,
    };
    let now = service.clock.now();
    let seconds = (now.millis() - first.claimed_at.millis()) / 1_000;
    let event = AuditEvent::new(AuditAction::LoginRepeatRefused, Actor::System, now);
    let event = AuditEvent { app: Some(first.app.clone()), user, session, ..event };
    let event = &event.saying(json!({ "because": refusal.as_str(), "secondsAfterFirst": seconds }));
    let audit = |tx: Arc<Tx>| async move {
        if store::login::count_refusal(&tx, &first.code_hash, AUDITED).await? {
            store::audit::add(&tx, event).await
        } else {
            Ok(())
        }
    };
    service.store.write("refuse_login_repeat", audit).await
}

/// Returns whether the retry comes from the device of the first login. Only a verifier proves this, since others may
/// have seen code and state in transit.
fn is_same_device(login: &Checked, first: &LoginClaim) -> bool {
    let shown = login.verifier.as_ref().map(CodeVerifier::challenge);
    let same_state = login.state.as_ref().map(|state| state.hash) == first.state_hash;
    same_state && shown.is_some() && shown == first.verifier_hash.map(CodeChallenge)
}
