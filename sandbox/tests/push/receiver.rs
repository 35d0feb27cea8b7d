//! A scripted server of an app that records requests, and pushes to send to it.

use std::collections::{BTreeMap, VecDeque};
use std::future::pending;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Query, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use sandbox::push::{Event, Form, Format, Mode, Push, Settings};
use tokio::net::TcpListener;

pub(crate) const NOON: i64 = 1_760_000_000;
pub(crate) const TOKEN: &str = "sandboxtoken01";
pub(crate) const AES_KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
pub(crate) const APP_ID: &str = "wxabcdef0123456789";
pub(crate) const OPEN_ID: &str = "oEx4mple5Qm7hV2cYtR9kLwPz0aB";

const NO_PANIC: &str = "the lock is not poisoned";

/// The server's reaction to one request; after the last one it answers `success`.
#[derive(Clone, Copy)]
pub(crate) enum Reply {
    Answer(u16, &'static str),
    Redirect,
    /// Answers with the `echostr`, between two other texts.
    Echo(&'static str, &'static str),
    Silence,
}

/// A received request.
#[derive(Clone)]
pub(crate) struct Seen {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: BTreeMap<String, String>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

pub(crate) struct Receiver {
    pub(crate) url: String,
    desk: Desk,
}

#[derive(Clone)]
struct Desk {
    replies: Arc<Mutex<VecDeque<Reply>>>,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Receiver {
    /// Starts a server on a free port.
    pub(crate) async fn new(replies: &[Reply]) -> Self {
        let replies = Arc::new(Mutex::new(replies.iter().copied().collect()));
        let desk = Desk { replies, seen: Arc::default() };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port is free");
        let url = format!("http://{}/push", listener.local_addr().expect("a bound port has an address"));
        let router = Router::new().fallback(receive).with_state(desk.clone());
        tokio::spawn(async { axum::serve(listener, router).await });
        Self { url, desk }
    }

    pub(crate) fn settings(&self, mode: Mode, format: Format) -> Settings {
        settings(&self.url, mode, format)
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.desk.seen.lock().expect(NO_PANIC).clone()
    }

    /// Returns the only request received.
    pub(crate) fn only(&self) -> Seen {
        let [seen] = self.seen().try_into().unwrap_or_else(|seen: Vec<_>| panic!("{} requests came", seen.len()));
        seen
    }
}

pub(crate) fn settings(url: &str, mode: Mode, format: Format) -> Settings {
    Settings::new(Form { url: url.to_owned(), mode, format, ..form() }).expect("the form is good")
}

pub(crate) fn form() -> Form {
    Form {
        url: "http://127.0.0.1:8000/push".to_owned(),
        token: TOKEN.to_owned(),
        aes_key: Some(AES_KEY.to_owned()),
        mode: Mode::Plain,
        format: Format::Xml,
        ugly_keys: false,
    }
}

/// Lan's follow of the shop.
pub(crate) fn subscribe() -> Push {
    push(Event::Subscribe { scanned: None })
}

pub(crate) fn push(event: Event) -> Push {
    Push {
        to_user: "gh_0123456789ab".to_owned(),
        open_id: OPEN_ID.to_owned(),
        union_id: Some("oUn10nEx4mpleV7tK2cQ9wLmPz3d".to_owned()),
        app_id: APP_ID.to_owned(),
        created: NOON,
        event,
    }
}

type Queried = Query<BTreeMap<String, String>>;

async fn receive(State(desk): State<Desk>, Query(query): Queried, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.expect("bodies are whole");
    let echo = query.get("echostr").cloned().unwrap_or_default();
    desk.seen.lock().expect(NO_PANIC).push(Seen {
        method: parts.method,
        path: parts.uri.path().to_owned(),
        query,
        headers: parts.headers,
        body: String::from_utf8(body.to_vec()).expect("bodies are UTF-8"),
    });
    let reply = desk.replies.lock().expect(NO_PANIC).pop_front();
    match reply.unwrap_or(Reply::Answer(200, "success")) {
        Reply::Answer(status, body) => {
            (StatusCode::from_u16(status).expect("every reply is a valid response"), body).into_response()
        }
        Reply::Redirect => (StatusCode::FOUND, [(header::LOCATION, "/elsewhere")]).into_response(),
        Reply::Echo(before, after) => format!("{before}{echo}{after}").into_response(),
        Reply::Silence => pending().await,
    }
}
