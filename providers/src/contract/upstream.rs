//! A scripted upstream on loopback that answers, stays silent, cuts the connection or stops listening, and records the
//! requests.

use std::future::pending;
use std::io;
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
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::oneshot;
use url::Url;

use super::{Answer, Call};

/// The largest request that is read, in bytes.
const MAX_REQUEST: usize = 1024 * 1024;

/// The reaction to a request.
#[derive(Debug, Clone)]
pub enum Reply {
    /// A complete answer.
    Whole(Answer),
    /// The first half of an answer, followed by the end of the connection.
    Half(Answer),
    /// An answer after which the upstream does not listen any more: connections to it are refused.
    Last(Answer),
    /// No answer, for ever.
    Silence,
}

/// Selects the reaction to a request, given the number of requests before it, and the address of the upstream.
pub type Script = Box<dyn Fn(&Call, usize, &Url) -> Reply + Send + Sync>;

/// A running upstream. It has its own thread, so that its log lines are not attributed to the provider, and ends when it is
/// dropped.
#[derive(Debug)]
pub struct Upstream {
    url: Url,
    address: SocketAddr,
    calls: Calls,
    running: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
}

type Calls = Arc<Mutex<Vec<(Call, Reply)>>>;

struct Stage {
    script: Script,
    url: Url,
    address: SocketAddr,
    calls: Calls,
    /// Ends the listening, and then holds the port.
    listening: Mutex<Option<oneshot::Sender<()>>>,
    reserved: Mutex<Option<TcpSocket>>,
}

impl Upstream {
    /// Starts it on a free port of this machine.
    ///
    /// # Panics
    ///
    /// If the machine has no free port.
    #[must_use]
    pub fn open(script: Script) -> Self {
        Self::open_at(0, script).expect("there is a free port")
    }

    /// Starts it on this port of this machine.
    pub fn open_at(port: u16, script: Script) -> io::Result<Self> {
        // Not a listener of tokio's, because the caller may have a runtime of its own.
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let url: Url = format!("http://{address}").parse().expect("an address and a port make a URL");
        let calls = Calls::default();
        let ((stop, stopped), (close, closed)) = (oneshot::channel(), oneshot::channel::<()>());
        let (listening, reserved) = (Mutex::new(Some(close)), Mutex::default());
        let stage = Stage { script, url: url.clone(), address, calls: calls.clone(), listening, reserved };
        let router = Router::new().fallback(play).with_state(Arc::new(stage));
        let thread = std::thread::spawn(move || {
            runtime.block_on(async {
                let listener = TcpListener::from_std(listener).expect("a runtime is there");
                let serving = axum::serve(listener, router).with_graceful_shutdown(async { drop(closed.await) });
                tokio::select! {
                    _ = serving.into_future() => {}
                    _ = stopped => {}
                }
            });
        });
        Ok(Self { url, address, calls, running: Some((stop, thread)) })
    }

    /// Its address.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Returns every request so far.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.replies().into_iter().map(|(call, _)| call).collect()
    }

    /// Returns every request so far, with the reaction to it.
    #[must_use]
    pub fn replies(&self) -> Vec<(Call, Reply)> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Stops listening. Until the returned socket is dropped, the port stays reserved and connections to it are refused.
    pub(super) fn close(&mut self) -> TcpSocket {
        self.stop();
        reserve(self.address)
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
    let reply = {
        let mut calls = stage.calls.lock().unwrap_or_else(PoisonError::into_inner);
        let reply = (stage.script)(&call, calls.len(), &stage.url);
        calls.push((call, reply.clone()));
        reply
    };
    match reply {
        Reply::Whole(answer) => respond(&answer, Body::from(answer.body.clone())),
        Reply::Half(answer) => respond(&answer, half(&answer.body)),
        Reply::Last(answer) => {
            stage.stop_listening().await;
            respond(&answer, Body::from(answer.body.clone()))
        }
        Reply::Silence => pending().await,
    }
}

impl Stage {
    /// Returns when connections are refused; the port stays reserved until the end of the upstream.
    async fn stop_listening(&self) {
        drop(self.listening.lock().unwrap_or_else(PoisonError::into_inner).take());
        // The listener is closed by another task of this thread.
        while TcpStream::connect(self.address).await.is_ok() {
            tokio::task::yield_now().await;
        }
        *self.reserved.lock().unwrap_or_else(PoisonError::into_inner) = Some(reserve(self.address));
    }
}

fn reserve(address: SocketAddr) -> TcpSocket {
    let socket = TcpSocket::new_v4().expect("there is one socket more");
    // Closed connections would otherwise keep the port occupied for a minute.
    socket.set_reuseaddr(true).expect("a fresh socket can be set up");
    socket.bind(address).expect("the port was ours until now");
    socket
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
        Err(io::Error::from(io::ErrorKind::ConnectionAborted))
    };
    Body::from_stream(stream::iter([Ok(sent)]).chain(stream::once(broken)))
}
