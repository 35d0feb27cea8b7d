//! A login starts: a one-time state is remembered, and for a browser the upstream's address is made.
//! What happens when the code comes back is in `login`.

use chrono::TimeDelta;
use domain::{AppName, Timestamp};
use providers::{AuthorizeRequest, KeptSecrets, LoginScope, Start};
use secrecy::ExposeSecret;
use store::LoginState;

use crate::config::StateRule;
use crate::error::{ApiError, ErrorCode};
use crate::service::Service;
use crate::token::CodeChallenge;
use crate::{random, token};

/// How long a person may take at the upstream.
const STATE_LIFE: TimeDelta = TimeDelta::minutes(10);

/// What a client asks for.
#[derive(Debug, Clone)]
pub struct BeginLogin {
    /// Through which app.
    pub app: AppName,
    /// Where the upstream sends the browser back to: an address of the app's list, to the letter.
    pub return_to: String,
    /// How much to ask the person for.
    pub scope: LoginScope,
    /// The hash of the verifier that the client keeps: who ends the login then has to show it.
    pub challenge: Option<CodeChallenge>,
}

/// What a native app asks for, whose login its SDK carries out.
#[derive(Debug, Clone)]
pub struct BeginNativeLogin {
    /// Through which app.
    pub app: AppName,
    /// The hash of the verifier that the client keeps.
    pub challenge: CodeChallenge,
}

/// A login of a native app that has started.
#[derive(Clone)]
pub struct BegunNative {
    /// What comes back with the code.
    pub state: String,
    /// Until when the state holds.
    pub expires_at: Timestamp,
}

impl std::fmt::Debug for BegunNative {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BegunNative").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

/// A login that has started.
#[derive(Clone)]
pub struct Begun {
    /// Where to send the browser.
    pub authorize_url: String,
    /// What comes back with the code.
    pub state: String,
    /// Until when the state holds.
    pub expires_at: Timestamp,
}

impl std::fmt::Debug for Begun {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Begun").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

impl Service {
    /// Starts a browser login.
    pub async fn begin_login(&self, input: BeginLogin) -> Result<Begun, ApiError> {
        let app = self.app(&input.app)?;
        if !app.provider.start().is_browser() {
            return Err(ApiError::refused(ErrorCode::NotABrowserApp));
        }
        if !app.return_to.contains(&input.return_to) {
            return Err(ApiError::refused(ErrorCode::ReturnToNotAllowed));
        }
        if app.state == StateRule::Bound && input.challenge.is_none() {
            return Err(ApiError::refused(ErrorCode::ChallengeRequired));
        }
        let state = random::hex();
        let kept = KeptSecrets { nonce: random::hex().into(), code_verifier: random::token().into() };
        let (redirect_uri, scope) = (input.return_to.as_str(), input.scope);
        let request = AuthorizeRequest { redirect_uri, state: &state, scope, kept: &kept };
        let authorize_url = app.provider.authorize_url(&request).await?;
        let expires_at = self.clock.now().plus(STATE_LIFE);
        self.remember(LoginState {
            hash: token::hash(&state),
            app: app.name.clone(),
            return_to: input.return_to,
            expires_at,
            kept: Some(store::KeptSecrets {
                nonce: kept.nonce.expose_secret().to_owned(),
                code_verifier: kept.code_verifier.expose_secret().to_owned(),
            }),
            challenge: input.challenge.map(|CodeChallenge(hash)| hash),
        })
        .await?;
        Ok(Begun { authorize_url, state, expires_at })
    }

    /// Starts a login that a native app's SDK carries out. Its code comes back in an address (`wx…://oauth?code=…&state=…`)
    /// that any page can open the app with, so that only state and verifier tie it to this device (RFC 8252 section 8.9).
    pub async fn begin_native_login(&self, input: BeginNativeLogin) -> Result<BegunNative, ApiError> {
        let app = self.app(&input.app)?;
        if app.provider.start() != Start::NativeSdk {
            return Err(ApiError::refused(ErrorCode::NotANativeApp));
        }
        let state = random::hex();
        let expires_at = self.clock.now().plus(STATE_LIFE);
        let CodeChallenge(challenge) = input.challenge;
        self.remember(LoginState {
            hash: token::hash(&state),
            app: app.name.clone(),
            return_to: String::new(),
            expires_at,
            kept: None,
            challenge: Some(challenge),
        })
        .await?;
        Ok(BegunNative { state, expires_at })
    }

    async fn remember(&self, state: LoginState) -> Result<(), ApiError> {
        let tx = self.store.begin().await?;
        tx.remember_state(&state, self.clock.now()).await?;
        Ok(tx.commit().await?)
    }

    pub(super) fn app(&self, name: &AppName) -> Result<&crate::apps::App, ApiError> {
        self.apps.named(name).ok_or_else(|| ApiError::refused(ErrorCode::UnknownApp))
    }
}
