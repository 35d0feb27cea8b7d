//! Phones: sending SMS codes, binding, changing and unbinding. See [`crate::usecase::phone`] and
//! [`crate::usecase::sms`].

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use domain::phone::{Claim, Purpose};
use providers::{EncryptedData, LoginCode, PhoneCode, ShownPhone};
use store::request::Request;

use super::app::PhoneCheck;
use super::link::RemovalPayload;
use super::login::Session;
use super::request::PendingRequest;
use super::user::User;
use crate::error::{ApiError, ErrorCode};
use crate::graphql::input::Optional;
use crate::graphql::{caller, carriage, client_address, idempotency_key, service};
use crate::human_check::HumanToken;
use crate::usecase;
use crate::usecase::phone::{Bound, ProvePhone, SetPhone, WechatPhone};
use crate::usecase::sms::{CodeSent, SendCode};

/// The purpose of an SMS code. The code is valid for this purpose only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Enum)]
pub(in crate::graphql) enum PhoneCodePurpose {
    /// For `bindPhone`.
    #[default]
    Bind,
    /// For `changePhone`.
    Change,
}

impl From<PhoneCodePurpose> for Purpose {
    fn from(purpose: PhoneCodePurpose) -> Self {
        match purpose {
            PhoneCodePurpose::Bind => Self::Bind,
            PhoneCodePurpose::Change => Self::Change,
        }
    }
}

/// A person's claim about a number whose last proof is old.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(in crate::graphql) enum PhoneClaim {
    /// The number was the person's at that time, and so was its account. This requires a second proof.
    Mine,
    /// The number was another person's at that time. It leaves that person's account.
    NewToMe,
}

impl PhoneClaim {
    pub(in crate::graphql) fn read(claim: Option<Self>) -> Claim {
        match claim {
            None => Claim::None,
            Some(Self::Mine) => Claim::Mine,
            Some(Self::NewToMe) => Claim::NewToMe,
        }
    }
}

/// The result of `sendPhoneCode` or `sendLoginCode`.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct SendPhoneCodePayload {
    /// When the code expires.
    expires_at: DateTime<Utc>,
    /// The earliest time for another code.
    resend_at: DateTime<Utc>,
}

impl From<CodeSent> for SendPhoneCodePayload {
    fn from(sent: CodeSent) -> Self {
        Self { expires_at: sent.expires_at.into(), resend_at: sent.resend_at.into() }
    }
}

/// The result of `bindPhone`, `changePhone` or `bindPhoneWithWechat`.
#[derive(SimpleObject)]
pub(in crate::graphql) struct BindPhonePayload {
    /// The account that the session belongs to now.
    user: User,
    /// Whether the person's account was merged into the account that already had this phone.
    merged: bool,
    /// New tokens if the session has moved to another account. Null if the present tokens remain valid.
    session: Option<Session>,
}

impl From<Bound> for BindPhonePayload {
    fn from(bound: Bound) -> Self {
        Self { user: User::signed_in(bound.user), merged: bound.merged, session: bound.session.map(Into::into) }
    }
}

/// A phone number as mini programs from before August 2023 receive it: encrypted with the session key of a login.
#[derive(InputObject)]
pub(in crate::graphql) struct EncryptedPhone {
    /// The one-time code of a `wx.login` before the button was tapped.
    login_code: String,
    /// The encrypted data from the button.
    encrypted_data: String,
    /// The initialization vector from the button.
    iv: String,
}

/// Reads the result of a phone button: a code or encrypted data.
pub(in crate::graphql) fn shown_phone(
    code: Option<&str>,
    encrypted: Option<&EncryptedPhone>,
) -> Result<ShownPhone, ApiError> {
    let bad_code = |_| ApiError::refused(ErrorCode::InvalidCode);
    match (code, encrypted) {
        (Some(code), None) => Ok(ShownPhone::Code(PhoneCode::parse(code).map_err(bad_code)?)),
        (None, Some(given)) => {
            let data = EncryptedData::parse(&given.encrypted_data, &given.iv)
                .map_err(|bad| ApiError::detailed(ErrorCode::InvalidInput, format!("encrypted: {bad}")))?;
            Ok(ShownPhone::Encrypted { login: LoginCode::parse(&given.login_code).map_err(bad_code)?, data })
        }
        (Some(_), Some(_)) | (None, None) => {
            Err(ApiError::detailed(ErrorCode::InvalidInput, "send either `code` or `encrypted`"))
        }
    }
}

/// The result of `setPhone`.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct SetPhonePayload {
    /// The account. If the given account was merged into another, the surviving one.
    user_id: ID,
    /// Whether the account had another number, or none.
    changed: bool,
    /// The number of ended sessions.
    ended_sessions: u64,
    /// The request, if the change waits for a second operator. Then nothing was changed.
    pending: Option<PendingRequest>,
}

impl From<(SetPhone, Option<Request>)> for SetPhonePayload {
    fn from((set, pending): (SetPhone, Option<Request>)) -> Self {
        Self {
            user_id: set.user.to_string().into(),
            changed: set.changed,
            ended_sessions: set.ended_sessions,
            pending: pending.as_ref().map(Into::into),
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct PhoneMutations;

#[Object]
impl PhoneMutations {
    /// Sets a person's phone as an operator decides (R14), without a code. Requires the scope `users:manage`. A
    /// number of another account is `PHONE_OWNED_BY_ANOTHER`, and stays there. All sessions of the account end. The former number
    /// stays reserved for three days, and gets the notice of a change. If `support.four_eyes` has `set_phone`, the change waits for a
    /// second operator: see `pending`.
    #[expect(clippy::too_many_arguments, reason = "the field has these three arguments")]
    async fn set_phone(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The account: `usr_…`.")] id: ID,
        #[graphql(desc = "The number, as for `sendPhoneCode`.")] phone: String,
        #[graphql(desc = "The reason: 1 to 500 characters.")] reason: String,
    ) -> Result<SetPhonePayload, ApiError> {
        caller(ctx).require(domain::ServiceScope::UsersManage)?;
        let id = id.parse().map_err(|_| ApiError::refused(ErrorCode::NotFound))?;
        Ok(usecase::phone::set(service(ctx), caller(ctx), (id, &phone), &reason).await?.into())
    }

    /// Sends an SMS code that proves a phone. The answer does not depend on whether the number belongs to an account.
    ///
    /// If the service requires a human check, a device on which no phone was proved needs a `humanToken`; without one
    /// the error is `HUMAN_CHECK_REQUIRED`.
    #[expect(clippy::too_many_arguments, reason = "the field has these three arguments")]
    async fn send_phone_code(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The number as people write it. Without a country code it is a number of mainland \
            China, or one of Hong Kong, Macao or Taiwan that lacks only the `+`.")]
        phone: String,
        #[graphql(default, desc = "The purpose of the code.")] purpose: PhoneCodePurpose,
        #[graphql(desc = "The captcha service's token for a solved challenge. Valid for one code.")]
        human_token: Optional<String>,
    ) -> Result<SendPhoneCodePayload, ApiError> {
        let caller = caller(ctx).person()?;
        let input = SendCode {
            number: service(ctx).config.phone.parse(&phone)?,
            purpose: purpose.into(),
            from: client_address(ctx),
            human: human_token.0.as_deref().and_then(HumanToken::read),
        };
        Ok(usecase::sms::send(service(ctx), caller, input).await?.into())
    }

    /// Binds a phone to the account. If the company has an account with this phone, the session moves to that account.
    ///
    /// A number whose last proof is old is refused with `PHONE_PROOF_TOO_OLD`: ask the person whose number it was, and
    /// send the same code again with `claim`.
    ///
    /// A retry of the same request in the same session returns the same answer for five minutes.
    #[expect(clippy::too_many_arguments, reason = "the field has these three arguments")]
    async fn bind_phone(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The number that the code was sent to.")] phone: String,
        #[graphql(desc = "The six-digit code.")] code: String,
        #[graphql(desc = "The person's claim about a number whose last proof is old.")] claim: Option<PhoneClaim>,
    ) -> Result<BindPhonePayload, ApiError> {
        prove(ctx, Purpose::Bind, (&phone, code, claim)).await
    }

    /// Replaces the account's phone. Requires a fresh login and a code that was sent with the purpose CHANGE. The old
    /// number stays reserved for three days: the person can change back, and no other account can bind it.
    ///
    /// `claim` and retries work as for `bindPhone`.
    #[expect(clippy::too_many_arguments, reason = "the field has these three arguments")]
    async fn change_phone(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The number that the code was sent to.")] phone: String,
        #[graphql(desc = "The six-digit code.")] code: String,
        #[graphql(desc = "The person's claim about a number whose last proof is old.")] claim: Option<PhoneClaim>,
    ) -> Result<BindPhonePayload, ApiError> {
        prove(ctx, Purpose::Change, (&phone, code, claim)).await
    }

    /// Binds a phone that the person shared in a mini program, as `bindPhone` does. A number that WeChat verified in
    /// the past (`QUICK`) neither opens nor joins an existing account. Retries work as for `bindPhone`.
    #[expect(clippy::too_many_arguments, reason = "the field has these five arguments")]
    async fn bind_phone_with_wechat(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The mini program's app name.")] app: String,
        #[graphql(desc = "The button that was tapped. It must be the one in the app's configuration.")]
        kind: PhoneCheck,
        #[graphql(desc = "The one-time code from the button.")] code: Optional<String>,
        #[graphql(desc = "The encrypted data from the button, in place of a code.")] encrypted: Option<EncryptedPhone>,
        #[graphql(desc = "The person's claim about a number whose last proof is old.")] claim: Option<PhoneClaim>,
    ) -> Result<BindPhonePayload, ApiError> {
        let app = app.parse().map_err(|_| ApiError::refused(ErrorCode::UnknownApp))?;
        let shown = shown_phone(code.0.as_deref(), encrypted.as_ref())?;
        let input = WechatPhone { app, kind: kind.into(), shown, claim: PhoneClaim::read(claim) };
        let mut bound = usecase::phone::bind_with_wechat(service(ctx), caller(ctx).person()?, &input).await?;
        carriage(ctx).load(ctx, &mut bound.session);
        Ok(bound.into())
    }

    /// Removes the phone from the account. Requires a fresh login; the last way to sign in cannot be removed. The
    /// number is free immediately. A retry returns the same answer if both requests have the same header
    /// `Idempotency-Key`.
    async fn unbind_phone(&self, ctx: &Context<'_>) -> Result<RemovalPayload, ApiError> {
        Ok(usecase::link::unbind_phone(service(ctx), caller(ctx).person()?, idempotency_key(ctx)).await?.into())
    }
}

/// Binds or changes a phone by an SMS code.
async fn prove(
    ctx: &Context<'_>,
    purpose: Purpose,
    (phone, code, claim): (&str, String, Option<PhoneClaim>),
) -> Result<BindPhonePayload, ApiError> {
    let (number, claim) = (service(ctx).config.phone.parse(phone)?, PhoneClaim::read(claim));
    let input = ProvePhone { number, code: typed_code(&code), purpose, claim };
    let mut bound = usecase::phone::bind(service(ctx), caller(ctx).person()?, &input).await?;
    carriage(ctx).load(ctx, &mut bound.session);
    Ok(bound.into())
}

/// Returns the digits of a code as people type and paste it: `１２３４５６`, `123 456`.
pub(super) fn typed_code(text: &str) -> String {
    let ascii = |c: char| match c {
        '０'..='９' => char::from_u32(u32::from(c) - u32::from('０') + u32::from('0')).unwrap_or(c),
        _ => c,
    };
    text.chars().filter(|c| !c.is_whitespace() && *c != '-').map(ascii).collect()
}

#[cfg(test)]
mod tests {
    use super::typed_code;

    #[test]
    fn a_code_is_the_same_however_it_is_typed() {
        for text in ["123456", " 123456 ", "123 456", "123-456", "１２３４５６", "１２３　４５６", "123\u{a0}456"]
        {
            assert_eq!(typed_code(text), "123456", "{text}");
        }
        assert_eq!(typed_code("12345a"), "12345a");
    }
}
