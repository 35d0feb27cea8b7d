//! The sessions of a person.
//! What ends one is `usecase::sessions`' business.

use async_graphql::{ComplexObject, Context, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};

use super::login::Session;
use crate::error::ApiError;
use crate::graphql::{Alone, alone, caller, carriage, client_address, service};
use crate::usecase;
use crate::usecase::session::ListedSession;

/// A place where the person is signed in.
#[derive(Debug, SimpleObject)]
#[graphql(complex)]
pub(in crate::graphql) struct OpenSession {
    #[graphql(skip)]
    app_id: Option<domain::AppId>,
    /// The session's id: `ses_…`, for `endSession`.
    id: ID,
    /// The device, by an id of ours that is the same for all sessions on it: `dev_…`. Null for sessions from before devices
    /// were told apart.
    device_id: Option<ID>,
    /// What the person signed in with, such as `WeChat on iPhone`; null when it cannot be told.
    device: Option<String>,
    /// The block of addresses that the person signed in from: `/24` of IPv4, `/64` of IPv6.
    address_block: Option<String>,
    /// When the person signed in.
    signed_in_at: DateTime<Utc>,
    /// When the session was last carried on: by its login or by `refreshSession`. A client in use refreshes at least every
    /// fifteen minutes.
    last_used_at: DateTime<Utc>,
    /// When it ends by itself.
    expires_at: DateTime<Utc>,
    /// Whether it is the session of this request.
    is_current: bool,
}

#[ComplexObject]
impl OpenSession {
    /// The name of the app that the person signed in through; its upstream id when it is no longer configured.
    async fn app<'a>(&'a self, ctx: &Context<'a>) -> Option<&'a str> {
        self.app_id.as_ref().map(|id| usecase::app::name_of(service(ctx), id))
    }
}

impl From<ListedSession> for OpenSession {
    fn from(listed: ListedSession) -> Self {
        let session = listed.session;
        Self {
            app_id: session.app,
            id: session.id.to_string().into(),
            device_id: session.device_id.map(|id| id.to_string().into()),
            device: session.device,
            address_block: session.address_block,
            signed_in_at: session.signed_in_at.into(),
            last_used_at: session.last_used_at.into(),
            expires_at: session.expires_at.into(),
            is_current: listed.is_current,
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct SessionQueries;

#[Object]
impl SessionQueries {
    /// Where the person is signed in, the session that was used last first: at most fifty.
    async fn sessions(&self, ctx: &Context<'_>) -> Alone<Vec<OpenSession>> {
        let sessions = async { usecase::session::list(service(ctx), caller(ctx).person()?).await };
        alone(sessions.await.map(|sessions| sessions.into_iter().map(Into::into).collect()))
    }
}

#[derive(Debug, Default)]
pub(crate) struct SessionMutations;

#[Object]
impl SessionMutations {
    /// Exchanges a refresh token for new tokens. Until the new refresh token is used, the same one gets the same answer; one
    /// that is older ends its session.
    async fn refresh_session(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The refresh token of the login or of the last refresh. May be left out with the header \
            `Guiyi-Session: cookie`: then it is the cookie's. If both are there, this one counts.")]
        refresh_token: Option<String>,
    ) -> Result<Session, ApiError> {
        let (service, carriage) = (service(ctx), carriage(ctx));
        let given = refresh_token.as_deref().or(carriage.refresh_token()).unwrap_or_default();
        let mut tokens = usecase::session::refresh(service, given, client_address(ctx)).await?;
        carriage.load(ctx, [&mut tokens]);
        Ok(tokens.into())
    }

    /// Ends the session of the access token, and with the header `Guiyi-Session: cookie` also that of the cookie, which it
    /// takes away; answers whether there was one.
    async fn logout(&self, ctx: &Context<'_>) -> Result<bool, ApiError> {
        let carriage = carriage(ctx);
        let ended =
            usecase::session::logout(service(ctx), caller(ctx), (carriage.refresh_token(), client_address(ctx)))
                .await?;
        carriage.unload(ctx);
        Ok(ended)
    }

    /// Ends one of the person's sessions; answers whether it was open. Its tokens are refused at once.
    async fn end_session(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The session, from `sessions`: `ses_…`.")] id: ID,
    ) -> Result<bool, ApiError> {
        let caller = caller(ctx).person()?;
        // Text that cannot be an id is as unknown as the id of another person's session.
        let Ok(id) = id.parse() else { return Ok(false) };
        usecase::session::end(service(ctx), caller, id).await
    }

    /// Ends all sessions of the person; answers how many. Their tokens are refused at once.
    async fn logout_everywhere(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whether the session of this request goes on.", default)] except_this: bool,
    ) -> Result<u64, ApiError> {
        usecase::session::logout_everywhere(service(ctx), caller(ctx).person()?, except_this).await
    }
}
