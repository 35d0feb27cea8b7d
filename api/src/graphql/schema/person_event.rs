//! Events about people, reported by a back end. See [`crate::usecase::person_event`].

use async_graphql::{Context, Enum, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use domain::{OpenKey, ServiceScope};
use store::person_event::{PersonEvent, ProfileFields};

use crate::error::{ApiError, ErrorCode};
use crate::graphql::{caller, service};
use crate::service::Service;
use crate::usecase;
use crate::usecase::person_event::EventOfPerson;

/// The kind of a person event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(in crate::graphql) enum PersonEventKind {
    /// The person followed the official account (`subscribe`).
    Followed,
    /// The person unfollowed the official account (`unsubscribe`).
    Unfollowed,
    /// The person withdrew the app's permission to use personal data (`user_authorization_revoke`).
    Revoked,
    /// The person closed the WeChat account (`user_authorization_cancellation`).
    Cancelled,
}

/// A profile field for which the permission can be withdrawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(in crate::graphql) enum ProfileField {
    /// The nickname.
    Nickname,
    /// The picture.
    AvatarUrl,
}

/// An event about a person.
#[derive(Debug, InputObject)]
pub(in crate::graphql) struct PersonEventInput {
    /// The app's name.
    app: String,
    /// The person's openId in the app.
    open_id: String,
    /// The kind of the event.
    kind: PersonEventKind,
    /// The withdrawn fields. REVOKED requires at least one; other kinds allow none.
    #[graphql(default)]
    fields: Vec<ProfileField>,
    /// The time of the event: WeChat's `CreateTime`.
    at: DateTime<Utc>,
}

impl PersonEventInput {
    pub(in crate::graphql) fn read(&self, service: &Service) -> Result<EventOfPerson, ApiError> {
        let bad = |detail: &'static str| ApiError::detailed(ErrorCode::InvalidInput, detail);
        let event = match self.kind {
            PersonEventKind::Followed => PersonEvent::Follows(true),
            PersonEventKind::Unfollowed => PersonEvent::Follows(false),
            PersonEventKind::Cancelled => PersonEvent::Cancelled,
            PersonEventKind::Revoked if self.fields.is_empty() => return Err(bad("fields: at least one for REVOKED")),
            PersonEventKind::Revoked => PersonEvent::Revoked(ProfileFields {
                nickname: self.fields.contains(&ProfileField::Nickname),
                avatar_url: self.fields.contains(&ProfileField::AvatarUrl),
            }),
        };
        if !self.fields.is_empty() && self.kind != PersonEventKind::Revoked {
            return Err(bad("fields: for REVOKED only"));
        }
        let key = OpenKey { app: usecase::app::id_of(service, &self.app)?, open_id: self.open_id.parse()? };
        Ok(EventOfPerson { key, event, at: self.at.into() })
    }
}

/// The result of `recordPersonEvent`.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct RecordPersonEventPayload {
    /// Whether the event changed anything. A repeated event, or one older than the recorded state, does not.
    pub(in crate::graphql) changed: bool,
}

#[derive(Debug, Default)]
pub(crate) struct PersonEventMutations;

#[Object]
impl PersonEventMutations {
    /// Records an event that WeChat reported about a person. Requires the scope `users:write`. The
    /// event moves no key to another account. An unknown openId is `NOT_FOUND`.
    async fn record_person_event(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The event.")] input: PersonEventInput,
    ) -> Result<RecordPersonEventPayload, ApiError> {
        let service = service(ctx);
        caller(ctx).require(ServiceScope::UsersWrite)?;
        let changed = usecase::person_event::record(service, caller(ctx), &input.read(service)?).await?;
        Ok(RecordPersonEventPayload { changed })
    }
}
