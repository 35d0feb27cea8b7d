//! Tests of faults that were added with `POST /_sandbox/faults`.

use axum::body::Body;
use axum::http::Method;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::laptop::{Laptop, request, text};

const PATH: &str = "/sns/oauth2/access_token";
const AUTHORIZE: &str = "/connect/oauth2/authorize";

#[tokio::test]
async fn an_ordered_errcode_concerns_the_next_calls_of_its_path_only() {
    let laptop = Laptop::new().await;
    let code = laptop.code("shop", "lan").await;
    laptop.order_fault(&json!({ "path": PATH, "times": 2, "errcode": -1 })).await;

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
        laptop.order_fault(&order).await;
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

    laptop.order_fault(&json!({ "path": PATH, "delay_ms": 15_000 })).await;
    let delayed = laptop.exchange("shop", &early).await;
    let took = begin.elapsed().as_millis();
    laptop.order_fault(&json!({ "path": PATH, "delay_ms": 15_000, "after": true, "status": 504 })).await;
    let lost = laptop.exchange("shop", &late).await;
    let again = laptop.exchange("shop", &late).await;

    assert_eq!((delayed.json()["expires_in"].as_i64(), took), (Some(7200), 15_000));
    assert_eq!((lost.status.as_u16(), again.failure().0), (504, 40163));
}

#[tokio::test]
async fn faults_can_be_listed_and_taken_back() {
    let laptop = Laptop::new().await;
    laptop.order_fault(&json!({ "path": PATH, "errcode": 45011 })).await;

    let listed = laptop.get("/_sandbox/faults").await.json();
    laptop.send(request(Method::DELETE, "/_sandbox/faults", &[], Body::empty())).await;

    assert_eq!(listed, json!([{ "path": PATH, "times": 1, "errcode": 45011, "delay_ms": 0, "after": false }]));
    assert_eq!(laptop.get("/_sandbox/faults").await.json(), json!([]));
}

#[tokio::test]
async fn an_order_that_cannot_be_is_turned_down_with_a_reason() {
    let laptop = Laptop::new().await;
    let stands_alone = "kind cannot be combined with errcode, status and body";
    let goes_with_neither = "this kind cannot be combined with delay_ms or after";
    let orders = [
        (json!({ "path": PATH }), "one of kind, errcode, status, body and delay_ms must be given"),
        (json!({ "path": PATH, "after": true }), "one of kind, errcode, status, body and delay_ms must be given"),
        (json!({ "path": "sns", "errcode": 1 }), "path must start with a slash"),
        (json!({ "path": "/sns/auth?openid=o", "errcode": 1 }), "path must not contain a query"),
        (json!({ "path": "/_sandbox/apps", "errcode": 1 }), "the control API does not support faults"),
        (json!({ "path": PATH, "errcode": 1, "times": 0 }), "times must be 1 to 1000000"),
        (json!({ "path": PATH, "errcode": 1, "share": 0 }), "share must be above 0 and at most 1"),
        (json!({ "path": PATH, "errcode": 1, "share": 1.01 }), "share must be above 0 and at most 1"),
        (json!({ "path": PATH, "status": 99 }), "status must be 200 to 599"),
        (json!({ "path": PATH, "delay_ms": 60_001 }), "delay_ms must be at most 60000"),
        (json!({ "path": PATH, "errcode": 1, "body": "" }), "errcode and body cannot be combined"),
        (json!({ "path": PATH, "errcode": 1, "app": "none" }), "no such app"),
        (json!({ "path": PATH, "errcode": 1, "person": "none" }), "no such person"),
        (json!({ "path": PATH, "kind": "empty", "status": 502 }), stands_alone),
        (json!({ "path": PATH, "kind": "quota", "errcode": 45009 }), stands_alone),
        (json!({ "path": PATH, "kind": "hang", "delay_ms": 1 }), "hang cannot be combined with delay_ms"),
        (json!({ "path": PATH, "kind": "late-union-id", "delay_ms": 1 }), goes_with_neither),
        (json!({ "path": AUTHORIZE, "kind": "snapshot", "after": true }), goes_with_neither),
    ];

    for (order, error) in orders {
        let answer = laptop.post_json("/_sandbox/faults", &order).await;

        assert_eq!((answer.status.as_u16(), answer.json()), (400, json!({ "error": error })), "{order}");
    }
}

#[tokio::test]
async fn a_word_or_a_field_that_is_unknown_is_named() {
    let laptop = Laptop::new().await;

    let field = laptop.post_json("/_sandbox/faults", &json!({ "path": PATH, "errcode": 1, "tiems": 2 })).await;
    let word = laptop.post_json("/_sandbox/faults", &json!({ "path": PATH, "kind": "hangs" })).await;

    assert!(field.body.contains("invalid fault: unknown field `tiems`"), "{}", field.body);
    assert!(word.body.contains("invalid fault: unknown variant `hangs`, expected one of `hang`"), "{}", word.body);
}

#[tokio::test]
async fn a_kind_is_ordered_only_where_it_can_happen() {
    let laptop = Laptop::new().await;
    let cases = [
        ("control-characters", PATH, "the answers of this path have no nickname"),
        ("bad-utf8", PATH, "the answers of this path have no nickname"),
        ("errcode-as-text", AUTHORIZE, "the answers of this path have no errcode"),
        ("late-union-id", "/cgi-bin/token", "the answers of this path have no unionid"),
        ("changed-union-id", AUTHORIZE, "the answers of this path have no unionid"),
        ("callback-twice", PATH, "this path does not redirect to a site"),
        ("replayed-code", "/connect/qrconnect", "this path does not redirect to a site"),
        ("snapshot", "/connect/qrconnect", "only /connect/oauth2/authorize shows a snapshot page"),
        ("token-rotated", "/sns/userinfo", "calls of this path have no global token"),
        ("token-rotated", "/cgi-bin/token", "calls of this path have no global token"),
    ];

    for (kind, path, error) in cases {
        let answer = laptop.post_json("/_sandbox/faults", &json!({ "path": path, "kind": kind })).await;

        assert_eq!((answer.status.as_u16(), answer.json()), (400, json!({ "error": error })), "{kind}");
    }
}

#[tokio::test]
async fn every_page_of_wechat_can_be_ordered_by_its_number() {
    let laptop = Laptop::new().await;

    for number in [10003, 10004, 10005, 10006, 10009, 10010, 10011, 10012, 10013, 10015, 10016] {
        laptop.order_fault(&json!({ "path": AUTHORIZE, "errcode": number })).await;
        let page = laptop.get(AUTHORIZE).await;

        assert_eq!((page.status.as_u16(), page.header("x-sandbox-error")), (200, number.to_string().as_str()));
        assert!(page.body.contains(&number.to_string()), "{number}");
    }
}

#[tokio::test]
async fn an_order_for_an_app_concerns_its_calls_only() {
    let laptop = Laptop::new().await;
    let (shop, club) = (laptop.tokens("shop", "lan").await, laptop.tokens("club", "lan").await);
    let userinfo = |tokens: &Value| format!("/sns/userinfo?access_token={}&openid=o", text(tokens, "access_token"));
    laptop.order_fault(&json!({ "path": PATH, "app": "shop", "errcode": 1 })).await;
    laptop.order_fault(&json!({ "path": "/sns/userinfo", "app": laptop.app("club").app_id, "errcode": 2 })).await;

    let by_appid = [laptop.exchange("club", "x").await, laptop.exchange("shop", "x").await];
    let by_token = [laptop.get(&userinfo(&shop)).await, laptop.get(&userinfo(&club)).await];

    assert_eq!(by_appid.map(|answer| answer.json()["errcode"].as_i64()), [Some(40029), Some(1)]);
    assert_eq!(by_token.map(|answer| answer.json()["errcode"].as_i64()), [None, Some(2)]);
}

#[tokio::test]
async fn the_app_is_found_by_its_global_token_and_in_a_body_of_json() {
    let laptop = Laptop::new().await;
    let phone = format!("/wxa/business/getuserphonenumber?access_token={}", laptop.global_token("mini").await);
    let stable = |app: &str| json!({ "grant_type": "client_credential", "appid": laptop.app(app).app_id });
    laptop.order_fault(&json!({ "path": "/wxa/business/getuserphonenumber", "app": "mini", "errcode": 1 })).await;
    laptop.order_fault(&json!({ "path": "/cgi-bin/stable_token", "app": "mini", "errcode": 2 })).await;

    let answers = [
        laptop.post_json("/wxa/business/getuserphonenumber", &json!({})).await,
        laptop.post_json(&phone, &json!({})).await,
        laptop.post_json("/cgi-bin/stable_token", &stable("shop")).await,
        laptop.post_json("/cgi-bin/stable_token", &stable("mini")).await,
    ];

    assert_eq!(answers.map(|answer| answer.failure().0), [41001, 1, 41004, 2]);
}

#[tokio::test]
async fn an_order_for_a_person_concerns_calls_about_them_only() {
    let laptop = Laptop::new().await;
    let (lan, wei) = (laptop.tokens("shop", "lan").await, laptop.tokens("shop", "wei").await);
    let app_id = laptop.app("shop").app_id;
    let refresh = |tokens: &Value| {
        let token = text(tokens, "refresh_token");
        format!("/sns/oauth2/refresh_token?appid={app_id}&grant_type=refresh_token&refresh_token={token}")
    };
    let auth = |tokens: &Value| {
        format!("/sns/auth?access_token={}&openid={}", text(tokens, "access_token"), text(tokens, "openid"))
    };
    for (path, errcode) in [(PATH, 1), ("/sns/jscode2session", 2), ("/sns/oauth2/refresh_token", 3), ("/sns/auth", 4)] {
        laptop.order_fault(&json!({ "path": path, "person": "wei", "errcode": errcode })).await;
    }

    let of_lan = [
        laptop.exchange("shop", &laptop.code("shop", "lan").await).await,
        laptop.jscode2session("mini", &laptop.code("mini", "lan").await).await,
        laptop.get(&refresh(&lan)).await,
        laptop.get(&auth(&lan)).await,
    ];
    let of_wei = [
        laptop.exchange("shop", &laptop.code("shop", "wei").await).await,
        laptop.jscode2session("mini", &laptop.code("mini", "wei").await).await,
        laptop.get(&refresh(&wei)).await,
        laptop.get(&auth(&wei)).await,
    ];

    assert_eq!(of_lan.map(|answer| answer.json()["errcode"].as_i64()), [None, None, None, Some(0)]);
    assert_eq!(of_wei.map(|answer| answer.json()["errcode"].as_i64()), [Some(1), Some(2), Some(3), Some(4)]);
}

#[tokio::test]
async fn at_a_page_the_person_is_who_was_chosen_or_is_remembered() {
    let laptop = Laptop::new().await;
    let app_id = laptop.app("shop").app_id;
    let query =
        format!("appid={app_id}&redirect_uri=http%3A%2F%2Flocalhost%2F&response_type=code&scope=snsapi_base&state=s");
    let path = format!("{AUTHORIZE}?{query}");
    laptop.order_fault(&json!({ "path": AUTHORIZE, "person": "wei", "times": 2, "errcode": 10009 })).await;

    let answers = [
        laptop.get(&path).await,
        laptop.get_with(&path, &[("cookie", "sandbox_person=lan")]).await,
        laptop.get_with(&path, &[("cookie", "sandbox_person=wei")]).await,
        laptop.post_form(AUTHORIZE, &format!("{query}&decision=allow&person=wei")).await,
    ];

    assert_eq!(answers.map(|answer| answer.header("x-sandbox-error").to_owned()), ["", "", "10009", "10009"]);
}

#[tokio::test]
async fn a_person_is_found_by_the_open_id_that_is_asked_about() {
    let laptop = Laptop::new().await;
    let token = laptop.global_token("mini").await;
    let check = |person: &str| {
        let openid = laptop.sandbox.open_id("mini", person).expect("both are in the demo");
        format!("/wxa/checksession?access_token={token}&openid={openid}&sig_method=hmac_sha256&signature=s")
    };
    laptop.order_fault(&json!({ "path": "/wxa/checksession", "person": "wei", "errcode": -1 })).await;

    let (lan, wei) = (laptop.get(&check("lan")).await, laptop.get(&check("wei")).await);

    assert_eq!((lan.failure().0, wei.failure().0), (87009, -1));
}

#[tokio::test]
async fn a_share_of_one_is_every_call_until_it_is_taken_back() {
    let laptop = Laptop::new().await;
    laptop.order_fault(&json!({ "path": "/sns/auth", "share": 1.0, "errcode": -1 })).await;

    let mut errcodes = Vec::new();
    for _ in 0..50 {
        errcodes.push(laptop.get("/sns/auth").await.failure().0);
    }
    let listed = laptop.get("/_sandbox/faults").await.json();
    laptop.send(request(Method::DELETE, "/_sandbox/faults", &[], Body::empty())).await;

    assert_eq!(errcodes, [-1; 50]);
    assert_eq!(listed, json!([{ "path": "/sns/auth", "share": 1.0, "errcode": -1, "delay_ms": 0, "after": false }]));
    assert_eq!(laptop.get("/sns/auth").await.failure().0, 41001);
}

#[tokio::test]
async fn a_share_of_next_to_nothing_is_no_call() {
    let laptop = Laptop::new().await;
    laptop.order_fault(&json!({ "path": "/sns/auth", "share": 1e-300, "errcode": -1 })).await;

    for _ in 0..50 {
        assert_eq!(laptop.get("/sns/auth").await.failure().0, 41001);
    }
}

#[tokio::test]
async fn a_share_of_a_half_is_some_calls_and_not_others() {
    let laptop = Laptop::new().await;
    laptop.order_fault(&json!({ "path": "/sns/auth", "share": 0.5, "errcode": -1 })).await;

    let mut hit = 0;
    for _ in 0..400 {
        hit += usize::from(laptop.get("/sns/auth").await.failure().0 == -1);
    }

    assert!((100..300).contains(&hit), "{hit}");
}

#[tokio::test]
async fn a_share_with_times_is_at_most_that_many_calls() {
    let laptop = Laptop::new().await;
    laptop.order_fault(&json!({ "path": "/sns/auth", "share": 1, "times": 2, "errcode": -1 })).await;

    let mut errcodes = Vec::new();
    for _ in 0..4 {
        errcodes.push(laptop.get("/sns/auth").await.failure().0);
    }

    assert_eq!(errcodes, [-1, -1, 41001, 41001]);
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_turned_down_before_any_fault() {
    let laptop = Laptop::new().await;
    laptop.order_fault(&json!({ "path": PATH, "errcode": -1 })).await;

    let answer = laptop.post_form(PATH, &"a".repeat(70_000)).await;

    assert_eq!((answer.status.as_u16(), laptop.get(PATH).await.failure().0), (413, -1));
}

#[tokio::test]
async fn a_hundred_faults_wait_at_most() {
    let laptop = Laptop::new().await;
    for _ in 0..100 {
        laptop.order_fault(&json!({ "path": PATH, "errcode": 1 })).await;
    }

    let answer = laptop.post_json("/_sandbox/faults", &json!({ "path": PATH, "errcode": 1 })).await;

    assert_eq!(answer.status.as_u16(), 429);
}

#[tokio::test]
async fn a_number_that_a_page_does_not_have_is_turned_down() {
    let laptop = Laptop::new().await;
    let orders = [
        (json!({ "path": "/connect/oauth2/authorize", "errcode": -1 }), "the pages of WeChat have no such number"),
        (json!({ "path": "/wwlogin/sso/login", "errcode": 40029 }), "the pages of WeChat have no such number"),
        (json!({ "path": "/sns/auth", "errcode": 0 }), "errcode 0 is not an error"),
    ];

    for (order, error) in orders {
        let answer = laptop.post_json("/_sandbox/faults", &order).await;

        assert_eq!((answer.status.as_u16(), answer.json()), (400, json!({ "error": error })), "{order}");
    }
}

#[tokio::test]
async fn a_poll_goes_wrong_in_its_own_script() {
    let laptop = Laptop::new().await;
    laptop.order_fault(&json!({ "path": "/connect/l/qrconnect", "errcode": 500 })).await;

    let answer = laptop.get("/connect/l/qrconnect?uuid=x").await;

    assert_eq!(answer.body, "window.wx_errcode=500;window.wx_code='';");
}

#[tokio::test]
async fn a_path_may_be_ordered_with_its_host() {
    let laptop = Laptop::new().await;
    laptop.order_fault(&json!({ "path": "/api.weixin.qq.com/sns/auth", "errcode": -1 })).await;

    let answer = laptop.get("/sns/auth").await;

    assert_eq!(answer.failure().0, -1);
}

#[tokio::test]
async fn a_status_without_a_body_has_none() {
    let laptop = Laptop::new().await;
    for status in [204, 205, 304] {
        laptop.order_fault(&json!({ "path": "/sns/auth", "status": status })).await;

        let answer = laptop.get("/sns/auth").await;

        assert_eq!((answer.status.as_u16(), answer.body.as_str()), (status, ""));
    }
}
