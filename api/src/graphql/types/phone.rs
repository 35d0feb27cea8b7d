//! What comes out of proving a phone.
//! What happens in between is `usecase::phone`'s business.

use async_graphql::{Enum, InputObject, SimpleObject};
use chrono::{DateTime, Utc};
use domain::binding::{Claim, Purpose};
use providers::{EncryptedData, LoginCode, PhoneCode, ShownPhone};

use super::{Session, User};
use crate::error::{ApiError, ErrorCode};
use crate::usecase::{Bound, CodeSent};

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

/// A phone or an app that was taken away.
#[derive(SimpleObject)]
pub(in crate::graphql) struct RemovalPayload {
    /// The account as it is now.
    user: User,
}

impl From<store::User> for RemovalPayload {
    fn from(user: store::User) -> Self {
        Self { user: User(user) }
    }
}
