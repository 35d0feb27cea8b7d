//! Tests of the server with a minimal router: what a handler learns about its caller, and resets. See `tests/socket`
//! for the sandbox's own router.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::Request;
use axum::routing::get;
use http_body_util::BodyExt;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, pem::PemObject};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tower::ServiceExt;

use super::{Arrivals, Peer, Tls, serve};

const CERTIFICATE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/socket/fixtures/for-tests-only.cert.pem");
const KEY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/socket/fixtures/for-tests-only.key.pem");

/// A server and what its clients need to know.
#[derive(Clone, Copy)]
struct Server {
    address: SocketAddr,
    secure: bool,
}

/// Stops the server, and returns its result.
type End = (oneshot::Sender<()>, JoinHandle<std::io::Result<()>>);

impl Server {
    async fn start(router: Router, secure: bool) -> (Self, End) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let tls = secure.then(|| Tls::from_pem_files(Path::new(CERTIFICATE), Path::new(KEY)).expect("a certificate"));
        let (stop, stopped) = oneshot::channel();
        let stopped = async { stopped.await.expect("the test says when to stop") };
        let ended = tokio::spawn(serve(router, Arrivals::new(listener, tls), stopped));
        (Self { address, secure }, (stop, ended))
    }

    async fn connect(&self) -> Box<dyn Duplex> {
        let stream = TcpStream::connect(self.address).await.expect("a connection");
        if !self.secure {
            return Box::new(stream);
        }
        let mut trusted = RootCertStore::empty();
        trusted.add(CertificateDer::from_pem_file(CERTIFICATE).expect("a certificate")).expect("it can be trusted");
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let config = config.with_safe_default_protocol_versions().expect("versions");
        let config = Arc::new(config.with_root_certificates(trusted).with_no_client_auth());
        let name = ServerName::try_from("api.weixin.qq.com").expect("a name");
        Box::new(TlsConnector::from(config).connect(name, stream).await.expect("a handshake"))
    }

    /// Opens a connection, sends one request, and returns everything that was received.
    async fn get(&self, path: &str) -> (std::io::Result<usize>, String) {
        let mut stream = self.connect().await;
        let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.expect("the request leaves");
        let mut answer = Vec::new();
        let end = stream.read_to_end(&mut answer).await;
        (end, String::from_utf8(answer).expect("text"))
    }
}

trait Duplex: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Duplex for T {}

fn router() -> Router {
    Router::new()
        .route("/peer", get(|peer: Peer| async move { format!("{} {}", peer.ip, peer.secure) }))
        .route("/reset", get(|peer: Peer| async move { format!("reset: {}", peer.reset()) }))
}

#[tokio::test]
async fn a_handler_knows_who_called_and_whether_over_tls() {
    for (secure, expected) in [(false, "127.0.0.1 false"), (true, "127.0.0.1 true")] {
        let (server, _end) = Server::start(router(), secure).await;

        let (end, answer) = server.get("/peer").await;

        assert!(end.is_ok() && answer.ends_with(expected), "{answer}");
    }
}

#[tokio::test]
async fn without_a_socket_this_machine_calls_and_nothing_can_be_reset() {
    let mut answers = Vec::new();
    for path in ["/peer", "/reset"] {
        let request = Request::get(path).body(Body::empty()).expect("a request");
        let body = router().oneshot(request).await.expect("an answer").into_body();
        answers.push(body.collect().await.expect("a whole body").to_bytes());
    }

    assert_eq!(answers, ["127.0.0.1 false", "reset: false"]);
}

#[tokio::test]
async fn a_reset_reaches_the_client_as_such_without_one_byte_of_an_answer() {
    for secure in [false, true] {
        let (server, _end) = Server::start(router(), secure).await;

        let (end, answer) = server.get("/reset").await;
        let (_, next) = server.get("/peer").await;

        let error = end.expect_err("a reset");
        assert_eq!((error.kind(), answer.as_str()), (std::io::ErrorKind::ConnectionReset, ""), "TLS: {secure}");
        assert!(next.starts_with("HTTP/1.1 200 OK\r\n"), "{next}");
    }
}

#[tokio::test]
async fn told_to_stop_it_finishes_what_it_has_begun_and_takes_nothing_new() {
    for secure in [false, true] {
        let (arrived, release) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let slow = |State((arrived, release)): State<(Arc<Notify>, Arc<Notify>)>| async move {
            arrived.notify_one();
            release.notified().await;
            "done"
        };
        let router = Router::new().route("/slow", get(slow)).with_state((Arc::clone(&arrived), Arc::clone(&release)));
        let (server, (stop, ended)) = Server::start(router, secure).await;
        let in_flight = tokio::spawn(async move { server.get("/slow").await });
        arrived.notified().await;

        stop.send(()).expect("the server runs");
        while TcpStream::connect(server.address).await.is_ok() {
            tokio::task::yield_now().await;
        }
        release.notify_one();

        let (_, answer) = in_flight.await.expect("no panic");
        assert!(answer.ends_with("done"), "{answer}");
        ended.await.expect("no panic").expect("it ends well");
    }
}
