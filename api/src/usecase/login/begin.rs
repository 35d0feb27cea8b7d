//! Starts logins: stores a one-time state and, for a browser, builds the provider's authorize URL.

use std::sync::Arc;

use chrono::TimeDelta;
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use domain::{AppName, Timestamp};
use providers::{AuthorizeRequest, KeptSecrets, LoginScope, Start};
use store::Tx;
use store::login::LoginState;

use crate::config::StateRule;
use crate::error::{ApiError, ErrorCode};
use crate::gate::Work;
use crate::service::Service;
use crate::token::CodeChallenge;
use crate::usecase::{ClientAddress, app, caller};
use crate::{random, token};

/// The lifetime of a state: the time that a person may take at the provider.
const STATE_LIFE: TimeDelta = TimeDelta::minutes(10);

/// The input of [`begin`].
#[derive(Debug, Clone)]
pub struct BeginLogin {
    /// The app's name.
    pub app: AppName,
    /// The return address. It must equal an address of the app's list exactly.
    pub return_to: String,
    /// What to ask the person for.
    pub scope: LoginScope,
    /// The hash of the verifier that the client keeps and has to send to complete the login.
    pub challenge: Option<CodeChallenge>,
}

/// The input of [`begin_native`].
#[derive(Debug, Clone)]
pub struct BeginNativeLogin {
    /// The app's name.
    pub app: AppName,
    /// The hash of the verifier that the client keeps.
    pub challenge: CodeChallenge,
}

/// The result of [`begin_native`].
#[derive(Clone)]
pub struct BegunNative {
    /// The state that is returned with the code.
    pub state: String,
    /// When the state expires.
    pub expires_at: Timestamp,
}

impl std::fmt::Debug for BegunNative {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BegunNative").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

/// The result of [`begin`].
#[derive(Clone)]
pub struct Begun {
    /// The address to redirect the browser to.
    pub authorize_url: String,
    /// The state that is returned with the code.
    pub state: String,
    /// When the state expires.
    pub expires_at: Timestamp,
}

impl std::fmt::Debug for Begun {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Begun").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

/// Starts a browser login.
///
/// # Errors
/// `UNKNOWN_APP`, `NOT_A_BROWSER_APP`, `RETURN_TO_NOT_ALLOWED`, `CHALLENGE_REQUIRED` or `RATE_LIMITED`.
pub async fn begin(service: &Service, input: BeginLogin, from: ClientAddress) -> Result<Begun, ApiError> {
    let app = app::find(service, &input.app)?;
    if !app.provider.start().is_browser() {
        return Err(ApiError::refused(ErrorCode::NotABrowserApp));
    }
    if !app.return_to.iter().any(|address| address.is(&input.return_to)) {
        return Err(ApiError::refused(ErrorCode::ReturnToNotAllowed));
    }
    if app.state == StateRule::Bound && input.challenge.is_none() {
        return Err(ApiError::refused(ErrorCode::ChallengeRequired));
    }
    // Counted until the login has ended well.
    let mut pass = caller::enter(service, Work::BeginLogin, from)?;
    caller::go_on(&mut pass, app.provider.app_id())?;
    let state = random::hex();
    let hash = token::hash(&state);
    let kept = kept_secrets(service, &hash);
    let (redirect_uri, scope) = (input.return_to.as_str(), input.scope);
    let request = AuthorizeRequest { redirect_uri, state: &state, scope, kept: &kept };
    let authorize_url = app.provider.authorize_url(&request).await?;
    let expires_at = service.clock.now().plus(STATE_LIFE);
    let state_kept = LoginState {
        hash,
        app: app.name.clone(),
        return_to: input.return_to,
        expires_at,
        challenge: input.challenge.map(|CodeChallenge(hash)| hash),
    };
    remember(service, state_kept, pass.block()).await?;
    Ok(Begun { authorize_url, state, expires_at })
}

/// Starts a login with a native app's SDK. Its code returns in a URL (`wx…://oauth?code=…&state=…`) with which any page
/// can open the app, so only state and verifier bind it to this device (RFC 8252 section 8.9).
///
/// # Errors
/// `UNKNOWN_APP`, `NOT_A_NATIVE_APP` or `RATE_LIMITED`.
pub async fn begin_native(
    service: &Service,
    input: BeginNativeLogin,
    from: ClientAddress,
) -> Result<BegunNative, ApiError> {
    let app = app::find(service, &input.app)?;
    if app.provider.start() != Start::NativeSdk {
        return Err(ApiError::refused(ErrorCode::NotANativeApp));
    }
    let mut pass = caller::enter(service, Work::BeginLogin, from)?;
    caller::go_on(&mut pass, app.provider.app_id())?;
    let state = random::hex();
    let expires_at = service.clock.now().plus(STATE_LIFE);
    let CodeChallenge(challenge) = input.challenge;
    let state_kept = LoginState {
        hash: token::hash(&state),
        app: app.name.clone(),
        return_to: String::new(),
        expires_at,
        challenge: Some(challenge),
    };
    remember(service, state_kept, pass.block()).await?;
    Ok(BegunNative { state, expires_at })
}

async fn remember(service: &Service, state: LoginState, block: &str) -> Result<(), ApiError> {
    let _place = caller::place_of_strangers(service, block).await;
    let state = &state;
    service
        .store
        .write("begin_login", |tx: Arc<Tx>| async move {
            Ok(store::login::add_state(&tx, state, service.clock.now()).await?)
        })
        .await
}

/// Derives the nonce and the code verifier that the provider receives for one login. They are derived from the hash of
/// the state with a key, so they need not be stored, and read access to the database does not reveal them.
pub(crate) fn kept_secrets(service: &Service, state: &[u8; 32]) -> KeptSecrets {
    let [nonce, verifier] =
        ["login-nonce", "login-code-verifier"].map(|purpose| service.store.keyed_hash(purpose, state));
    KeptSecrets {
        nonce: HEXLOWER.encode(&nonce[..16]).into(),
        // RFC 7636 section 4.1 requires 43 to 128 characters: 32 bytes in base64url are 43.
        code_verifier: BASE64URL_NOPAD.encode(&verifier).into(),
    }
}
