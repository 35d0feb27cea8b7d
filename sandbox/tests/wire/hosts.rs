//! Tests of routing by host: by the first path segment, by the header `Host`, or without either.

use axum::body::Body;
use axum::http::{Request, header};
use serde_json::json;

use crate::laptop::{Answer, Laptop};

const SITE: &str = "appid=wxde3000000000517e&redirect_uri=http%3A%2F%2F127.0.0.1%2F&response_type=code\
                    &scope=snsapi_login&state=s1";

/// Sends `GET` with this header `Host`.
pub(crate) async fn at(laptop: &Laptop, host: &str, path: &str) -> Answer {
    let request = Request::builder().uri(path).header(header::HOST, host);
    laptop.send(request.body(Body::empty()).expect("a request")).await
}

fn kind(answer: &Answer) -> (u16, &str) {
    (answer.status.as_u16(), answer.header(header::CONTENT_TYPE))
}

#[tokio::test]
async fn a_path_may_begin_with_the_host_it_lives_at() {
    let laptop = Laptop::new().await;
    let code = laptop.code("shop", "lan").await;
    let app = laptop.app("shop");
    let query = format!("appid={}&secret={}&code={code}&grant_type=authorization_code", app.app_id, app.secret);

    let tokens = laptop.get(&format!("/api.weixin.qq.com/sns/oauth2/access_token?{query}")).await;
    let page = laptop.get(&format!("/open.weixin.qq.com/connect/qrconnect?{SITE}")).await;

    assert_eq!(tokens.json()["openid"].as_str(), laptop.sandbox.open_id("shop", "lan").as_deref());
    assert_eq!(kind(&page), (200, "text/html; charset=utf-8"));
}

#[tokio::test(start_paused = true)]
async fn the_links_of_a_page_below_a_host_lead_somewhere() {
    let laptop = Laptop::new().await;
    let page = laptop.get(&format!("/open.weixin.qq.com/connect/qrconnect?{SITE}")).await;

    let links: Vec<_> = page.body.split('"').filter(|text| text.starts_with('/')).collect();
    let mut answers = Vec::new();
    for link in &links {
        answers.push(laptop.get(&link.replace("&amp;", "&")).await.status.as_u16());
    }

    for begin in ["/_sandbox/assets/", "/connect/qrcode/", "/connect/l/qrconnect?", "/connect/confirm?"] {
        assert!(links.iter().any(|link| link.starts_with(begin)), "{begin}: {links:?}");
    }
    assert_eq!(answers, vec![200; links.len()], "{links:?}");
}

#[tokio::test]
async fn the_header_names_the_host_whatever_its_port_and_case() {
    let laptop = Laptop::new().await;

    for host in ["api.weixin.qq.com", "api.weixin.qq.com:8001", "API.Weixin.QQ.com:443"] {
        let here = at(&laptop, host, "/sns/auth").await;
        let elsewhere = at(&laptop, host, "/connect/qrconnect").await;

        assert_eq!((here.failure().0, elsewhere.failure().0), (41001, 40066), "{host}");
    }
}

#[tokio::test]
async fn the_host_in_the_path_goes_before_the_one_in_the_header() {
    let laptop = Laptop::new().await;

    let answer = at(&laptop, "open.weixin.qq.com", "/api.weixin.qq.com/sns/auth").await;

    assert_eq!(answer.failure(), (41001, "access_token missing, ".to_owned()));
}

#[tokio::test]
async fn a_path_of_another_host_gets_what_this_host_says_to_nonsense() {
    let laptop = Laptop::new().await;
    let json = (200, "application/json; encoding=utf-8");
    let none = (404, "text/plain; charset=utf-8");
    let cases = [
        ("api.weixin.qq.com", "/connect/oauth2/authorize", json),
        ("api.weixin.qq.com", "/cgi-bin/gettoken", json),
        ("api.weixin.qq.com", "", json),
        ("qyapi.weixin.qq.com", "/cgi-bin/token", (404, "")),
        ("qyapi.weixin.qq.com", "/sns/userinfo", (404, "")),
        ("open.weixin.qq.com", "/sns/userinfo", none),
        ("open.weixin.qq.com", "?a=b", none),
        ("lp.open.weixin.qq.com", "/connect/qrconnect", none),
        ("long.open.weixin.qq.com", "/cgi-bin/token", none),
        ("res.wx.qq.com", "/connect/qrconnect", none),
        ("login.work.weixin.qq.com", "/wwopen/sso/qrConnect", none),
        ("open.work.weixin.qq.com", "/wwlogin/sso/login", none),
    ];

    for (host, path, expected) in cases {
        let by_path = laptop.get(&format!("/{host}{path}")).await;
        let by_header = at(&laptop, host, if path.starts_with('/') { path } else { "/" }).await;

        assert_eq!((kind(&by_path), kind(&by_header)), (expected, expected), "{host}{path}");
        if expected == json {
            let refused = (40066, "invalid url ".to_owned());
            assert_eq!((by_path.failure(), by_header.failure()), (refused.clone(), refused), "{host}{path}");
        }
    }
}

#[tokio::test]
async fn the_poll_is_answered_where_it_lives_and_where_the_page_lives() {
    let laptop = Laptop::new().await;

    for host in ["lp.open.weixin.qq.com", "long.open.weixin.qq.com", "open.weixin.qq.com"] {
        let answer = at(&laptop, host, "/connect/l/qrconnect?uuid=none").await;

        assert_eq!(answer.body, "window.wx_errcode=402;window.wx_code='';", "{host}");
    }
}

#[tokio::test]
async fn the_control_api_lives_at_every_host() {
    let laptop = Laptop::new().await;
    let expected = laptop.get("/_sandbox/apps").await.json();

    for host in ["open.weixin.qq.com", "res.wx.qq.com", "api.weixin.qq.com", "login.work.weixin.qq.com"] {
        let by_header = at(&laptop, host, "/_sandbox/apps").await.json();
        let by_path = laptop.get(&format!("/{host}/_sandbox/apps")).await.json();

        assert_eq!((&by_header, &by_path), (&expected, &expected), "{host}");
    }
}

#[tokio::test]
async fn a_host_that_is_not_wechats_answers_every_path() {
    let laptop = Laptop::new().await;

    for host in ["127.0.0.1:18080", "localhost", "weixin.qq.com", "api.weixin.qq.com.example.com", "[::1]:8001"] {
        let api = at(&laptop, host, "/sns/auth").await;
        let page = at(&laptop, host, &format!("/connect/qrconnect?{SITE}")).await;

        assert_eq!((api.failure().0, page.status.as_u16()), (41001, 200), "{host}");
    }
}

#[tokio::test]
async fn a_fault_concerns_its_path_below_a_host_too() {
    let laptop = Laptop::new().await;
    laptop.order_fault(&json!({ "path": "/sns/auth", "errcode": -1 })).await;

    let answer = laptop.get("/api.weixin.qq.com/sns/auth").await;

    assert_eq!(answer.failure(), (-1, "system error, ".to_owned()));
}

#[tokio::test]
async fn who_was_here_before_is_known_at_every_host() {
    let laptop = Laptop::new().await;
    let app_id = laptop.app("shop").app_id;
    let rest =
        format!("appid={app_id}&redirect_uri=http%3A%2F%2Flocalhost%2F&response_type=code&scope=snsapi_base&state=s");

    let chosen = laptop.post_form("/connect/oauth2/authorize", &format!("{rest}&person=lan&decision=allow")).await;

    // A browser sends a cookie to the paths below its own, and the same page is also below /open.weixin.qq.com.
    assert!(chosen.header("set-cookie").contains("; Path=/;"), "{}", chosen.header("set-cookie"));
}
