//! What comes out of proving a phone.
//! What happens in between is `usecase::phone`'s business.

use async_graphql::{Context, Enum, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use domain::PhoneNumber;
use domain::phone::{Claim, Purpose};
use providers::{EncryptedData, LoginCode, PhoneCode, ShownPhone};

use super::app::PhoneCheck;
use super::link::RemovalPayload;
use super::login::Session;
use super::user::User;
use crate::error::{ApiError, ErrorCode};
use crate::graphql::{caller, carriage, client_address, idempotency_key, service};
use crate::human_check::HumanToken;
use crate::usecase;
use crate::usecase::phone::{Bound, ProvePhone, WechatPhone};
use crate::usecase::sms::{CodeSent, SendCode};

/// What an SMS code is sent for. It is good for nothing else.
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

/// What a person says about a number that was last proved long ago.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(in crate::graphql) enum PhoneClaim {
    /// It was the person's then: so was the account that has it, which takes a second proof.
    Mine,
    /// The person has it since: it leaves the account that has it, which is somebody else's.
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

/// A code that was sent.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct SendPhoneCodePayload {
    /// Until when the code holds.
    expires_at: DateTime<Utc>,
    /// When another may be asked for.
    resend_at: DateTime<Utc>,
}

impl From<CodeSent> for SendPhoneCodePayload {
    fn from(sent: CodeSent) -> Self {
        Self { expires_at: sent.expires_at.into(), resend_at: sent.resend_at.into() }
    }
}

/// A phone that was bound.
#[derive(SimpleObject)]
pub(in crate::graphql) struct BindPhonePayload {
    /// The account that the person is signed in to now.
    user: User,
    /// Whether the person's account has gone into the one that the company had for this phone.
    merged: bool,
    /// New tokens, when the account has changed; else the old ones go on.
    session: Option<Session>,
}

impl From<Bound> for BindPhonePayload {
    fn from(bound: Bound) -> Self {
        Self { user: User(bound.user), merged: bound.merged, session: bound.session.map(Into::into) }
    }
}

/// A phone number as mini programs of before August 2023 get it: encrypted with the key of a login.
#[derive(InputObject)]
pub(in crate::graphql) struct EncryptedPhone {
    /// From a `wx.login` before the button was tapped. For one use.
    login_code: String,
    /// As the button gave it.
    encrypted_data: String,
    /// As the button gave it.
    iv: String,
}

/// Reads what a button gave: a code, or encrypted data.
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

#[derive(Debug, Default)]
pub(crate) struct PhoneMutations;

#[Object]
impl PhoneMutations {
    /// Sends a code by SMS to prove a phone. The answer is the same whether anybody has the number or not.
    ///
    /// Where the service asks for a human check, a device on which no phone was proved needs a `humanToken`; without one the
    /// answer is `HUMAN_CHECK_REQUIRED`.
    #[expect(clippy::too_many_arguments, reason = "the field has these three arguments")]
    async fn send_phone_code(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The number as a person writes it; without a country code it is of mainland China.")]
        phone: String,
        #[graphql(default, desc = "What the code is for.")] purpose: PhoneCodePurpose,
        #[graphql(desc = "What the captcha service gave for a challenge that the person solved. For one code.")]
        human_token: Option<String>,
    ) -> Result<SendPhoneCodePayload, ApiError> {
        let caller = caller(ctx).person()?;
        let input = SendCode {
            number: PhoneNumber::parse(&phone)?,
            purpose: purpose.into(),
            from: client_address(ctx),
            human: human_token.as_deref().and_then(HumanToken::read),
        };
        Ok(usecase::sms::send(service(ctx), caller, input).await?.into())
    }

    /// Binds a phone to the account; when the company has an account of this phone, the person goes on as that account.
    ///
    /// A number that was last proved long ago is refused with `PHONE_PROOF_TOO_OLD`: ask the person whose it was, and send
    /// the same code once more with `claim`.
    ///
    /// The same request again, within five minutes and in the same session, gets the same answer.
    #[expect(clippy::too_many_arguments, reason = "the field has these three arguments")]
    async fn bind_phone(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The number that the code was sent to.")] phone: String,
        #[graphql(desc = "The code of six digits.")] code: String,
        #[graphql(desc = "What the person says about a number that was last proved long ago.")] claim: Option<
            PhoneClaim,
        >,
    ) -> Result<BindPhonePayload, ApiError> {
        let (number, claim) = (PhoneNumber::parse(&phone)?, PhoneClaim::read(claim));
        let input = ProvePhone { number, code, purpose: Purpose::Bind, claim };
        let mut bound = usecase::phone::bind(service(ctx), caller(ctx).person()?, &input).await?;
        carriage(ctx).load(ctx, &mut bound.session);
        Ok(bound.into())
    }

    /// Gives the account another phone than it has. Needs a fresh login, and a code that was sent for a change. The old
    /// number is kept for three days, in which the person can change back and nobody else can have it.
    ///
    /// `claim` is the same as with `bindPhone`, and so is the same request again.
    #[expect(clippy::too_many_arguments, reason = "the field has these three arguments")]
    async fn change_phone(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The number that the code was sent to.")] phone: String,
        #[graphql(desc = "The code of six digits.")] code: String,
        #[graphql(desc = "What the person says about a number that was last proved long ago.")] claim: Option<
            PhoneClaim,
        >,
    ) -> Result<BindPhonePayload, ApiError> {
        let (number, claim) = (PhoneNumber::parse(&phone)?, PhoneClaim::read(claim));
        let input = ProvePhone { number, code, purpose: Purpose::Change, claim };
        let mut bound = usecase::phone::bind(service(ctx), caller(ctx).person()?, &input).await?;
        carriage(ctx).load(ctx, &mut bound.session);
        Ok(bound.into())
    }

    /// Binds the phone that the person showed in a mini program, as `bindPhone` does. A number that WeChat knows from some
    /// time (`QUICK`) opens and joins no account that exists. The same request again gets the same answer as with `bindPhone`.
    #[expect(clippy::too_many_arguments, reason = "the field has these five arguments")]
    async fn bind_phone_with_wechat(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The mini program.")] app: String,
        #[graphql(desc = "Which button was tapped: the one that the app's configuration names.")] kind: PhoneCheck,
        #[graphql(desc = "The code that the button gave. For one use.")] code: Option<String>,
        #[graphql(desc = "What the button gave in place of a code.")] encrypted: Option<EncryptedPhone>,
        #[graphql(desc = "What the person says about a number that was last proved long ago.")] claim: Option<
            PhoneClaim,
        >,
    ) -> Result<BindPhonePayload, ApiError> {
        let app = app.parse().map_err(|_| ApiError::refused(ErrorCode::UnknownApp))?;
        let shown = shown_phone(code.as_deref(), encrypted.as_ref())?;
        let input = WechatPhone { app, kind: kind.into(), shown, claim: PhoneClaim::read(claim) };
        let mut bound = usecase::phone::bind_with_wechat(service(ctx), caller(ctx).person()?, &input).await?;
        carriage(ctx).load(ctx, &mut bound.session);
        Ok(bound.into())
    }

    /// Takes the phone away from the account. Needs a fresh login; the last way to sign in stays. The number is free at once.
    /// The same request again gets the same answer if both have the same header `Idempotency-Key`.
    async fn unbind_phone(&self, ctx: &Context<'_>) -> Result<RemovalPayload, ApiError> {
        Ok(usecase::link::unbind_phone(service(ctx), caller(ctx).person()?, idempotency_key(ctx)).await?.into())
    }
}
