//! Tests of `/sns/oauth2/access_token`: a code is exchanged for tokens, once.

use sandbox::AppSummary;
use serde_json::json;

use crate::laptop::{Laptop, text};

#[tokio::test]
async fn a_code_becomes_tokens_with_every_field_and_without_an_errcode() {
    let laptop = Laptop::new().await;
    let code = laptop.code("shop", "lan").await;

    let answer = laptop.exchange("shop", &code).await;

    let (access, refresh) = (text(&answer.json(), "access_token"), text(&answer.json(), "refresh_token"));
    assert_eq!(
        answer.json(),
        json!({
            "access_token": access, "expires_in": 7200, "refresh_token": refresh,
            "openid": laptop.sandbox.open_id("shop", "lan"), "scope": "snsapi_userinfo",
            "unionid": laptop.sandbox.union_id("shop", "lan"),
        })
    );
    assert_eq!((answer.header("content-type"), answer.status.as_u16()), ("text/plain", 200));
    assert!(!answer.body.contains("errcode") && (90..=140).contains(&access.len()) && access != refresh);
}

#[tokio::test]
async fn a_used_code_is_used_for_its_life_and_then_unknown() {
    let laptop = Laptop::new().await;
    let code = laptop.code("shop", "lan").await;
    laptop.exchange("shop", &code).await;

    let at_once = laptop.exchange("shop", &code).await;
    laptop.wait(299).await;
    let at_the_end = laptop.exchange("shop", &code).await;
    laptop.wait(1).await;
    let after = laptop.exchange("shop", &code).await;

    assert_eq!(at_once.failure(), (40163, "code been used, ".to_owned()));
    assert_eq!(at_the_end.failure(), (40163, "code been used, ".to_owned()));
    assert_eq!(after.failure(), (40029, "invalid code, ".to_owned()));
    assert_eq!(after.header("content-type"), "text/plain");
}

#[tokio::test]
async fn a_code_lives_five_minutes_on_an_official_account_and_ten_on_a_website_or_in_an_app() {
    for (app, life) in [("shop", 300), ("site", 600), ("app", 600)] {
        let laptop = Laptop::new().await;
        let (early, late) = (laptop.code(app, "lan").await, laptop.code(app, "lan").await);

        laptop.wait(life - 1).await;
        let in_time = laptop.exchange(app, &early).await;
        laptop.wait(1).await;
        let too_late = laptop.exchange(app, &late).await;

        assert_eq!(in_time.json()["expires_in"], 7200, "{app}");
        assert_eq!(too_late.failure(), (40029, "invalid code, ".to_owned()), "{app}");
    }
}

#[tokio::test]
async fn the_code_of_another_app_is_unknown_and_stays_unused() {
    let laptop = Laptop::new().await;
    let code = laptop.code("shop", "lan").await;

    let stolen = laptop.exchange("club", &code).await;
    let own = laptop.exchange("shop", &code).await;

    assert_eq!(stolen.failure(), (40029, "invalid code, ".to_owned()));
    assert_eq!(own.json()["expires_in"], 7200);
}

#[tokio::test]
async fn a_wrong_secret_does_not_burn_the_code() {
    let laptop = Laptop::new().await;
    let code = laptop.code("shop", "lan").await;
    let AppSummary { app_id, .. } = laptop.app("shop");

    let path = format!("/sns/oauth2/access_token?appid={app_id}&secret=0&code={code}&grant_type=authorization_code");
    let wrong = laptop.get(&path).await;
    let right = laptop.exchange("shop", &code).await;

    assert_eq!(wrong.failure(), (40125, "invalid appsecret, ".to_owned()));
    assert_eq!(right.json()["expires_in"], 7200);
}

#[tokio::test]
async fn what_is_missing_or_wrong_is_named() {
    let laptop = Laptop::new().await;
    let AppSummary { app_id, secret, .. } = laptop.app("shop");
    let cases = [
        ("secret=s&code=c&grant_type=authorization_code".to_owned(), 41002, "appid missing, "),
        (format!("appid={app_id}&code=c&grant_type=authorization_code"), 41004, "appsecret missing, "),
        (format!("appid={app_id}&secret={secret}&grant_type=authorization_code"), 41008, "missing code, "),
        (format!("appid={app_id}&secret={secret}&code=&grant_type=authorization_code"), 41008, "missing code, "),
        (format!("appid={app_id}&secret={secret}&code=c"), 40002, "invalid grant_type, "),
        ("appid=wx0000000000000000&secret=s&code=c&grant_type=authorization_code".to_owned(), 40013, "invalid appid, "),
        (format!("appid={app_id}&secret={secret}&code=c&grant_type=authorization_code"), 40029, "invalid code, "),
    ];

    for (query, errcode, words) in cases {
        let answer = laptop.get(&format!("/sns/oauth2/access_token?{query}")).await;

        assert_eq!(answer.failure(), (errcode, words.to_owned()), "{query}");
    }
}

#[tokio::test]
async fn half_of_the_parameters_may_come_as_a_form() {
    let laptop = Laptop::new().await;
    let code = laptop.code("site", "mei").await;
    let AppSummary { app_id, secret, .. } = laptop.app("site");

    let path = format!("/sns/oauth2/access_token?appid={app_id}&secret={secret}");
    let form = format!("code={code}&grant_type=authorization_code&redirect_uri=http%3A%2F%2Flocalhost%2F");
    let answer = laptop.post_form(&path, &form).await;

    assert_eq!(answer.json()["scope"], "snsapi_login");
}

#[tokio::test]
async fn parameters_in_a_json_body_are_not_seen() {
    let laptop = Laptop::new().await;
    let body = json!({ "appid": laptop.app("shop").app_id });

    let answer = laptop.post_json("/sns/oauth2/access_token", &body).await;

    assert_eq!(answer.failure(), (41002, "appid missing, ".to_owned()));
}

#[tokio::test]
async fn an_official_account_learns_the_union_id_only_with_userinfo() {
    let laptop = Laptop::new().await;
    let code = laptop.base_code("shop", "lan").await;

    let answer = laptop.exchange("shop", &code).await.json();

    assert_eq!((&answer["scope"], answer.get("unionid")), (&json!("snsapi_base"), None));
    assert_eq!(answer["openid"].as_str(), laptop.sandbox.open_id("shop", "lan").as_deref());
}

#[tokio::test]
async fn websites_and_apps_always_learn_the_union_id() {
    let laptop = Laptop::new().await;

    for app in ["site", "app"] {
        let tokens = laptop.tokens(app, "wei").await;

        assert_eq!(tokens["unionid"].as_str(), laptop.sandbox.union_id("shop", "wei").as_deref(), "{app}");
    }
}

#[tokio::test]
async fn an_app_bound_to_no_open_platform_account_learns_no_union_id() {
    let laptop = Laptop::with(&sandbox::DEMO.replace("union_scope = \"hemu\"\n", "")).await;

    for app in ["shop", "site", "app"] {
        let tokens = laptop.tokens(app, "wei").await;

        assert_eq!((tokens.get("unionid"), &tokens["expires_in"]), (None, &json!(7200)), "{app}");
    }
}

#[tokio::test]
async fn a_snapshot_login_is_marked_and_shows_constant_ids_of_no_person() {
    let laptop = Laptop::new().await;

    let first = laptop.tokens("shop", "ghost").await;
    let second = laptop.tokens("shop", "ghost").await;
    let elsewhere = laptop.tokens("club", "ghost").await;

    assert_eq!(first["is_snapshotuser"], 1);
    assert_eq!((&first["openid"], &first["unionid"]), (&second["openid"], &second["unionid"]));
    assert_ne!(first["unionid"], elsewhere["unionid"]);
    assert_ne!(first["openid"].as_str(), laptop.sandbox.open_id("shop", "ghost").as_deref());
    assert_ne!(first["unionid"].as_str(), laptop.sandbox.union_id("shop", "ghost").as_deref());
}

#[tokio::test]
async fn the_code_of_a_mini_program_is_not_taken_here() {
    let laptop = Laptop::new().await;
    let code = laptop.code("mini", "lan").await;

    let here = laptop.exchange("mini", &code).await;
    let there = laptop.jscode2session("mini", &code).await;

    assert_eq!(here.failure(), (40029, "invalid code, ".to_owned()));
    assert_eq!(there.json()["openid"].as_str(), laptop.sandbox.open_id("mini", "lan").as_deref());
}

#[tokio::test]
async fn codes_look_like_those_of_wechat() {
    let laptop = Laptop::new().await;

    let code = laptop.code("shop", "lan").await;

    let digits = code.bytes().take(3).all(|byte| byte.is_ascii_digit());
    assert!(code.len() == 32 && code.starts_with('0') && digits && code.bytes().all(|b| b.is_ascii_alphanumeric()));
}
