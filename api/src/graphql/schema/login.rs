//! Logins: their inputs and results. See [`crate::usecase::login`].

use async_graphql::{Context, Enum, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use providers::{EncryptedData, LoginCode, builtin};

use super::merge::MergeOffer;
use super::user::User;
use crate::error::{ApiError, ErrorCode};
use crate::graphql::input::Optional;
use crate::graphql::{Carriage, carriage, client_address, service, signed_in_from};
use crate::token::{CodeChallenge, CodeVerifier, DeviceToken, RefreshToken};
use crate::usecase;
use crate::usecase::login::{BeginLogin, Begun, BegunNative, LoggedIn, Login, Returned};
use crate::usecase::session::SessionTokens;

/// What a login asks the person for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Enum)]
pub(in crate::graphql) enum LoginScope {
    /// Only the openId; the person is not asked for consent.
    Base,
    /// Also nickname, picture and unionId; the person is asked for consent.
    #[default]
    #[graphql(name = "USERINFO")]
    UserInfo,
}

/// The input of `beginLogin`.
#[derive(Debug, InputObject)]
pub(in crate::graphql) struct BeginLoginInput {
    /// The app's name, from the `apps` query.
    app: String,
    /// The address to which the provider redirects the browser with `code` and `state`. It must equal one of the app's
    /// `return_to` addresses exactly.
    return_to: String,
    /// What to ask the person for. A website has only one scope and ignores this.
    #[graphql(default)]
    scope: LoginScope,
    /// The S256 hash (RFC 7636) of a random `codeVerifier` that the client generates and keeps: 43 characters of
    /// base64url. It binds the login to this browser: the login cannot be completed without the verifier, and a retry
    /// returns the same answer. Required, unless the request has the header `Guiyi-Session: cookie` or the app's
    /// configuration has a weaker rule; then whatever changes the account after a login without it fails with
    /// `BOUND_LOGIN_REQUIRED`.
    code_challenge: Optional<String>,
}

impl TryFrom<BeginLoginInput> for usecase::login::BeginLogin {
    type Error = ApiError;

    fn try_from(input: BeginLoginInput) -> Result<Self, ApiError> {
        let scope = match input.scope {
            LoginScope::Base => providers::LoginScope::Base,
            LoginScope::UserInfo => providers::LoginScope::UserInfo,
        };
        let challenge = input.code_challenge.0.as_deref().map(CodeChallenge::parse).transpose()?;
        Ok(Self { app: app_name(&input.app)?, return_to: input.return_to, scope, challenge })
    }
}

/// The result of `beginLogin`.
#[derive(SimpleObject)]
pub(in crate::graphql) struct BeginLoginPayload {
    /// The address to redirect the browser to.
    authorize_url: String,
    /// The state that the provider returns with the code. Keep it, compare it, and send it with the code.
    state: String,
    /// When the state expires: after 10 minutes.
    expires_at: DateTime<Utc>,
}

impl From<Begun> for BeginLoginPayload {
    fn from(begun: Begun) -> Self {
        Self { authorize_url: begun.authorize_url, state: begun.state, expires_at: begun.expires_at.into() }
    }
}

/// The input of `beginNativeLogin`.
#[derive(Debug, InputObject)]
pub(in crate::graphql) struct BeginNativeLoginInput {
    /// The app's name, from the `apps` query.
    app: String,
    /// The S256 hash (RFC 7636) of a random `codeVerifier` that the client generates and keeps: 43 characters of
    /// base64url.
    code_challenge: String,
}

impl TryFrom<BeginNativeLoginInput> for usecase::login::BeginNativeLogin {
    type Error = ApiError;

    fn try_from(input: BeginNativeLoginInput) -> Result<Self, ApiError> {
        Ok(Self { app: app_name(&input.app)?, challenge: CodeChallenge::parse(&input.code_challenge)? })
    }
}

/// The result of `beginNativeLogin`.
#[derive(SimpleObject)]
pub(in crate::graphql) struct BeginNativeLoginPayload {
    /// The state for the SDK's request; the SDK returns it with the code. Keep it, compare it, and send it with the
    /// code.
    state: String,
    /// When the state expires: after 10 minutes.
    expires_at: DateTime<Utc>,
}

impl From<BegunNative> for BeginNativeLoginPayload {
    fn from(begun: BegunNative) -> Self {
        Self { state: begun.state, expires_at: begun.expires_at.into() }
    }
}

/// The input of a login.
#[derive(InputObject)]
pub(in crate::graphql) struct LoginInput {
    /// The one-time authorization code from the provider. Empty or `authdeny` if the person declined.
    pub(in crate::graphql) code: String,
    /// The name of the app that the code belongs to. Optional if `state` is given or there is a default app.
    pub(in crate::graphql) app: Optional<String>,
    /// The state of `beginLogin` or `beginNativeLogin`, as returned with the code.
    pub(in crate::graphql) state: Optional<String>,
    /// The verifier of the `codeChallenge` with which the login began. Optional with the header `Guiyi-Session:
    /// cookie`: the verifier of the cookie is used. For a code without a state, as in mini programs: 43 to 128 random
    /// characters of A-Z, a-z, 0-9, `-`, `.`, `_` and `~`, the same in every retry with this code.
    pub(in crate::graphql) code_verifier: Optional<String>,
    /// The `deviceToken` of the last login on this device, if any. An unknown token is ignored, and `linkOpenId`
    /// ignores it always.
    pub(in crate::graphql) device_token: Optional<String>,
    /// The encrypted data from the mini program, in base64. Requires `iv`.
    pub(in crate::graphql) encrypted_data: Optional<String>,
    /// The initialization vector of `encryptedData`, in base64.
    pub(in crate::graphql) iv: Optional<String>,
}

impl TryFrom<LoginInput> for usecase::login::Login {
    type Error = ApiError;

    fn try_from(input: LoginInput) -> Result<Self, ApiError> {
        let encrypted = match (input.encrypted_data.0, input.iv.0) {
            (Some(data), Some(iv)) => Some(EncryptedData::parse(&data, &iv)?),
            (None, None) => None,
            (Some(_), None) | (None, Some(_)) => {
                return Err(ApiError::detailed(ErrorCode::InvalidInput, "encryptedData and iv must be sent together"));
            }
        };
        Ok(Self {
            returned: returned(&input.code)?,
            app: input.app.0.as_deref().map(app_name).transpose()?,
            state: input.state.0,
            verifier: input.code_verifier.0.as_deref().map(CodeVerifier::parse).transpose()?,
            encrypted,
            device: input.device_token.0.as_deref().and_then(DeviceToken::read),
            from: store::session::SignedInFrom::default(),
        })
    }
}

fn returned(code: &str) -> Result<Returned, ApiError> {
    if builtin::is_refusal(code) {
        return Ok(Returned::Denied);
    }
    LoginCode::parse(code).map(Returned::Code).map_err(|_| ApiError::refused(ErrorCode::InvalidCode))
}

/// Parses an app name. A malformed name is an unknown app.
pub(super) fn app_name(text: &str) -> Result<domain::AppName, ApiError> {
    text.parse().map_err(|_| ApiError::refused(ErrorCode::UnknownApp))
}

/// The result of a login.
#[derive(SimpleObject)]
pub(in crate::graphql) struct LoginPayload {
    /// The access token, for the header `Authorization: Bearer …` of every request.
    access_token: String,
    /// The refresh token, for one `refreshSession`. Null if the request has the header `Guiyi-Session: cookie`: the
    /// cookie holds it.
    refresh_token: Option<String>,
    /// When the access token expires.
    expires_at: DateTime<Utc>,
    /// The token that identifies this device. Keep it with the refresh token, also after a logout, and send it with the
    /// next login: a device on which a phone was proved needs no further `humanToken`. It does not authenticate a
    /// person.
    device_token: String,
    /// Whether this login created the account.
    is_new_user: bool,
    /// The person's openId in the app.
    open_id: String,
    /// The person's unionId in all apps of the Open Platform account. Null if the provider does not return it.
    union_id: Option<String>,
    /// The person's account.
    user: User,
    /// A merge that the person may confirm. Present if the provider's answer shows that another account belongs to the
    /// same person.
    merge_offer: Option<MergeOffer>,
}

impl From<LoggedIn> for LoginPayload {
    fn from(login: LoggedIn) -> Self {
        Self {
            access_token: login.tokens.access_token,
            refresh_token: login.tokens.refresh_token.as_ref().map(RefreshToken::text),
            expires_at: login.tokens.expires_at.into(),
            device_token: login.device.expose().to_owned(),
            is_new_user: login.is_new_user,
            open_id: login.open_id.into(),
            union_id: login.union_id.map(Into::into),
            user: User::signed_in(login.user),
            merge_offer: login.merge_offer.map(Into::into),
        }
    }
}

/// The tokens of a session.
#[derive(SimpleObject)]
pub(in crate::graphql) struct Session {
    /// The access token, for the header `Authorization: Bearer …` of every request.
    access_token: String,
    /// The refresh token, for one `refreshSession`. Null if the request has the header `Guiyi-Session: cookie`: the
    /// cookie holds it.
    refresh_token: Option<String>,
    /// When the access token expires.
    expires_at: DateTime<Utc>,
}

impl From<SessionTokens> for Session {
    fn from(tokens: SessionTokens) -> Self {
        Self {
            access_token: tokens.access_token,
            refresh_token: tokens.refresh_token.as_ref().map(RefreshToken::text),
            expires_at: tokens.expires_at.into(),
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct LoginMutations;

#[Object]
impl LoginMutations {
    /// Starts a login in a browser. Returns the address to redirect the browser to, with a one-time state. With the
    /// header `Guiyi-Session: cookie` and without a `codeChallenge`, a cookie keeps the verifier and binds the login to
    /// the browser.
    async fn begin_login(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The login to start.")] input: BeginLoginInput,
    ) -> Result<BeginLoginPayload, ApiError> {
        let mut wanted: BeginLogin = input.try_into()?;
        let verifier = if wanted.challenge.is_none() { carriage(ctx).bind() } else { None };
        wanted.challenge = wanted.challenge.or(verifier.as_ref().map(CodeVerifier::challenge));
        let begun = usecase::login::begin(service(ctx), wanted, client_address(ctx)).await?;
        if let Some(verifier) = verifier {
            Carriage::keep(ctx, &verifier);
        }
        Ok(begun.into())
    }

    /// Starts a login with a native app's SDK. Returns a one-time state for the SDK's request.
    async fn begin_native_login(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The login to start.")] input: BeginNativeLoginInput,
    ) -> Result<BeginNativeLoginPayload, ApiError> {
        Ok(usecase::login::begin_native(service(ctx), input.try_into()?, client_address(ctx)).await?.into())
    }

    /// Signs a person in with a one-time code from WeChat. A retry with the same `codeVerifier` returns the same answer
    /// for five minutes; any other reuse of the code is refused.
    #[expect(clippy::too_many_arguments, reason = "the field has these five arguments")]
    async fn wechat_login(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The authorization code from WeChat.")] code: String,
        #[graphql(desc = "The name of the app that the code belongs to. Optional if `state` is given or there \
            is a default app.")]
        app: Optional<String>,
        #[graphql(desc = "The state of `beginLogin`, as returned with the code.")] state: Optional<String>,
        #[graphql(desc = "The verifier of the `codeChallenge`, or one generated for this code; see \
            `LoginInput`.")]
        code_verifier: Optional<String>,
        #[graphql(desc = "The `deviceToken` of the last login on this device, if any.")] device_token: Optional<String>,
    ) -> Result<LoginPayload, ApiError> {
        let input = LoginInput {
            code,
            app,
            state,
            code_verifier,
            device_token,
            encrypted_data: Optional(None),
            iv: Optional(None),
        };
        let mut login = usecase::login::login(service(ctx), read_login(ctx, input)?, client_address(ctx)).await?;
        carriage(ctx).load(ctx, [&mut login.tokens]);
        Ok(login.into())
    }

    /// Signs a person in through any provider. Retries work as for `wechatLogin`.
    async fn login(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The login.")] input: LoginInput,
    ) -> Result<LoginPayload, ApiError> {
        let mut login = usecase::login::login(service(ctx), read_login(ctx, input)?, client_address(ctx)).await?;
        carriage(ctx).load(ctx, [&mut login.tokens]);
        Ok(login.into())
    }
}

/// Reads the input of a login, with the client's address and the verifier of its cookie.
pub(super) fn read_login(ctx: &Context<'_>, input: LoginInput) -> Result<Login, ApiError> {
    let login: Login = input.try_into()?;
    // A code without a state comes from a login that did not start here, so the cookie's verifier does not apply.
    let kept = login.state.as_ref().and_then(|_| carriage(ctx).verifier());
    Ok(Login { from: signed_in_from(ctx), verifier: login.verifier.or(kept), ..login })
}
