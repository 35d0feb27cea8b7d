//! Tests of connections on loopback: which are served, which are closed, and when.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::routing::{get, post};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;

use super::{Limits, TimeLimits, serve};
use crate::config::{Source, load};

/// Longer than any test takes.
const NEVER: Duration = Duration::from_mins(10);
/// Short enough to wait for.
const SOON: Duration = Duration::from_millis(100);
const PATIENT: TimeLimits = TimeLimits { head: NEVER, body: NEVER, body_idle: NEVER, idle: NEVER, answer: NEVER };
/// More than the buffers of two sockets hold.
const LARGE: usize = 64 << 20;

struct Server {
    address: SocketAddr,
    /// Releases the slow request.
    go_on: Arc<Notify>,
    /// Signals that a slow request has begun.
    begun: Arc<Notify>,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<()>,
}

impl Server {
    async fn start(max: usize, per_address: Option<usize>, time: TimeLimits) -> Self {
        let (begun, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let slow = {
            let (begun, go_on) = (begun.clone(), go_on.clone());
            async move || {
                begun.notify_one();
                go_on.notified().await;
                "done"
            }
        };
        let router = Router::new()
            .route("/", get(async || "here"))
            .route("/peer", get(async |peer: ConnectInfo<SocketAddr>| peer.0.ip().to_string()))
            .route("/slow", get(slow))
            .route("/large", get(async || Body::from(vec![b'x'; LARGE])))
            .route("/echo", post(async |body: String| body));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (stop, stopped) = oneshot::channel();
        let limits = Limits { max, per_address, time };
        let stopped = async { stopped.await.expect("the test says when") };
        let ended = tokio::spawn(serve(listener, router, limits, stopped));
        Self { address, go_on, begun, stop, ended }
    }

    /// Opens a connection and sends `text`.
    async fn send(&self, text: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.expect("a connection");
        stream.write_all(text.as_bytes()).await.expect("the write succeeds");
        stream
    }

    /// Opens a connection that has been answered once and is idle.
    async fn idle(&self) -> TcpStream {
        let mut stream = self.send("GET / HTTP/1.1\r\nhost: x\r\n\r\n").await;
        assert!(until(&mut stream, "here").await);
        stream
    }

    async fn get(&self, path: &str) -> String {
        all(&mut self.send(&format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")).await).await
    }
}

/// Reads until `end` arrives; returns false if the connection ends first.
async fn until(stream: &mut TcpStream, end: &str) -> bool {
    let mut seen = Vec::new();
    while !seen.ends_with(end.as_bytes()) {
        match stream.read_u8().await {
            Ok(byte) => seen.push(byte),
            Err(_) => return false,
        }
    }
    true
}

/// Reads until the connection ends, for whatever reason.
async fn all(stream: &mut TcpStream) -> String {
    let mut seen = Vec::new();
    // A reset also ends it.
    let _ = stream.read_to_end(&mut seen).await;
    String::from_utf8(seen).expect("text")
}

#[test]
fn behind_proxies_an_address_has_no_share() {
    let share = |source: &str| {
        let overrides = toml::toml! { http = { client_address = source } };
        let config = load(&Source { overrides, ..Source::default() }).expect("sound settings");
        Limits::of(&config.http).per_address
    };

    assert_eq!(share("socket"), Some(256));
    assert_eq!(share("x-forwarded-for"), None);
}

#[tokio::test]
async fn a_handler_knows_who_connected() {
    let server = Server::start(16, None, PATIENT).await;

    assert!(server.get("/peer").await.ends_with("127.0.0.1"));
}

#[tokio::test]
async fn a_client_that_keeps_us_waiting_is_closed() {
    let late = [
        ("a head that never comes", TimeLimits { head: SOON, ..PATIENT }, ""),
        ("half a head", TimeLimits { head: SOON, ..PATIENT }, "GET / HTTP/1.1\r\nhost: x\r\nx-slow: "),
        (
            "half a body",
            TimeLimits { body_idle: SOON, ..PATIENT },
            "POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nhalf",
        ),
        (
            "a body that comes by drops",
            TimeLimits { body: SOON, ..PATIENT },
            "POST /echo HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n",
        ),
    ];
    for (what, time, sent) in late {
        let server = Server::start(16, None, time).await;

        let answer = all(&mut server.send(sent).await).await;

        assert_eq!(answer, "", "{what}");
    }
}

#[tokio::test]
async fn half_of_the_next_head_is_late_as_well() {
    let server = Server::start(16, None, TimeLimits { head: SOON, ..PATIENT }).await;
    let mut stream = server.idle().await;

    stream.write_all(b"GET / HTTP/1.1\r\n").await.expect("the write succeeds");

    assert_eq!(all(&mut stream).await, "");
}

#[tokio::test]
async fn a_connection_on_which_nothing_is_asked_is_closed() {
    let server = Server::start(16, None, TimeLimits { idle: SOON, ..PATIENT }).await;
    let mut stream = server.idle().await;

    assert_eq!(all(&mut stream).await, "");
}

#[tokio::test]
async fn an_answer_that_is_not_taken_is_cut_off() {
    let server = Server::start(16, None, TimeLimits { answer: SOON, ..PATIENT }).await;
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4096).expect("a small buffer");
    let mut stream = socket.connect(server.address).await.expect("a connection");
    stream.write_all(b"GET /large HTTP/1.1\r\nhost: x\r\n\r\n").await.expect("the write succeeds");

    // Writing works until the server closes the connection.
    while stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.is_ok() {
        tokio::time::sleep(SOON / 10).await;
    }

    assert!(all(&mut stream).await.len() < LARGE);
}

#[tokio::test]
async fn a_request_may_take_longer_than_its_client() {
    let time = TimeLimits { head: SOON, body: SOON, body_idle: SOON, idle: SOON, answer: SOON };
    let server = Server::start(16, None, time).await;
    let mut slow = server.send("GET /slow HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
    server.begun.notified().await;

    // An idle connection opens and closes, which proves that the time limits have passed.
    all(&mut server.idle().await).await;
    server.go_on.notify_one();

    assert!(all(&mut slow).await.ends_with("done"));
}

#[tokio::test]
async fn when_all_places_are_taken_the_one_that_waits_the_longest_goes() {
    let server = Server::start(16, None, PATIENT).await;
    let mut slow = server.send("GET /slow HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
    server.begun.notified().await;
    let mut first = server.idle().await;
    let mut others = Vec::new();

    for _ in 0..100 {
        others.push(server.send("GET / HTTP/1.1\r\n").await);
        assert!(server.get("/").await.ends_with("here"));
    }

    assert_eq!(all(&mut first).await, "");
    server.go_on.notify_one();
    assert!(all(&mut slow).await.ends_with("done"), "what is worked on goes on");
}

#[tokio::test]
async fn an_address_takes_no_more_than_its_share() {
    let server = Server::start(16, Some(2), PATIENT).await;
    let mut slow = server.send("GET /slow HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
    server.begun.notified().await;

    let mut idle = server.idle().await;
    let mut other = server.send("GET /slow HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
    server.begun.notified().await;
    let mut refused = server.send("GET / HTTP/1.1\r\nhost: x\r\n\r\n").await;

    assert_eq!(all(&mut idle).await, "", "the waiting connection is closed");
    assert_eq!(all(&mut refused).await, "", "no connection is waiting");
    server.go_on.notify_waiters();
    assert!(all(&mut slow).await.ends_with("done") && all(&mut other).await.ends_with("done"));
}

#[tokio::test]
async fn told_to_stop_it_finishes_what_it_has_begun_and_takes_nothing_new() {
    let server = Server::start(16, None, TimeLimits { head: SOON, ..PATIENT }).await;
    let mut slow = server.send("GET /slow HTTP/1.1\r\nhost: x\r\n\r\n").await;
    server.begun.notified().await;
    let mut idle = server.idle().await;

    server.stop.send(()).expect("it listens");

    assert_eq!(all(&mut idle).await, "");
    server.go_on.notify_one();
    assert!(all(&mut slow).await.ends_with("done"));
    server.ended.await.expect("it ends well");
    TcpStream::connect(server.address).await.expect_err("a closed listener");
}
