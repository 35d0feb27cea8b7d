//! Logins by a phone: with an SMS code, or with both codes of a mini program. See [`crate::usecase::phone`] and
//! [`crate::usecase::sms`].

use async_graphql::{Context, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};

use super::app::PhoneCheck;
use super::login::{LoginInput, LoginPayload, app_name, read_login};
use super::merge::MergeOffer;
use super::phone::{PhoneClaim, SendPhoneCodePayload, shown_phone, typed_code};
use super::user::User;
use crate::error::{ApiError, ErrorCode};
use crate::graphql::input::Optional;
use crate::graphql::{Carriage, carriage, client_address, present, service, signed_in_from};
use crate::human_check::HumanToken;
use crate::token::{CodeChallenge, CodeVerifier, DeviceToken, RefreshToken};
use crate::usecase;
use crate::usecase::phone::{LoggedInWithPhone, PhoneLoggedIn, PhoneLogin, WechatPhone};
use crate::usecase::sms::SendLoginCode;

/// The result of `loginByPhone`.
#[derive(SimpleObject)]
pub(in crate::graphql) struct PhoneLoginPayload {
    /// The access token, for the header `Authorization: Bearer …` of every request.
    access_token: String,
    /// The refresh token, for one `refreshSession`. Null if the request has the header `Guiyi-Session: cookie`: the
    /// cookie holds it.
    refresh_token: Option<String>,
    /// When the access token expires.
    expires_at: DateTime<Utc>,
    /// The token that identifies this device; see `LoginPayload`.
    device_token: String,
    /// Whether this login created the account.
    is_new_user: bool,
    /// The person's account.
    user: User,
}

impl From<PhoneLoggedIn> for PhoneLoginPayload {
    fn from(login: PhoneLoggedIn) -> Self {
        Self {
            access_token: login.tokens.access_token,
            refresh_token: login.tokens.refresh_token.as_ref().map(RefreshToken::text),
            expires_at: login.tokens.expires_at.into(),
            device_token: login.device.expose().to_owned(),
            is_new_user: login.is_new_user,
            user: User::signed_in(login.user),
        }
    }
}

/// The input of `loginByWechatPhone`.
#[derive(InputObject)]
pub(in crate::graphql) struct WechatPhoneLoginInput {
    /// The mini program's app name.
    app: String,
    /// The one-time code of `wx.login`.
    code: String,
    /// The one-time code of the phone number button.
    phone_code: String,
    /// The button that was tapped. It must be the one in the app's configuration.
    kind: PhoneCheck,
    /// The person's claim about a number whose last proof is old.
    claim: Option<PhoneClaim>,
    /// 43 to 128 random characters of A-Z, a-z, 0-9, `-`, `.`, `_` and `~`, the same in every retry with these codes.
    code_verifier: Optional<String>,
    /// The `deviceToken` of the last login on this device, if any.
    device_token: Optional<String>,
}

/// Why the phone of a login was not bound.
#[derive(SimpleObject)]
pub(in crate::graphql) struct PhoneRefusal {
    /// The code, as `bindPhoneWithWechat` would have failed with it.
    code: ErrorCode,
    /// What is wrong, where the code does not say it. For developers, in English.
    detail: Option<String>,
    /// The seconds until the same may succeed, if they are known.
    retry_after: Option<u64>,
    /// The merge that the person may confirm, if there is one.
    merge_offer: Option<MergeOffer>,
}

impl From<&ApiError> for PhoneRefusal {
    fn from(error: &ApiError) -> Self {
        let detail = present::refusal_in_data(error);
        Self {
            code: error.code(),
            detail: (!detail.is_empty()).then_some(detail),
            retry_after: error.retry_after().map(present::seconds),
            merge_offer: error.merge_offer().cloned().map(Into::into),
        }
    }
}

/// The result of `loginByWechatPhone`: that of a login, and what became of the phone.
#[derive(SimpleObject)]
pub(in crate::graphql) struct WechatPhoneLoginPayload {
    #[graphql(flatten)]
    login: LoginPayload,
    /// Whether the person's account was merged into the account that already had this phone. `user` and the tokens are those of that
    /// account.
    merged: bool,
    /// Why the phone was not bound. Null if it was. The person is signed in all the same.
    phone_refusal: Option<PhoneRefusal>,
}

impl From<LoggedInWithPhone> for WechatPhoneLoginPayload {
    fn from(LoggedInWithPhone { login, merged, unbound }: LoggedInWithPhone) -> Self {
        Self { login: login.into(), merged, phone_refusal: unbound.as_ref().map(Into::into) }
    }
}

#[derive(Debug, Default)]
pub(crate) struct PhoneLoginMutations;

#[Object]
impl PhoneLoginMutations {
    /// Sends an SMS code to sign in with, to any number: neither the answer nor the message depends on whether the number belongs to an
    /// account. Only the browser that keeps the verifier of `codeChallenge` can use the code. With the header `Guiyi-Session: cookie`
    /// and without a `codeChallenge`, a cookie keeps the verifier.
    ///
    /// `PHONE_LOGIN_OFF` if the service has no such logins. The limits and the human check are those of `sendPhoneCode`, and
    /// `RATE_LIMITED` limits the requests of a network.
    #[expect(clippy::too_many_arguments, reason = "the field has these five arguments")]
    async fn send_login_code(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The number, as for `sendPhoneCode`.")] phone: String,
        #[graphql(desc = "The name of the app that the person signs in through. Optional if there is a default app.")]
        app: Optional<String>,
        #[graphql(
            desc = "The S256 hash (RFC 7636) of a random `codeVerifier` that the browser generates and keeps: 43 \
            characters of base64url. Required, unless the request has the header `Guiyi-Session: cookie`."
        )]
        code_challenge: Optional<String>,
        #[graphql(desc = "The captcha service's token for a solved challenge. Valid for one code.")]
        human_token: Optional<String>,
        #[graphql(desc = "The `deviceToken` of the last login on this device, if any. A device on which a phone was \
            proved needs no `humanToken`.")]
        device_token: Optional<String>,
    ) -> Result<SendPhoneCodePayload, ApiError> {
        let given = code_challenge.0.as_deref().map(CodeChallenge::parse).transpose()?;
        let verifier = if given.is_none() { carriage(ctx).bind() } else { None };
        let challenge = given.or(verifier.as_ref().map(CodeVerifier::challenge));
        let input = SendLoginCode {
            number: service(ctx).config.phone.parse(&phone)?,
            app: app.0.as_deref().map(app_name).transpose()?,
            challenge: challenge.ok_or_else(|| ApiError::refused(ErrorCode::ChallengeRequired))?,
            device: device_token.0.as_deref().and_then(DeviceToken::read),
            from: client_address(ctx),
            human: human_token.0.as_deref().and_then(HumanToken::read),
        };
        let sent = usecase::sms::send_for_login(service(ctx), input).await?;
        if let Some(verifier) = verifier {
            Carriage::keep(ctx, &verifier);
        }
        Ok(sent.into())
    }

    /// Signs a person in with a code of `sendLoginCode`: to the account that has the phone, or to a new one if the service allows it. If
    /// it does not, a number without an account is `PHONE_NOT_REGISTERED`.
    ///
    /// A number whose last proof is old is refused with `PHONE_PROOF_TOO_OLD`: ask the person whose number it was, and send the same
    /// code again with `claim`. With `NEW_TO_ME` the number leaves its account for a new one; `MINE` needs a second credential and is
    /// `SECOND_PROOF_REQUIRED`: let the person sign in with WeChat. A number that its account has just changed away from is
    /// `PHONE_OWNED_BY_ANOTHER`.
    ///
    /// A wrong or expired code, and one that another browser requested, is `PHONE_CODE_REJECTED`; `TOO_MANY_TRIES` limits the tries. A
    /// retry with the same code and verifier returns the same answer for five minutes.
    #[expect(clippy::too_many_arguments, reason = "the field has these five arguments")]
    async fn login_by_phone(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The number that the code was sent to.")] phone: String,
        #[graphql(desc = "The six-digit code.")] code: String,
        #[graphql(
            desc = "The verifier of the `codeChallenge`. Optional with the header `Guiyi-Session: cookie`: the \
            verifier of the cookie is used."
        )]
        code_verifier: Optional<String>,
        #[graphql(desc = "The person's claim about a number whose last proof is old.")] claim: Option<PhoneClaim>,
        #[graphql(desc = "The `deviceToken` of the last login on this device, if any.")] device_token: Optional<String>,
    ) -> Result<PhoneLoginPayload, ApiError> {
        let given = code_verifier.0.as_deref().map(CodeVerifier::parse).transpose()?;
        let verifier = given.or_else(|| carriage(ctx).verifier());
        // Without its verifier the browser is not the one that asked.
        let verifier = verifier.ok_or_else(|| {
            ApiError::detailed(ErrorCode::PhoneCodeRejected, "codeVerifier: none, and no cookie has it")
        })?;
        let login = PhoneLogin {
            number: service(ctx).config.phone.parse(&phone)?,
            code: typed_code(&code),
            verifier,
            claim: PhoneClaim::read(claim),
            device: device_token.0.as_deref().and_then(DeviceToken::read),
            from: signed_in_from(ctx),
        };
        let mut login = usecase::phone::login_by_phone(service(ctx), &login, client_address(ctx)).await?;
        carriage(ctx).load(ctx, [&mut login.tokens]);
        Ok(login.into())
    }

    /// Signs a person in to a mini program and binds the phone that they shared, in one call: as `wechatLogin` followed by
    /// `bindPhoneWithWechat`. A phone that cannot be bound does not fail the login: `phoneRefusal` says why. A retry with the same codes
    /// and `codeVerifier` returns the same answer for five minutes.
    ///
    /// A phone code that the app cannot have is refused before the login, with `PHONE_CHECK_UNSUPPORTED` or `INVALID_CODE`.
    async fn login_by_wechat_phone(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The login and the phone.")] input: WechatPhoneLoginInput,
    ) -> Result<WechatPhoneLoginPayload, ApiError> {
        let WechatPhoneLoginInput { app, code, phone_code, kind, claim, code_verifier, device_token } = input;
        let shown = shown_phone(Some(&phone_code), None)?;
        let phone = WechatPhone { app: app_name(&app)?, kind: kind.into(), shown, claim: PhoneClaim::read(claim) };
        let login = LoginInput {
            code,
            app: Optional(Some(app)),
            state: Optional(None),
            code_verifier,
            device_token,
            encrypted_data: Optional(None),
            iv: Optional(None),
        };
        let login = read_login(ctx, login)?;
        let mut done =
            usecase::phone::login_by_wechat_phone(service(ctx), (login, &phone), client_address(ctx)).await?;
        carriage(ctx).load(ctx, [&mut done.login.tokens]);
        Ok(done.into())
    }
}
