//! The sandbox's server: accepts connections, with or without TLS, until it is stopped.

mod connection;
mod peer;
#[cfg(test)]
mod tests;
mod tls;

use std::future::Future;
use std::io;
use std::net::SocketAddr;

use axum::Router;
use axum::serve::Listener;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use connection::Connection;

pub(crate) use peer::Peer;
pub use tls::{Tls, TlsError};

/// Serves connections until `stopped` completes; then lets the requests in flight finish.
pub(crate) async fn serve(
    router: Router,
    arrivals: Arrivals,
    stopped: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let each_with_its_peer = router.into_make_service_with_connect_info::<Peer>();
    axum::serve(arrivals, each_with_its_peer).with_graceful_shutdown(stopped).await
}

/// The connections that are ready to be served.
#[derive(Debug)]
pub(crate) struct Arrivals {
    listener: TcpListener,
    tls: Option<Tls>,
    /// Pending TLS handshakes, so that a slow client delays no other; all are aborted when the listener is dropped.
    handshakes: JoinSet<Option<(Connection, SocketAddr)>>,
}

impl Arrivals {
    pub(crate) fn new(listener: TcpListener, tls: Option<Tls>) -> Self {
        Self { listener, tls, handshakes: JoinSet::new() }
    }
}

impl Listener for Arrivals {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        loop {
            // Both are cancel safe, so no connection is lost. The listener itself waits after an error.
            tokio::select! {
                (stream, address) = Listener::accept(&mut self.listener) => match &self.tls {
                    None => return (Connection::plain(stream), address),
                    Some(tls) => {
                        let tls = tls.clone();
                        self.handshakes.spawn(async move {
                            let stream = tls.shake_hands(stream, address).await?;
                            Some((Connection::secure(stream), address))
                        });
                    }
                },
                Some(done) = self.handshakes.join_next() => {
                    if let Ok(Some(ready)) = done {
                        return ready;
                    }
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}
