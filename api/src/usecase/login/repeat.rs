//! A code comes again: WeChat calls pages twice, apps send twice, caches give old codes to others.
//! How a code is claimed in the first place is `claim`'s business.

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
use crate::token::{CodeChallenge, CodeVerifier};
use crate::usecase::login::{Checked, LoggedIn};
use crate::usecase::session;

/// How long a repeat from the same browser or device gets the first outcome.
const REPEATABLE: TimeDelta = TimeDelta::minutes(5);
/// How long a login may take beyond its upstream's deadline, for what it does in the database.
const MARGIN: TimeDelta = TimeDelta::seconds(30);
/// How long to wait before looking for the first time whether a login has ended; twice as long each time,
const FIRST_PAUSE: Duration = Duration::from_millis(50);
/// but never longer than this.
const LONGEST_PAUSE: Duration = Duration::from_millis(500);
/// How many refused repeats of one code are written into the audit, which anybody who has the code could fill otherwise.
const AUDITED: i32 = 10;

/// Why a repeat does not get the first outcome.
#[derive(Debug, Clone, Copy)]
enum Refusal {
    /// It has not shown to come from the browser or device that was first.
    AnotherDevice,
    /// It comes too late.
    Late,
}

impl Refusal {
    const fn as_str(self) -> &'static str {
        match self {
            Self::AnotherDevice => "another device",
            Self::Late => "too late",
        }
    }
}

/// Until when a request that begins now may wait for another one: a little less than it has.
pub(crate) fn patience(service: &Service) -> Instant {
    Instant::now() + Duration::from_secs(service.config.http.request_timeout_seconds.into()) * 9 / 10
}

/// Answers what came of the first login with this code, if this is the same browser or device and not too late.
pub(crate) async fn repeat(
    service: &Service,
    login: &Checked,
    first: LoginClaim,
    patience: Instant,
) -> Result<LoggedIn, ApiError> {
    let Some(verifier) = login.verifier.as_ref().filter(|_| is_same_device(login, &first)) else {
        return Err(refuse_repeat(service, &first, Refusal::AnotherDevice).await);
    };
    if first.claimed_at.plus(REPEATABLE) <= service.clock.now() {
        return Err(refuse_repeat(service, &first, Refusal::Late).await);
    }
    match outcome(service, first, patience).await? {
        LoginOutcome::SignedIn { is_new_user, open_id, union_id, .. } => {
            let refresh_token = service.keys.first_refresh_token(&login.code_hash, verifier);
            let view = service.store.view();
            let too_late = || ApiError::refused(ErrorCode::CodeUsed);
            // Who has refreshed or ended the session since has had the first answer.
            let session = store::session::of_newest_token(&view, &refresh_token.hash(), service.clock.now()).await?;
            let session = session.ok_or_else(too_late)?;
            let user = store::user::find(&view, session.user).await?.ok_or_else(too_late)?;
            let device = session::device_token_again(service, &view, login, (&session, verifier)).await?;
            let tokens = session::tokens(service, &session, refresh_token);
            // An offer is made once: its token is not kept, and the next login makes another.
            Ok(LoggedIn { tokens, device, is_new_user, open_id, union_id, user, merge_offer: None })
        }
        LoginOutcome::Failed(code) => {
            let code = ErrorCode::named(&code).ok_or(ApiError::Internal("a login failed with an unknown code"))?;
            Err(ApiError::refused(code))
        }
    }
}

/// What came of a login, waiting for it if it is under way. No transaction and no connection is held meanwhile.
async fn outcome(service: &Service, mut first: LoginClaim, patience: Instant) -> Result<LoginOutcome, ApiError> {
    let upstream = TimeDelta::seconds(service.config.upstream.deadline_seconds.into());
    let ends = first.claimed_at.plus(upstream + MARGIN);
    let mut pause = FIRST_PAUSE;
    loop {
        if let Some(outcome) = first.outcome {
            return Ok(outcome);
        }
        if ends < service.clock.now() {
            // Its process died, and nobody will ever know whether the code was spent.
            return Err(ApiError::refused(ErrorCode::CodeUsed));
        }
        if patience < Instant::now() + pause {
            return Err(ApiError::refused(ErrorCode::Timeout));
        }
        sleep(pause).await;
        pause = LONGEST_PAUSE.min(pause * 2);
        let found = store::login::find_claim(&service.store.view(), &first.code_hash).await?;
        // Given back: nothing had been sent, because the upstream could not be reached.
        first = found.ok_or_else(|| ApiError::refused(ErrorCode::UpstreamUnavailable))?;
    }
}

/// Somebody brings a state and cannot show to have begun it: if its code was claimed before, this is a repeat.
pub(crate) async fn refuse_other_browser(service: &Service, code_hash: &[u8; 32]) -> ApiError {
    match store::login::find_claim(&service.store.view(), code_hash).await {
        Ok(Some(claim)) => refuse_repeat(service, &claim, Refusal::AnotherDevice).await,
        Ok(None) => ApiError::refused(ErrorCode::InvalidState),
        Err(error) => error.into(),
    }
}

/// What the client of a refused repeat is told, once an operator can see it.
async fn refuse_repeat(service: &Service, first: &LoginClaim, refusal: Refusal) -> ApiError {
    match audit_repeat(service, first, refusal).await {
        Ok(()) => ApiError::refused(ErrorCode::CodeUsed),
        Err(error) => error.into(),
    }
}

async fn audit_repeat(service: &Service, first: &LoginClaim, refusal: Refusal) -> Result<(), StoreError> {
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

/// Does this come from where the first came from? Only a verifier can show it: everybody on the way has seen code and state.
fn is_same_device(login: &Checked, first: &LoginClaim) -> bool {
    let shown = login.verifier.as_ref().map(CodeVerifier::challenge);
    let same_state = login.state.as_ref().map(|state| state.hash) == first.state_hash;
    same_state && shown.is_some() && shown == first.verifier_hash.map(CodeChallenge)
}
