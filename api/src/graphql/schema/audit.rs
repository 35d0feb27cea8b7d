//! The audit log for operators. See [`crate::usecase::audit`].

use async_graphql::connection::PageInfo;
use async_graphql::{ComplexObject, Context, Enum, ID, InputObject, Json, Object, SimpleObject};
use chrono::{DateTime, Utc};
use store::audit::AuditEvent as Event;

use crate::error::{ApiError, ErrorCode};
use crate::graphql::{Alone, alone, caller, cursor, loader, service};
use crate::usecase::audit::AuditQuery;
use crate::usecase::{self, FrontRequest, Page};

/// The kind of an audit event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::AuditAction")]
pub(in crate::graphql) enum AuditAction {
    /// A login code was sent again, by another client or too late, and was refused.
    LoginRepeatRefused,
    /// A used refresh token was sent again too late; its session was ended.
    RefreshTokenReplayed,
    /// A person ended one of their sessions: the current one or another.
    SessionEnded,
    /// A person ended all their sessions, or an operator those of a person.
    SessionsEnded,
    /// An operator disabled an account.
    UserDisabled,
    /// An operator enabled a disabled account.
    UserEnabled,
    /// A person asked to be erased.
    ErasureAsked,
    /// An erasure was called off: by the person, or because the account is in use again.
    ErasureCancelled,
    /// An account was erased.
    UserErased,
    /// Everything that is kept about a person was handed out.
    UserExported,
    /// A person's phone number was shown in full to a service token.
    PhoneRead,
    /// A service token was created.
    TokenCreated,
    /// A service token was used for the first time on a day from a block of addresses.
    TokenUsed,
    /// A service token was revoked.
    TokenRevoked,
    /// A person became an operator at the command line, or got another role.
    OperatorAdded,
    /// An operator was removed at the command line.
    OperatorRemoved,
    /// An operator signed in.
    OperatorSignedIn,
    /// An operator signed out.
    OperatorSignedOut,
    /// An act was asked for that waits for a second operator.
    RequestMade,
    /// A second operator approved an act, which was carried out.
    RequestApproved,
    /// An act that waited for a second operator was declined.
    RequestDeclined,
    /// An operator closed a case.
    CaseClosed,
    /// An operator set a person's phone with `setPhone`.
    PhoneSet,
    /// An operator merged two accounts with `mergePeople`.
    UsersMerged,
    /// An operator undid a merge.
    MergeUndone,
    /// A batch of accounts was imported.
    UsersImported,
    /// A batch of orders was imported.
    OrdersImported,
    /// An operator corrected the openId or the time of an order.
    OrderCorrected,
    /// A batch of unionIds was moved to another union scope.
    ScopeMigrated,
    /// A run over the followers of an app for their unionIds ended or stopped.
    UnionIdsBackfilled,
    /// A run over the people of a migrated account for their new openIds ended or stopped.
    OpenIdsChanged,
    /// The links of such a run were undone.
    OpenIdChangesUndone,
    /// A reported person event changed data.
    PersonEventRecorded,
    /// A deployment secret was used for the first time.
    KeyInUse,
    /// A new data key for the encryption of phone numbers was created.
    DataKeyMade,
    /// A document was added to the list of allowed documents.
    DocumentAdded,
    /// A document was removed from the list of allowed documents.
    DocumentRemoved,
}

/// Selects audit events. All given conditions must hold.
#[derive(Debug, Default, InputObject)]
pub(in crate::graphql) struct AuditFilter {
    /// Only events of these kinds.
    action: Option<Vec<AuditAction>>,
    /// Only events of this account or of an account that was merged into it: `usr_…`.
    user: Option<ID>,
    /// Only actions of this service token: `svc_…`.
    token: Option<ID>,
    /// Only actions of this operator: `opr_…`.
    operator: Option<ID>,
    /// Only events at or after this time.
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
            operator: filter.operator.map(|id| id.parse()).transpose().map_err(|e| bad("operator", e))?,
            since: filter.since.map(Into::into),
        })
    }
}

/// An event in the audit log.
#[derive(Debug, SimpleObject)]
#[graphql(complex)]
pub(in crate::graphql) struct AuditEvent {
    #[graphql(skip)]
    app_id: Option<domain::AppId>,
    #[graphql(skip)]
    by: Option<domain::Principal>,
    /// The event's id: `aud_…`.
    id: ID,
    /// The time of the event.
    at: DateTime<Utc>,
    /// The kind of the event.
    action: AuditAction,
    /// The actor: `operator:` and the id of the operator or of the service token, `command` for the command line, `person`, or `system`.
    actor: String,
    /// The account concerned.
    user_id: Option<ID>,
    /// The session concerned.
    session_id: Option<ID>,
    /// Details that depend on the kind of the event. Contains no secrets and no phone numbers.
    detail: Json<serde_json::Value>,
}

#[ComplexObject]
impl AuditEvent {
    /// The name of the operator or of the service token that acted. Null for every other actor.
    async fn actor_name(&self, ctx: &Context<'_>) -> Result<Option<String>, ApiError> {
        match self.by {
            Some(by) => loader::name_of(ctx, by).await,
            None => Ok(None),
        }
    }

    /// The name of the app concerned; the provider's app id if the app is no longer configured.
    async fn app<'a>(&'a self, ctx: &Context<'a>) -> Option<&'a str> {
        self.app_id.as_ref().map(|id| usecase::app::name_of(service(ctx), id))
    }
}

impl From<&Event> for AuditEvent {
    fn from(event: &Event) -> Self {
        Self {
            app_id: event.app.clone(),
            by: event.actor.principal(),
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

/// A page of audit events, newest first (Relay connection).
#[derive(Debug)]
pub(in crate::graphql) struct AuditEventConnection(pub(in crate::graphql) Page<Event>);

/// A page of audit events, newest first (Relay connection).
#[Object]
impl AuditEventConnection {
    /// The events with their cursors.
    async fn edges(&self) -> Vec<AuditEventEdge> {
        self.0.items.iter().map(|event| AuditEventEdge { cursor: cursor_of(event), node: event.into() }).collect()
    }

    /// The events without cursors.
    async fn nodes(&self) -> Vec<AuditEvent> {
        self.0.items.iter().map(AuditEvent::from).collect()
    }

    /// The position of the page in the list.
    async fn page_info(&self) -> PageInfo {
        cursor::page_info(&self.0, cursor_of)
    }
}

fn cursor_of(event: &Event) -> String {
    cursor::at(event.at, event.id.uuid())
}

/// An event with its cursor.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct AuditEventEdge {
    /// The event's position in the list, for `after`.
    cursor: String,
    /// The event.
    node: AuditEvent,
}

#[derive(Debug, Default)]
pub(crate) struct AuditQueries;

#[Object]
impl AuditQueries {
    /// Audit events, newest first. Requires the scope `audit:read`. For the reasons why keys
    /// belong to one account, see `User.linkHistory`.
    #[expect(clippy::too_many_arguments, reason = "the filter and the page are the field")]
    async fn audit_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Conditions that the events must meet.", default)] filter: AuditFilter,
        #[graphql(desc = "The page size: 1 to 100. Defaults to 20.")] first: Option<i32>,
        #[graphql(desc = "Only events after this cursor.")] after: Option<String>,
    ) -> Alone<AuditEventConnection> {
        let events = async {
            let page = FrontRequest { first, after: cursor::read_place(after.as_deref())? };
            usecase::audit::page(service(ctx), caller(ctx), filter.try_into()?, page).await.map(AuditEventConnection)
        };
        alone(events.await)
    }
}
