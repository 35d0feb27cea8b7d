//! Pushes and the company's own receiver: what is forwarded to it, how its response is returned, what it forwards
//! itself; and how a stranger is refused.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use acceptance::pushing::{KEY, keys, later, open, push, push_settings};
use acceptance::{Client, Company, Server};
use api::usecase::push::act_on_due;
use axum::Router;
use axum::body::Bytes;
use axum::extract::RawQuery;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use data_encoding::BASE64;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

const SECRET: [u8; 32] = [7; 32];

/// What the company's receiver does with the next pushes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mood {
    Replies,
    Fails,
    Redirects,
    Hangs,
}

/// What the company's receiver received: the query, the content type and the body.
type Seen = Arc<Mutex<Vec<(String, String, Bytes)>>>;

/// The company's own receiver.
struct Crm {
    url: String,
    mood: Arc<Mutex<Mood>>,
    seen: Seen,
}

impl Crm {
    async fn start() -> Self {
        let (mood, seen) = (Arc::new(Mutex::new(Mood::Replies)), Seen::default());
        let (its_mood, its_seen) = (mood.clone(), seen.clone());
        let receive = async move |RawQuery(query): RawQuery, headers: HeaderMap, body: Bytes| {
            let content_type = headers["content-type"].to_str().expect("text").to_owned();
            its_seen.lock().expect("the list").push((query.unwrap_or_default(), content_type, body));
            let mood = *its_mood.lock().expect("a mood");
            match mood {
                Mood::Replies => (StatusCode::OK, [("location", "")], "<xml>a reply</xml>"),
                Mood::Fails => (StatusCode::INTERNAL_SERVER_ERROR, [("location", "")], "no"),
                Mood::Redirects => (StatusCode::FOUND, [("location", "http://127.0.0.1:1/")], ""),
                Mood::Hangs => std::future::pending().await,
            }
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}/wechat?from=guiyi", listener.local_addr().expect("an address"));
        let router = Router::new().route("/wechat", post(receive));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, mood, seen }
    }

    fn seen(&self) -> Vec<(String, String, Bytes)> {
        std::mem::take(&mut self.seen.lock().expect("the list"))
    }
}

fn relay(crm: &Crm, more: &[(&str, toml::Value)]) -> toml::Table {
    let mut push = keys(&[KEY]);
    push.insert("relay_to".to_owned(), crm.url.clone().into());
    push.insert("passed_on_secret".to_owned(), format!("whsec_{}", BASE64.encode(&SECRET)).into());
    push.extend(more.iter().map(|(key, value)| ((*key).to_owned(), value.clone())));
    push
}

/// Sends a request to the address of an app's pushes.
async fn send(company: &Company, path: &str, headers: &[(&str, String)], body: &str) -> (u16, String) {
    let mut request = reqwest::Client::builder()
        .build()
        .expect("a client")
        .post(format!("{}{path}", company.url))
        .body(body.to_owned());
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    let answer = request.send().await.expect("an answer");
    (answer.status().as_u16(), answer.text().await.expect("a body"))
}

/// Returns the headers of a push that the company's receiver forwards.
fn passed_on(company: &Company, key: &[u8], body: &str) -> Vec<(&'static str, String)> {
    let timestamp = (company.clock.now().millis() / 1000).to_string();
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key");
    mac.update(format!("msg_1.{timestamp}.{body}").as_bytes());
    let signature = format!("v1,AAAA v1,{}", BASE64.encode(&mac.finalize().into_bytes()));
    vec![("webhook-id", "msg_1".to_owned()), ("webhook-timestamp", timestamp), ("webhook-signature", signature)]
}

fn event(company: &Company, name: &str) -> String {
    let open_id = company.sandbox.open_id("shop", "lan").expect("an openId");
    let now = company.clock.now().millis() / 1000;
    format!(
        "<xml><ToUserName>gh_1</ToUserName><FromUserName>{open_id}</FromUserName><CreateTime>{now}</CreateTime>\
         <MsgType>event</MsgType><Event>{name}</Event></xml>"
    )
}

async fn follows(client: &Client) -> Value {
    client.ask("{ me { openIds { follows } } }").await.data()["me"]["openIds"][0]["follows"].clone()
}

async fn act(company: &Company) -> usize {
    act_on_due(company.app.service()).await.expect("the database answers")
}

#[tokio::test]
async fn what_is_not_ours_goes_on_byte_for_byte_and_its_answer_comes_back() {
    let crm = Crm::start().await;
    let company = open(Server::Sqlite, &relay(&crm, &[("relay_also", vec!["subscribe"].into())])).await;
    push_settings(&company, "shop", "secure").await;

    let followed = push(&company, "lan", json!({ "event": "subscribe" })).await;
    let unfollowed = push(&company, "lan", json!({ "event": "unsubscribe" })).await;

    assert_eq!(followed[0]["body"], "<xml>a reply</xml>");
    assert_eq!(unfollowed[0]["body"], "success");
    let seen = crm.seen();
    assert_eq!(seen.len(), 1);
    let (query, content_type, body) = &seen[0];
    assert!(query.starts_with("from=guiyi&signature=") && query.contains("&msg_signature="), "{query}");
    assert_eq!(content_type, "text/xml");
    // The original signature still verifies: our own address accepts what the company's receiver received.
    let original = query.trim_start_matches("from=guiyi&");
    let again = send(&company, &format!("/push/shop?{original}"), &[], std::str::from_utf8(body).expect("text")).await;
    assert_eq!(again.0, 200);
    assert_eq!(act(&company).await, 2);
}

#[tokio::test]
async fn a_receiver_that_fails_redirects_or_hangs_costs_neither_the_event_nor_the_answer() {
    let crm = Crm::start().await;
    let company = open(Server::Sqlite, &relay(&crm, &[("relay", "all".into())])).await;
    push_settings(&company, "shop", "secure").await;
    let lan = company.sign_in("shop", "lan").await;
    for (mood, event, follows_now) in
        [(Mood::Fails, "subscribe", true), (Mood::Redirects, "unsubscribe", false), (Mood::Hangs, "subscribe", true)]
    {
        later(&company, 1).await;
        *crm.mood.lock().expect("a mood") = mood;
        let began = Instant::now();

        let attempts = push(&company, "lan", json!({ "event": event })).await;

        assert_eq!((attempts.len(), &attempts[0]["body"]), (1, &json!("success")), "{mood:?}");
        assert!(began.elapsed() < Duration::from_secs(5), "{mood:?}");
        assert_eq!((act(&company).await, follows(&lan).await), (1, json!(follows_now)), "{mood:?}");
    }
}

#[tokio::test]
async fn events_that_never_go_on_stay_here() {
    let crm = Crm::start().await;
    let never = vec!["SCAN", "user_info_modified"].into();
    let company = open(Server::Sqlite, &relay(&crm, &[("relay", "all".into()), ("relay_never", never)])).await;
    push_settings(&company, "shop", "secure").await;

    for event in [
        json!({ "event": "user_info_modified" }),
        json!({ "event": "subscribe" }),
        json!({ "event": "SCAN", "scene": "7" }),
    ] {
        push(&company, "lan", event).await;
    }

    assert_eq!(crm.seen().len(), 1);
}

#[tokio::test]
async fn a_push_that_the_companys_receiver_passes_on_is_acted_on_and_does_not_go_back() {
    let crm = Crm::start().await;
    let company = open(Server::Sqlite, &relay(&crm, &[("relay", "all".into())])).await;
    let lan = company.sign_in("shop", "lan").await;
    let body = event(&company, "subscribe");

    let accepted = send(&company, "/push/shop", &passed_on(&company, &SECRET, &body), &body).await;
    let repeated = send(&company, "/push/shop", &passed_on(&company, &SECRET, &body), &body).await;

    assert_eq!(accepted, (200, "success".to_owned()));
    assert_eq!(repeated.0, 200);
    assert_eq!((act(&company).await, follows(&lan).await), (1, json!(true)));
    assert!(crm.seen().is_empty());
    let forged = send(&company, "/push/shop", &passed_on(&company, &[8; 32], &body), &body).await;
    let headers = passed_on(&company, &SECRET, &body);
    let changed = send(&company, "/push/shop", &headers, &event(&company, "unsubscribe")).await;
    later(&company, 301).await;
    let old = send(&company, "/push/shop", &headers, &body).await;
    assert_eq!([forged.0, changed.0, old.0], [403; 3]);
    assert_eq!(act(&company).await, 0);
}

#[tokio::test]
async fn pushes_come_from_the_addresses_that_wechat_names() {
    let mut settings = keys(&[KEY]);
    settings.insert("check_senders".to_owned(), true.into());
    let company = open(Server::Sqlite, &settings).await;
    push_settings(&company, "shop", "secure").await;
    let subscribe = || push(&company, "lan", json!({ "event": "subscribe" }));

    // The sandbox pushes from this machine, and lists its address.
    assert_eq!(subscribe().await[0]["body"], "success");
    later(&company, 1).await;
    assert_eq!(subscribe().await[0]["body"], "success");
    assert_eq!(company.calls("/cgi-bin/getcallbackip").await, 1);
    // Other addresses from tomorrow on, and then a failure of the call.
    later(&company, 86_400).await;
    company.fault("/cgi-bin/getcallbackip", &json!({ "body": "{\"ip_list\":[\"203.0.113.0/24\"]}" })).await;
    assert_eq!(subscribe().await[0]["status"], 403);
    assert_eq!(company.calls("/cgi-bin/getcallbackip").await, 2);
    later(&company, 601).await;
    company.fault("/cgi-bin/getcallbackip", &json!({ "status": 500 })).await;
    let attempts = subscribe().await;
    assert_eq!((&attempts[0]["status"], &attempts[1]["status"]), (&json!(503), &json!(200)));
}

#[tokio::test]
async fn the_addresses_are_read_once_for_many_pushes_and_never_for_a_stranger() {
    let mut settings = keys(&[KEY]);
    settings.insert("check_senders".to_owned(), true.into());
    let company = open(Server::Sqlite, &settings).await;
    push_settings(&company, "shop", "secure").await;
    let path = "/cgi-bin/getcallbackip";

    company.fault("push", &json!({ "kind": "forged" })).await;
    let stranger = push(&company, "lan", json!({ "event": "subscribe" })).await;
    assert_eq!((&stranger[2]["status"], company.calls(path).await), (&json!(403), 0));
    company.fault(path, &json!({ "delay_ms": 200 })).await;
    let people = ["lan", "wei", "mei", "jun", "xue"];
    let pushes = people.map(|person| push(&company, person, json!({ "event": "subscribe" })));
    let attempts = futures::future::join_all(pushes).await;

    assert!(attempts.iter().all(|attempts| attempts[0]["body"] == "success"), "{attempts:?}");
    assert_eq!(company.calls(path).await, 1);
    // An upstream that hangs: the push is refused before WeChat times out, and sent again.
    later(&company, 86_400).await;
    company.fault(path, &json!({ "kind": "hang" })).await;
    let began = Instant::now();
    let attempts = push(&company, "lan", json!({ "event": "unsubscribe" })).await;
    assert_eq!((&attempts[0]["status"], &attempts[1]["status"]), (&json!(503), &json!(200)));
    assert!(began.elapsed() < Duration::from_secs(6), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_stranger_learns_nothing_and_changes_nothing() {
    let company = open(Server::Sqlite, &keys(&[KEY])).await;
    let body = event(&company, "user_authorization_cancellation");
    let now = company.clock.now().millis() / 1000;
    let query = format!("signature=0&timestamp={now}&nonce=1&msg_signature=0");

    let refused = send(&company, &format!("/push/shop?{query}"), &[], &body).await;
    let unsigned = send(&company, "/push/shop", &[], &body).await;
    let passed_on_without_a_secret = send(&company, "/push/shop", &passed_on(&company, &[], &body), &body).await;
    let without_settings = send(&company, &format!("/push/site?{query}"), &[], &body).await;
    let unknown = send(&company, &format!("/push/nowhere?{query}"), &[], &body).await;
    let odd = send(&company, &format!("/push/%FF?{query}"), &[], &body).await;
    let large = send(&company, &format!("/push/shop?{query}"), &[], &"x".repeat(1024 * 1024)).await;

    assert_eq!(refused, (403, String::new()));
    assert_eq!((unsigned, passed_on_without_a_secret), ((403, String::new()), (403, String::new())));
    assert_eq!((without_settings, unknown), ((404, String::new()), (404, String::new())));
    assert_eq!(odd.0, 400);
    assert_eq!(large, (413, String::new()));
    assert_eq!(act(&company).await, 0);
}
