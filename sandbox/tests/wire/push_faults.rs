//! Tests of faults of pushes: lost, repeated, late, forged and broken ones.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Query, State};
use axum::routing::post;
use sandbox::signature;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::laptop::{Laptop, NOON};

const TOKEN: &str = "sandbox_token_01";
const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

/// The query and the body of each push that arrived.
type Seen = Arc<Mutex<Vec<(BTreeMap<String, String>, String)>>>;

/// The demo, whose shop has a server that receives pushes.
struct Shop {
    laptop: Laptop,
    seen: Seen,
}

impl Shop {
    async fn new(mode: &str) -> Self {
        let seen = Seen::default();
        let keep = |State(seen): State<Seen>, Query(query): Query<BTreeMap<String, String>>, body: String| async move {
            seen.lock().expect("the lock is not poisoned").push((query, body));
            "success"
        };
        let router = Router::new().route("/push", post(keep)).with_state(seen.clone());
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("there is a free port");
        let url = format!("http://{}/push", listener.local_addr().expect("a bound socket has an address"));
        tokio::spawn(async move { axum::serve(listener, router).await });
        let laptop = Laptop::new().await;
        let push = json!({ "url": url, "token": TOKEN, "mode": mode, "aes_key": KEY });
        assert_eq!(laptop.patch("/_sandbox/apps/shop", &json!({ "push": push })).await.status.as_u16(), 200);
        Self { laptop, seen }
    }

    async fn order(&self, kind: &str) {
        self.laptop.order_fault(&json!({ "path": "push", "kind": kind })).await;
    }

    /// Pushes that this person follows, and returns the outcome.
    async fn push(&self, person: &str) -> Value {
        let order = json!({ "app": "shop", "person": person, "event": "subscribe" });
        self.laptop.post_json("/_sandbox/push", &order).await.json()
    }

    /// Returns what has arrived since the last call.
    fn seen(&self) -> Vec<(BTreeMap<String, String>, String)> {
        std::mem::take(&mut self.seen.lock().expect("the lock is not poisoned"))
    }
}

/// Returns whether a push has the signatures of the shop's token.
fn is_signed((query, body): &(BTreeMap<String, String>, String)) -> bool {
    let (timestamp, nonce) = (&query["timestamp"], &query["nonce"]);
    let encrypted = body.split_once("<Encrypt><![CDATA[").and_then(|(_, rest)| rest.split_once("]]>"));
    let plain = query["signature"] == signature::push(TOKEN, timestamp, nonce);
    let is_signed =
        |(encrypted, _)| query["msg_signature"] == signature::push_message(TOKEN, timestamp, nonce, encrypted);
    plain && encrypted.is_none_or(is_signed)
}

#[tokio::test]
async fn a_lost_push_never_arrives_and_the_next_one_does() {
    let shop = Shop::new("secure").await;
    shop.order("lost").await;

    let (lost, next) = (shop.push("lan").await, shop.push("wei").await);

    assert_eq!(lost, json!({ "received": false, "attempts": [] }));
    assert_eq!((&next["received"], shop.seen().len()), (&json!(true), 1));
    // The person follows nevertheless: only the account's server does not receive the push.
    assert_eq!(shop.laptop.get("/_sandbox/people/lan").await.json()["follows"], json!(["shop"]));
}

#[tokio::test]
async fn a_push_whose_answer_is_lost_is_sent_again_and_one_that_was_received_may_be_too() {
    let shop = Shop::new("plain").await;
    shop.order("answer-lost").await;
    shop.order("twice").await;

    let (unheard, twice) = (shop.push("lan").await, shop.push("wei").await);

    let received = json!({ "at": NOON, "status": 200, "body": "success" });
    let lost = json!({ "at": NOON, "failure": "the answer was lost" });
    assert_eq!(unheard, json!({ "received": true, "attempts": [lost, received] }));
    assert_eq!(twice, json!({ "received": true, "attempts": [received, received] }));
    let bodies: Vec<String> = shop.seen().into_iter().map(|(_, body)| body).collect();
    assert_eq!((bodies.len(), bodies[0] == bodies[1], bodies[2] == bodies[3]), (4, true, true));
    assert_ne!(bodies[0], bodies[2]);
}

#[tokio::test]
async fn a_forged_push_has_signatures_of_another_token_and_a_stale_one_is_an_hour_old() {
    let shop = Shop::new("secure").await;
    shop.order("forged").await;
    shop.order("stale").await;

    shop.push("lan").await;
    let forged = shop.seen().remove(0);
    shop.push("wei").await;
    let stale = shop.seen().remove(0);
    shop.push("mei").await;
    let good = shop.seen().remove(0);

    assert_eq!([&forged, &stale, &good].map(is_signed), [false, true, true]);
    let at = |(query, _): &(BTreeMap<String, String>, String)| query["timestamp"].clone();
    let (hour_ago, now) = ((NOON - 3600).to_string(), NOON.to_string());
    assert_eq!([&forged, &stale, &good].map(at), [now.clone(), hour_ago, now]);
}

#[tokio::test]
async fn another_key_encrypts_a_push_that_is_encrypted_and_waits_for_one() {
    let shop = Shop::new("secure").await;
    shop.order("wrong-key").await;
    let mode = |mode: &str| json!({ "push": { "mode": mode } });
    shop.laptop.patch("/_sandbox/apps/shop", &mode("plain")).await;

    shop.push("lan").await;
    let (plain, waiting) = (shop.seen().remove(0), shop.laptop.waiting().await);
    shop.laptop.patch("/_sandbox/apps/shop", &mode("secure")).await;
    shop.push("lan").await;
    let wrong = shop.seen().remove(0);

    assert!(plain.1.contains("<Event><![CDATA[subscribe]]></Event>"), "{}", plain.1);
    assert_eq!((waiting, shop.laptop.waiting().await), (1, 0));
    // The signature covers the text that another key encrypted.
    assert!(is_signed(&wrong));
}

#[tokio::test]
async fn a_truncated_push_ends_in_the_middle() {
    let shop = Shop::new("plain").await;
    shop.push("lan").await;
    let whole = shop.seen().remove(0).1;
    shop.order("truncated").await;

    shop.push("lan").await;

    assert_eq!(shop.seen().remove(0).1, whole[..whole.len() / 2]);
}

#[tokio::test]
async fn a_late_push_is_overtaken_by_the_next_one() {
    let shop = Shop::new("plain").await;
    shop.laptop.order_fault(&json!({ "path": "push", "person": "lan", "delay_ms": 300 })).await;

    let (late, next) = tokio::join!(shop.push("lan"), shop.push("wei"));

    assert_eq!([&late["received"], &next["received"]], [&json!(true); 2]);
    let lan = shop.laptop.sandbox.open_id("shop", "lan").expect("lan has one");
    assert_eq!(shop.seen().iter().map(|(_, body)| body.contains(&lan)).collect::<Vec<_>>(), [false, true]);
}

#[tokio::test]
async fn a_fault_of_pushes_is_for_one_app_and_person_and_for_no_call() {
    let shop = Shop::new("plain").await;
    for order in [json!({ "app": "club" }), json!({ "person": "wei" })] {
        let mut order = order;
        (order["path"], order["kind"]) = (json!("push"), json!("lost"));
        shop.laptop.order_fault(&order).await;
    }

    let received = [shop.push("lan").await, shop.push("wei").await].map(|outcome| outcome["received"].clone());

    assert_eq!((received, shop.laptop.waiting().await), ([json!(true), json!(false)], 1));
    let only = "only a push has this fault";
    let none = "a push has no such fault";
    let plain = "a push supports only kind and delay_ms";
    for (order, error) in [
        (json!({ "path": "/sns/auth", "kind": "lost" }), only),
        (json!({ "path": "/cgi-bin/qrcode/create", "kind": "wrong-key" }), only),
        (json!({ "path": "push", "kind": "hang" }), none),
        (json!({ "path": "push", "kind": "quota" }), none),
        (json!({ "path": "push", "kind": "token-rotated" }), "calls of this path have no global token"),
        (json!({ "path": "push", "errcode": -1 }), plain),
        (json!({ "path": "push", "status": 500 }), plain),
        (json!({ "path": "push", "delay_ms": 5, "after": true }), plain),
        (
            json!({ "path": "push", "kind": "twice", "delay_ms": 5 }),
            "this kind cannot be combined with delay_ms or after",
        ),
        (json!({ "path": "pushes", "kind": "twice" }), "path must start with a slash"),
    ] {
        let answer = shop.laptop.post_json("/_sandbox/faults", &order).await;

        assert_eq!((answer.status.as_u16(), answer.json()), (400, json!({ "error": error })), "{order}");
    }
}
