//! Tests of `/sns/userinfo` and `/sns/auth`: the profile and the owner of an access token.

use serde_json::json;

use crate::laptop::{Laptop, text};

#[tokio::test]
async fn a_profile_is_whole_and_says_nothing_of_sex_or_region() {
    let laptop = Laptop::new().await;
    let tokens = laptop.tokens("shop", "lan").await;
    let (token, openid) = (text(&tokens, "access_token"), text(&tokens, "openid"));

    let answer = laptop.get(&format!("/sns/userinfo?access_token={token}&openid={openid}&lang=zh_CN")).await;

    assert_eq!(
        answer.json(),
        json!({
            "openid": openid, "nickname": "兰心🌿", "sex": 0, "language": "", "city": "", "province": "", "country": "",
            "headimgurl": "http://127.0.0.1:18080/_sandbox/avatars/lan.50fe4452/132", "privilege": [],
            "unionid": laptop.sandbox.union_id("shop", "lan"),
        })
    );
    assert_eq!(answer.header("content-type"), "text/plain");
    assert!(!answer.body.contains("errcode"));
}

#[tokio::test]
async fn the_picture_of_a_profile_exists() {
    let laptop = Laptop::new().await;

    let answer = laptop.get("/_sandbox/avatars/lan.svg").await;

    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "image/svg+xml"));
}

#[tokio::test]
async fn another_openid_in_the_question_changes_nothing() {
    let laptop = Laptop::new().await;
    let tokens = laptop.tokens("site", "wei").await;
    let token = text(&tokens, "access_token");

    let answer = laptop.get(&format!("/sns/userinfo?access_token={token}&openid=nonsense")).await;

    assert_eq!((&answer.json()["openid"], &answer.json()["nickname"]), (&tokens["openid"], &json!("阿伟")));
}

#[tokio::test]
async fn a_base_token_shows_no_profile() {
    let laptop = Laptop::new().await;
    let code = laptop.base_code("shop", "lan").await;
    let token = text(&laptop.exchange("shop", &code).await.json(), "access_token");

    let answer = laptop.get(&format!("/sns/userinfo?access_token={token}&openid=o")).await;

    assert_eq!(answer.failure(), (48001, "api unauthorized, ".to_owned()));
}

#[tokio::test]
async fn a_token_that_is_none_is_told_without_a_comma() {
    let laptop = Laptop::new().await;
    let global = laptop.global_token("shop").await;

    for token in ["86_nonsense", "x", "86_", &global] {
        let answer = laptop.get(&format!("/sns/userinfo?access_token={token}&openid=o")).await;

        assert_eq!(answer.failure(), (40014, "invalid access_token ".to_owned()), "{token}");
    }
}

#[tokio::test]
async fn a_token_of_two_hours_ago_is_over() {
    let laptop = Laptop::new().await;
    let token = text(&laptop.tokens("shop", "lan").await, "access_token");
    let path = format!("/sns/userinfo?access_token={token}&openid=o");

    laptop.wait(7199).await;
    let in_time = laptop.get(&path).await;
    laptop.wait(1).await;
    let too_late = laptop.get(&path).await;

    assert_eq!(in_time.json()["nickname"], "兰心🌿");
    assert_eq!(too_late.failure(), (42001, "access_token expired, ".to_owned()));
}

#[tokio::test]
async fn what_is_missing_is_named() {
    let laptop = Laptop::new().await;
    let token = text(&laptop.tokens("shop", "lan").await, "access_token");

    for path in ["/sns/userinfo", "/sns/auth"] {
        let no_token = laptop.get(&format!("{path}?openid=o")).await;
        let no_openid = laptop.get(&format!("{path}?access_token={token}")).await;

        assert_eq!(no_token.failure(), (41001, "access_token missing, ".to_owned()), "{path}");
        assert_eq!(no_openid.failure(), (41009, "missing openid, ".to_owned()), "{path}");
    }
}

#[tokio::test]
async fn a_snapshot_profile_has_no_name_and_no_picture() {
    let laptop = Laptop::new().await;
    let tokens = laptop.tokens("shop", "ghost").await;
    let token = text(&tokens, "access_token");

    let answer = laptop.get(&format!("/sns/userinfo?access_token={token}&openid=o")).await.json();

    assert_eq!((&answer["nickname"], &answer["headimgurl"]), (&json!("微信用户"), &json!("")));
    assert_eq!((&answer["openid"], &answer["unionid"]), (&tokens["openid"], &tokens["unionid"]));
}

#[tokio::test]
async fn a_token_can_be_checked_against_its_openid() {
    let laptop = Laptop::new().await;
    let tokens = laptop.tokens("shop", "lan").await;
    let (token, openid) = (text(&tokens, "access_token"), text(&tokens, "openid"));

    let right = laptop.get(&format!("/sns/auth?access_token={token}&openid={openid}")).await;
    let wrong = laptop.get(&format!("/sns/auth?access_token={token}&openid=o")).await;

    assert_eq!((right.body.as_str(), right.header("content-type")), (r#"{"errcode":0,"errmsg":"ok"}"#, "text/plain"));
    assert_eq!(wrong.failure(), (40003, "invalid openid, ".to_owned()));
}

#[tokio::test]
async fn an_unknown_or_expired_token_belongs_to_no_open_id() {
    let laptop = Laptop::new().await;
    let tokens = laptop.tokens("shop", "lan").await;
    let path = |token: &str| format!("/sns/auth?access_token={token}&openid={}", text(&tokens, "openid"));

    let nobodys = laptop.get(&path("86_nonsense")).await;
    laptop.wait(7200).await;
    let over = laptop.get(&path(&text(&tokens, "access_token"))).await;

    assert_eq!((nobodys.failure().0, over.failure().0), (40003, 40003));
}

#[tokio::test]
async fn the_address_of_a_picture_ends_in_a_size_and_with_the_picture() {
    let laptop = Laptop::new().await;
    let token = text(&laptop.tokens("shop", "lan").await, "access_token");
    let profile = laptop.get(&format!("/sns/userinfo?access_token={token}&openid=o")).await.json();
    let address = text(&profile, "headimgurl").replace("http://127.0.0.1:18080", "");
    let largest = address.replace("/132", "/0");

    let before = [address.as_str(), &largest, &address.replace("/132", "/133")];
    let mut sizes = Vec::new();
    for path in before {
        let picture = laptop.get(path).await;
        sizes.push((
            picture.status.as_u16(),
            picture.body.contains("width=\"132\""),
            picture.body.contains("width=\"640\""),
        ));
    }
    laptop.patch("/_sandbox/people/lan", &json!({ "avatar": "#112233" })).await;

    assert_eq!(sizes, [(200, true, false), (200, false, true), (404, false, false)]);
    assert_eq!(laptop.get(&address).await.status.as_u16(), 404);
}
