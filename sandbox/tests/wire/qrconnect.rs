//! Tests of `/connect/qrconnect` with its picture, poll and phone page.

use crate::laptop::{Answer, Laptop};

const RETURN: &str = "http%3A%2F%2F127.0.0.1%3A3000%2Fcb%3Fx%3D1";

async fn open(laptop: &Laptop, extra: &str) -> Answer {
    let app_id = laptop.app("site").app_id;
    let query =
        format!("appid={app_id}&redirect_uri={RETURN}&response_type=code&scope=snsapi_login&state=St4te{extra}");
    laptop.get(&format!("/connect/qrconnect?{query}")).await
}

async fn open_uuid(laptop: &Laptop) -> String {
    open(laptop, "").await.uuid().to_owned()
}

async fn poll(laptop: &Laptop, uuid: &str, last: &str) -> String {
    laptop.get(&format!("/connect/l/qrconnect?uuid={uuid}{last}&_=1760000000000")).await.body
}

async fn answer_on_the_phone(laptop: &Laptop, uuid: &str, decision: &str) -> Answer {
    laptop.post_form("/connect/confirm", &format!("uuid={uuid}&person=jun&decision={decision}")).await
}

fn code_of(script: &str) -> &str {
    let rest = script.strip_prefix("window.wx_errcode=405;window.wx_code='").expect("the phone has confirmed");
    rest.strip_suffix("';").expect("the code is quoted")
}

#[tokio::test]
async fn the_page_shows_a_code_and_where_to_poll() {
    let laptop = Laptop::new().await;

    let page = open(&laptop, "").await;

    let (_, rest) = page.body.split_once("src=\"/connect/qrcode/").unwrap();
    assert!(page.body.contains(&format!("/connect/l/qrconnect?uuid={}", &rest[..16])));
    assert!(page.body.contains("禾木官网") && page.body.contains("class=\"qrcode\""));
    assert!(page.body.contains("data-back=\"http://127.0.0.1:3000/cb?x=1&amp;\""), "{}", page.body);
}

#[tokio::test]
async fn the_picture_is_one_and_needs_its_page() {
    let laptop = Laptop::new().await;
    let uuid = open_uuid(&laptop).await;

    let picture = laptop.get(&format!("/connect/qrcode/{uuid}")).await;
    let none = laptop.get("/connect/qrcode/0000000000000000").await;

    assert_eq!((picture.header("content-type"), none.status.as_u16()), ("image/svg+xml", 404));
    assert!(picture.body.contains("<svg"));
}

#[tokio::test(start_paused = true)]
async fn the_poll_hears_every_step_of_the_phone() {
    let laptop = Laptop::new().await;
    let uuid = open_uuid(&laptop).await;

    let waiting = poll(&laptop, &uuid, "").await;
    let phone = laptop.get(&format!("/connect/confirm?uuid={uuid}")).await;
    let scanned = poll(&laptop, &uuid, "").await;
    answer_on_the_phone(&laptop, &uuid, "refuse").await;
    let cancelled = poll(&laptop, &uuid, "&last=404").await;
    let still_cancelled = poll(&laptop, &uuid, "&last=403").await;
    answer_on_the_phone(&laptop, &uuid, "allow").await;
    let confirmed = poll(&laptop, &uuid, "&last=403").await;

    assert!(phone.body.contains("申请登录") && phone.body.contains("禾木官网"));
    assert_eq!(waiting, "window.wx_errcode=408;window.wx_code='';");
    assert_eq!(scanned, "window.wx_errcode=404;window.wx_code='';");
    assert_eq!(cancelled, "window.wx_errcode=403;window.wx_code='';");
    assert_eq!(still_cancelled, "window.wx_errcode=408;window.wx_code='';");
    let tokens = laptop.exchange("site", code_of(&confirmed)).await.json();
    assert_eq!(tokens["openid"].as_str(), laptop.sandbox.open_id("site", "jun").as_deref());
    assert_eq!(tokens["scope"], "snsapi_login");
}

#[tokio::test(start_paused = true)]
async fn a_waiting_poll_is_woken_by_the_phone() {
    let laptop = Laptop::new().await;
    let uuid = open_uuid(&laptop).await;

    let (script, _) = tokio::join!(poll(&laptop, &uuid, ""), answer_on_the_phone(&laptop, &uuid, "allow"));

    assert_eq!(code_of(&script).len(), 32);
}

#[tokio::test(start_paused = true)]
async fn a_page_that_was_confirmed_keeps_its_code() {
    let laptop = Laptop::new().await;
    let uuid = open_uuid(&laptop).await;
    answer_on_the_phone(&laptop, &uuid, "allow").await;
    let first = poll(&laptop, &uuid, "").await;

    answer_on_the_phone(&laptop, &uuid, "allow").await;
    answer_on_the_phone(&laptop, &uuid, "refuse").await;
    laptop.get(&format!("/connect/confirm?uuid={uuid}")).await;

    assert_eq!(poll(&laptop, &uuid, "").await, first);
}

#[tokio::test(start_paused = true)]
async fn a_page_is_over_after_five_minutes() {
    let laptop = Laptop::new().await;
    let uuid = open_uuid(&laptop).await;

    laptop.wait(300).await;
    let phone = laptop.get(&format!("/connect/confirm?uuid={uuid}")).await;

    assert_eq!(poll(&laptop, &uuid, "").await, "window.wx_errcode=402;window.wx_code='';");
    assert_eq!(phone.header("x-sandbox-error"), "qrcode");
}

#[tokio::test]
async fn scan_as_leads_the_browser_back_without_any_script() {
    let laptop = Laptop::new().await;
    let uuid = open_uuid(&laptop).await;

    let form = format!("uuid={uuid}&then=return&decision=allow&person=xue");
    let answer = laptop.post_form("/connect/confirm", &form).await;

    let code = answer.code();
    assert_eq!(answer.location(), format!("http://127.0.0.1:3000/cb?x=1&code={code}&state=St4te"));
    let tokens = laptop.exchange("site", &code).await.json();
    assert_eq!(tokens["openid"].as_str(), laptop.sandbox.open_id("site", "xue").as_deref());
}

#[tokio::test]
async fn inside_a_frame_the_way_back_is_the_top_window_unless_told_otherwise() {
    let laptop = Laptop::new().await;

    let top = open(&laptop, "&login_type=jssdk&self_redirect=default").await;
    let own = open(&laptop, "&login_type=jssdk&self_redirect=true").await;

    assert!(top.body.contains("target=\"_top\"") && own.body.contains("target=\"_self\""));
}

#[tokio::test]
async fn what_wechat_turns_down_is_a_page() {
    let laptop = Laptop::new().await;
    let (site, shop) = (laptop.app("site").app_id, laptop.app("shop").app_id);
    let rest = "response_type=code&scope=snsapi_login";
    let cases = [
        (format!("redirect_uri={RETURN}&{rest}"), "appid", "AppID 参数错误"),
        (format!("appid={shop}&redirect_uri={RETURN}&{rest}"), "scope", "Scope 参数错误或没有 Scope 权限"),
        (
            format!("appid={site}&redirect_uri={RETURN}&response_type=code&scope=snsapi_base"),
            "scope",
            "Scope 参数错误或没有 Scope 权限",
        ),
        (
            format!("appid={site}&redirect_uri=http%3A%2F%2Fevil.example&{rest}"),
            "redirect_uri",
            "redirect_uri 参数错误",
        ),
        (format!("appid={site}&redirect_uri={RETURN}&scope=snsapi_login"), "link", "该链接无法访问"),
    ];

    for (query, number, text) in cases {
        let answer = laptop.get(&format!("/connect/qrconnect?{query}")).await;

        assert_eq!((answer.status.as_u16(), answer.header("x-sandbox-error")), (200, number), "{query}");
        assert!(answer.body.contains(text), "{query}");
    }
}

#[tokio::test]
async fn what_comes_from_outside_is_escaped_in_the_page() {
    let laptop = Laptop::new().await;

    let page = open(&laptop, "%22%3E%3Cscript%3E&self_redirect=%22%3E%3Cimg%20src%3Dx%3E").await;

    assert!(!page.body.contains("<script>") && !page.body.contains("<img src=x"));
}

#[tokio::test]
async fn the_embedding_script_is_served_at_its_usual_path() {
    let laptop = Laptop::new().await;

    let script = laptop.get("/connect/zh_CN/htmledition/js/wxLogin.js").await;

    assert_eq!(script.header("content-type"), "text/javascript; charset=utf-8");
    assert!(script.body.contains("window.WxLogin"));
}

#[tokio::test]
async fn a_website_gets_any_state_back_however_long_and_odd() {
    let laptop = Laptop::new().await;
    let long = "eyJ-_.%2B".repeat(60);

    let page = open(&laptop, &long).await;

    let state = format!("data-state=\"St4te{}\"", long.replace("%2B", "+"));
    assert!(page.body.contains(&state), "{}", page.body);
}

#[tokio::test]
async fn an_unknown_person_who_agrees_is_asked_again() {
    let laptop = Laptop::new().await;
    let uuid = open_uuid(&laptop).await;

    let answer = laptop.post_form("/connect/confirm", &format!("uuid={uuid}&person=nobody&decision=allow")).await;

    assert_eq!((answer.status.as_u16(), answer.header("x-sandbox-error")), (200, ""));
    assert!(answer.body.contains("value=\"allow\""), "{}", answer.body);
}

#[tokio::test]
async fn an_address_longer_than_any_is_no_way_back() {
    let laptop = Laptop::new().await;
    let app_id = laptop.app("site").app_id;
    let far = format!("http%3A%2F%2Flocalhost%2F{}", "x".repeat(2_048));

    let query = format!("appid={app_id}&redirect_uri={far}&response_type=code&scope=snsapi_login&state=s");
    let answer = laptop.get(&format!("/connect/qrconnect?{query}")).await;

    assert_eq!(answer.header("x-sandbox-error"), "redirect_uri");
}
