//! Tests of pushed events and their effects. See the tests of `push` for their format, encryption, signature and retries.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::routing::get;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::laptop::{Answer, Laptop, NOON, text};

/// An app's server that records what it receives, and answers verifications.
struct Server {
    url: String,
    bodies: Arc<Mutex<Vec<String>>>,
}

impl Server {
    async fn new() -> Self {
        let bodies: Arc<Mutex<Vec<String>>> = Arc::default();
        let keep = |State(bodies): State<Arc<Mutex<Vec<String>>>>, body: String| async move {
            bodies.lock().expect("the lock is not poisoned").push(body);
            "success"
        };
        let repeat = |RawQuery(query): RawQuery| async move {
            let query = query.unwrap_or_default();
            let (_, echostr) = query.split_once("echostr=").unwrap_or_default();
            echostr.to_owned()
        };
        let router = Router::new().route("/push", get(repeat).post(keep)).with_state(Arc::clone(&bodies));
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("there is a free port");
        let url = format!("http://{}/push", listener.local_addr().expect("a bound socket has an address"));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, bodies }
    }

    fn newest(&self) -> String {
        self.bodies.lock().expect("the lock is not poisoned").last().expect("something was pushed").clone()
    }
}

async fn push(laptop: &Laptop, order: Value) -> Answer {
    laptop.post_json("/_sandbox/push", &order).await
}

async fn pushing_to(server: &Server, app: &str) -> Laptop {
    let laptop = Laptop::new().await;
    let settings = json!({ "push": { "url": server.url, "token": "sandbox_token_01" } });
    let answer = laptop.patch(&format!("/_sandbox/apps/{app}"), &settings).await;
    assert_eq!(answer.status.as_u16(), 200);
    laptop
}

async fn follows(laptop: &Laptop, person: &str) -> Value {
    laptop.get(&format!("/_sandbox/people/{person}")).await.json()["follows"].clone()
}

#[tokio::test]
async fn who_subscribes_follows_and_the_server_hears_of_it() {
    let server = Server::new().await;
    let laptop = pushing_to(&server, "shop").await;

    let outcome = push(&laptop, json!({ "app": "shop", "person": "lan", "event": "subscribe" })).await;

    let attempts = json!([{ "at": NOON, "status": 200, "body": "success" }]);
    assert_eq!(outcome.json(), json!({ "received": true, "attempts": attempts }));
    assert_eq!(
        server.newest(),
        format!(
            "<xml><ToUserName><![CDATA[{}]]></ToUserName><FromUserName><![CDATA[{}]]></FromUserName>\
             <CreateTime>{NOON}</CreateTime><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[subscribe]]></Event>\
             <EventKey><![CDATA[]]></EventKey></xml>",
            text(&laptop.get("/_sandbox/apps/shop").await.json(), "original_id"),
            laptop.sandbox.open_id("shop", "lan").unwrap(),
        )
    );
    assert_eq!(follows(&laptop, "lan").await, json!(["shop"]));
}

#[tokio::test]
async fn who_unsubscribes_follows_no_more() {
    let server = Server::new().await;
    let laptop = pushing_to(&server, "shop").await;

    for event in ["subscribe", "unsubscribe"] {
        push(&laptop, json!({ "app": "shop", "person": "lan", "event": event })).await;
    }

    assert!(server.newest().contains("<Event><![CDATA[unsubscribe]]></Event>"), "{}", server.newest());
    assert_eq!(follows(&laptop, "lan").await, json!([]));
}

#[tokio::test]
async fn the_first_scan_of_a_code_is_a_subscription_and_the_next_a_scan() {
    let server = Server::new().await;
    let laptop = pushing_to(&server, "shop").await;
    let scan = json!({ "app": "shop", "person": "lan", "event": "SCAN", "scene": "desk7" });

    push(&laptop, scan.clone()).await;
    let first = server.newest();
    push(&laptop, scan).await;
    let second = server.newest();

    let says = |push: &str, event: &str, key: &str| {
        push.contains(&format!("<Event><![CDATA[{event}]]></Event>"))
            && push.contains(&format!("<EventKey><![CDATA[{key}]]></EventKey>"))
    };
    assert!(says(&first, "subscribe", "qrscene_desk7"), "{first}");
    assert!(says(&second, "SCAN", "desk7"), "{second}");
}

#[tokio::test]
async fn an_authorization_event_tells_the_person_and_never_a_mini_program_the_union_id_of_a_revocation() {
    let server = Server::new().await;
    for (app, event, info, with_union_id) in [
        ("shop", "user_authorization_revoke", "205", true),
        ("site", "user_authorization_revoke", "301", true),
        ("mini", "user_authorization_revoke", "6", false),
        ("mini", "user_authorization_cancellation", "", true),
        ("app", "user_info_modified", "", true),
    ] {
        let laptop = pushing_to(&server, app).await;

        push(&laptop, json!({ "app": app, "person": "lan", "event": event })).await;

        let newest = server.newest();
        let has = |key: &str, value: &str| newest.contains(&format!("<{key}><![CDATA[{value}]]></{key}>"));
        let (open_id, union_id) =
            (laptop.sandbox.open_id(app, "lan").unwrap(), laptop.sandbox.union_id(app, "lan").unwrap());
        assert!(has("Event", event) && has("OpenID", &open_id), "{newest}");
        assert_eq!((has("UnionID", &union_id), has("RevokeInfo", info)), (with_union_id, !info.is_empty()), "{newest}");
    }
}

#[tokio::test]
async fn an_account_without_push_settings_is_followed_in_silence() {
    let laptop = Laptop::new().await;

    let outcome = push(&laptop, json!({ "app": "club", "person": "wei", "event": "subscribe" })).await;

    assert_eq!(outcome.json(), json!({ "received": false, "attempts": [] }));
    assert_eq!(follows(&laptop, "wei").await, json!(["club"]));
}

#[tokio::test]
async fn an_event_that_cannot_be_is_turned_down() {
    let laptop = Laptop::new().await;
    let cases = [
        (json!({ "app": "none", "person": "lan", "event": "subscribe" }), 404, "no such app"),
        (json!({ "app": "shop", "person": "none", "event": "subscribe" }), 404, "no such person"),
        (json!({ "app": "shop", "person": "lan", "event": "SUBSCRIBE" }), 400, "there is no such event"),
        (json!({ "app": "shop", "person": "lan", "event": "SCAN" }), 400, "SCAN needs a scene"),
        (
            json!({ "app": "mini", "person": "lan", "event": "subscribe" }),
            400,
            "only an official account has followers",
        ),
        (
            json!({ "app": "site", "person": "lan", "event": "user_authorization_revoke", "revoke_info": 205 }),
            400,
            "this kind of app has no such permission",
        ),
        (
            json!({ "app": "site", "person": "lan", "event": "user_info_modified" }),
            409,
            "this app has no push settings",
        ),
    ];

    for (order, status, error) in cases {
        let answer = push(&laptop, order.clone()).await;

        assert_eq!((answer.status.as_u16(), answer.json()), (status, json!({ "error": error })), "{order}");
    }
}

#[tokio::test]
async fn push_settings_that_cannot_be_are_named_with_their_place() {
    let laptop = Laptop::new().await;
    let bad = json!({ "push": { "url": "nowhere", "token": "a", "mode": "secure", "format": "json", "colour": 1 } });

    let answer = laptop.patch("/_sandbox/apps/shop", &bad).await;

    assert_eq!(
        answer.json()["error"],
        "apps[0].push.format must be xml: official accounts support no other format; \
         apps[0].push.url must be an http or https address; apps[0].push.token must be 3 to 32 letters, digits, - and _; \
         apps[0].push.aes_key is required except in plain mode; apps[0].push.colour is not a known field"
    );
}

#[tokio::test]
async fn an_address_is_verified_as_the_console_does() {
    let server = Server::new().await;
    let laptop = pushing_to(&server, "mini").await;
    let nowhere = json!({ "push": { "url": "http://127.0.0.1:1/push", "token": "sandbox_token_01" } });
    laptop.patch("/_sandbox/apps/site", &nowhere).await;

    let good = laptop.post_json("/_sandbox/push/verify", &json!({ "app": "mini" })).await.json();
    let bad = laptop.post_json("/_sandbox/push/verify", &json!({ "app": "site" })).await.json();

    assert_eq!(good, json!({ "verified": true }));
    assert_eq!(bad, json!({ "verified": false, "problem": "the address did not answer" }));
}

#[tokio::test]
async fn a_page_learns_which_signature_it_should_have() {
    let laptop = Laptop::new().await;
    let page = json!({
        "ticket": "kgt8ON7yVITDhtdwci0qeSandboxTicketExample", "noncestr": "n0nceExample", "timestamp": 1_760_000_000,
        "url": "https://app.example.test/h5/page?x=1#part",
    });

    let answer = laptop.post_json("/_sandbox/js-signature", &page).await.json();

    assert_eq!(answer, json!({ "signature": "c5fefe05cb661002d3096c449b3f1df7697419bf" }));
}

#[tokio::test]
async fn who_follows_already_has_done_so_since_they_began() {
    let laptop = Laptop::new().await;
    let token = laptop.global_token("shop").await;
    let open_id = laptop.sandbox.open_id("shop", "lan").expect("lan has one");
    let mut since = Vec::new();

    for _ in 0..2 {
        push(&laptop, json!({ "app": "shop", "person": "lan", "event": "subscribe" })).await;
        let user = laptop.get(&format!("/cgi-bin/user/info?access_token={token}&openid={open_id}")).await.json();
        since.push(user["subscribe_time"].clone());
        laptop.wait(100).await;
    }

    assert_eq!(since, [json!(NOON), json!(NOON)]);
}
