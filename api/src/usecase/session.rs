//! Sessions: opened by a login, carried on by refresh tokens, ended by a logout or a replay.
//! What the tokens look like is `token`'s business.

use chrono::TimeDelta;
use domain::{AppId, AuditAction, Boundness, DeviceId, SessionId, Timestamp, UserId};
use std::sync::Arc;
use store::{Actor, AuditEvent, NewSession, Presented, Refreshed, Session, SignedInFrom, Successor, Tx};

use super::Caller;
use crate::error::{ApiError, ErrorCode};
use crate::service::Service;
use crate::token::{Follower, RefreshToken};

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
    /// From where.
    pub(super) from: &'a SignedInFrom,
}

/// What a signed-in client carries.
pub struct SessionTokens {
    /// For the `Authorization` header of every request.
    pub access_token: String,
    /// For `refresh`, once; absent once it was handed over in another way than with the others.
    pub refresh_token: Option<RefreshToken>,
    /// How long the session goes on, if it is not ended.
    pub refresh_life: TimeDelta,
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
        Opening { id, user, app, device, bound, from }: Opening<'_>,
        refresh_token: &RefreshToken,
    ) -> Result<Session, ApiError> {
        let now = self.clock.now();
        let from = from.clone();
        let expires_at = now.plus(TimeDelta::days(self.config.tokens.refresh_days.into()));
        let (app, device, refresh_hash) = (Some(app.clone()), Some(device), refresh_token.hash());
        let new = NewSession { id, user, app, device, bound, refresh_hash, signed_in_at: now, expires_at, from };
        tx.open_session(&new).await?;
        Ok(Session { id, user, bound, signed_in_at: now, expires_at, device })
    }

    /// Reassigns a session to another account, with another refresh token: its old ones are revoked.
    pub(super) async fn reassign_session(
        &self,
        tx: &Tx,
        session: &Session,
        (user, refresh_token): (UserId, RefreshToken),
    ) -> Result<SessionTokens, ApiError> {
        tx.move_session(session.id, user, &refresh_token.hash()).await?;
        Ok(self.tokens(&Session { user, ..*session }, refresh_token))
    }

    /// The tokens of a session.
    pub(super) fn tokens(&self, session: &Session, refresh_token: RefreshToken) -> SessionTokens {
        let now = self.clock.now();
        let (access_token, expires_at) = self.access.issue(session.user, session.id, now);
        let refresh_life = TimeDelta::milliseconds(session.expires_at.millis() - now.millis());
        SessionTokens { access_token, refresh_token: Some(refresh_token), refresh_life, expires_at }
    }

    /// Exchanges a refresh token for its successor. A replay ends the session: one of the two was stolen.
    pub async fn refresh(&self, refresh_token: &str) -> Result<SessionTokens, ApiError> {
        let rejected = || ApiError::refused(ErrorCode::InvalidRefreshToken);
        let token = RefreshToken::parse(refresh_token).map_err(|_| rejected())?;
        let mut followers = self.keys.followers(&token);
        let presented = &Self::presented(&token, &followers);
        let refresh = |tx: Arc<Tx>| async move { self.refresh_in(&tx, presented).await };
        let refreshed = self.store.write("refresh_session", refresh).await?;
        let (session, successor) = refreshed.ok_or_else(rejected)?;
        Ok(self.tokens(&session, followers.swap_remove(successor).token))
    }

    /// The session and which successor of the token is its newest one, if it goes on.
    async fn refresh_in(&self, tx: &Tx, presented: &Presented) -> Result<Option<(Session, usize)>, ApiError> {
        let now = self.clock.now();
        let goes_on = match tx.refresh(presented, now).await? {
            Refreshed::GoesOn { session, successor, .. } => Some((session, successor)),
            Refreshed::Replayed { session, generation } => {
                tx.end_session(session.id, now).await?;
                let replayed = AuditEvent::new(AuditAction::RefreshTokenReplayed, Actor::System, now);
                tx.audit(&replayed.about(session.user).in_session(session.id)).await?;
                tracing::warn!(session.id = %session.id, session.generation = generation, "a spent refresh token came back: the session is ended");
                None
            }
            Refreshed::Closed => return Err(ApiError::refused(ErrorCode::AccountClosed)),
            Refreshed::Unknown | Refreshed::Expired | Refreshed::Ended => None,
        };
        Ok(goes_on)
    }

    /// Ends the caller's session, and that of a refresh token; answers whether there was one.
    pub async fn logout(&self, caller: &Caller, refresh_token: Option<&str>) -> Result<bool, ApiError> {
        let token = refresh_token.and_then(|text| RefreshToken::parse(text).ok());
        let presented = token.map(|token| Self::presented(&token, &self.keys.followers(&token)));
        let presented = presented.as_ref();
        self.store.write("logout", |tx| async move { self.logout_in(&tx, caller, presented).await }).await
    }

    async fn logout_in(&self, tx: &Tx, caller: &Caller, presented: Option<&Presented>) -> Result<bool, ApiError> {
        let now = self.clock.now();
        let mut ended = false;
        if let Caller::Person(signed_in) = caller {
            ended |= self.end_one(tx, signed_in, signed_in.session.id).await?;
        }
        if let Some(presented) = presented
            && let Refreshed::GoesOn { session, .. } | Refreshed::Replayed { session, .. } =
                tx.refresh(presented, now).await?
            && tx.end_session(session.id, now).await?
        {
            ended = true;
            let event = AuditEvent::new(AuditAction::SessionEnded, Actor::Person, now).about(session.user);
            tx.audit(&event.in_session(session.id)).await?;
        }
        Ok(ended)
    }

    /// A token and what may follow it, as the database knows them.
    fn presented(token: &RefreshToken, followers: &[Follower]) -> Presented {
        let follows = |next: &Follower| Successor { hash: next.token.hash(), family: next.family_hash };
        Presented { hash: token.hash(), successors: followers.iter().map(follows).collect() }
    }
}
