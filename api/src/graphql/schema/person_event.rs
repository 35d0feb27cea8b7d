//! What WeChat tells of people, as a back office passes it on.
//! What follows is `usecase::person_event`'s business.

use async_graphql::{Context, Enum, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use domain::{OpenKey, ServiceScope};
use store::person_event::{PersonEvent, ProfileFields};

use crate::error::{ApiError, ErrorCode};
use crate::graphql::{caller, service};
use crate::service::Service;
use crate::usecase;
use crate::usecase::person_event::EventOfPerson;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(in crate::graphql) enum PersonEventKind {
    /// The person follows the official account (`subscribe`).
    Followed,
    /// The person follows it no longer (`unsubscribe`).
    Unfollowed,
    /// The person withdrew what the app was allowed to know (`user_authorization_revoke`).
    Revoked,
    /// The person closed the WeChat account (`user_authorization_cancellation`).
    Cancelled,
}

/// A part of a profile that can be withdrawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(in crate::graphql) enum ProfileField {
    /// What the person is called.
    Nickname,
    /// The person's picture.
    AvatarUrl,
}

/// An event about a person.
#[derive(Debug, InputObject)]
pub(in crate::graphql) struct PersonEventInput {
    /// The app, by name.
    app: String,
    /// What the app calls the person.
    open_id: String,
    /// What happened.
    kind: PersonEventKind,
    /// What was withdrawn: for REVOKED, at least one; for no other kind.
    #[graphql(default)]
    fields: Vec<ProfileField>,
    /// When it happened: WeChat's `CreateTime`.
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

/// What an event changed.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct RecordPersonEventPayload {
    /// Whether it changed anything. An event that is repeated, or older than what is known, does not.
    pub(in crate::graphql) changed: bool,
}

#[derive(Debug, Default)]
pub(crate) struct PersonEventMutations;

#[Object]
impl PersonEventMutations {
    /// Records what WeChat told of a person, for a service token with the scope `users:write`. No key moves by it.
    /// Unknown openIds are `NOT_FOUND`.
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
