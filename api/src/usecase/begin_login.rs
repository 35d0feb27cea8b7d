//! A browser login starts: a one-time state is remembered and the upstream's address is made.
//! What happens when the code comes back is in `login`.

use chrono::TimeDelta;
use domain::{AppName, Timestamp};
use providers::{AuthorizeRequest, KeptSecrets, LoginScope};
use secrecy::ExposeSecret;
use store::LoginState;

use super::{ClientAddress, limits};
use crate::config::StateRule;
use crate::error::{ApiError, ErrorCode};
use crate::gate::Work;
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
    pub async fn begin_login(&self, input: BeginLogin, from: ClientAddress) -> Result<Begun, ApiError> {
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
        // Counted until the login has ended well.
        let mut pass = self.enter(Work::BeginLogin, from)?;
        limits::go_on(&mut pass, app.provider.app_id())?;
        let state = random::hex();
        let kept = KeptSecrets { nonce: random::hex().into(), code_verifier: random::token().into() };
        let (redirect_uri, scope) = (input.return_to.as_str(), input.scope);
        let request = AuthorizeRequest { redirect_uri, state: &state, scope, kept: &kept };
        let authorize_url = app.provider.authorize_url(&request).await?;
        let now = self.clock.now();
        let expires_at = now.plus(STATE_LIFE);
        let remembered = LoginState {
            hash: token::hash(&state),
            app: app.name.clone(),
            return_to: input.return_to,
            expires_at,
            kept: Some(store::KeptSecrets {
                nonce: kept.nonce.expose_secret().to_owned(),
                code_verifier: kept.code_verifier.expose_secret().to_owned(),
            }),
            challenge: input.challenge.map(|CodeChallenge(hash)| hash),
        };
        let _place = self.place_of_strangers().await;
        let tx = self.store.begin().await?;
        tx.remember_state(&remembered, now).await?;
        tx.commit().await?;
        Ok(Begun { authorize_url, state, expires_at })
    }

    pub(super) fn app(&self, name: &AppName) -> Result<&crate::apps::App, ApiError> {
        self.apps.named(name).ok_or_else(|| ApiError::refused(ErrorCode::UnknownApp))
    }
}
