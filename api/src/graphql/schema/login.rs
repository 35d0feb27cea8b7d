//! What goes in and out of a login.
//! What happens in between is `usecase::login`'s business.

use async_graphql::{Context, Enum, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use providers::{EncryptedData, LoginCode, builtin};

use super::merge::MergeOffer;
use super::user::User;
use crate::error::{ApiError, ErrorCode};
use crate::graphql::{Carriage, carriage, client_address, service, signed_in_from};
use crate::token::{CodeChallenge, CodeVerifier, DeviceToken, RefreshToken};
use crate::usecase;
use crate::usecase::login::{BeginLogin, Begun, BegunNative, LoggedIn, Login, Returned};
use crate::usecase::session::SessionTokens;

/// How much a login asks the person for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Enum)]
pub(in crate::graphql) enum LoginScope {
    /// An openId only, without asking anything.
    Base,
    /// Also nickname, picture and unionId; the person is asked.
    #[default]
    #[graphql(name = "USERINFO")]
    UserInfo,
}

/// A browser login that is to start.
#[derive(Debug, InputObject)]
pub(in crate::graphql) struct BeginLoginInput {
    /// The app's name, from the `apps` query.
    app: String,
    /// Where WeChat sends the browser back to with `code` and `state`: one of the app's addresses, to the letter.
    return_to: String,
    /// How much to ask for. A website has only one scope and ignores this.
    #[graphql(default)]
    scope: LoginScope,
    /// The S256 hash (RFC 7636) of a `codeVerifier` that the client makes up and keeps: 43 characters of base64url. It
    /// binds the login to this browser: no login ends without the verifier, and one that is sent twice gets the same answer.
    /// Required, unless the request has the header `Guiyi-Session: cookie` or the app's configuration has a weaker rule; then a login without it is `BOUND_LOGIN_REQUIRED` for
    /// whatever changes the account.
    code_challenge: Option<String>,
}

impl TryFrom<BeginLoginInput> for usecase::login::BeginLogin {
    type Error = ApiError;

    fn try_from(input: BeginLoginInput) -> Result<Self, ApiError> {
        let scope = match input.scope {
            LoginScope::Base => providers::LoginScope::Base,
            LoginScope::UserInfo => providers::LoginScope::UserInfo,
        };
        let challenge = input.code_challenge.as_deref().map(CodeChallenge::parse).transpose()?;
        Ok(Self { app: app_name(&input.app)?, return_to: input.return_to, scope, challenge })
    }
}

/// A browser login that has started.
#[derive(SimpleObject)]
pub(in crate::graphql) struct BeginLoginPayload {
    /// Where to send the browser.
    authorize_url: String,
    /// What comes back with the code. Keep it, compare it, and send it with the code.
    state: String,
    /// Until when the state holds: ten minutes.
    expires_at: DateTime<Utc>,
}

impl From<Begun> for BeginLoginPayload {
    fn from(begun: Begun) -> Self {
        Self { authorize_url: begun.authorize_url, state: begun.state, expires_at: begun.expires_at.into() }
    }
}

/// A login of a native app that is to start.
#[derive(Debug, InputObject)]
pub(in crate::graphql) struct BeginNativeLoginInput {
    /// The app's name, from the `apps` query.
    app: String,
    /// The S256 hash (RFC 7636) of a `codeVerifier` that the client makes up and keeps: 43 characters of base64url.
    code_challenge: String,
}

impl TryFrom<BeginNativeLoginInput> for usecase::login::BeginNativeLogin {
    type Error = ApiError;

    fn try_from(input: BeginNativeLoginInput) -> Result<Self, ApiError> {
        Ok(Self { app: app_name(&input.app)?, challenge: CodeChallenge::parse(&input.code_challenge)? })
    }
}

/// A login of a native app that has started.
#[derive(SimpleObject)]
pub(in crate::graphql) struct BeginNativeLoginPayload {
    /// For the SDK's request, which gives it back with the code. Keep it, compare it, and send it with the code.
    state: String,
    /// Until when the state holds: ten minutes.
    expires_at: DateTime<Utc>,
}

impl From<BegunNative> for BeginNativeLoginPayload {
    fn from(begun: BegunNative) -> Self {
        Self { state: begun.state, expires_at: begun.expires_at.into() }
    }
}

/// What a client brings to sign a person in.
#[derive(InputObject)]
pub(in crate::graphql) struct LoginInput {
    /// The authorization code from the upstream. For one use. Empty or `authdeny` when the person did not agree.
    pub(in crate::graphql) code: String,
    /// The app that the code is of. May be left out when `state` names it or there is a default.
    pub(in crate::graphql) app: Option<String>,
    /// The state of `beginLogin` or `beginNativeLogin` that came back with the code.
    pub(in crate::graphql) state: Option<String>,
    /// The verifier whose hash the beginning of the login was given as `codeChallenge`. May be left out with the header
    /// `Guiyi-Session: cookie`: then it is the cookie's. With a code that has no state, as of
    /// mini programs: 43 to 128 random characters of A-Z, a-z, 0-9, `-`, `.`, `_` and `~`, the same whenever
    /// this code is sent.
    pub(in crate::graphql) code_verifier: Option<String>,
    /// The `deviceToken` of the last login on this device, if there was one. One that is not known counts as none. Adding
    /// an app to an account (`linkOpenId`) ignores it.
    pub(in crate::graphql) device_token: Option<String>,
    /// What the mini program encrypted, in base64; `iv` comes with it.
    pub(in crate::graphql) encrypted_data: Option<String>,
    /// The first vector of `encryptedData`, in base64.
    pub(in crate::graphql) iv: Option<String>,
}

impl TryFrom<LoginInput> for usecase::login::Login {
    type Error = ApiError;

    fn try_from(input: LoginInput) -> Result<Self, ApiError> {
        let encrypted = match (input.encrypted_data, input.iv) {
            (Some(data), Some(iv)) => Some(EncryptedData::parse(&data, &iv)?),
            (None, None) => None,
            (Some(_), None) | (None, Some(_)) => {
                return Err(ApiError::detailed(ErrorCode::InvalidInput, "encryptedData and iv come together"));
            }
        };
        Ok(Self {
            returned: returned(&input.code)?,
            app: input.app.as_deref().map(app_name).transpose()?,
            state: input.state,
            verifier: input.code_verifier.as_deref().map(CodeVerifier::parse).transpose()?,
            encrypted,
            device: input.device_token.as_deref().and_then(DeviceToken::read),
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

/// Text that cannot be a name names no app.
fn app_name(text: &str) -> Result<domain::AppName, ApiError> {
    text.parse().map_err(|_| ApiError::refused(ErrorCode::UnknownApp))
}

/// A person who has just signed in.
#[derive(SimpleObject)]
pub(in crate::graphql) struct LoginPayload {
    /// For the header `Authorization: Bearer …` of every request.
    access_token: String,
    /// For `refreshSession`, once. Null where the request had the header `Guiyi-Session: cookie`: the cookie has it then.
    refresh_token: Option<String>,
    /// Until when the access token holds.
    expires_at: DateTime<Utc>,
    /// By which this device is known again. Keep it beside the refresh token, also after a logout, and send it with the next
    /// login: a device on which a phone was proved is not asked for a `humanToken` again. It signs nobody in.
    device_token: String,
    /// Whether the account was made just now.
    is_new_user: bool,
    /// What the app calls the person.
    open_id: String,
    /// What the Open Platform account calls the person in all its apps; absent when WeChat does not tell it.
    union_id: Option<String>,
    /// The person's account.
    user: User,
    /// WeChat says that another account is the same person's, too: the merge that the person may confirm. Null otherwise.
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
            user: User(login.user),
            merge_offer: login.merge_offer.map(Into::into),
        }
    }
}

/// What a signed-in client carries.
#[derive(SimpleObject)]
pub(in crate::graphql) struct Session {
    /// For the header `Authorization: Bearer …` of every request.
    access_token: String,
    /// For `refreshSession`, once. Null where the request had the header `Guiyi-Session: cookie`: the cookie has it then.
    refresh_token: Option<String>,
    /// Until when the access token holds.
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
    /// Starts a login in a browser: makes the address to send the browser to, with a one-time state. With the header
    /// `Guiyi-Session: cookie` and without a `codeChallenge` the browser keeps a verifier in a cookie, and the login is bound by
    /// that.
    async fn begin_login(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The login that is to start.")] input: BeginLoginInput,
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

    /// Starts a login that the SDK of a native app carries out: makes a one-time state for the SDK's request.
    async fn begin_native_login(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The login that is to start.")] input: BeginNativeLoginInput,
    ) -> Result<BeginNativeLoginPayload, ApiError> {
        Ok(usecase::login::begin_native(service(ctx), input.try_into()?, client_address(ctx)).await?.into())
    }

    /// Signs a person in with the code that WeChat gave. A code is for one use. Sent again with the same `codeVerifier`
    /// within five minutes it gets the same answer; else it is refused.
    #[expect(clippy::too_many_arguments, reason = "the field has these five arguments")]
    async fn wechat_login(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The authorization code from WeChat.")] code: String,
        #[graphql(desc = "The app that the code is of. May be left out when `state` names it or there is a default.")]
        app: Option<String>,
        #[graphql(desc = "The state of `beginLogin` that came back with the code.")] state: Option<String>,
        #[graphql(desc = "The verifier of the `codeChallenge`, or one made up for this code; see `LoginInput`.")]
        code_verifier: Option<String>,
        #[graphql(desc = "The `deviceToken` of the last login on this device, if there was one.")] device_token: Option<
            String,
        >,
    ) -> Result<LoginPayload, ApiError> {
        let input = LoginInput { code, app, state, code_verifier, device_token, encrypted_data: None, iv: None };
        let mut login = usecase::login::login(service(ctx), read_login(ctx, input)?, client_address(ctx)).await?;
        carriage(ctx).load(ctx, [&mut login.tokens]);
        Ok(login.into())
    }

    /// Signs a person in through any provider.
    async fn login(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What the client brings.")] input: LoginInput,
    ) -> Result<LoginPayload, ApiError> {
        let mut login = usecase::login::login(service(ctx), read_login(ctx, input)?, client_address(ctx)).await?;
        carriage(ctx).load(ctx, [&mut login.tokens]);
        Ok(login.into())
    }
}

/// What a client brings, and where it is.
pub(super) fn read_login(ctx: &Context<'_>, input: LoginInput) -> Result<Login, ApiError> {
    let login: Login = input.try_into()?;
    // A code without a state did not begin here.
    let kept = login.state.as_ref().and_then(|_| carriage(ctx).verifier());
    Ok(Login { from: signed_in_from(ctx), verifier: login.verifier.or(kept), ..login })
}
