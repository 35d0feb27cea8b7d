//! Headers of arbitrary bytes: each request gets a response, and no response repeats a header.

use acceptance::{Company, Server};
use http::{HeaderName, HeaderValue, Request};
use proptest::prelude::{Strategy, any, prop, prop_oneof};
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use reqwest::StatusCode;

const NAMES: [&str; 9] = [
    "authorization",
    "x-forwarded-for",
    "accept-language",
    "cookie",
    "guiyi-session",
    "origin",
    "host",
    "x-request-id",
    "content-type",
];

/// Values similar to valid ones.
const SEEDS: [&str; 14] = [
    "Bearer ",
    "bearer eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFZERTQSIsImtpZCI6IngifQ.e30.",
    "Bearer gys_",
    "Basic ",
    "203.0.113.7, ",
    "[::1]:",
    "zh;q=",
    "*;q=",
    "cookie",
    "__Host-guiyi-refresh=",
    "a=b; __Host-guiyi-refresh=x; __Host-guiyi-refresh=",
    "https://",
    "application/json;",
    "null",
];

fn value() -> impl Strategy<Value = Vec<u8>> {
    let bytes = || prop::collection::vec(any::<u8>(), 0..120);
    prop_oneof![
        bytes(),
        "[ -~]{0,200}".prop_map(String::into_bytes),
        (select(SEEDS.to_vec()), bytes()).prop_map(|(seed, rest)| [seed.as_bytes(), &rest].concat()),
        (select(SEEDS.to_vec()), 1..300_usize).prop_map(|(seed, times)| seed.repeat(times).into_bytes()),
    ]
}

#[tokio::test]
async fn headers_of_any_bytes_are_answered_and_not_repeated() {
    let company = Company::open(Server::Sqlite).await;
    let service = axum::Router::into_service::<axum::body::Body>(company.app.router());
    let mut runner = TestRunner::deterministic();
    let headers = prop::collection::vec((select(NAMES.to_vec()), value()), 1..5);
    let mut answered = 0;

    for _ in 0..1_500 {
        let headers = headers.new_tree(&mut runner).expect("headers").current();
        let mut request = Request::post("/graphql").header("accept", "application/json");
        let mut sent = Vec::new();
        for (name, value) in &headers {
            // Values that HTTP forbids cannot be sent.
            let Ok(value) = HeaderValue::from_bytes(value) else { continue };
            sent.push(value.clone());
            request = request.header(HeaderName::from_static(name), value);
        }
        let has_type = request.headers_ref().is_some_and(|headers| headers.contains_key("content-type"));
        let request = if has_type { request } else { request.header("content-type", "application/json") };
        let request = request.body(axum::body::Body::from(r#"{"query":"{ me { id } }"}"#)).expect("a request");

        let answer = tower::ServiceExt::oneshot(service.clone(), request).await.expect("an answer");

        assert_ne!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR, "{headers:?}");
        let body = axum::body::to_bytes(answer.into_body(), 64 * 1024).await.expect("a body");
        let text = String::from_utf8(body.to_vec()).expect("text");
        let is_json = serde_json::from_str::<serde_json::Value>(&text).is_ok();
        assert!(is_json && !text.contains("INTERNAL"), "{headers:?}: {text}");
        for value in sent.iter().filter_map(|value| value.to_str().ok()).filter(|value| value.len() > 16) {
            assert!(!text.contains(value), "{headers:?}: {text}");
        }
        answered += 1;
    }
    assert_eq!(answered, 1_500);
}
