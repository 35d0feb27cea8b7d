//! Sessions: opened by a login, carried on by refresh tokens, ended by a logout or a replay.
//! What the tokens look like is `token`'s business.

use chrono::TimeDelta;
use domain::{AppId, Boundness, DeviceId, SessionId, Timestamp, UserId};
use store::{NewSession, Session, Spent, Tx};

use super::Caller;
use crate::error::{ApiError, ErrorCode};
use crate::service::Service;
use crate::token;

/// How long a spent refresh token still gets its successor, so that two tabs that refresh at once both go on.
const GRACE: TimeDelta = TimeDelta::seconds(10);

/// A session that is about to be opened.
#[derive(Debug, Clone, Copy)]
pub(super) struct Opening<'a> {
    /// Its id.
    pub(super) id: SessionId,
    /// Who signed in.
    pub(super) user: UserId,
    /// Through which app.
    pub(super) app: &'a AppId,
    /// On which device.
    pub(super) device: DeviceId,
    /// R15: whether the login was bound to its browser or device.
    pub(super) bound: Boundness,
}

/// What a signed-in client carries.
pub struct SessionTokens {
    /// For the `Authorization` header of every request.
    pub access_token: String,
    /// For `refresh`, once.
    pub refresh_token: String,
    /// Until when the access token holds.
    pub expires_at: Timestamp,
}

impl std::fmt::Debug for SessionTokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SessionTokens").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

impl Service {
    /// Opens a session, with its first refresh token, for a user who has just proved to be one through an app.
    pub(super) async fn open_session(
        &self,
        tx: &Tx,
        Opening { id, user, app, device, bound }: Opening<'_>,
        refresh_token: &str,
    ) -> Result<Session, ApiError> {
        let now = self.clock.now();
        let expires_at = now.plus(TimeDelta::days(self.config.tokens.refresh_days.into()));
        let (app, device, refresh_hash) = (Some(app.clone()), Some(device), token::hash(refresh_token));
        tx.open_session(&NewSession { id, user, app, device, bound, refresh_hash, signed_in_at: now, expires_at })
            .await?;
        Ok(Session { id, user, bound, signed_in_at: now, expires_at, device })
    }

    /// Lets a session go on as another account, with a new refresh token: its old ones end.
    pub(super) async fn go_on_as(
        &self,
        tx: &Tx,
        session: &Session,
        user: UserId,
    ) -> Result<(Session, String), ApiError> {
        tx.move_session(session.id, user).await?;
        let refresh_token = token::refresh_token();
        tx.add_refresh_token(session.id, &token::hash(&refresh_token), self.clock.now(), session.expires_at).await?;
        Ok((Session { user, ..*session }, refresh_token))
    }

    /// The tokens of a session.
    pub(super) fn tokens(&self, session: &Session, refresh_token: String) -> SessionTokens {
        let (access_token, expires_at) = self.access.issue(session.user, session.id, self.clock.now());
        SessionTokens { access_token, refresh_token, expires_at }
    }

    /// Exchanges a refresh token for its successor. A late replay ends the session: one of the two was stolen.
    pub async fn refresh(&self, refresh_token: &str) -> Result<SessionTokens, ApiError> {
        let now = self.clock.now();
        let successor = self.keys.successor(refresh_token);
        let tx = self.store.begin().await?;
        let session = match tx.spend(&token::hash(refresh_token), now).await? {
            Spent::Fresh(session) => {
                tx.add_refresh_token(session.id, &token::hash(&successor), now, session.expires_at).await?;
                Some(session)
            }
            Spent::Again { session, spent_at } if now <= spent_at.plus(GRACE) => Some(session),
            Spent::Again { session, .. } => {
                tx.end_session(session.id, now).await?;
                tracing::warn!(session.id = %session.id, "a spent refresh token came back: the session is ended");
                None
            }
            Spent::Unknown | Spent::Expired | Spent::Ended => None,
        };
        tx.commit().await?;
        let session = session.ok_or_else(|| ApiError::refused(ErrorCode::InvalidRefreshToken))?;
        Ok(self.tokens(&session, successor))
    }

    /// Ends the caller's session; answers whether there was one.
    pub async fn logout(&self, caller: &Caller) -> Result<bool, ApiError> {
        let Caller::Person(signed_in) = caller else { return Ok(false) };
        let tx = self.store.begin().await?;
        let ended = tx.end_session(signed_in.session.id, self.clock.now()).await?;
        tx.commit().await?;
        Ok(ended)
    }
}
