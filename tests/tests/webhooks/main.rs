//! Webhooks and the feed of events, over HTTP: each test has a receiver, which is down or refuses when the test says so.

mod delivery;
mod erased;
mod examples;
mod feed;
mod operators;
mod schemas;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use acceptance::{Client, Company, Server};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use domain::ServiceScope;
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// A secret, and the one that replaces it.
pub(crate) const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
pub(crate) const NEW_SECRET: &str = "whsec_c2VjcmV0LW9mLXRoZS1yZWNlaXZlci1uZXc=";

/// A message as the receiver got it.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    pub(crate) id: String,
    pub(crate) timestamp: String,
    pub(crate) signature: String,
    pub(crate) body: String,
}

impl Message {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("JSON")
    }

    pub(crate) fn kind(&self) -> String {
        self.json()["type"].as_str().expect("a type").to_owned()
    }

    pub(crate) fn person(&self) -> String {
        self.json()["data"]["personId"].as_str().unwrap_or_default().to_owned()
    }
}

/// What the receiver answers.
type Mood = Arc<dyn Fn(&Message) -> Reply + Send + Sync>;

#[derive(Debug, Clone, Copy)]
pub(crate) enum Reply {
    With(u16),
    Never,
}

#[derive(Clone)]
pub(crate) struct Receiver {
    pub(crate) url: String,
    seen: Arc<Mutex<Vec<Message>>>,
    mood: Arc<Mutex<Mood>>,
}

impl Receiver {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}/hook", listener.local_addr().expect("an address"));
        let mood: Mood = Arc::new(|_: &Message| Reply::With(204));
        let receiver = Self { url, seen: Arc::default(), mood: Arc::new(Mutex::new(mood)) };
        let router = Router::new().route("/hook", post(receive)).with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        receiver
    }

    pub(crate) fn answer(&self, mood: impl Fn(&Message) -> Reply + Send + Sync + 'static) {
        *self.mood.lock().expect("no panic") = Arc::new(mood);
    }

    /// Returns what was received since the last call, including what was refused.
    pub(crate) fn take(&self) -> Vec<Message> {
        std::mem::take(&mut *self.seen.lock().expect("no panic"))
    }

    pub(crate) async fn wait_for_one(&self) {
        while self.seen.lock().expect("no panic").is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Returns the table of this receiver in `[[webhooks]]`.
    pub(crate) fn table(&self, name: &str) -> toml::Table {
        toml::Table::from_iter([
            ("name".to_owned(), name.into()),
            ("url".to_owned(), self.url.as_str().into()),
            ("secrets".to_owned(), vec![SECRET].into()),
            ("allow_private".to_owned(), true.into()),
        ])
    }
}

async fn receive(State(receiver): State<Receiver>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let header = |name: &str| headers[name].to_str().expect("text").to_owned();
    let message = Message {
        id: header("webhook-id"),
        timestamp: header("webhook-timestamp"),
        signature: header("webhook-signature"),
        body: String::from_utf8(body.to_vec()).expect("UTF-8"),
    };
    let mood = receiver.mood.lock().expect("no panic").clone();
    receiver.seen.lock().expect("no panic").push(message.clone());
    match mood(&message) {
        Reply::With(status) => StatusCode::from_u16(status).expect("a status"),
        Reply::Never => std::future::pending().await,
    }
}

/// Returns settings with these webhooks, and the feed.
pub(crate) fn settings(webhooks: Vec<toml::Table>) -> toml::Table {
    let feed = toml::Table::from_iter([("feed".to_owned(), true.into())]);
    toml::Table::from_iter([("events".to_owned(), feed.into()), ("webhooks".to_owned(), webhooks.into())])
}

/// Starts a company with one webhook, `crm`.
pub(crate) async fn with_receiver(server: Server) -> (Company, Receiver) {
    let receiver = Receiver::start().await;
    let company = Box::pin(Company::open_with(server, settings(vec![receiver.table("crm")]))).await;
    (company, receiver)
}

/// Makes all deliveries that are due. Returns the number of attempts.
pub(crate) async fn deliver(company: &Company) -> usize {
    api::usecase::webhook::deliver_due(company.app.service()).await.expect("the database answers")
}

/// Records one order of Lan's and returns its number.
pub(crate) async fn order(system: &Client, company: &Company, number: &str, status: &str) {
    let order = json!([{
        "app": "shop", "orderNo": number, "openId": company.sandbox.open_id("shop", "lan"), "status": status,
        "total": { "amount": "10.00", "currency": "CNY" }, "placedAt": "2026-05-01T10:00:00Z",
    }]);
    system.record(order).await;
}

pub(crate) async fn system(company: &Company) -> Client {
    company.system(ServiceScope::ALL).await
}

/// Reads the feed to its end, page by page.
pub(crate) async fn read_feed(system: &Client, first: i32, after: &mut Option<String>) -> Vec<Value> {
    let query = "query ($first: Int, $after: String) { events(first: $first, after: $after) {
        nodes { id type timestamp sequence data } pageInfo { endCursor hasNextPage } } }";
    let mut read = Vec::new();
    loop {
        let answer = system.send(query, json!({ "first": first, "after": after })).await;
        let page = &answer.data()["events"];
        read.extend(page["nodes"].as_array().expect("a list").iter().cloned());
        if let Some(cursor) = page["pageInfo"]["endCursor"].as_str() {
            *after = Some(cursor.to_owned());
        }
        if page["pageInfo"]["hasNextPage"] == false {
            return read;
        }
    }
}
