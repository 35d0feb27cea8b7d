//! Signs operators in through a provider. Nothing is created for a person who is no operator, and whose groups make none of them.
//!
//! The state is used once, belongs to the browser that began the login, and is none of a person's login: its hash has a prefix.

use std::sync::Arc;

use chrono::TimeDelta;
use domain::login::Proof;
use domain::{AppName, AuditAction, OpenId, OperatorId, OperatorRole, Timestamp};
use providers::{AuthorizeRequest, BegunLogin, Exchange, LoginCode, LoginScope};
use serde_json::json;
use store::audit::AuditEvent;
use store::login::LoginState;
use store::operator::{Followed, Operator, Put};
use store::{Actor, Tx};
use tracing::info;

use super::MAX_NAME;
use crate::apps::App;
use crate::error::{ApiError, ErrorCode};
use crate::gate::{Pass, Work};
use crate::service::Service;
use crate::token::{CodeChallenge, CodeVerifier};
use crate::usecase::login::kept_secrets;
use crate::usecase::{ClientAddress, app, caller};
use crate::{random, token};

/// The lifetime of a state: the time that an operator may take at the provider.
const STATE_LIFE: TimeDelta = TimeDelta::minutes(10);

/// A login that has begun.
#[derive(Clone)]
pub struct Begun {
    /// The address to redirect the browser to.
    pub authorize_url: String,
    /// The secret of this browser, for a cookie.
    pub verifier: CodeVerifier,
}

impl std::fmt::Debug for Begun {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Begun(…)")
    }
}

/// The secret of a new session, for a cookie.
#[derive(Clone)]
pub struct Cookie {
    /// The text.
    pub text: String,
    /// How long it is valid.
    pub life: TimeDelta,
}

impl std::fmt::Debug for Cookie {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cookie").field("life", &self.life).finish_non_exhaustive()
    }
}

/// A person who has signed in at the provider, and is no operator.
#[derive(Debug, Clone)]
pub struct Stranger {
    /// The app.
    pub app: AppName,
    /// The person's openId, by which an administrator can add them.
    pub open_id: OpenId,
}

/// How a login ended.
#[derive(Debug)]
pub enum Ended {
    /// The operator is signed in.
    SignedIn(Cookie),
    /// The person is no operator.
    Stranger(Stranger),
}

/// Begins a login. A browser that has begun one keeps its verifier, so that a second tab does not break the first.
///
/// # Errors
/// `NOT_FOUND` for an app through which operators do not sign in, `NOT_A_BROWSER_APP`, `RATE_LIMITED`, or an error of the provider.
pub async fn begin(
    service: &Service,
    name: &AppName,
    verifier: Option<CodeVerifier>,
    from: ClientAddress,
) -> Result<Begun, ApiError> {
    let app = find_app(service, name)?;
    let mut pass = caller::enter(service, Work::BeginLogin, from)?;
    caller::go_on(&mut pass, app.provider.app_id())?;
    let verifier = verifier.unwrap_or_else(CodeVerifier::random);
    let state = random::hex();
    let hash = hash_of(&state);
    let redirect_uri = service.config.console_callback();
    let kept = kept_secrets(service, &hash);
    // Groups may be in another scope than the openId.
    let scope = if app.provider.tells_groups() { LoginScope::UserInfo } else { LoginScope::Base };
    let request = AuthorizeRequest { redirect_uri: &redirect_uri, state: &state, scope, kept: &kept };
    let authorize_url = app.provider.authorize_url(&request).await?;
    let CodeChallenge(challenge) = verifier.challenge();
    let now = service.clock.now();
    let state = &LoginState {
        hash,
        app: app.name.clone(),
        return_to: redirect_uri.clone(),
        expires_at: now.plus(STATE_LIFE),
        challenge: Some(challenge),
    };
    let _place = caller::place_of_strangers(service, pass.block()).await;
    let add = |tx: Arc<Tx>| async move { store::login::add_state(&tx, state, now).await };
    service.store.write("begin_operator_login", add).await?;
    Ok(Begun { authorize_url, verifier })
}

/// Completes a login with what the provider returned: a code, or none if the person declined.
///
/// # Errors
/// `INVALID_STATE` for a state that is unknown, used or of another browser, `INVALID_CODE`, `LOGIN_DENIED`, `RATE_LIMITED`, or an
/// error of the provider.
pub async fn complete(
    service: &Service,
    (code, state): (Option<&str>, &str),
    verifier: Option<CodeVerifier>,
    from: ClientAddress,
) -> Result<Ended, ApiError> {
    let mut pass = caller::enter(service, Work::Login, from)?;
    let (app, state) = begun(service, state, verifier.as_ref()).await?;
    pass.vouch();
    caller::go_on(&mut pass, app.provider.app_id())?;
    let code = code.and_then(|code| LoginCode::parse(code).ok()).filter(|code| app.provider.could_issue(code));
    claim(service, (app, &state), &pass).await?;
    let Some(code) = code else { return Err(ApiError::refused(ErrorCode::LoginDenied)) };
    let begun = BegunLogin { redirect_uri: state.return_to.clone(), kept: kept_secrets(service, &state.hash) };
    let exchange = Exchange { code: &code, begun: Some(&begun), encrypted: None };
    let (proof, groups) = if app.provider.tells_groups() {
        app.provider.exchange_with_groups(&exchange).await?
    } else {
        (app.provider.exchange(&exchange).await?, Vec::new())
    };
    let ended = enter(service, app, (&proof, &groups)).await?;
    if matches!(ended, Ended::SignedIn(_)) {
        pass.came_to_a_login(app.provider.app_id(), true);
    }
    Ok(ended)
}

fn find_app<'a>(service: &'a Service, name: &AppName) -> Result<&'a App, ApiError> {
    if !service.config.console.admits(name) {
        return Err(ApiError::refused(ErrorCode::NotFound));
    }
    let app = app::find(service, name)?;
    if app.provider.start().is_browser() { Ok(app) } else { Err(ApiError::refused(ErrorCode::NotABrowserApp)) }
}

/// Returns the login that this browser began.
async fn begun<'a>(
    service: &'a Service,
    state: &str,
    verifier: Option<&CodeVerifier>,
) -> Result<(&'a App, LoginState), ApiError> {
    let invalid = || ApiError::refused(ErrorCode::InvalidState);
    let found = store::login::find_state(&service.store.view(), &hash_of(state), service.clock.now()).await?;
    let state = found.ok_or_else(invalid)?;
    let is_same_browser = state
        .challenge
        .zip(verifier)
        .is_some_and(|(challenge, verifier)| CodeChallenge(challenge) == verifier.challenge());
    if !is_same_browser {
        return Err(invalid());
    }
    // The configuration may have changed since the login began.
    Ok((find_app(service, &state.app)?, state))
}

/// Uses up the state, and one exchange of the app.
async fn claim(service: &Service, (app, state): (&App, &LoginState), pass: &Pass<'_>) -> Result<(), ApiError> {
    let asker = caller::asker(pass);
    let _place = caller::place_of_strangers(service, pass.block()).await;
    let claim = |tx: Arc<Tx>| async move {
        let claimed = store::login::claim_state(&tx, &state.hash, service.clock.now()).await?;
        let spent = caller::spend_exchange(service, &tx, app.provider.app_id(), asker).await;
        if claimed.are_none() {
            return Err(ApiError::refused(ErrorCode::InvalidState));
        }
        spent
    };
    service.store.write("claim_operator_state", claim).await
}

/// Opens a session for the operator who has the proven key, or whom their groups make one.
async fn enter(service: &Service, app: &App, (proof, groups): (&Proof, &[String])) -> Result<Ended, ApiError> {
    let now = service.clock.now();
    let wanted = service.config.console.role_of(groups).map(|role| by_group(proof, role, now));
    let wanted = wanted.as_ref();
    let follow = |tx: Arc<Tx>| async move {
        let followed = store::operator::follow(&tx, &proof.key, wanted, now).await?;
        if let Some(event) = told(followed, wanted, now) {
            store::audit::add(&tx, &event).await?;
        }
        match followed {
            Followed::Operator(id, _) => open_in(service, &tx, id).await,
            Followed::Left(_) | Followed::Stranger => Ok(None),
        }
    };
    let cookie = service.store.write("open_operator_session", follow).await?;
    Ok(cookie.map_or_else(
        || {
            info!("a person who is no operator has signed in at the console through {}", app.name);
            Ended::Stranger(Stranger { app: app.name.clone(), open_id: proof.key.open_id.clone() })
        },
        Ended::SignedIn,
    ))
}

/// The operator that the groups of a person make of them. [`Actor::System`] says that no operator has added them.
fn by_group(proof: &Proof, role: OperatorRole, now: Timestamp) -> Operator {
    let told = proof.profile.nickname.as_deref().map(str::trim).filter(|name| !name.is_empty());
    let name = told.unwrap_or(proof.key.open_id.as_str()).chars().filter(|sign| !sign.is_control());
    Operator {
        id: OperatorId::new(now),
        key: proof.key.clone(),
        name: name.take(MAX_NAME).collect(),
        role,
        added_by: Actor::System,
        created_at: now,
        removed_at: None,
        last_login_at: None,
        left_at: None,
    }
}

/// The audit entry of what groups have changed.
fn told(followed: Followed, wanted: Option<&Operator>, now: Timestamp) -> Option<AuditEvent> {
    let (action, detail) = match (followed, wanted) {
        (Followed::Operator(id, Put::Added | Put::Changed), Some(Operator { name, role, .. })) => {
            let detail = json!({ "operator": id.to_string(), "name": name, "role": role.as_str(), "by": "group" });
            (AuditAction::OperatorAdded, detail)
        }
        (Followed::Left(id), _) => (AuditAction::OperatorRemoved, json!({ "operator": id.to_string(), "by": "group" })),
        (Followed::Operator(..) | Followed::Stranger, _) => return None,
    };
    Some(AuditEvent::new(action, Actor::System, now).saying(detail))
}

/// Opens a session. Returns `None` if the operator was removed meanwhile.
#[cfg(feature = "sandbox")]
pub(super) async fn open(service: &Service, id: OperatorId) -> Result<Option<Cookie>, ApiError> {
    let open = |tx: Arc<Tx>| async move { open_in(service, &tx, id).await };
    service.store.write("open_operator_session", open).await
}

async fn open_in(service: &Service, tx: &Tx, id: OperatorId) -> Result<Option<Cookie>, ApiError> {
    let (now, life) = (service.clock.now(), service.config.console.session());
    let text = random::token();
    let opened = store::operator::open_session(tx, (id, &token::hash(&text)), now.plus(life), now).await?;
    let Some(Operator { name, role, .. }) = opened else { return Ok(None) };
    let detail = json!({ "name": name, "role": role.as_str() });
    let event = AuditEvent::new(AuditAction::OperatorSignedIn, Actor::Operator(id.into()), now).saying(detail);
    store::audit::add(tx, &event).await?;
    info!(operator.id = %id, "an operator signs in");
    Ok(Some(Cookie { text, life }))
}

/// The prefix keeps the states of operators apart from those of people: neither login completes the other.
fn hash_of(state: &str) -> [u8; 32] {
    token::hash(&format!("operator:{state}"))
}
