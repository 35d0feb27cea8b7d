//! Tests of the control page `/_sandbox/`: its content and its forms.

use axum::body::Body;
use axum::http::Method;
use serde_json::json;

use crate::laptop::{FORM, Laptop, NOON, request};

async fn now(laptop: &Laptop) -> i64 {
    laptop.get("/_sandbox/clock").await.json()["now"].as_i64().expect("the time is a number")
}

#[tokio::test]
async fn every_section_is_there_and_leads_to_itself() {
    let laptop = Laptop::new().await;

    let page = laptop.get("/_sandbox/").await;

    for section in ["apps", "people", "codes", "issued", "sms", "calls", "faults", "clock"] {
        assert!(page.body.contains(&format!("<section id=\"{section}\"")), "{section}");
        assert!(page.body.contains(&format!("<a href=\"#{section}\">")), "{section}");
    }
}

#[tokio::test]
async fn the_page_shows_what_happened() {
    let laptop = Laptop::new().await;
    let code = laptop.code("shop", "lan").await;
    laptop.exchange("shop", &code).await;
    laptop.get("/sns/userinfo?access_token=nonsense&openid=o").await;
    laptop.post_json("/_sandbox/sms", &json!({ "to": "+8613800000001", "code": "123456", "text": "验证码" })).await;
    laptop.order_fault(&json!({ "path": "/sns/auth", "errcode": -1, "times": 3 })).await;

    let page = laptop.get("/_sandbox/?lang=en").await.body;

    let shown = [
        &format!("<code class=\"copy\">{code}</code>"),
        "<span data-left=\"7200\" data-over=\"over\">2:00:00</span>",
        "<span class=\"left\">used</span>",
        "<details id=\"call-2\"><summary><span class=\"method\">GET</span><span class=\"path\">/sns/userinfo</span>\
         <span class=\"status bad\">200 · 40014</span>",
        "<dt>access_token</dt><dd><code>nonsense</code></dd>",
        "<code class=\"copy\">123456</code>",
        "<code>/sns/auth</code><p class=\"marks\"><span>errcode -1</span><span>times 3</span>",
        "<time datetime=\"2025-10-09T08:53:20Z\">2025-10-09 08:53:20</time>",
    ];
    for part in shown {
        assert!(page.contains(part), "{part} is not in {page}");
    }
}

#[tokio::test]
async fn the_script_asks_for_what_changes_and_nothing_else() {
    let laptop = Laptop::new().await;

    let live = laptop.get("/_sandbox/?part=live").await.body;
    let whole = laptop.get("/_sandbox/").await.body;

    let parts: Vec<_> = live.split("data-part=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert_eq!(parts, ["issued", "sms", "calls", "faults", "clock"]);
    assert!(live.starts_with("<div data-part=\"issued\">") && !live.contains("<form") && !live.contains("<html"));
    assert!(live.split_inclusive("</div>").all(|part| whole.contains(part)), "{live}");
}

#[tokio::test]
async fn people_are_searched_for_on_the_page() {
    let laptop = Laptop::new().await;

    let page = laptop.get("/_sandbox/?find=mei").await.body;

    assert!(page.contains("Mei 美") && !page.contains("兰心🌿"));
}

#[tokio::test]
async fn the_page_may_not_be_framed_and_its_forms_name_their_origin() {
    let laptop = Laptop::new().await;

    let page = laptop.get("/_sandbox/").await;

    assert_eq!(
        (page.header("content-security-policy"), page.header("referrer-policy")),
        (
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; \
             form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
            "same-origin"
        )
    );
    assert!(!page.body.contains("style=") && !page.body.contains(" onclick"));
}

#[tokio::test]
async fn all_files_of_the_pages_are_served() {
    let laptop = Laptop::new().await;
    let files = ["icon.svg", "tick.svg", "sandbox.css", "wechat.css", "control.css", "control.js", "qrconnect.js"];

    for file in files {
        let answer = laptop.get(&format!("/_sandbox/assets/{file}")).await;

        assert_eq!((answer.status.as_u16(), answer.body.is_empty()), (200, false), "{file}");
    }
}

#[tokio::test]
async fn a_form_moves_the_clock_and_leads_back() {
    let laptop = Laptop::new().await;

    let moved = laptop.post_form("/_sandbox/clock", "advance_seconds=7200&lang=en").await;
    let after_the_move = now(&laptop).await;
    let stopped = laptop.post_form("/_sandbox/clock", "stop_at=1700000000&advance_seconds=").await;

    assert_eq!((moved.status.as_u16(), moved.location()), (303, "/_sandbox/?lang=en#clock"));
    assert_eq!((stopped.status.as_u16(), stopped.location()), (303, "/_sandbox/#clock"));
    assert_eq!((after_the_move, now(&laptop).await), (NOON + 7200, 1_700_000_000));
}

#[tokio::test]
async fn json_is_read_under_the_name_of_a_form_too() {
    let laptop = Laptop::new().await;

    let clock = laptop.post_form("/_sandbox/clock", "{\"advance_seconds\": 60}").await;
    let code = laptop.post_form("/_sandbox/codes", " {\"app\": \"shop\", \"person\": \"lan\"}").await;

    assert_eq!(clock.json(), json!({ "now": NOON + 60 }));
    assert_eq!(code.json()["code"].as_str().map(str::len), Some(32));
}

#[tokio::test]
async fn a_form_asks_for_a_code_and_the_page_shows_it() {
    let laptop = Laptop::new().await;

    let answer = laptop.post_form("/_sandbox/codes", "lang=en&app=shop&person=+wei+&scope=&snapshot=true").await;
    let page = laptop.get(answer.location().trim_end_matches("#codes")).await;

    let code = answer.code();
    assert_eq!((answer.status.as_u16(), answer.location()), (303, &*format!("/_sandbox/?lang=en&code={code}#codes")));
    assert!(page.body.contains(&format!("The new code: <code class=\"copy\">{code}</code>")), "{}", page.body);
    assert_eq!(laptop.exchange("shop", &code).await.json()["is_snapshotuser"], 1);
}

#[tokio::test]
async fn a_form_asks_for_the_code_of_a_phone() {
    let laptop = Laptop::new().await;

    let answer = laptop.post_form("/_sandbox/phone-codes", "app=mini&person=lan&scope=").await;

    assert_eq!(answer.code().len(), 64);
}

#[tokio::test]
async fn a_link_puts_no_code_into_the_page_that_was_not_given_out() {
    let laptop = Laptop::new().await;

    let page = laptop.get("/_sandbox/?code=call-this-number").await;

    assert!(!page.body.contains("class=\"fresh\"") && !page.body.contains(">call-this-number<"));
}

#[tokio::test]
async fn a_form_that_cannot_be_leads_to_a_page_that_says_why() {
    let laptop = Laptop::new().await;
    let cases = [
        ("/_sandbox/clock", "advance_seconds=-1", 400, "the clock moves forward, by at most a century"),
        ("/_sandbox/clock", "advance_seconds=soon", 400, "the clock is set in whole seconds"),
        ("/_sandbox/codes", "app=shop&person=nobody", 404, "no such person"),
        ("/_sandbox/codes", "", 404, "no such app"),
        ("/_sandbox/phone-codes", "app=shop&person=lan", 400, "only a mini program has a phone number button"),
    ];

    for (path, form, status, reason) in cases {
        let answer = laptop.post_form(path, form).await;

        assert_eq!((answer.status.as_u16(), answer.header("content-type")), (status, "text/html; charset=utf-8"));
        assert!(answer.body.contains(reason) && answer.body.contains("href=\"/_sandbox/\""), "{path} {form}");
    }
    assert_eq!(now(&laptop).await, NOON);
}

#[tokio::test]
async fn a_form_forgets_the_calls() {
    let laptop = Laptop::new().await;
    laptop.get("/sns/auth").await;

    let answer = laptop.post_form("/_sandbox/calls/clear", "lang=zh-CN").await;

    assert_eq!((answer.status.as_u16(), answer.location()), (303, "/_sandbox/?lang=zh-CN#calls"));
    assert_eq!(laptop.get("/_sandbox/calls").await.json(), json!([]));
}

#[tokio::test]
async fn a_form_of_a_foreign_page_is_turned_away() {
    let laptop = Laptop::new().await;

    for origin in ["http://evil.example", "null"] {
        let headers = [FORM, ("origin", origin)];
        let form = Body::from("advance_seconds=7200");
        let answer = laptop.send(request(Method::POST, "/_sandbox/clock", &headers, form)).await;

        assert_eq!(answer.status.as_u16(), 403, "{origin}");
    }
    assert_eq!(now(&laptop).await, NOON);
}

#[tokio::test]
async fn a_form_keeps_the_language_and_offers_every_path_of_a_fault() {
    let laptop = Laptop::new().await;

    let page = laptop.get("/_sandbox/?lang=en").await.body;

    let forms: Vec<_> = page.split("<form").skip(1).filter_map(|rest| rest.split("</form>").next()).collect();
    let keeps = |form: &&str| form.contains(r#"name="lang" value="en""#);
    assert!(!forms.is_empty() && forms.iter().all(keeps), "{page}");
    let servers = crate::laptop::PATHS
        .iter()
        .filter(|path| ["/sns/", "/cgi-bin/", "/wxa/"].iter().any(|start| path.starts_with(start)));
    let missing: Vec<_> = servers.filter(|path| !page.contains(&format!("<option value=\"{path}\">"))).collect();
    assert_eq!(missing, Vec::<&&str>::new());
    assert!(page.contains("<option value=\"push\">"));
}

#[tokio::test]
async fn a_member_of_the_corp_is_marked() {
    let seed = sandbox::DEMO.replacen("[[people]]\n", "[[people]]\nmember = true\n", 1);
    let laptop = Laptop::with(&seed).await;

    let page = laptop.get("/_sandbox/?lang=en").await.body;

    assert_eq!(page.matches("<span>member</span>").count(), 1);
}
