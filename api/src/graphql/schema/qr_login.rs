//! Logins by a QR code that a person scans. See [`crate::usecase::qr_login`].

use std::sync::Arc;

use async_graphql::{Context, Enum, InputObject, Object, SimpleObject, Subscription};
use chrono::{DateTime, Utc};
use futures::{Stream, StreamExt};

use crate::error::{ApiError, ErrorCode};
use crate::graphql::input::Optional;
use crate::graphql::{Carriage, carriage, client_address, service, signed_in_from};
use crate::token::{CodeChallenge, CodeVerifier};
use crate::usecase;
use crate::usecase::qr_login::{QrProgress, QrWay, StartQrLogin, StartedQrLogin};

/// What a QR code leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(in crate::graphql) enum QrLoginWay {
    /// The account, which the person follows if they do not yet. The account must receive pushes.
    Follow,
    /// A page of this service, which the phone opens inside WeChat. `<public_url>/qr/back` must be in the app's `return_to`.
    Page,
}

impl From<QrLoginWay> for QrWay {
    fn from(way: QrLoginWay) -> Self {
        match way {
            QrLoginWay::Follow => Self::Follow,
            QrLoginWay::Page => Self::Page,
        }
    }
}

/// The input of `startQrLogin`.
#[derive(Debug, InputObject)]
pub(in crate::graphql) struct StartQrLoginInput {
    /// The name of an official account.
    app: String,
    /// What the QR code leads to.
    #[graphql(default_with = "QrLoginWay::Follow")]
    way: QrLoginWay,
    /// The S256 hash (RFC 7636) of a random `codeVerifier` that the browser generates and keeps: 43 characters of
    /// base64url. Required, unless the request has the header `Guiyi-Session: cookie`.
    code_challenge: Optional<String>,
}

/// The result of `startQrLogin`.
#[derive(SimpleObject)]
pub(in crate::graphql) struct StartQrLoginPayload {
    /// The state, for `qrLogin` and, with the code, for `login`. Keep it in this browser.
    state: String,
    /// The text to draw as a QR code.
    qr_text: String,
    /// Two digits to show beside the QR code. The phone shows them too, so that the person sees that both belong together.
    check_number: String,
    /// When the code expires: after 5 minutes.
    expires_at: DateTime<Utc>,
}

impl From<StartedQrLogin> for StartQrLoginPayload {
    fn from(started: StartedQrLogin) -> Self {
        let StartedQrLogin { state, qr_text, check_number, expires_at } = started;
        Self { state, qr_text, check_number, expires_at: expires_at.into() }
    }
}

/// How far the person with the phone is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(in crate::graphql) enum QrLoginStatus {
    /// The code was not scanned.
    Waiting,
    /// A person has scanned it and was asked.
    Scanned,
    /// The person has confirmed. `code` completes the login.
    Confirmed,
    /// The person has refused. Start again for another code.
    Refused,
    /// The code has expired, or there is no such login. Start again for another code.
    Expired,
}

/// A login by a QR code.
#[derive(SimpleObject)]
pub(in crate::graphql) struct QrLogin {
    /// How far the person with the phone is.
    status: QrLoginStatus,
    /// The code for `login`, with the state and the `codeVerifier`. Null until the person has confirmed.
    code: Option<String>,
}

impl From<QrProgress> for QrLogin {
    fn from(progress: QrProgress) -> Self {
        let (status, code) = match progress {
            QrProgress::Waiting => (QrLoginStatus::Waiting, None),
            QrProgress::Scanned => (QrLoginStatus::Scanned, None),
            QrProgress::Confirmed(code) => (QrLoginStatus::Confirmed, Some(code.expose().to_owned())),
            QrProgress::Refused => (QrLoginStatus::Refused, None),
            QrProgress::Expired => (QrLoginStatus::Expired, None),
        };
        Self { status, code }
    }
}

#[derive(Debug, Default)]
pub(crate) struct QrLoginQueries;

#[Object]
impl QrLoginQueries {
    /// Returns how far a login by a QR code is. Ask every two seconds, or subscribe to `qrLoginStatus`.
    async fn qr_login(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The state of `startQrLogin`.")] state: String,
    ) -> Result<QrLogin, ApiError> {
        Ok(usecase::qr_login::progress(service(ctx), &state).await?.into())
    }
}

#[derive(Debug, Default)]
pub(crate) struct QrLoginSubscriptions;

#[Subscription]
impl QrLoginSubscriptions {
    /// Returns how far a login by a QR code is, at once and at each further step. Ends after `CONFIRMED`, `REFUSED` or `EXPIRED`.
    async fn qr_login_status(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The state of `startQrLogin`.")] state: String,
    ) -> impl Stream<Item = Result<QrLogin, Arc<ApiError>>> + use<> {
        usecase::qr_login::watch(service(ctx), &state).map(|progress| Ok(progress.map(QrLogin::from)?))
    }
}

#[derive(Debug, Default)]
pub(crate) struct QrLoginMutations;

#[Object]
impl QrLoginMutations {
    /// Starts a login with a QR code of an official account, for browsers outside WeChat. The person scans it with WeChat and
    /// confirms on the phone.
    async fn start_qr_login(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The login to start.")] input: StartQrLoginInput,
    ) -> Result<StartQrLoginPayload, ApiError> {
        let app = input.app.parse().map_err(|_| ApiError::refused(ErrorCode::UnknownApp))?;
        let given = input.code_challenge.0.as_deref().map(CodeChallenge::parse).transpose()?;
        let verifier = if given.is_none() { carriage(ctx).bind() } else { None };
        let challenge = given.or(verifier.as_ref().map(CodeVerifier::challenge));
        let challenge = challenge.ok_or_else(|| ApiError::refused(ErrorCode::ChallengeRequired))?;
        let wanted = StartQrLogin { app, way: input.way.into(), challenge, from: signed_in_from(ctx) };
        let started = usecase::qr_login::start(service(ctx), wanted, client_address(ctx)).await?;
        if let Some(verifier) = verifier {
            Carriage::keep(ctx, &verifier);
        }
        Ok(started.into())
    }
}
