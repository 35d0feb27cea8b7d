//! Connections: accepts, counts, times out and closes them. See `phases` for the phases of a connection.

mod bodies;
mod phases;
mod stream;
mod table;
#[cfg(test)]
mod tests;

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use metrics::counter;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tower::ServiceExt;
use tracing::{debug, warn};

use crate::config::{ClientAddressSource, HttpSection};
use bodies::{Download, Upload};
use phases::{Evicted, Phases, TimeLimits};
use stream::Watched;
use table::{Admission, Place, Table};

/// The most bytes in a connection's buffers: the longest address that hyper reads (64 KiB), and headers.
const BUFFER: usize = 80 * 1024;
/// How long to pause after an accept error.
const PAUSE: Duration = Duration::from_millis(50);
/// How long to log no further accept error.
const QUIET: Duration = Duration::from_mins(1);

/// The limits of one listener's connections.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// The most open connections.
    max: usize,
    /// The most open connections of one address (IPv4) or block (/64 of IPv6); none where all come from proxies.
    per_address: Option<usize>,
    /// How long a client may keep the server waiting.
    time: TimeLimits,
}

impl Limits {
    /// Returns the limits of the API's listener.
    pub(crate) fn of(settings: &HttpSection) -> Self {
        let limits = &settings.connections;
        let per_address = match settings.client_address {
            ClientAddressSource::Socket => Some(limits.per_address as usize),
            // Only the company's proxies connect, and all people share their few addresses.
            ClientAddressSource::XForwardedFor => None,
        };
        let seconds = |count: u32| Duration::from_secs(count.into());
        let time = TimeLimits {
            head: seconds(limits.head_seconds),
            body: seconds(limits.body_seconds),
            body_idle: seconds(limits.body_idle_seconds),
            idle: seconds(limits.idle_seconds),
            answer: seconds(limits.answer_seconds),
        };
        Self { max: limits.max as usize, per_address, time }
    }

    /// Returns the most open connections.
    pub(crate) const fn max(self) -> usize {
        self.max
    }

    /// Returns these limits with another number of connections.
    pub(crate) fn with_max(self, max: usize) -> Self {
        Self { max, ..self }
    }
}

/// Serves connections until `stopped` completes, then lets the requests in flight finish.
///
/// When the limit is reached, a new connection replaces the one that has kept the server waiting the longest: it has
/// sent no whole request, does not read its answer, or is idle. A request that is being processed is never interrupted.
pub(crate) async fn serve(listener: TcpListener, router: Router, limits: Limits, stopped: impl Future<Output = ()>) {
    let table = Table::new(limits.max, limits.per_address);
    let (stop, stopping) = watch::channel(false);
    let mut connections = JoinSet::new();
    let mut told: Option<Instant> = None;
    let mut stopped = pin!(stopped);
    loop {
        let arrival = tokio::select! {
            () = &mut stopped => break,
            // Removes finished connections from the set.
            Some(_) = connections.join_next() => continue,
            arrival = arrival(&listener, &table) => arrival,
        };
        match arrival {
            Ok(Some((stream, peer, place))) => {
                let connection = Connection { peer, router: router.clone(), time: limits.time };
                connections.spawn(connection.hold(stream, place, stopping.clone()));
            }
            Ok(None) => {}
            Err(error) if is_of_the_client(&error) => debug!("a connection ended before it was accepted: {error}"),
            Err(error) => {
                // Most likely the file descriptors are used up: the connection that has waited the longest returns one.
                if told.is_none_or(|told| told.elapsed() >= QUIET) {
                    warn!("cannot accept connections: {error}");
                    told = Some(Instant::now());
                }
                table.close_longest_waiting();
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
    drop(listener);
    // Fails only when no connection is left.
    let _ = stop.send(true);
    while connections.join_next().await.is_some() {}
}

/// Accepts the next connection and gives it a place; `None` if it was refused. Cancel safe.
async fn arrival(listener: &TcpListener, table: &Arc<Table>) -> io::Result<Option<(TcpStream, SocketAddr, Place)>> {
    // Connections beyond the limit wait in the operating system's queue.
    table.until_there_is_room().await;
    let (stream, peer) = listener.accept().await?;
    match table.admit(peer.ip()) {
        Admission::Admitted(place) => Ok(Some((stream, peer, place))),
        Admission::Refused => {
            counter!("guiyi_connections_closed_total", "reason" => "per_address").increment(1);
            Ok(None)
        }
    }
}

/// Returns whether an error of `accept` concerns one connection only.
fn is_of_the_client(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

/// What serving a connection needs.
struct Connection {
    peer: SocketAddr,
    router: Router,
    time: TimeLimits,
}

impl Connection {
    /// Serves a connection until it ends, is told to close, or its client exceeds a time limit.
    async fn hold(self, stream: TcpStream, place: Place, stopping: watch::Receiver<bool>) {
        // Answers are written whole; Nagle's algorithm would only delay them.
        let _ = stream.set_nodelay(true);
        let closed = place.closed();
        let phases = Arc::new(Phases::new(place, self.time));
        let io = TokioIo::new(Watched::new(stream, phases.clone()));
        let answering = phases.clone();
        let service = service_fn(move |request| answer(self.router.clone(), request, (self.peer, answering.clone())));
        let connection = http1::Builder::new().max_buf_size(BUFFER).serve_connection(io, service);
        // A socket continues in a task of its own, with the connection's place.
        let mut connection = pin!(connection.with_upgrades());
        let reason = tokio::select! {
            // First, so that no request begins that would be interrupted at once.
            biased;
            () = closed.notified() => Some("full"),
            () = told(stopping) => {
                connection.as_mut().graceful_shutdown();
                phases.in_time(connection.as_mut()).await.err()
            }
            // The client broke off or sent an invalid request.
            in_time = phases.in_time(connection.as_mut()) => in_time.err(),
        };
        if let Some(reason) = reason {
            counter!("guiyi_connections_closed_total", "reason" => reason).increment(1);
            debug!(reason, "a connection was closed");
        }
    }
}

async fn told(mut stopping: watch::Receiver<bool>) {
    // An error means that the server is gone, which is a reason to stop as well.
    let _ = stopping.wait_for(|stopping| *stopping).await;
}

/// Answers one request.
async fn answer(
    router: Router,
    request: Request<Incoming>,
    (peer, phases): (SocketAddr, Arc<Phases>),
) -> Result<Response<Download>, Evicted> {
    let mut request = request.map(|body| Upload::new(body, phases.clone()));
    phases.head_read(!hyper::body::Body::is_end_stream(request.body()))?;
    request.extensions_mut().insert(ConnectInfo(peer));
    let response = router.oneshot(request.map(Body::new)).await.unwrap_or_else(|never| match never {});
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        phases.upgraded();
    } else {
        phases.answering();
    }
    Ok(response.map(|body| Download::new(body, phases)))
}
