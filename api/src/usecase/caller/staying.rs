//! The caller of a connection that stays open: how long the access token is valid, and whether the session still is.

use std::sync::Arc;

use domain::{ServiceTokenId, SessionId, Timestamp, UserId};
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
    /// The service token has expired or was revoked.
    TokenInvalid,
}

/// The caller of a connection that stays open.
#[derive(Debug, Clone)]
pub(crate) struct Staying {
    caller: Caller,
    /// What ends the stay; an anonymous caller has nothing.
    watched: Option<Watched>,
}

#[derive(Debug, Clone)]
enum Watched {
    /// A person's session.
    Session { user: UserId, until: Timestamp, account: Receiver<Seen<UserId>> },
    /// A system's service token.
    Token(Receiver<Seen<Option<Timestamp>>>),
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
        let watched = match (&caller, until) {
            (Caller::Person(signed_in), Some((_, until))) => {
                let account = follow(service, signed_in.session.id);
                let until = until.min(signed_in.session.expires_at);
                Some(Watched::Session { user: signed_in.user.id, until, account })
            }
            (Caller::System(token), _) => Some(Watched::Token(follow_token(service, token.id))),
            _ => None,
        };
        Ok(Self { caller, watched })
    }

    /// Returns the caller.
    pub(crate) const fn caller(&self) -> &Caller {
        &self.caller
    }

    /// Returns why the caller may no longer stay; `None` as long as it may.
    pub(crate) fn left(&self, now: Timestamp) -> Option<Left> {
        match self.watched.as_ref()? {
            Watched::Session { until, .. } if *until <= now => Some(Left::TokenExpired),
            Watched::Session { user, account, .. } => match *account.borrow() {
                Seen::Unread => None,
                Seen::Gone => Some(Left::SessionEnded),
                Seen::Is(owner) => (owner != *user).then_some(Left::SessionMoved),
            },
            Watched::Token(token) => match *token.borrow() {
                Seen::Unread | Seen::Is(None) => None,
                Seen::Gone => Some(Left::TokenInvalid),
                Seen::Is(Some(until)) => (until <= now).then_some(Left::TokenInvalid),
            },
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

fn follow_token(service: &Arc<Service>, token: ServiceTokenId) -> Receiver<Seen<Option<Timestamp>>> {
    let reader = service.clone();
    service.polled_tokens.follow(token, move |tokens| {
        let service = reader.clone();
        async move { store::service_token::valid(&service.store.view(), &tokens, service.clock.now()).await }
    })
}
