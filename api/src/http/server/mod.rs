//! Connections: accepted, counted, timed and closed.
//! What is answered on them is the router's business; how a connection's phases are told apart, `phases`'.

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
use hyper::{Request, Response};
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

/// The most that a connection's buffers hold: the longest address that hyper reads (64 KiB), and headers.
const BUFFER: usize = 80 * 1024;
/// How long to leave the listener alone when it fails.
const PAUSE: Duration = Duration::from_millis(50);
/// How long the log says nothing more of it.
const QUIET: Duration = Duration::from_mins(1);

/// What the connections of one listener are limited to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// The most that are open at a time.
    max: usize,
    /// The most that one address (IPv4) or block (/64 of IPv6) has open at a time; none where all come from proxies.
    per_address: Option<usize>,
    /// How long a client may keep us waiting.
    time: TimeLimits,
}

impl Limits {
    /// The limits of the API's listener.
    pub(crate) fn of(settings: &HttpSection) -> Self {
        let limits = &settings.connections;
        let per_address = match settings.client_address {
            ClientAddressSource::Socket => Some(limits.per_address as usize),
            // Our own proxies are the only ones who connect, and all people share their few addresses.
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

    /// The same limits with another number of connections.
    pub(crate) fn with_max(self, max: usize) -> Self {
        Self { max, ..self }
    }
}

/// Serves connections until `stopped` is over; then lets the requests in flight finish.
///
/// When all places are taken, the connection that has kept us waiting the longest is closed for the newcomer: one that
/// has sent no whole request, does not read its answer, or is idle. A request that is being worked on is never cut off.
pub(crate) async fn serve(listener: TcpListener, router: Router, limits: Limits, stopped: impl Future<Output = ()>) {
    let table = Table::new(limits.max, limits.per_address);
    let (stop, stopping) = watch::channel(false);
    let mut connections = JoinSet::new();
    let mut told: Option<Instant> = None;
    let mut stopped = pin!(stopped);
    loop {
        let arrival = tokio::select! {
            () = &mut stopped => break,
            // Those that have ended are not to pile up.
            Some(_) = connections.join_next() => continue,
            arrival = arrival(&listener, &table) => arrival,
        };
        match arrival {
            Ok(Some((stream, peer, place))) => {
                let connection = Connection { peer, router: router.clone(), time: limits.time };
                connections.spawn(connection.hold(stream, place, stopping.clone()));
            }
            Ok(None) => {}
            Err(error) if is_of_the_client(&error) => debug!("a connection was gone before it was accepted: {error}"),
            Err(error) => {
                // Most likely no file descriptor is left: whoever keeps us waiting the longest gives one back.
                if told.is_none_or(|told| told.elapsed() >= QUIET) {
                    warn!("connections cannot be accepted: {error}");
                    told = Some(Instant::now());
                }
                table.close_longest_waiting();
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
    drop(listener);
    // Connections hear of it as long as there are any.
    let _ = stop.send(true);
    while connections.join_next().await.is_some() {}
}

/// The next connection that has a place; none if it was refused. Can be given up halfway.
async fn arrival(listener: &TcpListener, table: &Arc<Table>) -> io::Result<Option<(TcpStream, SocketAddr, Place)>> {
    // Who finds no place waits in the queue of the operating system.
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

/// Errors of `accept` that are of one connection and say nothing about the next.
fn is_of_the_client(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

/// What a connection is served with.
struct Connection {
    peer: SocketAddr,
    router: Router,
    time: TimeLimits,
}

impl Connection {
    /// Serves a connection until it ends, has to end, or its client takes too long.
    async fn hold(self, stream: TcpStream, place: Place, stopping: watch::Receiver<bool>) {
        // Answers are written at once; waiting for more to send would only delay them.
        let _ = stream.set_nodelay(true);
        let closed = place.closed();
        let phases = Arc::new(Phases::new(place, self.time));
        let io = TokioIo::new(Watched::new(stream, phases.clone()));
        let answering = phases.clone();
        let service = service_fn(move |request| answer(self.router.clone(), request, (self.peer, answering.clone())));
        let mut connection = pin!(http1::Builder::new().max_buf_size(BUFFER).serve_connection(io, service));
        let reason = tokio::select! {
            // First, so that no request is begun that would be cut off at once.
            biased;
            () = closed.notified() => Some("full"),
            () = told(stopping) => {
                connection.as_mut().graceful_shutdown();
                phases.in_time(connection.as_mut()).await.err()
            }
            // An error is the client's: it broke off or sent nonsense.
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
    phases.answering();
    Ok(response.map(|body| Download::new(body, phases)))
}
