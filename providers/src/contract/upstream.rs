//! A scripted upstream on loopback that answers, stays silent or cuts the connection, and records the requests.

use std::future::pending;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use futures::{StreamExt, stream};
use http::HeaderValue;
use http::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE};
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::oneshot;
use url::Url;

use super::{Answer, Call};

/// The largest request that is read, in bytes.
const MAX_REQUEST: usize = 1024 * 1024;

/// The reaction to a request.
#[derive(Debug, Clone)]
pub(super) enum Reply {
    /// A complete answer.
    Whole(Answer),
    /// The first half of an answer, followed by the end of the connection.
    Half(Answer),
    /// No answer, for ever.
    Silence,
}

/// Selects the reaction to a request, given the number of requests before it.
pub(super) type Script = Box<dyn Fn(&Call, usize, &Url) -> Reply + Send + Sync>;

/// A running upstream. It has its own thread, so that its log lines are not attributed to the provider.
#[derive(Debug)]
pub(super) struct Upstream {
    /// Its address.
    pub(super) url: Url,
    address: SocketAddr,
    calls: Calls,
    running: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
}

type Calls = Arc<Mutex<Vec<Call>>>;

struct Stage {
    script: Script,
    url: Url,
    calls: Calls,
}

impl Upstream {
    /// Starts it on a free port.
    pub(super) fn open(script: Script) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts");
        let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).expect("there is a free port");
        let address = listener.local_addr().expect("a bound socket has an address");
        let url: Url = format!("http://{address}").parse().expect("an address and a port make a URL");
        let calls = Calls::default();
        let stage = Stage { script, url: url.clone(), calls: calls.clone() };
        let router = Router::new().fallback(play).with_state(Arc::new(stage));
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    _ = axum::serve(listener, router) => {}
                    _ = stopped => {}
                }
            });
        });
        Self { url, address, calls, running: Some((stop, thread)) }
    }

    /// Returns every request so far.
    pub(super) fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Stops listening. Until the returned socket is dropped, the port stays reserved and connections to it are refused.
    pub(super) fn close(&mut self) -> TcpSocket {
        self.stop();
        let socket = TcpSocket::new_v4().expect("there is one socket more");
        // Closed connections would otherwise keep the port occupied for a minute.
        socket.set_reuseaddr(true).expect("a fresh socket can be set up");
        socket.bind(self.address).expect("the port was ours until now");
        socket
    }

    fn stop(&mut self) {
        if let Some((stop, thread)) = self.running.take() {
            drop(stop);
            // A panicking tape ends only its own request, so the thread's result carries no information.
            let _ = thread.join();
        }
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.stop();
    }
}

async fn play(State(stage): State<Arc<Stage>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = to_bytes(body, MAX_REQUEST).await.expect("a login's requests are small and arrive whole");
    let call = Call {
        method: head.method.to_string(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        headers: head.headers,
        body: body.to_vec(),
    };
    let before = {
        let mut calls = stage.calls.lock().unwrap_or_else(PoisonError::into_inner);
        calls.push(call.clone());
        calls.len() - 1
    };
    match (stage.script)(&call, before, &stage.url) {
        Reply::Whole(answer) => respond(&answer, Body::from(answer.body.clone())),
        Reply::Half(answer) => respond(&answer, half(&answer.body)),
        Reply::Silence => pending().await,
    }
}

fn respond(answer: &Answer, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = answer.status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(answer.content_type));
    headers.insert(CONTENT_LENGTH, answer.body.len().into());
    // A connection that outlives its request would hide from the next one that the port is closed.
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

/// Returns half of the body that the head promises. The pause lets that half leave before the connection breaks.
fn half(body: &[u8]) -> Body {
    let sent = Bytes::copy_from_slice(&body[..body.len() / 2]);
    let broken = async {
        tokio::task::yield_now().await;
        Err(std::io::Error::from(std::io::ErrorKind::ConnectionAborted))
    };
    Body::from_stream(stream::iter([Ok(sent)]).chain(stream::once(broken)))
}
