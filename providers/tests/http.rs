//! The requests of the HTTP client that return the response with any status, against a scripted upstream.

use http::StatusCode;
use providers::contract::{Answer, Reply, Upstream};
use providers::{ErrorKind, Http, HttpLimits, oauth};
use serde_json::json;

/// An upstream that refuses everything with a message.
fn refusing() -> Upstream {
    let refusal = || Answer::json(&json!({ "error": "no" })).status(StatusCode::BAD_REQUEST);
    Upstream::open(Box::new(move |_, _, _| Reply::Whole(refusal())))
}

fn http() -> Http {
    Http::new(HttpLimits::default()).expect("a client")
}

#[tokio::test]
async fn a_refusal_is_returned_with_its_status_and_its_words() {
    let upstream = refusing();
    let url = oauth::below(upstream.url(), "/token");

    let of_json = http().post_json_response(&url, &json!({ "code": "a b" })).await.expect("an answer");
    let of_form = http().post_form_response(&url, &[("code", "a b"), ("x", "1")]).await.expect("an answer");
    let of_token = http().get_with_token(&url, &"t0ken".into()).await.expect("an answer");

    for answer in [of_json, of_form, of_token] {
        assert_eq!((answer.status().as_u16(), answer.body().as_slice()), (400, br#"{"error":"no"}"#.as_slice()));
    }
    let calls = upstream.calls();
    let sent: Vec<_> = calls.iter().map(|call| (call.method.as_str(), String::from_utf8_lossy(&call.body))).collect();
    assert_eq!(sent, [("POST", r#"{"code":"a b"}"#.into()), ("POST", "code=a+b&x=1".into()), ("GET", "".into())]);
    let accepted: Vec<_> = calls.iter().map(|call| call.headers["accept"].as_bytes()).collect();
    assert_eq!(accepted, [b"application/json"; 3]);
    assert_eq!(calls[2].headers["authorization"], "Bearer t0ken");
}

#[tokio::test]
async fn a_token_that_no_header_can_hold_is_an_unexpected_answer_and_nothing_is_sent() {
    let upstream = refusing();

    let error = http().get_with_token(upstream.url(), &"t0ken\nof two lines".into()).await.expect_err("a failure");

    assert_eq!(error.kind, ErrorKind::UnexpectedAnswer);
    assert!(!format!("{error:?}").contains("t0ken"), "{error:?}");
    assert_eq!(upstream.calls().len(), 0);
}

#[tokio::test]
async fn an_upstream_may_refuse_connections_after_an_answer() {
    let upstream = Upstream::open(Box::new(|_, _, _| Reply::Last(Answer::json(&json!({})))));

    let first = http().get(upstream.url(), &[]).await;
    let second = http().get(upstream.url(), &[]).await.expect_err("a refused connection");

    assert_eq!(first.expect("an answer"), b"{}");
    assert_eq!((second.kind, second.code_is_unspent()), (ErrorKind::Unavailable, true));
}
