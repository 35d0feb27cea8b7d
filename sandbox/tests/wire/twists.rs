//! Tests of faults by kind: answers that never arrive, are replaced, or are corrupted. See `way_back` for callbacks.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::timeout;

use crate::laptop::{Laptop, text};

const EXCHANGE: &str = "/sns/oauth2/access_token";

async fn userinfo(laptop: &Laptop) -> String {
    let token = text(&laptop.tokens("shop", "lan").await, "access_token");
    format!("/sns/userinfo?access_token={token}&openid=o")
}

#[tokio::test(start_paused = true)]
async fn what_hangs_is_given_up_after_ten_minutes() {
    let laptop = Laptop::new().await;
    laptop.order_fault(&json!({ "path": EXCHANGE, "kind": "hang", "times": 2 })).await;

    let impatient = timeout(Duration::from_secs(599), laptop.get(EXCHANGE)).await;
    let patient = timeout(Duration::from_secs(601), laptop.get(EXCHANGE)).await;

    assert_eq!((impatient.is_err(), patient.map(|answer| answer.status.as_u16())), (true, Ok(504)));
}

#[tokio::test(start_paused = true)]
async fn what_hangs_after_the_work_has_burnt_the_code() {
    let laptop = Laptop::new().await;
    let code = laptop.code("shop", "lan").await;
    laptop.order_fault(&json!({ "path": EXCHANGE, "kind": "hang", "after": true })).await;

    let lost = timeout(Duration::from_secs(30), laptop.exchange("shop", &code)).await;
    let again = laptop.exchange("shop", &code).await;

    assert_eq!((lost.is_err(), again.failure().0), (true, 40163));
}

#[tokio::test]
async fn a_reset_without_a_connection_is_the_trouble_of_a_gateway() {
    let laptop = Laptop::new().await;
    laptop.order_fault(&json!({ "path": EXCHANGE, "kind": "reset" })).await;

    let answer = laptop.get(EXCHANGE).await;

    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (502, "text/html"));
}

#[tokio::test]
async fn an_empty_answer_is_a_page_in_gbk_with_http_200() {
    let laptop = Laptop::new().await;
    laptop.order_fault(&json!({ "path": "/cgi-bin/token", "kind": "empty" })).await;

    let answer = laptop.get("/cgi-bin/token").await;

    let found = (answer.status.as_u16(), answer.header("content-type"), answer.body.as_str());
    assert_eq!(found, (200, "text/html; charset=gbk", ""));
}

#[tokio::test]
async fn a_page_in_place_of_json_comes_with_http_200() {
    let laptop = Laptop::new().await;
    laptop.order_fault(&json!({ "path": EXCHANGE, "kind": "html" })).await;

    let answer = laptop.get(EXCHANGE).await;

    let found = (answer.status.as_u16(), answer.header("content-type"), answer.body.as_str());
    assert_eq!(found, (200, "text/html", "<html><body><h1>ordered fault</h1></body></html>"));
}

#[tokio::test]
async fn a_quota_is_of_the_minute_or_of_the_day_or_a_page() {
    let laptop = Laptop::new().await;
    for path in [EXCHANGE, "/wxa/checksession", "/cgi-bin/token", "/connect/oauth2/authorize"] {
        laptop.order_fault(&json!({ "path": path, "kind": "quota" })).await;
    }

    let sns = laptop.get(EXCHANGE).await.failure();
    let wxa = laptop.get("/wxa/checksession").await.failure();
    let cgi = laptop.get("/cgi-bin/token").await.failure();
    let page = laptop.get("/connect/oauth2/authorize").await;

    assert_eq!(sns, (45011, "api minute-quota reach limit  mustslower  retry next minute, ".to_owned()));
    assert_eq!(wxa, (45011, "api minute-quota reach limit  mustslower  retry next minute ".to_owned()));
    assert_eq!(cgi, (45009, "reach max api daily quota limit ".to_owned()));
    assert_eq!((page.status.as_u16(), page.header("x-sandbox-error")), (200, "10009"));
}

#[tokio::test]
async fn control_characters_stand_raw_in_the_nickname() {
    let laptop = Laptop::new().await;
    let path = userinfo(&laptop).await;
    let whole = laptop.get(&path).await.body;
    laptop.order_fault(&json!({ "path": "/sns/userinfo", "kind": "control-characters" })).await;

    let spoilt = laptop.get(&path).await;

    assert_eq!(spoilt.body, whole.replace("兰心🌿", "\u{8}兰心🌿\u{1f}"));
    assert_eq!(spoilt.header("content-type"), "text/plain");
    assert!(serde_json::from_str::<Value>(&spoilt.body).is_err());
    assert_eq!(laptop.get(&path).await.body, whole);
}

#[tokio::test]
async fn a_nickname_with_broken_utf8_ends_within_an_emoji() {
    let laptop = Laptop::new().await;
    let path = userinfo(&laptop).await;
    let whole = laptop.get(&path).await.body;
    laptop.order_fault(&json!({ "path": "/sns/userinfo", "kind": "bad-utf8" })).await;

    let spoilt = laptop.get_bytes(&path).await;

    let (start, end) = whole.split_once("兰心🌿").expect("the nickname is in the profile");
    assert_eq!(spoilt, [start.as_bytes(), "兰心🌿".as_bytes(), b"\xf0\x9f\x8c", end.as_bytes()].concat());
    assert!(String::from_utf8(spoilt).is_err());
}

#[tokio::test]
async fn an_errcode_as_text_waits_for_an_answer_that_has_one() {
    let laptop = Laptop::new().await;
    laptop.order_fault(&json!({ "path": EXCHANGE, "kind": "errcode-as-text" })).await;

    let success = laptop.tokens("shop", "lan").await;
    let failure = laptop.exchange("shop", "x").await;
    let next = laptop.exchange("shop", "x").await;

    assert_eq!((success["errcode"].as_str(), success["expires_in"].as_i64()), (None, Some(7200)));
    assert_eq!(failure.json()["errcode"], json!("40029"));
    assert_eq!(next.json()["errcode"], json!(40029));
}

#[tokio::test]
async fn a_late_union_id_is_missing_once_where_it_is_due() {
    let laptop = Laptop::new().await;
    laptop.order_fault(&json!({ "path": EXCHANGE, "kind": "late-union-id" })).await;

    let not_due = laptop.exchange("shop", &laptop.base_code("shop", "lan").await).await.json();
    let still_waiting = laptop.waiting().await;
    let late = laptop.tokens("shop", "lan").await;
    let there = laptop.tokens("shop", "lan").await;

    assert_eq!((not_due.get("unionid"), still_waiting), (None, 1));
    let fields: BTreeSet<_> = late.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(fields, BTreeSet::from(["access_token", "expires_in", "openid", "refresh_token", "scope"]));
    assert_eq!(there["unionid"].as_str(), laptop.sandbox.union_id("shop", "lan").as_deref());
}

#[tokio::test]
async fn a_changed_union_id_is_the_same_wherever_an_app_hears_of_it() {
    let laptop = Laptop::new().await;
    let profile = userinfo(&laptop).await;
    for path in [EXCHANGE, "/sns/userinfo", "/sns/jscode2session"] {
        laptop.order_fault(&json!({ "path": path, "kind": "changed-union-id", "share": 1 })).await;
    }

    let first = text(&laptop.tokens("shop", "lan").await, "unionid");
    let again = text(&laptop.get(&profile).await.json(), "unionid");
    let other_person = text(&laptop.tokens("shop", "wei").await, "unionid");
    let code = laptop.code("mini", "lan").await;
    let other_app = text(&laptop.jscode2session("mini", &code).await.json(), "unionid");

    let real = laptop.sandbox.union_id("shop", "lan").expect("the shop is bound");
    assert_eq!((first.len(), first.starts_with("oU"), &again), (28, true, &first));
    assert!(![&real, &other_person, &other_app].contains(&&first));
}

#[tokio::test]
async fn a_replaced_token_is_not_the_latest() {
    let laptop = Laptop::new().await;
    let path = "/wxa/business/getuserphonenumber";
    let token = laptop.global_token("mini").await;
    laptop.order_fault(&json!({ "path": path, "kind": "token-rotated" })).await;

    let with_none = laptop.post(path, "{}").await;
    let replaced = laptop.post(&format!("{path}?access_token={token}"), "{}").await;
    let fresh = laptop.global_token("mini").await;
    let with_fresh = laptop.post(&format!("{path}?access_token={fresh}"), "{}").await;

    // An error about the missing code means that the token is valid.
    assert_eq!([with_none, replaced, with_fresh].map(|answer| answer.failure().0), [41001, 40001, 40029]);
}

#[tokio::test]
async fn a_snapshot_that_makes_the_address_too_long_is_none_and_no_panic() {
    let laptop = Laptop::new().await;
    laptop.order_fault(&json!({ "path": "/connect/oauth2/authorize", "kind": "snapshot" })).await;
    let app_id = laptop.app("shop").app_id;

    let query =
        format!("appid={app_id}&redirect_uri=http%3A%2F%2Flocalhost%2F&response_type=code&scope=snsapi_base&x=");
    let answer = laptop.get(&format!("/connect/oauth2/authorize?{query}{}", "'".repeat(40_000))).await;

    assert_eq!(answer.status.as_u16(), 200);
}

#[tokio::test]
async fn a_token_is_rotated_in_its_own_flavour_only() {
    let laptop = Laptop::new().await;
    let plain = laptop.global_token("mini").await;
    let app = laptop.app("mini");
    let order = json!({ "grant_type": "client_credential", "appid": app.app_id, "secret": app.secret });
    let stable = crate::laptop::text(&laptop.post_json("/cgi-bin/stable_token", &order).await.json(), "access_token");
    laptop.order_fault(&json!({ "path": "/wxa/checksession", "kind": "token-rotated" })).await;

    let hit = laptop.get(&format!("/wxa/checksession?access_token={plain}")).await;
    let spared = laptop.get(&format!("/wxa/checksession?access_token={stable}")).await;

    assert_eq!((hit.failure().0, spared.failure().0), (40001, 41009));
}
