//! A scripted upstream that records its requests, and a provider that calls it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::{Method, Uri};
use axum::{Json, Router};
use providers::{Http, HttpLimits, IdentityProvider, Problem, Settings, TokensInMemory, builtin};
use serde_json::{Map, Value};

pub(crate) const SECRET: &str = "0123456789abcdef0123456789abcdef";

/// Returns the answer to a path, given how often it was called before.
pub(crate) type Script = fn(&str, usize) -> Value;

/// The recorded calls, as `METHOD /path {query} {body}`.
#[derive(Debug)]
pub(crate) struct Upstream {
    script: Script,
    calls: Mutex<Vec<(String, String)>>,
}

impl Upstream {
    pub(crate) fn calls(&self) -> Vec<String> {
        self.calls.lock().expect("the lock is not poisoned").iter().map(|(_, text)| text.clone()).collect()
    }

    pub(crate) fn paths(&self) -> Vec<String> {
        self.calls.lock().expect("the lock is not poisoned").iter().map(|(path, _)| path.clone()).collect()
    }
}

async fn answer(
    State(upstream): State<Arc<Upstream>>,
    (method, uri): (Method, Uri),
    Query(query): Query<Map<String, Value>>,
    body: Bytes,
) -> Json<Value> {
    let mut calls = upstream.calls.lock().expect("the lock is not poisoned");
    let before = calls.iter().filter(|(path, _)| path == uri.path()).count();
    let text = format!("{method} {} {} {}", uri.path(), Value::from(query), String::from_utf8_lossy(&body));
    calls.push((uri.path().to_owned(), text.trim_end().to_owned()));
    Json((upstream.script)(uri.path(), before))
}

/// Starts an upstream and builds a provider of this kind that calls it.
pub(crate) async fn provider(
    kind: &str,
    table: toml::Table,
    script: Script,
) -> (Arc<dyn IdentityProvider>, Arc<Upstream>) {
    let (address, upstream) = open(script).await;
    (build(kind, table, Some(&address)).expect("sound settings"), upstream)
}

/// Starts an upstream and returns its address.
pub(crate) async fn open(script: Script) -> (String, Arc<Upstream>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let upstream = Arc::new(Upstream { script, calls: Mutex::default() });
    let router = Router::new().fallback(answer).with_state(upstream.clone());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (address, upstream)
}

pub(crate) fn build(
    kind: &str,
    mut table: toml::Table,
    sandbox: Option<&str>,
) -> Result<Arc<dyn IdentityProvider>, Vec<Problem>> {
    table.entry("app_secret").or_insert(SECRET.into());
    build_with(kind, table, sandbox, Arc::new(TokensInMemory::default()))
}

pub(crate) fn build_with(
    kind: &str,
    table: toml::Table,
    sandbox: Option<&str>,
    tokens: Arc<TokensInMemory>,
) -> Result<Arc<dyn IdentityProvider>, Vec<Problem>> {
    let limits = HttpLimits { connect: Duration::from_secs(1), total: Duration::from_secs(2) };
    let factory = builtin::ALL.iter().find(|factory| factory.kind == kind).expect("a kind");
    (factory.build)(Settings {
        table,
        http: Http::new(limits).expect("a client"),
        tokens,
        sandbox: sandbox.map(|address| address.parse().expect("an address")),
    })
}
