//! The audit as an operator reads it.
//! What is worth an entry is decided in the use cases.

use async_graphql::connection::PageInfo;
use async_graphql::{ComplexObject, Context, Enum, ID, InputObject, Json, Object, SimpleObject};
use chrono::{DateTime, Utc};
use store::audit::AuditEvent as Event;

use crate::error::{ApiError, ErrorCode};
use crate::graphql::{Alone, alone, caller, cursor, service};
use crate::usecase::audit::AuditQuery;
use crate::usecase::{self, FrontRequest, Page};

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::AuditAction")]
pub(in crate::graphql) enum AuditAction {
    /// A login code came again, from somebody else or too late, and was refused.
    LoginRepeatRefused,
    /// A spent refresh token came back too late, and its session was ended.
    RefreshTokenReplayed,
    /// A person signed out of one session, perhaps another one than the own.
    SessionEnded,
    /// A person signed out everywhere.
    SessionsEnded,
    /// An operator disabled an account.
    UserDisabled,
    /// An operator enabled an account again.
    UserEnabled,
    /// A service token was made.
    TokenCreated,
    /// A service token was used: the first time of a day from a block of addresses.
    TokenUsed,
    /// A service token was revoked.
    TokenRevoked,
    /// An operator closed a case.
    CaseClosed,
    /// An operator undid a merge.
    MergeUndone,
    /// A batch of accounts was imported.
    UsersImported,
    /// A batch of orders was imported.
    OrdersImported,
    /// A batch of unionIds was moved to another scope.
    ScopeMigrated,
    /// What a back office told of a person changed something.
    PersonEventRecorded,
    /// A key of the deployment was used for the first time.
    KeyInUse,
    /// A new key was made, for phone numbers to be sealed with.
    DataKeyMade,
    /// A document was put on the list of those that clients may send.
    DocumentAdded,
    /// A document was taken off that list.
    DocumentRemoved,
}

/// Which entries.
#[derive(Debug, Default, InputObject)]
pub(in crate::graphql) struct AuditFilter {
    /// Only of these kinds.
    action: Option<Vec<AuditAction>>,
    /// Only those about this account, or about one that went into it: `usr_…`.
    user: Option<ID>,
    /// Only what this service token did: `svc_…`.
    token: Option<ID>,
    /// Only what happened at this time or later.
    since: Option<DateTime<Utc>>,
}

impl TryFrom<AuditFilter> for AuditQuery {
    type Error = ApiError;

    fn try_from(filter: AuditFilter) -> Result<Self, ApiError> {
        let bad = |field: &str, e: domain::BadId| ApiError::detailed(ErrorCode::InvalidInput, format!("{field}: {e}"));
        Ok(Self {
            actions: filter.action.map(|actions| actions.into_iter().map(Into::into).collect()),
            user: filter.user.map(|id| id.parse()).transpose().map_err(|e| bad("user", e))?,
            token: filter.token.map(|id| id.parse()).transpose().map_err(|e| bad("token", e))?,
            since: filter.since.map(Into::into),
        })
    }
}

/// One entry of the audit.
#[derive(Debug, SimpleObject)]
#[graphql(complex)]
pub(in crate::graphql) struct AuditEvent {
    #[graphql(skip)]
    app_id: Option<domain::AppId>,
    /// The entry's id: `aud_…`.
    id: ID,
    /// When it happened.
    at: DateTime<Utc>,
    /// What happened.
    action: AuditAction,
    /// Who did it: `operator:` and the id of the service token, `command` for the command line, `person`, or `system`.
    actor: String,
    /// Whose account is concerned.
    user_id: Option<ID>,
    /// Which session is concerned.
    session_id: Option<ID>,
    /// What else there is to know, by the kind of the entry. Holds no secret and no phone number.
    detail: Json<serde_json::Value>,
}

#[ComplexObject]
impl AuditEvent {
    /// The name of the app concerned; its upstream id when it is no longer configured.
    async fn app<'a>(&'a self, ctx: &Context<'a>) -> Option<&'a str> {
        self.app_id.as_ref().map(|id| usecase::app::name_of(service(ctx), id))
    }
}

impl From<&Event> for AuditEvent {
    fn from(event: &Event) -> Self {
        Self {
            app_id: event.app.clone(),
            id: event.id.to_string().into(),
            at: event.at.into(),
            action: event.action.into(),
            actor: event.actor.to_string(),
            user_id: event.user.map(|id| id.to_string().into()),
            session_id: event.session.map(|id| id.to_string().into()),
            detail: Json(event.detail.clone()),
        }
    }
}

/// A page of the audit, the newest entry first (Relay's connection).
#[derive(Debug)]
pub(in crate::graphql) struct AuditEventConnection(pub(in crate::graphql) Page<Event>);

/// A page of the audit, the newest entry first (Relay's connection).
#[Object]
impl AuditEventConnection {
    /// The entries with their cursors.
    async fn edges(&self) -> Vec<AuditEventEdge> {
        self.0.items.iter().map(|event| AuditEventEdge { cursor: cursor_of(event), node: event.into() }).collect()
    }

    /// The entries alone.
    async fn nodes(&self) -> Vec<AuditEvent> {
        self.0.items.iter().map(AuditEvent::from).collect()
    }

    /// Where the page stands in the whole.
    async fn page_info(&self) -> PageInfo {
        cursor::page_info(&self.0, cursor_of)
    }
}

fn cursor_of(event: &Event) -> String {
    cursor::at(event.at, event.id.uuid())
}

/// An entry with its cursor.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct AuditEventEdge {
    /// Where the entry stands in the list: for `after`.
    cursor: String,
    /// The entry.
    node: AuditEvent,
}

#[derive(Debug, Default)]
pub(crate) struct AuditQueries;

#[Object]
impl AuditQueries {
    /// What an operator should be able to see, the newest first, for a service token with the scope `audit:read`. Why keys
    /// belong to one account stands in `User.linkHistory`.
    #[expect(clippy::too_many_arguments, reason = "the filter and the page are the field")]
    async fn audit_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only entries like this.", default)] filter: AuditFilter,
        #[graphql(desc = "How many: 1 to 100; 20 when it is left out.")] first: Option<i32>,
        #[graphql(desc = "Only entries after this cursor.")] after: Option<String>,
    ) -> Alone<AuditEventConnection> {
        let events = async {
            let page = FrontRequest { first, after: cursor::read_place(after.as_deref())? };
            usecase::audit::page(service(ctx), caller(ctx), filter.try_into()?, page).await.map(AuditEventConnection)
        };
        alone(events.await)
    }
}
