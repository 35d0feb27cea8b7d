//! The sessions of a person. See [`crate::usecase::session`].

use async_graphql::{ComplexObject, Context, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};

use super::login::Session;
use crate::error::ApiError;
use crate::graphql::input::Optional;
use crate::graphql::{Alone, alone, caller, carriage, client_address, service};
use crate::usecase;
use crate::usecase::session::ListedSession;

/// An open session of the person.
#[derive(Debug, SimpleObject)]
#[graphql(complex)]
pub(in crate::graphql) struct OpenSession {
    #[graphql(skip)]
    app_id: Option<domain::AppId>,
    /// The session's id: `ses_…`, for `endSession`.
    id: ID,
    /// The device's id, the same for all sessions on the device: `dev_…`. Null for sessions from before devices were
    /// recorded.
    device_id: Option<ID>,
    /// The browser or app and the device, such as `WeChat on iPhone`. Null if unknown.
    device: Option<String>,
    /// The block of IP addresses that the person signed in from: `/24` of IPv4, `/64` of IPv6.
    address_block: Option<String>,
    /// When the person signed in.
    signed_in_at: DateTime<Utc>,
    /// When the session was last extended, by its login or by `refreshSession`. An active client refreshes at least
    /// every 15 minutes.
    last_used_at: DateTime<Utc>,
    /// When the session expires.
    expires_at: DateTime<Utc>,
    /// Whether this is the session of the current request.
    is_current: bool,
}

#[ComplexObject]
impl OpenSession {
    /// The name of the app that the person signed in through; the provider's app id if the app is no longer configured.
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
    /// Exchanges a refresh token for new tokens. A retry with the same refresh token returns the same answer until the
    /// new refresh token is used. An older refresh token ends its session.
    async fn refresh_session(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The refresh token of the login or of the last refresh. Optional with the header \
            `Guiyi-Session: cookie`: the token of the cookie is used. If both are present, the argument is used.")]
        refresh_token: Optional<String>,
    ) -> Result<Session, ApiError> {
        let (service, carriage) = (service(ctx), carriage(ctx));
        let given = refresh_token.0.as_deref().or(carriage.refresh_token()).unwrap_or_default();
        let mut tokens = usecase::session::refresh(service, given, client_address(ctx)).await?;
        carriage.load(ctx, [&mut tokens]);
        Ok(tokens.into())
    }

    /// Ends the session of the access token. With the header `Guiyi-Session: cookie` it also ends the session of the
    /// cookie and deletes the cookie. Returns whether there was a session.
    async fn logout(&self, ctx: &Context<'_>) -> Result<bool, ApiError> {
        let carriage = carriage(ctx);
        let given = (carriage.refresh_token(), client_address(ctx));
        let ended = Box::pin(usecase::session::logout(service(ctx), caller(ctx), given)).await;
        // Also after an error: the next person in this browser gets neither cookie.
        carriage.unload(ctx);
        ended
    }

    /// Ends one of the person's sessions. Its tokens are refused immediately. Returns whether the session was open.
    async fn end_session(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The session's id, from `sessions`: `ses_…`.")] id: ID,
    ) -> Result<bool, ApiError> {
        let caller = caller(ctx).person()?;
        // A malformed id gets the same answer as the id of another person's session.
        let Ok(id) = id.parse() else { return Ok(false) };
        usecase::session::end(service(ctx), caller, id).await
    }

    /// Ends all sessions of the person. Their tokens are refused immediately. Returns the number of ended sessions.
    async fn logout_everywhere(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whether to keep the session of this request.", default)] except_this: bool,
    ) -> Result<u64, ApiError> {
        usecase::session::logout_everywhere(service(ctx), caller(ctx).person()?, except_this).await
    }
}
