//! Tests of malformed input at every path.

use axum::body::Body;
use axum::http::Method;

use crate::laptop::{Laptop, PATHS, request};

#[tokio::test(start_paused = true)]
async fn nonsense_is_answered_everywhere_and_never_with_a_500() {
    let laptop = Laptop::new().await;
    let queries = ["", "?", "?&&==&%", "?appid=%FF%00&code=%&uuid=%F0%9F%8C%BF%F0%9F%8C%BF%F0%9F%8C%BF%F0%9F%8C%BF"];
    let bodies: [&[u8]; 4] = [b"", b"\xff\xfe\x00", b"{\"code\":[[[[", b"a=%&b=%zz&=="];

    for path in PATHS {
        for query in queries {
            for body in bodies {
                for method in [Method::GET, Method::POST, Method::PUT] {
                    let headers =
                        [("content-type", "application/x-www-form-urlencoded"), ("cookie", ";;=;sandbox_person")];
                    let request = request(method, &format!("{path}{query}"), &headers, Body::from(body));
                    let answer = laptop.send(request).await;

                    assert!(answer.status.as_u16() < 500, "{path}{query}: {}", answer.status);
                }
            }
        }
    }
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_turned_down() {
    let laptop = Laptop::new().await;
    let body = "a".repeat(70_000);

    let form = laptop.post_form("/sns/oauth2/access_token", &body).await;
    let json = laptop.post("/_sandbox/sms", &body).await;

    assert_eq!((form.status.as_u16(), json.status.as_u16()), (413, 413));
}

#[tokio::test]
async fn an_unknown_path_of_the_api_is_answered_as_wechat_does() {
    let laptop = Laptop::new().await;

    let sns = laptop.get("/sns/nothing").await;
    let cgi = laptop.get("/cgi-bin/nothing").await;
    let elsewhere = laptop.get("/nothing").await;

    assert_eq!(sns.failure(), (40066, "invalid url, ".to_owned()));
    assert_eq!(cgi.failure(), (40066, "invalid url ".to_owned()));
    assert_eq!(elsewhere.status.as_u16(), 404);
}

#[tokio::test]
async fn a_strange_host_header_does_not_reach_an_answer() {
    let laptop = Laptop::new().await;
    let tokens = laptop.tokens("shop", "lan").await;
    let path = format!("/sns/userinfo?access_token={}&openid=o", tokens["access_token"].as_str().unwrap());

    let mut request = request(Method::GET, &path, &[], Body::empty());
    request.headers_mut().insert("host", "evil\"><script>".parse().unwrap());
    let answer = laptop.send(request).await;

    assert_eq!(answer.json()["headimgurl"], "http://localhost/_sandbox/avatars/lan.50fe4452/132");
}
