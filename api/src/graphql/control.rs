//! What an emergency needs: sessions, disabled accounts, service tokens, the audit.
//! The rest of the schema is in `query` and `mutation`; what happens is decided in the use cases.

use async_graphql::{Context, ID, Object, SimpleObject};

use super::types::{
    AuditEventConnection, AuditFilter, CreateServiceTokenInput, CreateServiceTokenPayload, OpenSession,
    RevokeServiceTokenPayload, ServiceTokenConnection,
};
use super::{Alone, alone, caller, cursor, service};
use crate::error::{ApiError, ErrorCode};
use crate::usecase::FrontRequest;

/// An account that is as the operator wants it.
#[derive(Debug, SimpleObject)]
pub(super) struct UserOrderPayload {
    /// The account: the one that went on, if the one that was named had been joined into another.
    user_id: ID,
    /// Whether it was not so before.
    changed: bool,
    /// How many sessions ended.
    ended_sessions: u64,
}

/// What can be asked in an emergency.
#[derive(Debug, Default)]
pub(super) struct ControlQuery;

/// What can be asked in an emergency.
#[Object]
impl ControlQuery {
    /// Where the person is signed in, the session that was used last first: at most a hundred.
    async fn sessions(&self, ctx: &Context<'_>) -> Alone<Vec<OpenSession>> {
        let sessions = async { service(ctx).sessions(caller(ctx).person()?).await };
        alone(sessions.await.map(|sessions| sessions.into_iter().map(Into::into).collect()))
    }

    /// All service tokens, also those that have ended, the oldest first; for a service token with the scope `tokens:read`.
    async fn service_tokens(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many: 1 to 100; 20 when it is left out.")] first: Option<i32>,
        #[graphql(desc = "Only tokens after this cursor.")] after: Option<String>,
    ) -> Alone<ServiceTokenConnection> {
        let tokens = async {
            let page = FrontRequest { first, after: cursor::read_place(after.as_deref())? };
            service(ctx).service_tokens_as(caller(ctx), page).await.map(ServiceTokenConnection)
        };
        alone(tokens.await)
    }

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
            service(ctx).audit_events(caller(ctx), filter.try_into()?, page).await.map(AuditEventConnection)
        };
        alone(events.await)
    }
}

/// What can be done in an emergency.
#[derive(Debug, Default)]
pub(super) struct ControlMutation;

/// What can be done in an emergency.
#[Object]
impl ControlMutation {
    /// Ends one of the person's sessions; answers whether it was open. Its tokens are refused at once.
    async fn end_session(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The session, from `sessions`: `ses_…`.")] id: ID,
    ) -> Result<bool, ApiError> {
        let caller = caller(ctx).person()?;
        // Text that cannot be an id is as unknown as the id of another person's session.
        let Ok(id) = id.parse() else { return Ok(false) };
        service(ctx).end_session(caller, id).await
    }

    /// Ends all sessions of the person; answers how many. Their tokens are refused at once.
    async fn logout_everywhere(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whether the session of this request goes on.", default)] except_this: bool,
    ) -> Result<u64, ApiError> {
        service(ctx).logout_everywhere(caller(ctx).person()?, except_this).await
    }

    /// Disables a person's account, for a service token with the scope `users:disable`. All its sessions end at once, and
    /// whatever would open it, join it or take something from it answers `ACCOUNT_CLOSED`, until it is enabled.
    async fn disable_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The account: `usr_…`.")] id: ID,
        #[graphql(desc = "Why: 1 to 500 characters.")] reason: String,
    ) -> Result<UserOrderPayload, ApiError> {
        order_user(ctx, (&id, true), &reason).await
    }

    /// Enables an account that was disabled, for a service token with the scope `users:disable`. Its keys, orders and phone
    /// are as before; the person signs in anew.
    async fn enable_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The account: `usr_…`.")] id: ID,
        #[graphql(desc = "Why: 1 to 500 characters.")] reason: String,
    ) -> Result<UserOrderPayload, ApiError> {
        order_user(ctx, (&id, false), &reason).await
    }

    /// Makes a service token, for a service token with the scope `tokens:write`. It may do no more, and
    /// live no longer, than that one.
    async fn create_service_token(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The token that is wanted.")] input: CreateServiceTokenInput,
    ) -> Result<CreateServiceTokenPayload, ApiError> {
        Ok(service(ctx).create_service_token_as(caller(ctx), input.try_into()?).await?.into())
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
        let revoked = service(ctx).revoke_service_token_as(caller(ctx), (id, with_made), &reason).await?;
        Ok(RevokeServiceTokenPayload { revoked_ids: revoked.iter().map(|id| id.to_string().into()).collect() })
    }
}

async fn order_user(ctx: &Context<'_>, (id, disable): (&ID, bool), reason: &str) -> Result<UserOrderPayload, ApiError> {
    caller(ctx).require(domain::ServiceScope::UsersDisable)?;
    let id = id.parse().map_err(|_| ApiError::refused(ErrorCode::NotFound))?;
    let ordered = service(ctx).order_user_as(caller(ctx), (id, disable), reason).await?;
    Ok(UserOrderPayload {
        user_id: ordered.user.to_string().into(),
        changed: ordered.changed,
        ended_sessions: ordered.ended_sessions,
    })
}
