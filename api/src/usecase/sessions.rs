//! A person sees where the account is signed in, and signs out there.
//! How a session is opened and carried on is in `session`.

use domain::{AuditAction, SessionId, UserId};
use serde_json::json;
use std::sync::Arc;
use store::{Actor, AuditEvent, OpenSession, Tx};
use tracing::info;

use super::SignedIn;
use crate::error::{ApiError, ErrorCode};
use crate::service::Service;

/// The most sessions that are listed.
const LISTED: u64 = 100;

/// A session, as its person sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedSession {
    /// The session.
    pub session: OpenSession,
    /// Whether it is the one in which the person asks.
    pub is_current: bool,
}

impl Service {
    /// The caller's open sessions, the one that was used last first: at most a hundred.
    pub async fn sessions(&self, caller: &SignedIn) -> Result<Vec<ListedSession>, ApiError> {
        let open = self.store.view().open_sessions(caller.user.id, self.clock.now(), LISTED).await?;
        let listed = |session: OpenSession| ListedSession { is_current: session.id == caller.session.id, session };
        Ok(open.into_iter().map(listed).collect())
    }

    /// Ends one of the caller's sessions; answers whether it was open. Another person's is as unknown as one that never was.
    pub async fn end_session(&self, caller: &SignedIn, id: SessionId) -> Result<bool, ApiError> {
        self.store.write("end_session", |tx: Arc<Tx>| async move { self.end_one(&tx, caller, id).await }).await
    }

    pub(super) async fn end_one(&self, tx: &Tx, caller: &SignedIn, id: SessionId) -> Result<bool, ApiError> {
        let now = self.clock.now();
        // The own session may have gone on as another account in this request.
        let ended = if id == caller.session.id {
            tx.end_session(id, now).await?
        } else {
            tx.end_session_of(caller.user.id, id, now).await?
        };
        if ended {
            let event = AuditEvent::new(AuditAction::SessionEnded, Actor::Person, now).about(caller.user.id);
            let by = json!({ "bySession": caller.session.id.to_string() });
            tx.audit(&event.in_session(id).saying(by)).await?;
        }
        Ok(ended)
    }

    /// Ends all sessions of the caller, perhaps except this one; answers how many.
    pub async fn logout_everywhere(&self, caller: &SignedIn, except_this: bool) -> Result<u64, ApiError> {
        let session = caller.session.id;
        let end_all = |tx: Arc<Tx>| async move { self.logout_everywhere_in(&tx, session, except_this).await };
        let (user, ended) = self.store.write("logout_everywhere", end_all).await?;
        info!(user.id = %user, ended, "signed out everywhere");
        Ok(ended)
    }

    /// The account is held meanwhile: a merge that is under way is waited for, and the sessions of whatever account the
    /// caller's session has become end.
    async fn logout_everywhere_in(
        &self,
        tx: &Tx,
        session: SessionId,
        except_this: bool,
    ) -> Result<(UserId, u64), ApiError> {
        let now = self.clock.now();
        let held = tx.hold(session, now).await?.ok_or_else(|| ApiError::refused(ErrorCode::Unauthenticated))?;
        let user = held.account.id;
        let ended = tx.end_sessions_of(&[user], except_this.then_some(session), now).await?;
        let event = AuditEvent::new(AuditAction::SessionsEnded, Actor::Person, now).about(user).in_session(session);
        tx.audit(&event.saying(json!({ "ended": ended, "exceptThis": except_this }))).await?;
        Ok((user, ended))
    }
}
