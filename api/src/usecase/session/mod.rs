//! Sessions: opened by a login, extended by refresh tokens, ended by a logout or a replay. See `token` for the format
//! of tokens.

mod device;
mod list;
mod user_agent;

use chrono::TimeDelta;
use domain::{AppId, AuditAction, Boundness, DeviceId, PhoneId, SessionId, Timestamp, UserId};
use std::sync::Arc;
use store::audit::AuditEvent;
use store::session::{NewSession, Presented, Refreshed, Session, SignedInFrom, Successor};
use store::{Actor, StoreError, Tx};

use crate::error::{ApiError, ErrorCode};
use crate::gate::Work;
use crate::service::Service;
use crate::token::{Follower, RefreshToken};
use crate::usecase::caller::within_limits_unless;
use crate::usecase::{Caller, ClientAddress};

pub(crate) use device::{Brought, device_of_login, device_token_again};
pub(crate) use list::end_one;
pub use list::{ListedSession, end, end_all_as, list, logout_everywhere, of_user};
pub use user_agent::device_of;

/// The parameters of a new session.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Opening<'a> {
    /// The session's id.
    pub(crate) id: SessionId,
    /// The account.
    pub(crate) user: UserId,
    /// The app of the login.
    pub(crate) app: &'a AppId,
    /// The phone of the login, if it was by a phone.
    pub(crate) phone: Option<PhoneId>,
    /// The device of the login.
    pub(crate) device: DeviceId,
    /// R15: whether the login was bound to its browser or device.
    pub(crate) bound: Boundness,
    /// The origin of the login.
    pub(crate) from: &'a SignedInFrom,
}

/// The tokens of a session.
pub struct SessionTokens {
    /// The access token, for the `Authorization` header of every request.
    pub access_token: String,
    /// The refresh token, for one `refresh`. Absent after it was moved to a cookie.
    pub refresh_token: Option<RefreshToken>,
    /// The remaining lifetime of the session.
    pub refresh_life: TimeDelta,
    /// When the access token expires.
    pub expires_at: Timestamp,
}

impl std::fmt::Debug for SessionTokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SessionTokens").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

/// Opens a session with its first refresh token, after a login.
pub(crate) async fn open(
    service: &Service,
    tx: &Tx,
    Opening { id, user, app, phone, device, bound, from }: Opening<'_>,
    refresh_token: &RefreshToken,
) -> Result<Session, ApiError> {
    let now = service.clock.now();
    let from = from.clone();
    let expires_at = now.plus(TimeDelta::days(service.config.tokens.refresh_days.into()));
    let (app, device, refresh_hash) = (Some(app.clone()), Some(device), refresh_token.hash());
    let new = NewSession { id, user, app, phone, device, bound, refresh_hash, signed_in_at: now, expires_at, from };
    store::session::open(tx, &new).await?;
    Ok(Session { id, user, bound, signed_in_at: now, expires_at, device })
}

/// Reassigns a session to another account, with a new refresh token. The old refresh tokens are revoked.
pub(crate) async fn reassign(
    service: &Service,
    tx: &Tx,
    session: &Session,
    (user, refresh_token): (UserId, RefreshToken),
) -> Result<SessionTokens, ApiError> {
    store::session::reassign(tx, session.id, user, &refresh_token.hash()).await?;
    Ok(tokens(service, &Session { user, ..*session }, refresh_token))
}

/// Creates the tokens of a session.
pub(crate) fn tokens(service: &Service, session: &Session, refresh_token: RefreshToken) -> SessionTokens {
    let now = service.clock.now();
    let (access_token, expires_at) = service.access.issue(session.user, session.id, now);
    let refresh_life = TimeDelta::milliseconds(session.expires_at.millis() - now.millis());
    SessionTokens { access_token, refresh_token: Some(refresh_token), refresh_life, expires_at }
}

/// Exchanges a refresh token for its successor. A replay ends the session: one of the two was stolen.
pub async fn refresh(service: &Service, refresh_token: &str, from: ClientAddress) -> Result<SessionTokens, ApiError> {
    let rejected = || ApiError::refused(ErrorCode::InvalidRefreshToken);
    let token = RefreshToken::parse(refresh_token).map_err(|_| rejected());
    let is_live = async {
        let Ok(token) = &token else { return Ok(false) };
        let presented = presented(token, &service.keys.followers(token));
        is_of_live_session(service, Some(&presented)).await
    };
    // Boxed: with the transaction in it, the future is too large for the stack of nested callers.
    let exchange =
        Box::pin(async { exchange(service, token.as_ref().map_err(|_| rejected())?).await?.ok_or_else(rejected) });
    within_limits_unless(service, (Work::Refresh, from), (is_live, exchange)).await
}

async fn exchange(service: &Service, token: &RefreshToken) -> Result<Option<SessionTokens>, ApiError> {
    let mut followers = service.keys.followers(token);
    let presented = &presented(token, &followers);
    let refresh = |tx: Arc<Tx>| async move { refresh_in(service, &tx, presented).await };
    let refreshed = service.store.write("refresh_session", refresh).await?;
    Ok(refreshed.map(|(session, at)| tokens(service, &session, followers.swap_remove(at).token)))
}

/// Returns the session and the index of its newest refresh token among the successors, or `None` if the session is not
/// extended.
async fn refresh_in(service: &Service, tx: &Tx, presented: &Presented) -> Result<Option<(Session, usize)>, ApiError> {
    let now = service.clock.now();
    let goes_on = match store::session::refresh(tx, presented, now).await? {
        Refreshed::GoesOn { session, successor, .. } => Some((session, successor)),
        Refreshed::Replayed { session, generation } => {
            end_replayed(tx, (&session, generation), now).await?;
            None
        }
        Refreshed::Closed => return Err(ApiError::refused(ErrorCode::AccountClosed)),
        Refreshed::Unknown | Refreshed::Expired | Refreshed::Ended => None,
    };
    Ok(goes_on)
}

/// Returns whether a live session has or had this refresh token.
async fn is_of_live_session(service: &Service, presented: Option<&Presented>) -> Result<bool, ApiError> {
    let Some(presented) = presented else { return Ok(false) };
    Ok(store::session::is_of_live_session(&service.store.view(), presented, service.clock.now()).await?)
}

/// A token that was spent is presented again: one of the two that have it has stolen it. Returns whether the session was open.
async fn end_replayed(tx: &Tx, (session, generation): (&Session, i64), now: Timestamp) -> Result<bool, StoreError> {
    let was_open = store::session::end(tx, session.id, now).await?;
    let replayed = AuditEvent::new(AuditAction::RefreshTokenReplayed, Actor::System, now);
    store::audit::add(tx, &replayed.about(session.user).in_session(session.id)).await?;
    tracing::warn!(session.id = %session.id, session.generation = generation, "a spent refresh token was presented again: the session is ended");
    Ok(was_open)
}

/// Ends the caller's session, and that of a refresh token. Returns whether there was one.
pub async fn logout(
    service: &Service,
    caller: &Caller,
    (refresh_token, from): (Option<&str>, ClientAddress),
) -> Result<bool, ApiError> {
    let token = refresh_token.and_then(|text| RefreshToken::parse(text).ok());
    let presented = token.map(|token| presented(&token, &service.keys.followers(&token)));
    let presented = presented.as_ref();
    let write = |caller, presented| async move {
        service.store.write("logout", |tx| async move { logout_in(service, &tx, caller, presented).await }).await
    };
    match (caller, presented) {
        (Caller::Person(_), _) => write(caller, presented).await,
        (_, None) => Ok(false),
        // An unknown token is a guess, and counts as one.
        (_, Some(_)) => {
            let unknown = || ApiError::refused(ErrorCode::InvalidRefreshToken);
            let end = async { write(caller, presented).await?.then_some(()).ok_or_else(unknown) };
            let is_sound = async { is_of_live_session(service, presented).await };
            match Box::pin(within_limits_unless(service, (Work::Refresh, from), (is_sound, end))).await {
                Ok(()) => Ok(true),
                Err(error) if error.code() == ErrorCode::InvalidRefreshToken => Ok(false),
                Err(error) => Err(error),
            }
        }
    }
}

async fn logout_in(
    service: &Service,
    tx: &Tx,
    caller: &Caller,
    presented: Option<&Presented>,
) -> Result<bool, ApiError> {
    let now = service.clock.now();
    let mut ended = false;
    if let Caller::Person(signed_in) = caller {
        ended |= end_one(service, tx, signed_in, signed_in.session.id).await?;
    }
    let refreshed = match presented {
        Some(presented) => store::session::refresh(tx, presented, now).await?,
        None => Refreshed::Unknown,
    };
    if let Refreshed::Replayed { session, generation } = refreshed {
        ended |= end_replayed(tx, (&session, generation), now).await?;
    } else if let Refreshed::GoesOn { session, .. } = refreshed
        && store::session::end(tx, session.id, now).await?
    {
        ended = true;
        let event = AuditEvent::new(AuditAction::SessionEnded, Actor::Person, now).about(session.user);
        store::audit::add(tx, &event.in_session(session.id)).await?;
    }
    Ok(ended)
}

/// Converts a token and its possible successors to their stored form.
fn presented(token: &RefreshToken, followers: &[Follower]) -> Presented {
    let follows = |next: &Follower| Successor { hash: next.token.hash(), family: next.family_hash };
    Presented { hash: token.hash(), successors: followers.iter().map(follows).collect() }
}
