//! Tests of `/connect/oauth2/authorize`: the page, and the redirects from it.

use axum::body::Body;
use axum::http::Method;
use serde_json::json;

use crate::laptop::{Answer, Laptop, request};

const PATH: &str = "/connect/oauth2/authorize";
const RETURN: &str = "http%3A%2F%2F127.0.0.1%3A3000%2Fcb";

fn query(laptop: &Laptop, scope: &str) -> String {
    let app_id = laptop.app("shop").app_id;
    format!("appid={app_id}&redirect_uri={RETURN}&response_type=code&scope={scope}&state=St4te")
}

async fn ask(laptop: &Laptop, query: &str) -> Answer {
    laptop.get(&format!("{PATH}?{query}")).await
}

async fn allow(laptop: &Laptop, query: &str, person: &str) -> Answer {
    laptop.post_form(PATH, &format!("{query}&person={person}&decision=allow")).await
}

async fn ask_as(laptop: &Laptop, query: &str, person: &str) -> Answer {
    laptop.get_with(&format!("{PATH}?{query}"), &[("cookie", &format!("a=b; sandbox_person={person}"))]).await
}

#[tokio::test]
async fn the_page_says_who_asks_and_lets_one_choose() {
    let laptop = Laptop::new().await;

    let answer = ask(&laptop, &query(&laptop, "snsapi_userinfo")).await;

    let shown = ["<h1>禾木商城</h1>", "获取你的昵称、头像", "兰心🌿", "value=\"allow\"", "value=\"refuse\""];
    assert_eq!(shown.map(|text| answer.body.contains(text)), [true; 5], "{}", answer.body);
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "text/html; charset=utf-8"));
}

#[tokio::test]
async fn the_page_needs_no_script_and_loads_nothing_from_elsewhere() {
    let laptop = Laptop::new().await;

    let answer = ask(&laptop, &query(&laptop, "snsapi_userinfo")).await;

    assert!(!answer.body.contains("<script") && !answer.body.contains("style="));
    assert!(!answer.body.contains("src=\"http") && !answer.body.contains("href=\"http"));
    assert!(answer.header("content-security-policy").starts_with("default-src 'none';"));
}

#[tokio::test]
async fn the_page_speaks_the_language_of_the_browser_or_of_the_switch() {
    let laptop = Laptop::new().await;
    let query = query(&laptop, "snsapi_userinfo");

    let english = laptop.get_with(&format!("{PATH}?{query}"), &[("accept-language", "en-US,en;q=0.9")]).await;
    let chinese = laptop.get_with(&format!("{PATH}?{query}&lang=zh-CN"), &[("accept-language", "en")]).await;

    assert!(english.body.contains(">Allow<") && english.body.contains("lang=zh-CN"));
    assert!(chinese.body.contains(">允许<") && chinese.body.contains("lang=en"));
}

#[tokio::test]
async fn allowing_leads_back_with_code_and_state() {
    let laptop = Laptop::new().await;

    let answer = allow(&laptop, &query(&laptop, "snsapi_userinfo"), "wei").await;

    let code = answer.code();
    assert_eq!(answer.status.as_u16(), 303);
    assert_eq!(answer.location(), format!("http://127.0.0.1:3000/cb?code={code}&state=St4te"));
    let openid = laptop.sandbox.open_id("shop", "wei");
    assert_eq!(laptop.exchange("shop", &code).await.json()["openid"].as_str(), openid.as_deref());
}

#[tokio::test]
async fn the_way_back_keeps_its_own_query_and_fragment() {
    let laptop = Laptop::new().await;
    let app_id = laptop.app("shop").app_id;
    let back = "http%3A%2F%2Flocalhost%3A3000%2F%E5%9B%9E%3Fx%3D1%26y%3D%2525%23%2Fin%20here";

    let query = format!("appid={app_id}&redirect_uri={back}&response_type=code&scope=snsapi_base");
    let answer = allow(&laptop, &query, "wei").await;

    let code = answer.code();
    let expected = format!("http://localhost:3000/%E5%9B%9E?x=1&y=%25&code={code}&state=#/in%20here");
    assert_eq!(answer.location(), expected);
}

#[tokio::test]
async fn refusing_leads_nowhere() {
    let laptop = Laptop::new().await;

    let query = query(&laptop, "snsapi_userinfo");
    let answer = laptop.post_form(PATH, &format!("{query}&person=wei&decision=refuse")).await;

    assert_eq!((answer.status.as_u16(), answer.location()), (200, ""));
    assert!(answer.body.contains("已拒绝"));
}

#[tokio::test]
async fn a_seed_may_have_refusals_told_in_the_two_older_ways() {
    let ways = [
        ("state_only", "http://127.0.0.1:3000/cb?state=St4te"),
        ("authdeny", "http://127.0.0.1:3000/cb?code=authdeny&state=St4te"),
    ];

    for (way, back) in ways {
        let seed = sandbox::DEMO.replace("name = \"shop\"\n", &format!("name = \"shop\"\non_refusal = \"{way}\"\n"));
        let laptop = Laptop::with(&seed).await;
        let query = query(&laptop, "snsapi_userinfo");

        let answer = laptop.post_form(PATH, &format!("{query}&decision=refuse")).await;

        assert_eq!(answer.location(), back);
    }
}

#[tokio::test]
async fn a_base_login_asks_once_who_one_is_and_is_silent_from_then_on() {
    let laptop = Laptop::new().await;
    let query = query(&laptop, "snsapi_base");

    let first = ask(&laptop, &query).await;
    let chosen = allow(&laptop, &query, "mei").await;
    let later = ask_as(&laptop, &query, "mei").await;

    assert!(first.body.contains("静默授权"));
    assert_eq!(chosen.header("set-cookie"), "sandbox_person=mei; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax");
    assert_eq!(later.status.as_u16(), 302);
    let openid = laptop.sandbox.open_id("shop", "mei");
    assert_eq!(laptop.exchange("shop", &later.code()).await.json()["openid"].as_str(), openid.as_deref());
}

#[tokio::test]
async fn a_profile_is_asked_for_even_from_a_remembered_person() {
    let laptop = Laptop::new().await;

    let answer = ask_as(&laptop, &query(&laptop, "snsapi_userinfo"), "mei").await;

    assert_eq!(answer.status.as_u16(), 200);
    assert!(answer.body.contains("value=\"mei\" checked"), "{}", answer.body);
}

#[tokio::test]
async fn an_unknown_remembered_person_is_asked_again() {
    let laptop = Laptop::new().await;

    let answer = ask_as(&laptop, &query(&laptop, "snsapi_base"), "nobody").await;

    assert_eq!(answer.status.as_u16(), 200);
}

#[tokio::test]
async fn a_forced_snapshot_is_silent_and_marked() {
    let laptop = Laptop::new().await;
    let query = format!("{}&forceSnapShot=true", query(&laptop, "snsapi_userinfo"));

    let answer = ask_as(&laptop, &query, "mei").await;

    let tokens = laptop.exchange("shop", &answer.code()).await.json();
    assert_eq!(tokens["is_snapshotuser"], 1);
    assert_ne!(tokens["openid"].as_str(), laptop.sandbox.open_id("shop", "mei").as_deref());
}

#[tokio::test]
async fn a_person_with_the_snapshot_flag_always_gets_it() {
    let laptop = Laptop::new().await;

    let answer = allow(&laptop, &query(&laptop, "snsapi_userinfo"), "ghost").await;

    assert_eq!(laptop.exchange("shop", &answer.code()).await.json()["is_snapshotuser"], 1);
}

#[tokio::test]
async fn order_and_unknown_parameters_do_not_matter() {
    let laptop = Laptop::new().await;
    let app_id = laptop.app("shop").app_id;

    let query = format!(
        "connect_redirect=1&state=s&scope=snsapi_userinfo&client_id=x&redirect_uri={RETURN}&appid={app_id}&response_type=code"
    );
    let answer = ask(&laptop, &query).await;

    assert!(answer.body.contains("<h1>禾木商城</h1>"));
}

#[tokio::test]
async fn what_wechat_turns_down_is_a_page_with_its_number() {
    let laptop = Laptop::new().await;
    let app_id = laptop.app("shop").app_id;
    let site = laptop.app("site").app_id;
    let rest = "response_type=code&scope=snsapi_userinfo&state=s";
    let long = "s".repeat(129);
    let cases = [
        (format!("redirect_uri={RETURN}&{rest}"), "10012", "appid不能为空"),
        (format!("appid=wx00&redirect_uri={RETURN}&{rest}"), "appid", "AppID 参数错误"),
        (format!("appid={site}&redirect_uri={RETURN}&{rest}"), "10016", "不支持微信开放平台的Appid"),
        (format!("appid={app_id}&{rest}"), "10011", "redirect_uri不能为空"),
        (format!("appid={app_id}&redirect_uri={RETURN}&response_type=code&state=s"), "10010", "scope不能为空"),
        (
            format!("appid={app_id}&redirect_uri={RETURN}&response_type=code&scope=snsapi_login&state=s"),
            "10005",
            "此公众号并没有这些scope的权限",
        ),
        (
            format!("appid={app_id}&redirect_uri={RETURN}&response_type=code&scope=snsapi_base&state="),
            "10013",
            "state不能为空",
        ),
        (format!("appid={app_id}&redirect_uri={RETURN}&scope=snsapi_base&state=s"), "link", "该链接无法访问"),
        (
            format!("appid={app_id}&redirect_uri={RETURN}&response_type=code&scope=snsapi_base&state={long}"),
            "state",
            "state 参数过长",
        ),
        (
            format!("appid={app_id}&redirect_uri=https%3A%2F%2Fevil.example%2F&{rest}"),
            "10003",
            "redirect_uri域名与后台配置不一致",
        ),
    ];

    for (query, number, text) in cases {
        let answer = ask(&laptop, &query).await;

        assert_eq!((answer.status.as_u16(), answer.header("x-sandbox-error")), (200, number), "{query}");
        assert!(answer.body.contains(text) && answer.body.contains(number), "{query}");
        assert_eq!(answer.location(), "");
    }
}

#[tokio::test]
async fn the_host_of_the_way_back_must_be_one_of_the_apps_own() {
    let laptop = Laptop::new().await;
    let app_id = laptop.app("shop").app_id;
    let verdicts = [
        ("http%3A%2F%2Flocalhost%2F", ""),
        ("http%3A%2F%2FLOCALHOST%3A9999%2F", ""),
        ("https%3A%2F%2F127.0.0.1%2Fx", ""),
        ("localhost%2Fcb", "10003"),
        ("%2Fcb", "10003"),
        ("http%3A%2F%2Fsub.localhost%2F", "10003"),
        ("http%3A%2F%2Flocalhost.evil.example%2F", "10003"),
        ("http%3A%2F%2Flocalhost%40evil.example%2F", "10003"),
        ("http%3A%2F%2Fevil.example%2F%3Flocalhost", "10003"),
        ("javascript%3Aalert(1)", "10003"),
        ("javascript%3A%2F%2Flocalhost%2F%250aalert(1)", "10003"),
        ("data%3Atext%2Fhtml%2Cx", "10003"),
    ];

    for (back, number) in verdicts {
        let query = format!("appid={app_id}&redirect_uri={back}&response_type=code&scope=snsapi_base&state=s");
        let answer = ask(&laptop, &query).await;

        assert_eq!(answer.header("x-sandbox-error"), number, "{back}");
    }
}

#[tokio::test]
async fn the_answer_of_a_person_is_checked_as_the_question_was() {
    let laptop = Laptop::new().await;
    let app_id = laptop.app("shop").app_id;

    let query = format!("appid={app_id}&redirect_uri=http%3A%2F%2Fevil.example&response_type=code&scope=snsapi_base");
    let evil = allow(&laptop, &query, "lan").await;
    let stranger = allow(&laptop, &self::query(&laptop, "snsapi_base"), "nobody").await;

    assert_eq!((evil.header("x-sandbox-error"), evil.location()), ("10003", ""));
    assert_eq!((stranger.status.as_u16(), stranger.location()), (200, ""));
}

#[tokio::test]
async fn what_comes_from_outside_is_escaped_in_the_page() {
    let laptop = Laptop::with(&sandbox::DEMO.replace("兰心🌿", "<b>\\\"兰&")).await;
    let app_id = laptop.app("shop").app_id;

    let query = format!(
        "appid={app_id}&redirect_uri={RETURN}%22%3E%3Cscript%3E&response_type=code&scope=snsapi_userinfo&state=%22%3E%3Cimg%20src%3Dx%3E"
    );
    let answer = ask(&laptop, &query).await;

    assert!(!answer.body.contains("<script>") && !answer.body.contains("<img src=x") && !answer.body.contains("<b>"));
    assert!(answer.body.contains("&lt;b&gt;&quot;兰&amp;"));
}

#[tokio::test]
async fn a_new_line_in_the_way_back_makes_no_new_header() {
    let laptop = Laptop::new().await;
    let app_id = laptop.app("shop").app_id;

    let query = format!(
        "appid={app_id}&redirect_uri={RETURN}%3Fa%3D%0D%0Aset-cookie%3Ax%3Dy&response_type=code&scope=snsapi_base&state=%0D%0A"
    );
    let answer = allow(&laptop, &query, "lan").await;

    let code = answer.code();
    let expected = format!("http://127.0.0.1:3000/cb?a=%0D%0Aset-cookie:x=y&code={code}&state=%0D%0A");
    assert_eq!(answer.location(), expected);
}

#[tokio::test]
async fn an_error_page_can_be_ordered_by_its_number() {
    let laptop = Laptop::new().await;
    laptop.order_fault(&json!({ "path": PATH, "errcode": 10004 })).await;

    let first = ask(&laptop, &query(&laptop, "snsapi_base")).await;
    let second = ask(&laptop, &query(&laptop, "snsapi_base")).await;

    assert_eq!((first.header("x-sandbox-error"), second.header("x-sandbox-error")), ("10004", ""));
}

#[tokio::test]
async fn other_methods_are_turned_down() {
    let laptop = Laptop::new().await;

    let answer = laptop.send(request(Method::DELETE, PATH, &[], Body::empty())).await;

    assert_eq!(answer.status.as_u16(), 405);
}
