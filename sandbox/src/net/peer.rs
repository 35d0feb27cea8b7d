//! The caller: the address at the other end of the connection, and a handle to reset the connection.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr};

use axum::extract::FromRequestParts;
use axum::extract::connect_info::{ConnectInfo, Connected};
use axum::http::Extensions;
use axum::http::request::Parts;
use axum::serve::IncomingStream;

use super::Arrivals;
use super::connection::Reset;

/// The caller. For a router without a socket, it is this machine, without TLS.
#[derive(Debug, Clone)]
pub(crate) struct Peer {
    /// The caller's address.
    pub(crate) ip: IpAddr,
    /// Whether the call came over TLS.
    pub(crate) secure: bool,
    reset: Option<Reset>,
}

impl Peer {
    /// Returns the sender of a request with these extensions.
    pub(crate) fn of(extensions: &Extensions) -> Self {
        match extensions.get::<ConnectInfo<Self>>() {
            Some(ConnectInfo(peer)) => peer.clone(),
            None => Self { ip: Ipv4Addr::LOCALHOST.into(), secure: false, reset: None },
        }
    }

    /// Resets the connection in place of the answer, of which the caller receives nothing. Returns `false` if there is no
    /// connection: then another answer is needed.
    pub(crate) fn reset(&self) -> bool {
        self.reset.as_ref().is_some_and(|reset| {
            reset.order();
            true
        })
    }
}

impl Connected<IncomingStream<'_, Arrivals>> for Peer {
    fn connect_info(stream: IncomingStream<'_, Arrivals>) -> Self {
        let connection = stream.io();
        // A dual-stack socket shows 127.0.0.1 as ::ffff:127.0.0.1.
        let ip = stream.remote_addr().ip().to_canonical();
        Self { ip, secure: connection.is_secure(), reset: Some(connection.reset()) }
    }
}

impl<S: Sync> FromRequestParts<S> for Peer {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.extensions))
    }
}
