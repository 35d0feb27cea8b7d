//! What a support desk sees of an account beyond its keys: former accounts, and what was sent. See [`crate::usecase::user`].

use async_graphql::{ComplexObject, Context, Enum, ID, SimpleObject};
use chrono::{DateTime, Utc};
use store::outbox::{Message, MessageState};
use store::user::Alias;

use crate::graphql::service;
use crate::usecase;

/// An account that was merged into another one. Its id still finds that one.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct FormerAccount {
    /// The account's id.
    id: ID,
    /// The account into which it was merged. That one may have been merged, too.
    merged_into_id: ID,
    /// When the account was created.
    created_at: DateTime<Utc>,
}

impl From<Alias> for FormerAccount {
    fn from(alias: Alias) -> Self {
        Self {
            id: alias.id.to_string().into(),
            merged_into_id: alias.merged_into.to_string().into(),
            created_at: alias.created_at.into(),
        }
    }
}

/// How far a notice is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "MessageState")]
pub(in crate::graphql) enum NoticeState {
    /// It is being sent, or will be again.
    Pending,
    /// It was sent.
    Sent,
    /// It was given up. `guiyi outbox` shows why, and sends it again.
    Failed,
}

/// A notice to a person about a change of the account, without the number and the text.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct Notice {
    /// The notice's id: `msg_…`.
    id: ID,
    /// The account that it is about: this one, or one that was merged into it.
    user_id: ID,
    /// The kind of notice, such as `phone_changed`. More kinds may be added.
    kind: String,
    /// How far it is.
    state: NoticeState,
    /// How often it was attempted.
    attempts: u32,
    /// When the change was made.
    created_at: DateTime<Utc>,
    /// When it was sent or given up.
    settled_at: Option<DateTime<Utc>>,
}

impl From<Message> for Notice {
    fn from(message: Message) -> Self {
        Self {
            id: message.id.to_string().into(),
            user_id: message.user.to_string().into(),
            kind: message.kind,
            state: message.state.into(),
            attempts: message.attempts,
            created_at: message.created_at.into(),
            settled_at: message.settled_at.map(Into::into),
        }
    }
}

/// An SMS code that the person requested, without the code and the number.
#[derive(Debug, SimpleObject)]
#[graphql(complex)]
pub(in crate::graphql) struct SentPhoneCode {
    #[graphql(skip)]
    app_id: Option<domain::AppId>,
    /// When it was requested.
    sent_at: DateTime<Utc>,
    /// When it expires or expired.
    expires_at: DateTime<Utc>,
    /// How often a code was entered, right or wrong.
    tries: i32,
    /// When the right code was entered.
    used_at: Option<DateTime<Utc>>,
    /// When the carrier refused to send it.
    refused_at: Option<DateTime<Utc>>,
}

#[ComplexObject]
impl SentPhoneCode {
    /// The name of the app that requested it; the provider's app id if the app is no longer configured.
    async fn app<'a>(&'a self, ctx: &Context<'a>) -> Option<&'a str> {
        self.app_id.as_ref().map(|id| usecase::app::name_of(service(ctx), id))
    }
}

impl From<store::sms::SentCode> for SentPhoneCode {
    fn from(code: store::sms::SentCode) -> Self {
        Self {
            app_id: code.app,
            sent_at: code.sent_at.into(),
            expires_at: code.expires_at.into(),
            tries: code.tries,
            used_at: code.used_at.map(Into::into),
            refused_at: code.refused_at.map(Into::into),
        }
    }
}
