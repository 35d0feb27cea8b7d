//! Service tokens, as an operator sees them.
//! Who may make and revoke them is decided in `usecase::service_token`.

use async_graphql::connection::PageInfo;
use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use store::service_token::ServiceToken as Token;

use crate::error::{ApiError, ErrorCode};
use crate::graphql::{Alone, alone, caller, cursor, service};
use crate::usecase::service_token::{NewServiceToken, TOKEN_DAYS, WantedToken};
use crate::usecase::{self, FrontRequest, Page};

/// What a service token may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::ServiceScope")]
pub(in crate::graphql) enum ServiceScope {
    /// `orders:read`: read the orders of any person.
    OrdersRead,
    /// `orders:write`: record orders and change their status.
    OrdersWrite,
    /// `users:read`: read any person's account.
    UsersRead,
    /// `users:write`: undo a merge, and record what an upstream tells of a person.
    UsersWrite,
    /// `conflicts:read`: read the cases of links that were refused or are doubtful.
    ConflictsRead,
    /// `conflicts:write`: close such cases.
    ConflictsWrite,
    /// `users:disable`: disable any person's account, and enable it again.
    UsersDisable,
    /// `tokens:read`: read which service tokens there are.
    TokensRead,
    /// `tokens:write`: make service tokens that may do no more than the own, and revoke any.
    TokensWrite,
    /// `audit:read`: read the audit.
    AuditRead,
}

/// A service token that is wanted.
#[derive(Debug, InputObject)]
pub(in crate::graphql) struct CreateServiceTokenInput {
    /// Which system it is for: at most 100 characters.
    #[graphql(default)]
    name: String,
    /// What it may do. Each must be among the scopes of the token that makes it.
    scopes: Vec<ServiceScope>,
    /// After how many days it ends: 1 to 3650; 365 when it is left out.
    days: Option<i32>,
    /// Whether it never ends. `days` is left out then.
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
            (Some(_), true) => return Err(bad("days, neverExpires: one of the two")),
        };
        Ok(Self { name: input.name, scopes: input.scopes.into_iter().map(Into::into).collect(), days })
    }
}

/// A service token that was made just now.
#[derive(SimpleObject)]
pub(in crate::graphql) struct CreateServiceTokenPayload {
    /// Its id: `svc_…`.
    id: ID,
    /// The token, for `Authorization: Bearer …`. It is not shown again.
    token: String,
    /// When it ends; null for never.
    expires_at: Option<DateTime<Utc>>,
}

impl From<NewServiceToken> for CreateServiceTokenPayload {
    fn from(made: NewServiceToken) -> Self {
        Self { id: made.id.to_string().into(), token: made.token, expires_at: made.expires_at.map(Into::into) }
    }
}

/// Service tokens that were revoked just now.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct RevokeServiceTokenPayload {
    /// Their ids; none when the token was revoked before.
    pub(in crate::graphql) revoked_ids: Vec<ID>,
}

/// A service token.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct ServiceToken {
    /// Its id: `svc_…`. The token itself is not kept.
    id: ID,
    /// Which system it is for.
    name: String,
    /// What it may do.
    scopes: Vec<ServiceScope>,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// The token that made it; null for one that was made at the command line.
    made_by_id: Option<ID>,
    /// When it ends, or ended; null for never.
    expires_at: Option<DateTime<Utc>>,
    /// When it was revoked.
    revoked_at: Option<DateTime<Utc>>,
    /// When it was last used, to the hour.
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

/// A page of service tokens, the oldest first (Relay's connection).
#[derive(Debug)]
pub(in crate::graphql) struct ServiceTokenConnection(pub(in crate::graphql) Page<Token>);

/// A page of service tokens, the oldest first (Relay's connection).
#[Object]
impl ServiceTokenConnection {
    /// The tokens with their cursors.
    async fn edges(&self) -> Vec<ServiceTokenEdge> {
        self.0.items.iter().map(|token| ServiceTokenEdge { cursor: cursor_of(token), node: token.into() }).collect()
    }

    /// The tokens alone.
    async fn nodes(&self) -> Vec<ServiceToken> {
        self.0.items.iter().map(ServiceToken::from).collect()
    }

    /// Where the page stands in the whole.
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
    /// Where the token stands in the list: for `after`.
    cursor: String,
    /// The token.
    node: ServiceToken,
}

#[derive(Debug, Default)]
pub(crate) struct ServiceTokenQueries;

#[Object]
impl ServiceTokenQueries {
    /// All service tokens, also those that have ended, the oldest first; for a service token with the scope `tokens:read`.
    async fn service_tokens(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many: 1 to 100; 20 when it is left out.")] first: Option<i32>,
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
    /// Makes a service token, for a service token with the scope `tokens:write`. It may do no more, and
    /// live no longer, than that one.
    async fn create_service_token(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The token that is wanted.")] input: CreateServiceTokenInput,
    ) -> Result<CreateServiceTokenPayload, ApiError> {
        Ok(usecase::service_token::create_as(service(ctx), caller(ctx), input.try_into()?).await?.into())
    }

    /// Revokes a service token, any, for a service token with the scope `tokens:write`. It is refused at once.
    #[expect(clippy::too_many_arguments, reason = "the field has these three arguments")]
    async fn revoke_service_token(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The token: `svc_…`.")] id: ID,
        #[graphql(desc = "Why: 1 to 500 characters.")] reason: String,
        #[graphql(
            desc = "Whether all tokens that it made, directly or through others, are revoked along with it. A stolen \
            token with the scope `tokens:write` may have made some.",
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
