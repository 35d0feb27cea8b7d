//! Tests of `/_sandbox/*`: the control API, and the access to it from browsers.

use axum::body::Body;
use axum::http::Method;
use serde_json::json;

use crate::laptop::{Answer, Laptop, NOON, request};

async fn from(laptop: &Laptop, method: Method, origin: &str) -> Answer {
    laptop.send(request(method, "/_sandbox/people", &[("origin", origin)], Body::empty())).await
}

#[tokio::test]
async fn the_apps_are_listed_with_what_a_client_needs() {
    let laptop = Laptop::new().await;

    let apps = laptop.get("/_sandbox/apps").await.json();

    let names: Vec<_> = apps.as_array().unwrap().iter().map(|app| app["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["shop", "club", "outlet", "site", "app", "mini"]);
    assert_eq!(
        apps[3],
        json!({
            "name": "site", "title": "禾木官网", "kind": "wechat-website", "app_id": "wxde3000000000517e",
            "secret": "de30000000000000000000000000517e", "original_id": "gh_26798e670c36", "union_scope": "hemu",
            "redirect_domains": ["127.0.0.1", "localhost"], "ip_list": [], "standing": "good", "on_refusal": "stay",
            "refresh_days": 30, "frozen": false, "strict": false, "unlimited": false, "numeric_country_code": false,
        })
    );
}

#[tokio::test]
async fn the_people_are_listed_with_their_phones() {
    let laptop = Laptop::new().await;

    let people = laptop.get("/_sandbox/people").await.json();

    assert_eq!(
        (&people[0], &people[5]),
        (
            &json!({
                "id": "lan", "nickname": "兰心🌿", "phones": ["+8613800000001"], "follows": [], "snapshot": false,
                "blocked": false, "member": false,
            }),
            &json!({
                "id": "ghost", "nickname": "微信用户", "phones": [], "follows": [], "snapshot": true, "blocked": false,
                "member": false,
            })
        )
    );
}

#[tokio::test]
async fn codes_are_ordered_by_name_or_appid_for_every_kind_of_app() {
    let laptop = Laptop::new().await;

    for app in laptop.sandbox.apps() {
        for key in [&app.name, &app.app_id] {
            let order = json!({ "app": key, "person": "lan", "scope": "snsapi_userinfo" });
            let answer = laptop.post_json("/_sandbox/codes", &order).await;

            assert_eq!(answer.json()["code"].as_str().map(str::len), Some(32), "{key}");
        }
    }
}

/// The error for a body that lacks a field, has an unknown one, or is not JSON.
const NOT_READ: &str = "the body is not the JSON that this path requires";

#[tokio::test]
async fn an_order_that_cannot_be_is_turned_down_with_a_reason() {
    let laptop = Laptop::new().await;
    let cases = [
        ("/_sandbox/codes", r#"{"app":"none","person":"lan"}"#, 404, "no such app"),
        ("/_sandbox/codes", r#"{"app":"shop","person":"none"}"#, 404, "no such person"),
        ("/_sandbox/codes", r#"{"app":"shop"}"#, 400, NOT_READ),
        ("/_sandbox/codes", "{", 400, NOT_READ),
        (
            "/_sandbox/codes",
            r#"{"app":"shop","person":"lan","scope":"snsapi_everything"}"#,
            400,
            "there is no such scope",
        ),
        (
            "/_sandbox/phone-codes",
            r#"{"app":"shop","person":"lan"}"#,
            400,
            "only a mini program has a phone number button",
        ),
        ("/_sandbox/phone-codes", r#"{"app":"mini","person":"ghost"}"#, 400, "this person has no phone"),
        ("/_sandbox/sms", r#"{"code":"1"}"#, 400, NOT_READ),
        ("/_sandbox/sms", r#"{"to":"+86","test":"1"}"#, 400, NOT_READ),
        ("/_sandbox/codes", r#"{"app":"shop","person":"lan","snapshots":true}"#, 400, NOT_READ),
        ("/_sandbox/phone-codes", r#"{"app":"mini","person":"lan","phones":"+86"}"#, 400, NOT_READ),
        ("/_sandbox/migrations", r#"{"from":"shop","to":"shop","at":1}"#, 400, NOT_READ),
        ("/_sandbox/push/verify", r#"{"app":"shop","person":"lan"}"#, 400, NOT_READ),
        (
            "/_sandbox/js-signature",
            r#"{"ticket":"t","noncestr":"n","timestamp":1,"url":"http://localhost/","nonceStr":"n"}"#,
            400,
            NOT_READ,
        ),
        ("/_sandbox/clock", r#"{"advance_seconds":-1}"#, 400, "the clock moves forward, by at most a century"),
        (
            "/_sandbox/clock",
            r#"{"advance_seconds":9223372036854775807}"#,
            400,
            "the clock moves forward, by at most a century",
        ),
        ("/_sandbox/nothing", "{}", 404, "the control API has no such path"),
        ("/_sandbox/codes/shop", "{}", 404, "the control API has no such path"),
        ("/_sandbox/issued", "{}", 405, "this path does not support this method"),
    ];

    for (path, body, status, error) in cases {
        let answer = laptop.post(path, body).await;

        assert_eq!((answer.status.as_u16(), answer.json()), (status, json!({ "error": error })), "{path} {body}");
    }
}

#[tokio::test]
async fn the_clock_moves_when_it_is_told_to() {
    let laptop = Laptop::new().await;

    let moved = laptop.post_json("/_sandbox/clock", &json!({ "advance_seconds": 301 })).await;

    assert_eq!(moved.json(), json!({ "now": NOON + 301 }));
    assert_eq!(laptop.get("/_sandbox/clock").await.json(), json!({ "now": NOON + 301 }));
}

#[tokio::test]
async fn a_text_message_is_found_however_its_number_is_written() {
    let laptop = Laptop::new().await;
    for code in ["111111", "222222"] {
        let sms = json!({ "to": "+8613800000001", "code": code, "text": format!("验证码 {code}") });
        laptop.post_json("/_sandbox/sms", &sms).await;
    }
    laptop.post_json("/_sandbox/sms", &json!({ "to": "+8613800000002", "code": "3" })).await;

    for to in ["%2B8613800000001", "+8613800000001", "%208613800000001", "8613800000001"] {
        let inbox = laptop.get(&format!("/_sandbox/sms?to={to}")).await.json();

        assert_eq!(
            inbox,
            json!([
                { "to": "+8613800000001", "code": "222222", "text": "验证码 222222", "at": "2025-10-09T08:53:20Z" },
                { "to": "+8613800000001", "code": "111111", "text": "验证码 111111", "at": "2025-10-09T08:53:20Z" },
            ]),
            "{to}"
        );
    }
    assert_eq!(laptop.get("/_sandbox/sms").await.json().as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn the_front_page_shows_apps_people_and_messages_escaped() {
    let laptop = Laptop::new().await;
    laptop.post_json("/_sandbox/sms", &json!({ "to": "+86", "code": "<b>", "text": "<script>" })).await;

    let page = laptop.get("/_sandbox/").await;

    let shown = ["wxde30000000005409", "兰心🌿", "&lt;b&gt;", "&lt;script&gt;"].map(|text| page.body.contains(text));
    assert_eq!((shown, page.body.contains("<script>")), ([true; 4], false));
}

#[tokio::test]
async fn the_root_leads_to_the_front_page_with_or_without_its_slash() {
    let laptop = Laptop::new().await;

    let root = laptop.get("/").await;
    let bare = laptop.get("/_sandbox").await;

    assert_eq!((root.location(), bare.status.as_u16()), ("/_sandbox/", 200));
}

#[tokio::test]
async fn pages_of_this_machine_may_use_the_control_api() {
    let laptop = Laptop::new().await;

    for origin in ["http://127.0.0.1:8080", "http://localhost:5173", "http://localhost"] {
        let preflight = from(&laptop, Method::OPTIONS, origin).await;
        let answer = from(&laptop, Method::GET, origin).await;

        assert_eq!((preflight.status.as_u16(), answer.status.as_u16()), (204, 200), "{origin}");
        assert_eq!(preflight.header("access-control-allow-origin"), origin);
        assert_eq!(preflight.header("access-control-allow-headers"), "content-type");
        assert_eq!((answer.header("access-control-allow-origin"), answer.header("vary")), (origin, "Origin"));
    }
}

#[tokio::test]
async fn pages_from_elsewhere_may_not() {
    let laptop = Laptop::new().await;
    let origins = [
        "http://evil.example",
        "https://localhost.evil.example",
        "http://127.0.0.1.evil.example",
        "http://localhost@evil.example",
        "null",
        "nonsense",
    ];

    for origin in origins {
        let preflight = from(&laptop, Method::OPTIONS, origin).await;
        let answer = from(&laptop, Method::GET, origin).await;

        assert_eq!((preflight.status.as_u16(), answer.status.as_u16()), (403, 403), "{origin}");
        assert_eq!(answer.header("access-control-allow-origin"), "", "{origin}");
    }
}

#[tokio::test]
async fn the_sandboxs_own_pages_may_unless_their_name_could_be_pointed_here_by_anybody() {
    let laptop = Laptop::new().await;
    let cases = [
        ("192.168.1.5:8001", 200),
        ("[::1]:8001", 200),
        ("open.weixin.qq.com", 200),
        ("rebound.example:8001", 403),
        ("192.168.1.5.example", 403),
    ];

    for (host, status) in cases {
        let origin = format!("http://{host}");
        let mut request = request(Method::GET, "/_sandbox/people", &[("origin", &origin)], Body::empty());
        request.headers_mut().insert("host", host.parse().unwrap());
        let answer = laptop.send(request).await;

        assert_eq!(answer.status.as_u16(), status, "{host}");
    }
}

#[tokio::test]
async fn the_paths_of_wechat_carry_no_cors_headers() {
    let laptop = Laptop::new().await;

    let answer = laptop.get_with("/sns/userinfo", &[("origin", "http://localhost:1")]).await;

    assert_eq!(answer.header("access-control-allow-origin"), "");
}

#[tokio::test]
async fn a_stopped_clock_runs_again_when_it_is_told_to() {
    let laptop = Laptop::new().await;

    let answer = laptop.post_json("/_sandbox/clock", &json!({ "run": true })).await;

    let now = answer.json()["now"].as_i64().expect("the clock tells seconds");
    assert!(now > NOON, "{now}");
}

#[tokio::test]
async fn a_name_of_its_own_must_stand_in_the_seed() {
    let named = sandbox::DEMO.replacen("name = \"禾木 Hemu\"", "name = \"H\"\nhosts = [\"wechat.corp.example\"]", 1);
    let cases = [(sandbox::DEMO, 403), (named.as_str(), 200)];

    for (seed, status) in cases {
        let laptop = Laptop::with(seed).await;
        let mut request = request(Method::GET, "/_sandbox/", &[], Body::empty());
        request.headers_mut().insert("host", "wechat.corp.example:8001".parse().unwrap());
        let answer = laptop.send(request).await;

        assert_eq!(answer.status.as_u16(), status);
    }
}

#[tokio::test]
async fn names_that_only_a_local_network_has_need_no_seed() {
    let laptop = Laptop::new().await;

    for host in ["sandbox:8001", "wechat.localhost", "sandbox.default.svc.cluster.local", "host.docker.internal:8001"] {
        let mut request = request(Method::GET, "/_sandbox/people", &[], Body::empty());
        request.headers_mut().insert("host", host.parse().unwrap());
        let answer = laptop.send(request).await;

        assert_eq!(answer.status.as_u16(), 200, "{host}");
    }
}
