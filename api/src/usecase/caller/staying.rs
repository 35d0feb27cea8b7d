//! The caller of a connection that stays open: how long the access token is valid, and whether the session still is.

use std::sync::Arc;

use domain::{SessionId, Timestamp, UserId};
use tokio::sync::watch::Receiver;

use super::{Caller, ClientAddress, identify};
use crate::error::ApiError;
use crate::service::Service;
use crate::usecase::polled::Seen;

/// Why a caller may no longer stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Left {
    /// The access token has expired.
    TokenExpired,
    /// The session was ended, or its account closed, perhaps by another replica.
    SessionEnded,
    /// The session is of another account since a merge or its undo.
    SessionMoved,
}

/// The caller of a connection that stays open.
#[derive(Debug, Clone)]
pub(crate) struct Staying {
    caller: Caller,
    /// A person's session; an anonymous caller has none.
    session: Option<Watched>,
}

#[derive(Debug, Clone)]
struct Watched {
    user: UserId,
    until: Timestamp,
    account: Receiver<Seen<UserId>>,
}

impl Staying {
    /// Identifies the caller by an access token or none, like [`identify`].
    pub(crate) async fn identify(
        service: &Arc<Service>,
        bearer: Option<&str>,
        from: ClientAddress,
    ) -> Result<Self, ApiError> {
        let until = bearer.and_then(|token| service.access.verify_until(token, service.clock.now()));
        let caller = identify(service, (bearer, false), from).await?;
        let session = match (&caller, until) {
            (Caller::Person(signed_in), Some((_, until))) => {
                let account = follow(service, signed_in.session.id);
                Some(Watched { user: signed_in.user.id, until: until.min(signed_in.session.expires_at), account })
            }
            _ => None,
        };
        Ok(Self { caller, session })
    }

    /// Returns the caller.
    pub(crate) const fn caller(&self) -> &Caller {
        &self.caller
    }

    /// Returns why the caller may no longer stay; `None` as long as it may.
    pub(crate) fn left(&self, now: Timestamp) -> Option<Left> {
        let session = self.session.as_ref()?;
        if session.until <= now {
            return Some(Left::TokenExpired);
        }
        match *session.account.borrow() {
            Seen::Unread => None,
            Seen::Gone => Some(Left::SessionEnded),
            Seen::Is(user) => (user != session.user).then_some(Left::SessionMoved),
        }
    }
}

fn follow(service: &Arc<Service>, session: SessionId) -> Receiver<Seen<UserId>> {
    let reader = service.clone();
    service.polled_sessions.follow(session, move |sessions| {
        let service = reader.clone();
        async move { store::session::accounts_of(&service.store.view(), &sessions, service.clock.now()).await }
    })
}
