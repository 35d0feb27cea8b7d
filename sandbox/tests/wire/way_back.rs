//! Tests of faults of a browser login: repeated callbacks, replayed codes, forced snapshot pages.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;
use tokio::net::TcpListener;

use crate::laptop::{Answer, Laptop};

const AUTHORIZE: &str = "/connect/oauth2/authorize";
const LOCAL: &str = "http://127.0.0.1:3000/cb";

/// A site that records how it is called. It answers with a redirect, which only a browser should follow.
struct Site {
    call_back: String,
    calls: Arc<Mutex<Vec<String>>>,
}

impl Site {
    async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a free port");
        let call_back = format!("http://{}/cb?x=1", listener.local_addr().expect("the site listens"));
        let calls = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&calls);
        let site = Router::new().fallback(async move |headers: HeaderMap, uri: Uri| {
            let cookie = headers.get(header::COOKIE).map_or("", |_| " with a cookie");
            seen.lock().expect("the lock is not poisoned").push(format!("{uri}{cookie}"));
            (StatusCode::FOUND, [(header::LOCATION, "/elsewhere")])
        });
        tokio::spawn(async move { axum::serve(listener, site).await });
        Self { call_back, calls }
    }

    fn calls(&self) -> Vec<String> {
        self.calls.lock().expect("the lock is not poisoned").clone()
    }
}

fn query(laptop: &Laptop, app: &str, (scope, back): (&str, &str)) -> String {
    let app_id = laptop.app(app).app_id;
    let back = utf8_percent_encode(back, NON_ALPHANUMERIC);
    format!("appid={app_id}&redirect_uri={back}&response_type=code&scope={scope}&state=St4te")
}

async fn allow(laptop: &Laptop, back: &str) -> Answer {
    let query = query(laptop, "shop", ("snsapi_userinfo", back));
    laptop.post_form(AUTHORIZE, &format!("{query}&person=lan&decision=allow")).await
}

async fn open_qr_page(laptop: &Laptop, back: &str) -> String {
    let page = laptop.get(&format!("/connect/qrconnect?{}", query(laptop, "site", ("snsapi_login", back)))).await;
    page.uuid().to_owned()
}

#[tokio::test]
async fn a_call_back_that_comes_twice_comes_first_from_elsewhere() {
    let (laptop, site) = (Laptop::new().await, Site::open().await);
    laptop.order_fault(&json!({ "path": AUTHORIZE, "kind": "callback-twice" })).await;

    let query = query(&laptop, "shop", ("snsapi_base", &site.call_back));
    let answer = laptop.get_with(&format!("{AUTHORIZE}?{query}"), &[("cookie", "sandbox_person=lan")]).await;
    let calls = site.calls();
    allow(&laptop, &site.call_back).await;

    assert_eq!(calls, [format!("/cb?x=1&code={}&state=St4te", answer.code())]);
    assert_eq!((answer.status.as_u16(), site.calls().len()), (302, 1));
    assert_eq!(laptop.exchange("shop", &answer.code()).await.json()["expires_in"], 7200);
}

#[tokio::test]
async fn a_call_back_twice_waits_until_a_browser_is_sent_back_with_a_code() {
    let (laptop, site) = (Laptop::new().await, Site::open().await);
    laptop.order_fault(&json!({ "path": AUTHORIZE, "kind": "callback-twice" })).await;
    let query = query(&laptop, "shop", ("snsapi_userinfo", &site.call_back));

    laptop.get(&format!("{AUTHORIZE}?{query}")).await;
    laptop.post_form(AUTHORIZE, &format!("{query}&decision=refuse")).await;
    let elsewhere = allow(&laptop, &site.call_back.replace("127.0.0.1", "127.0.0.2")).await;

    assert_eq!(elsewhere.header("x-sandbox-error"), "10003");
    assert_eq!((site.calls(), laptop.waiting().await), (Vec::<String>::new(), 1));
}

#[tokio::test]
async fn a_refusal_that_is_called_back_carries_no_code_to_bring_twice() {
    let seed = sandbox::DEMO.replace("name = \"shop\"\n", "name = \"shop\"\non_refusal = \"authdeny\"\n");
    let (laptop, site) = (Laptop::with(&seed).await, Site::open().await);
    laptop.order_fault(&json!({ "path": AUTHORIZE, "kind": "callback-twice" })).await;

    let query = query(&laptop, "shop", ("snsapi_userinfo", &site.call_back));
    let answer = laptop.post_form(AUTHORIZE, &format!("{query}&decision=refuse")).await;

    assert_eq!((answer.code().as_str(), site.calls()), ("authdeny", Vec::new()));
}

#[tokio::test]
async fn an_unreachable_site_does_not_prevent_the_redirect() {
    let laptop = Laptop::new().await;
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    laptop.order_fault(&json!({ "path": AUTHORIZE, "kind": "callback-twice" })).await;

    let answer = allow(&laptop, &format!("http://{closed}/cb")).await;

    assert_eq!((answer.status.as_u16(), answer.code().len()), (303, 32));
}

#[tokio::test]
async fn the_qr_page_calls_back_twice_by_its_poll_or_by_scan_as() {
    let (laptop, site) = (Laptop::new().await, Site::open().await);
    let (polled, scanned) =
        (open_qr_page(&laptop, &site.call_back).await, open_qr_page(&laptop, &site.call_back).await);
    laptop.post_form("/connect/confirm", &format!("uuid={polled}&person=jun&decision=allow")).await;
    for path in ["/connect/l/qrconnect", "/connect/confirm"] {
        laptop.order_fault(&json!({ "path": path, "kind": "callback-twice" })).await;
    }

    let script = laptop.get(&format!("/connect/l/qrconnect?uuid={polled}")).await.body;
    let form = format!("uuid={scanned}&then=return&decision=allow&person=xue");
    let answer = laptop.post_form("/connect/confirm", &form).await;

    let (_, code) = script.trim_end_matches("';").split_once("wx_code='").expect("the phone has confirmed");
    let called = [code, &answer.code()].map(|code| format!("/cb?x=1&code={code}&state=St4te"));
    assert_eq!(site.calls(), called);
}

#[tokio::test]
async fn a_replayed_code_is_the_last_one_of_this_person_that_was_used() {
    let laptop = Laptop::new().await;
    let (older, last) = (laptop.code("shop", "lan").await, laptop.code("shop", "lan").await);
    let other = laptop.code("shop", "wei").await;
    for code in [&older, &last, &other] {
        laptop.exchange("shop", code).await;
    }
    laptop.order_fault(&json!({ "path": AUTHORIZE, "kind": "replayed-code" })).await;

    let replayed = allow(&laptop, LOCAL).await;
    let next = allow(&laptop, LOCAL).await;

    assert_eq!(replayed.location(), format!("{LOCAL}?code={last}&state=St4te"));
    assert_eq!(laptop.exchange("shop", &last).await.failure().0, 40163);
    assert_eq!(laptop.exchange("shop", &next.code()).await.json()["expires_in"], 7200);
}

#[tokio::test]
async fn a_replayed_code_may_be_long_over() {
    let laptop = Laptop::new().await;
    let used = laptop.code("shop", "lan").await;
    laptop.exchange("shop", &used).await;
    laptop.wait(86_400).await;
    laptop.order_fault(&json!({ "path": AUTHORIZE, "kind": "replayed-code" })).await;

    let replayed = allow(&laptop, LOCAL).await;

    assert_eq!((replayed.code(), laptop.exchange("shop", &used).await.failure().0), (used, 40029));
}

#[tokio::test]
async fn who_used_no_code_before_gets_a_new_one() {
    let laptop = Laptop::new().await;
    laptop.code("shop", "lan").await;
    laptop.order_fault(&json!({ "path": AUTHORIZE, "kind": "replayed-code" })).await;

    let answer = allow(&laptop, LOCAL).await;

    assert_eq!(laptop.exchange("shop", &answer.code()).await.json()["expires_in"], 7200);
    assert_eq!(laptop.waiting().await, 1);
}

#[tokio::test]
async fn the_poll_of_a_qr_page_replays_a_code_too() {
    let laptop = Laptop::new().await;
    let used = laptop.code("site", "jun").await;
    laptop.exchange("site", &used).await;
    let uuid = open_qr_page(&laptop, LOCAL).await;
    laptop.post_form("/connect/confirm", &format!("uuid={uuid}&person=jun&decision=allow")).await;
    laptop.order_fault(&json!({ "path": "/connect/l/qrconnect", "kind": "replayed-code" })).await;

    let script = laptop.get(&format!("/connect/l/qrconnect?uuid={uuid}")).await.body;

    assert_eq!(script, format!("window.wx_errcode=405;window.wx_code='{used}';"));
}

#[tokio::test]
async fn what_looks_like_a_code_in_the_sites_own_address_is_none() {
    let laptop = Laptop::new().await;
    let used = laptop.code("shop", "lan").await;
    laptop.exchange("shop", &used).await;
    laptop.order_fault(&json!({ "path": AUTHORIZE, "kind": "replayed-code" })).await;
    let own = "0".repeat(32);

    let answer = allow(&laptop, &format!("{LOCAL}?code={own}&promo_code=7#/a?code={own}")).await;

    let expected = format!("{LOCAL}?code={own}&promo_code=7&code={used}&state=St4te#/a?code={own}");
    assert_eq!(answer.location(), expected);
}

#[tokio::test]
async fn an_ordered_snapshot_is_as_if_the_site_had_forced_it() {
    let laptop = Laptop::new().await;
    laptop.order_fault(&json!({ "path": AUTHORIZE, "kind": "snapshot", "times": 2 })).await;
    let query = query(&laptop, "shop", ("snsapi_userinfo", LOCAL));
    let lan = [("cookie", "sandbox_person=lan")];

    let silent = laptop.get_with(&format!("{AUTHORIZE}?{query}&forceSnapShot=false"), &lan).await;
    let chosen = allow(&laptop, LOCAL).await;
    let real = allow(&laptop, LOCAL).await;

    let mut flags = Vec::new();
    for answer in [&silent, &chosen, &real] {
        flags.push(laptop.exchange("shop", &answer.code()).await.json()["is_snapshotuser"].as_i64());
    }
    assert_eq!((silent.status.as_u16(), flags), (302, vec![Some(1), Some(1), None]));
}

#[tokio::test]
async fn an_ordered_snapshot_of_the_page_lasts_for_the_answer_to_it() {
    let laptop = Laptop::new().await;
    laptop.order_fault(&json!({ "path": AUTHORIZE, "kind": "snapshot" })).await;

    let query = query(&laptop, "shop", ("snsapi_userinfo", LOCAL));
    let page = laptop.get(&format!("{AUTHORIZE}?{query}")).await;

    assert!(page.body.contains("name=\"forceSnapShot\" value=\"true\""), "{}", page.body);
}

#[tokio::test]
async fn a_strict_app_does_not_mind_a_snapshot_that_was_ordered() {
    let seed = sandbox::DEMO.replace("name = \"shop\"\n", "name = \"shop\"\nstrict = true\n");
    let laptop = Laptop::with(&seed).await;
    laptop.order_fault(&json!({ "path": AUTHORIZE, "kind": "snapshot" })).await;

    let answer = allow(&laptop, LOCAL).await;

    assert_eq!(laptop.exchange("shop", &answer.code()).await.json()["is_snapshotuser"], 1);
}
