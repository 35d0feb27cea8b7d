//! Tests of the faults form of the control page, and of the access to it.

use axum::body::Body;
use axum::http::Method;
use serde_json::json;

use crate::laptop::{Answer, FORM, Laptop, request};

async fn post_from(laptop: &Laptop, path: &str, origin: &str) -> Answer {
    let body = Body::from("path=%2Fsns%2Fauth&kind=hang");
    laptop.send(request(Method::POST, path, &[FORM, ("origin", origin)], body)).await
}

#[tokio::test]
async fn a_form_orders_what_its_filled_fields_say_and_leads_back() {
    let laptop = Laptop::new().await;
    let form = "path=%2Fsns%2Fauth&app=&kind=&errcode=-1&status=&body=&delay_ms=10&times=3&share=0.5&after=true";

    let answer = laptop.post_form("/_sandbox/faults", form).await;

    assert_eq!((answer.status.as_u16(), answer.location()), (303, "/_sandbox/#faults"));
    assert_eq!(
        laptop.get("/_sandbox/faults").await.json(),
        json!([{ "path": "/sns/auth", "times": 3, "share": 0.5, "errcode": -1, "delay_ms": 10, "after": true }])
    );
}

#[tokio::test]
async fn a_word_a_body_and_a_name_are_texts_even_where_they_look_like_numbers() {
    let laptop = Laptop::new().await;

    laptop.post_form("/_sandbox/faults", "path=%2Fsns%2Fauth&body=123").await;
    let unknown = laptop.post_form("/_sandbox/faults", "path=%2Fsns%2Fauth&kind=html&app=5").await;

    let expected = json!([{ "path": "/sns/auth", "times": 1, "body": "123", "delay_ms": 0, "after": false }]);
    assert_eq!(laptop.get("/_sandbox/faults").await.json(), expected);
    assert_eq!((unknown.status.as_u16(), unknown.body.contains("no such app")), (400, true));
}

#[tokio::test]
async fn a_form_that_says_no_fault_is_turned_down_with_a_reason() {
    let laptop = Laptop::new().await;
    let cases = [
        ("", "invalid fault: missing field `path`"),
        ("path=%2Fsns%2Fauth&kind=hangs", "invalid fault: unknown variant `hangs`"),
        ("path=%2Fsns%2Fauth&errcode=many", "invalid fault: invalid type: string &quot;many&quot;, expected i64"),
        ("path=%2Fsns%2Fauth&tiems=2", "invalid fault: unknown field `tiems`"),
        ("path=%2Fsns%2Fauth", "one of kind, errcode, status, body and delay_ms must be given"),
    ];

    for (form, reason) in cases {
        let answer = laptop.post_form("/_sandbox/faults", form).await;

        assert_eq!(answer.status.as_u16(), 400, "{form}");
        assert!(answer.body.contains(reason), "{form}: {}", answer.body);
    }
}

#[tokio::test]
async fn json_under_the_name_of_a_form_is_json() {
    let laptop = Laptop::new().await;

    let answer = laptop.post_form("/_sandbox/faults", " {\"path\": \"/sns/auth\", \"errcode\": -1}").await;

    let faults = json!([{ "path": "/sns/auth", "times": 1, "errcode": -1, "delay_ms": 0, "after": false }]);
    assert_eq!((answer.status.as_u16(), answer.json()), (200, json!({ "faults": faults })));
}

#[tokio::test]
async fn the_language_of_a_form_leads_back_with_it() {
    let laptop = Laptop::new().await;

    let ordered = laptop.post_form("/_sandbox/faults", "lang=zh-CN&path=%2Fsns%2Fauth&kind=hang").await;
    let cleared = laptop.post_form("/_sandbox/faults/clear", "lang=%0D%0Aen").await;

    assert_eq!((ordered.status.as_u16(), ordered.location()), (303, "/_sandbox/?lang=zh-CN#faults"));
    assert_eq!((cleared.status.as_u16(), cleared.location()), (303, "/_sandbox/?lang=%0D%0Aen#faults"));
}

#[tokio::test]
async fn a_form_takes_every_order_back() {
    let laptop = Laptop::new().await;
    laptop.order_fault(&json!({ "path": "/sns/auth", "kind": "hang" })).await;

    let answer = laptop.post_form("/_sandbox/faults/clear", "").await;

    assert_eq!((answer.status.as_u16(), answer.location()), (303, "/_sandbox/#faults"));
    assert_eq!(laptop.get("/_sandbox/faults").await.json(), json!([]));
}

#[tokio::test]
async fn only_forms_of_this_machine_are_taken() {
    for (origin, status, waiting) in [
        ("http://127.0.0.1:18080", 303, 1),
        ("http://localhost:5173", 303, 1),
        ("http://evil.example", 403, 0),
        ("null", 403, 0),
    ] {
        let laptop = Laptop::new().await;

        let ordered = post_from(&laptop, "/_sandbox/faults", origin).await;
        let listed = laptop.get("/_sandbox/faults").await.json();
        let cleared = post_from(&laptop, "/_sandbox/faults/clear", origin).await;

        assert_eq!((ordered.status.as_u16(), cleared.status.as_u16()), (status, status), "{origin}");
        assert_eq!(listed.as_array().map(Vec::len), Some(waiting), "{origin}");
    }
}
