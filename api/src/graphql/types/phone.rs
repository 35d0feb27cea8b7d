//! What comes out of proving a phone.
//! What happens in between is `usecase::phone`'s business.

use async_graphql::SimpleObject;
use chrono::{DateTime, Utc};

use super::{Session, User};
use crate::usecase::{Bound, CodeSent};

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
