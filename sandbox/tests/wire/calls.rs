//! Tests of `/_sandbox/calls`: the recorded calls of WeChat's paths.

use std::time::Duration;

use axum::body::Body;
use axum::http::Method;
use serde_json::{Value, json};

use crate::laptop::{Laptop, NOON, request};

const PATH: &str = "/sns/oauth2/access_token";

async fn calls(laptop: &Laptop) -> Vec<Value> {
    laptop.get("/_sandbox/calls").await.json().as_array().cloned().expect("calls are a list")
}

#[tokio::test(start_paused = true)]
async fn a_call_is_kept_as_its_caller_sent_and_saw_it() {
    let laptop = Laptop::new().await;

    let headers = [("content-type", "text/xml"), ("x-twice", "1"), ("x-twice", "2")];
    let body = Body::from("{\"appid\":\"兰\u{0}");
    let answer = laptop.send(request(Method::POST, &format!("{PATH}?appid=&x=%FF"), &headers, body)).await;

    assert_eq!(answer.failure().0, 41002);
    assert_eq!(
        calls(&laptop).await,
        [json!({
            "number": 1, "at": NOON, "method": "POST", "path": PATH, "query": "appid=&x=%FF",
            "request": {
                "headers": [["host", "127.0.0.1:18080"], ["content-type", "text/xml"], ["x-twice", "1"], ["x-twice", "2"]],
                "body": "{\"appid\":\"兰\u{0}", "bytes": 14,
            },
            "status": 200,
            "answer": { "headers": [["content-type", "text/plain"]], "body": answer.body, "bytes": answer.body.len() },
            "micros": 0,
        })]
    );
}

#[tokio::test]
async fn bytes_that_are_no_text_are_shown_as_well_as_can_be() {
    let laptop = Laptop::new().await;

    laptop.send(request(Method::POST, PATH, &[], Body::from(&b"a\xff"[..]))).await;

    assert_eq!(calls(&laptop).await[0]["request"]["body"], "a\u{fffd}");
}

#[tokio::test]
async fn of_a_long_body_the_first_sixteen_kilobytes_are_kept() {
    let laptop = Laptop::new().await;

    laptop.post("/sns/nothing", &"a".repeat(20_000)).await;

    let request = &calls(&laptop).await[0]["request"];
    assert_eq!((request["body"].as_str().map(str::len), &request["bytes"]), (Some(16_384), &json!(20_000)));
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_turned_down_and_leaves_the_call() {
    let laptop = Laptop::new().await;

    let answer = laptop.post("/sns/nothing", &"a".repeat(65_537)).await;

    let call = &calls(&laptop).await[0];
    assert_eq!((answer.status.as_u16(), &call["status"], &call["request"]["body"]), (413, &json!(413), &json!("")));
}

#[tokio::test(start_paused = true)]
async fn a_fault_is_kept_as_the_caller_saw_it() {
    let laptop = Laptop::new().await;
    laptop.order_fault(&json!({ "path": PATH, "status": 502, "body": "busy", "delay_ms": 1500 })).await;

    laptop.get(PATH).await;

    let call = &calls(&laptop).await[0];
    assert_eq!(
        (&call["status"], &call["answer"]["body"], &call["micros"]),
        (&json!(502), &json!("busy"), &json!(1_500_000))
    );
}

#[tokio::test(start_paused = true)]
async fn an_abandoned_call_leaves_no_trace_and_blocks_no_other_call() {
    let laptop = Laptop::new().await;
    laptop.order_fault(&json!({ "path": PATH, "delay_ms": 60_000 })).await;

    let given_up = tokio::time::timeout(Duration::from_secs(5), laptop.get(PATH)).await.is_err();
    laptop.get("/sns/auth").await;

    let paths: Vec<_> = calls(&laptop).await.iter().map(|call| call["path"].clone()).collect();
    assert_eq!((given_up, paths), (true, vec![json!("/sns/auth")]));
}

#[tokio::test(start_paused = true)]
async fn neither_the_control_api_nor_a_poll_without_news_is_kept() {
    let laptop = Laptop::new().await;
    let app_id = laptop.app("site").app_id;
    let query = format!("appid={app_id}&redirect_uri=http%3A%2F%2Flocalhost%2F&response_type=code&scope=snsapi_login");
    let page = laptop.get(&format!("/connect/qrconnect?{query}")).await;
    let poll = format!("/connect/l/qrconnect?uuid={}", page.uuid());

    laptop.get("/_sandbox/people").await;
    laptop.get(&poll).await;
    laptop.get(&format!("/connect/confirm?uuid={}", page.uuid())).await;
    laptop.get(&poll).await;

    let kept: Vec<_> = calls(&laptop).await.iter().map(|call| call["path"].clone()).collect();
    assert_eq!(kept, ["/connect/l/qrconnect", "/connect/confirm", "/connect/qrconnect"]);
}

#[tokio::test]
async fn calls_are_asked_for_by_path_and_forgotten_together() {
    let laptop = Laptop::new().await;
    for path in ["/sns/auth", PATH, "/sns/auth"] {
        laptop.get(path).await;
    }

    let of_a_path = laptop.get("/_sandbox/calls?path=/sns/auth").await.json();
    let forgotten = laptop.send(request(Method::DELETE, "/_sandbox/calls", &[], Body::empty())).await;

    let numbers: Vec<_> = of_a_path.as_array().unwrap().iter().map(|call| call["number"].clone()).collect();
    assert_eq!(numbers, [3, 1]);
    assert_eq!((forgotten.json(), calls(&laptop).await), (json!({ "calls": [] }), vec![]));
}

#[tokio::test]
async fn the_newest_two_hundred_calls_are_kept() {
    let laptop = Laptop::new().await;
    for _ in 0..205 {
        laptop.get("/sns/auth").await;
    }

    let calls = calls(&laptop).await;

    assert_eq!((calls.len(), &calls[0]["number"], &calls[199]["number"]), (200, &json!(205), &json!(6)));
}
