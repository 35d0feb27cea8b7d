//! Faults that were ordered with `POST /_sandbox/faults`.

use axum::body::Body;
use axum::http::Method;
use serde_json::json;
use tokio::time::Instant;

use crate::laptop::{Laptop, request};

const PATH: &str = "/sns/oauth2/access_token";

#[tokio::test]
async fn an_ordered_errcode_concerns_the_next_calls_of_its_path_only() {
    let laptop = Laptop::new().await;
    let code = laptop.code("shop", "lan").await;
    laptop.post_json("/_sandbox/faults", &json!({ "path": PATH, "times": 2, "errcode": -1 })).await;

    let elsewhere = laptop.get("/sns/auth").await;
    let first = laptop.exchange("shop", &code).await;
    let second = laptop.exchange("shop", &code).await;
    let third = laptop.exchange("shop", &code).await;

    assert_eq!(elsewhere.failure().0, 41001);
    assert_eq!(first.failure(), (-1, "system error, ".to_owned()));
    assert_eq!(second.failure(), (-1, "system error, ".to_owned()));
    assert_eq!(third.json()["expires_in"], 7200);
}

#[tokio::test]
async fn a_status_and_a_body_can_be_ordered() {
    let laptop = Laptop::new().await;
    let orders = [
        json!({ "path": PATH, "status": 502 }),
        json!({ "path": PATH, "body": "<html>busy</html>" }),
        json!({ "path": PATH, "body": "" }),
        json!({ "path": PATH, "status": 500, "errcode": -1 }),
    ];
    let mut answers = Vec::new();

    for order in orders {
        laptop.post_json("/_sandbox/faults", &order).await;
        let answer = laptop.get(PATH).await;
        answers.push((answer.status.as_u16(), answer.header("content-type").to_owned(), answer.body.len()));
    }

    let kinds: Vec<_> = answers.iter().map(|(status, kind, length)| (*status, kind.as_str(), *length > 0)).collect();
    assert_eq!(
        kinds,
        [(502, "text/html", true), (200, "text/html", true), (200, "text/plain", false), (500, "text/plain", true)]
    );
}

#[tokio::test(start_paused = true)]
async fn a_delay_comes_before_the_work_or_after_it() {
    let laptop = Laptop::new().await;
    let (early, late) = (laptop.code("shop", "lan").await, laptop.code("shop", "lan").await);
    let begin = Instant::now();

    laptop.post_json("/_sandbox/faults", &json!({ "path": PATH, "delay_ms": 15_000 })).await;
    let delayed = laptop.exchange("shop", &early).await;
    let took = begin.elapsed().as_millis();
    laptop
        .post_json("/_sandbox/faults", &json!({ "path": PATH, "delay_ms": 15_000, "after": true, "status": 504 }))
        .await;
    let lost = laptop.exchange("shop", &late).await;
    let again = laptop.exchange("shop", &late).await;

    assert_eq!((delayed.json()["expires_in"].as_i64(), took), (Some(7200), 15_000));
    assert_eq!((lost.status.as_u16(), again.failure().0), (504, 40163));
}

#[tokio::test]
async fn faults_can_be_listed_and_taken_back() {
    let laptop = Laptop::new().await;
    laptop.post_json("/_sandbox/faults", &json!({ "path": PATH, "errcode": 45011 })).await;

    let listed = laptop.get("/_sandbox/faults").await.json();
    laptop.send(request(Method::DELETE, "/_sandbox/faults", &[], Body::empty())).await;

    assert_eq!(listed, json!([{ "path": PATH, "times": 1, "errcode": 45011, "delay_ms": 0, "after": false }]));
    assert_eq!(laptop.get("/_sandbox/faults").await.json(), json!([]));
}

#[tokio::test]
async fn an_order_that_cannot_be_is_turned_down() {
    let laptop = Laptop::new().await;
    let orders = [
        json!({ "path": PATH }),
        json!({ "path": "sns", "errcode": 1 }),
        json!({ "path": "/_sandbox/apps", "errcode": 1 }),
        json!({ "path": PATH, "errcode": 1, "times": 0 }),
        json!({ "path": PATH, "status": 99 }),
        json!({ "path": PATH, "delay_ms": 60_001 }),
        json!({ "path": PATH, "errcode": 1, "tiems": 2 }),
    ];

    for order in orders {
        let answer = laptop.post_json("/_sandbox/faults", &order).await;

        assert_eq!(answer.status.as_u16(), 400, "{order}");
    }
}

#[tokio::test]
async fn a_hundred_faults_wait_at_most() {
    let laptop = Laptop::new().await;
    for _ in 0..100 {
        laptop.post_json("/_sandbox/faults", &json!({ "path": PATH, "errcode": 1 })).await;
    }

    let answer = laptop.post_json("/_sandbox/faults", &json!({ "path": PATH, "errcode": 1 })).await;

    assert_eq!(answer.status.as_u16(), 429);
}
