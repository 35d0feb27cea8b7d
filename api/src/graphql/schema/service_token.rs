//! Service tokens. See [`crate::usecase::service_token`] for who may create and revoke them.

use async_graphql::connection::PageInfo;
use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use store::service_token::ServiceToken as Token;

use crate::error::{ApiError, ErrorCode};
use crate::graphql::{Alone, alone, caller, cursor, service};
use crate::usecase::service_token::{NewServiceToken, TOKEN_DAYS, WantedToken};
use crate::usecase::{self, FrontRequest, Page};

/// A permission of a service token, or of an operator by the role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::ServiceScope")]
pub(in crate::graphql) enum ServiceScope {
    /// `orders:read`: read the orders of any person.
    OrdersRead,
    /// `orders:write`: record orders and change their status.
    OrdersWrite,
    /// `users:read`: search people, and read any person's account. Phone numbers are masked.
    UsersRead,
    /// `users:read:phone`: read any person's phone number in full. The audit records each reading.
    UsersReadPhone,
    /// `users:write`: undo a merge, and record person events.
    UsersWrite,
    /// `users:manage`: merge any two accounts, and set any person's phone.
    UsersManage,
    /// `conflicts:read`: read cases, which are links that a rule refused or doubted.
    ConflictsRead,
    /// `conflicts:write`: close cases.
    ConflictsWrite,
    /// `users:disable`: disable and enable any person's account, and end its sessions.
    UsersDisable,
    /// `users:erase`: erase any person's account.
    UsersErase,
    /// `users:export`: read everything that is kept about any person, in one document.
    UsersExport,
    /// `tokens:read`: list service tokens.
    TokensRead,
    /// `tokens:write`: create service tokens with at most the token's own scopes, and revoke any.
    TokensWrite,
    /// `audit:read`: read the audit log.
    AuditRead,
    /// `events:read`: read the feed of events.
    EventsRead,
    /// `statistics:read`: read counts of logins, merges, cases and SMS, and the health of the service.
    StatisticsRead,
    /// `settings:read`: read the settings of the service, without secrets.
    SettingsRead,
}

/// The input of `createServiceToken`.
#[derive(Debug, InputObject)]
pub(in crate::graphql) struct CreateServiceTokenInput {
    /// The system that uses the token: at most 100 characters.
    #[graphql(default)]
    name: String,
    /// The token's scopes. Each must be a scope of the creating token.
    scopes: Vec<ServiceScope>,
    /// The lifetime in days: 1 to 3650. Defaults to 365.
    days: Option<i32>,
    /// Whether the token never expires. Excludes `days`.
    #[graphql(default)]
    never_expires: bool,
}

impl TryFrom<CreateServiceTokenInput> for WantedToken {
    type Error = ApiError;

    fn try_from(input: CreateServiceTokenInput) -> Result<Self, ApiError> {
        let bad = |what: &'static str| ApiError::detailed(ErrorCode::InvalidInput, what);
        let days = match (input.days, input.never_expires) {
            (None, true) => None,
            (None, false) => Some(TOKEN_DAYS),
            (Some(days), false) => Some(u32::try_from(days).map_err(|_| bad("days: 1 to 3650"))?),
            (Some(_), true) => return Err(bad("days, neverExpires: send only one")),
        };
        Ok(Self { name: input.name, scopes: input.scopes.into_iter().map(Into::into).collect(), days })
    }
}

/// The result of `createServiceToken`.
#[derive(SimpleObject)]
pub(in crate::graphql) struct CreateServiceTokenPayload {
    /// The token's id: `svc_…`.
    id: ID,
    /// The token, for `Authorization: Bearer …`. It is not shown again.
    token: String,
    /// When the token expires. Null if never.
    expires_at: Option<DateTime<Utc>>,
}

impl From<NewServiceToken> for CreateServiceTokenPayload {
    fn from(made: NewServiceToken) -> Self {
        Self { id: made.id.to_string().into(), token: made.token, expires_at: made.expires_at.map(Into::into) }
    }
}

/// The result of `revokeServiceToken`.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct RevokeServiceTokenPayload {
    /// The ids of the revoked tokens. Empty if the token was already revoked.
    pub(in crate::graphql) revoked_ids: Vec<ID>,
}

/// A service token.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct ServiceToken {
    /// The token's id: `svc_…`. The token itself is not stored.
    id: ID,
    /// The system that uses the token.
    name: String,
    /// The token's scopes.
    scopes: Vec<ServiceScope>,
    /// When the token was created.
    created_at: DateTime<Utc>,
    /// The token or the operator that created it: `svc_…` or `opr_…`. Null for a token created at the command line.
    made_by_id: Option<ID>,
    /// When the token expires or expired. Null if never.
    expires_at: Option<DateTime<Utc>>,
    /// When the token was revoked.
    revoked_at: Option<DateTime<Utc>>,
    /// When the token was last used, to the hour.
    last_used_at: Option<DateTime<Utc>>,
}

impl From<&Token> for ServiceToken {
    fn from(token: &Token) -> Self {
        Self {
            id: token.id.to_string().into(),
            name: token.name.clone(),
            scopes: token.scopes.iter().copied().map(Into::into).collect(),
            created_at: token.created_at.into(),
            made_by_id: token.made_by.map(|id| id.to_string().into()),
            expires_at: token.expires_at.map(Into::into),
            revoked_at: token.revoked_at.map(Into::into),
            last_used_at: token.last_used_at.map(Into::into),
        }
    }
}

/// A page of service tokens, oldest first (Relay connection).
#[derive(Debug)]
pub(in crate::graphql) struct ServiceTokenConnection(pub(in crate::graphql) Page<Token>);

/// A page of service tokens, oldest first (Relay connection).
#[Object]
impl ServiceTokenConnection {
    /// The tokens with their cursors.
    async fn edges(&self) -> Vec<ServiceTokenEdge> {
        self.0.items.iter().map(|token| ServiceTokenEdge { cursor: cursor_of(token), node: token.into() }).collect()
    }

    /// The tokens without cursors.
    async fn nodes(&self) -> Vec<ServiceToken> {
        self.0.items.iter().map(ServiceToken::from).collect()
    }

    /// The position of the page in the list.
    async fn page_info(&self) -> PageInfo {
        cursor::page_info(&self.0, cursor_of)
    }
}

fn cursor_of(token: &Token) -> String {
    cursor::at(token.created_at, token.id.uuid())
}

/// A service token with its cursor.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct ServiceTokenEdge {
    /// The token's position in the list, for `after`.
    cursor: String,
    /// The token.
    node: ServiceToken,
}

#[derive(Debug, Default)]
pub(crate) struct ServiceTokenQueries;

#[Object]
impl ServiceTokenQueries {
    /// All service tokens, including expired and revoked ones, oldest first. Requires the scope
    /// `tokens:read`.
    async fn service_tokens(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The page size: 1 to 100. Defaults to 20.")] first: Option<i32>,
        #[graphql(desc = "Only tokens after this cursor.")] after: Option<String>,
    ) -> Alone<ServiceTokenConnection> {
        let tokens = async {
            let page = FrontRequest { first, after: cursor::read_place(after.as_deref())? };
            usecase::service_token::list_as(service(ctx), caller(ctx), page).await.map(ServiceTokenConnection)
        };
        alone(tokens.await)
    }
}

#[derive(Debug, Default)]
pub(crate) struct ServiceTokenMutations;

#[Object]
impl ServiceTokenMutations {
    /// Creates a service token. Requires the scope `tokens:write`. The new token has at most the
    /// scopes and the lifetime of that token.
    async fn create_service_token(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The token to create.")] input: CreateServiceTokenInput,
    ) -> Result<CreateServiceTokenPayload, ApiError> {
        Ok(usecase::service_token::create_as(service(ctx), caller(ctx), input.try_into()?).await?.into())
    }

    /// Revokes any service token. Requires the scope `tokens:write`. The revoked token is refused
    /// immediately.
    #[expect(clippy::too_many_arguments, reason = "the field has these three arguments")]
    async fn revoke_service_token(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The token's id: `svc_…`.")] id: ID,
        #[graphql(desc = "The reason: 1 to 500 characters.")] reason: String,
        #[graphql(
            desc = "Whether to revoke also all tokens that it created, directly or indirectly. A stolen token \
                with the scope `tokens:write` may have created some.",
            default
        )]
        with_made: bool,
    ) -> Result<RevokeServiceTokenPayload, ApiError> {
        caller(ctx).require(domain::ServiceScope::TokensWrite)?;
        let id = id.parse().map_err(|_| ApiError::refused(ErrorCode::NotFound))?;
        let revoked = usecase::service_token::revoke_as(service(ctx), caller(ctx), (id, with_made), &reason).await?;
        Ok(RevokeServiceTokenPayload { revoked_ids: revoked.iter().map(|id| id.to_string().into()).collect() })
    }
}
