//! Tests of the fields of a seed that change WeChat's behaviour.

use serde_json::json;

use crate::laptop::{Answer, Laptop, text};

const SHOP: &str = "name = \"shop\"";
const MINI: &str = "name = \"mini\"";

async fn authorize(laptop: &Laptop, query: &str) -> Answer {
    let app_id = laptop.app("shop").app_id;
    let query = query.replace("APPID", &app_id);
    let person = [("cookie", "sandbox_person=lan")];
    laptop.get_with(&format!("/connect/oauth2/authorize?{query}"), &person).await
}

const IN_ORDER: &str =
    "appid=APPID&redirect_uri=http%3A%2F%2Flocalhost%2F&response_type=code&scope=snsapi_base&state=s";

#[tokio::test]
async fn the_standing_of_an_account_decides_what_its_authorize_page_says() {
    for (line, error) in [
        ("standing = 'good'", ""),
        ("standing = 'banned'", "10004"),
        ("standing = 'uncertified'", "10005"),
        ("standing = 'test'", "10006"),
    ] {
        let laptop = Laptop::demo_with(SHOP, line).await;

        let answer = authorize(&laptop, IN_ORDER).await;

        assert_eq!(answer.header("x-sandbox-error"), error, "{line}");
    }
}

#[tokio::test]
async fn who_follows_a_test_account_may_log_in_to_it() {
    let seed = crate::laptop::without_followers().replacen(SHOP, &format!("{SHOP}\nstanding = 'test'"), 1);
    let laptop = Laptop::with(&seed.replacen("id = \"lan\"", "id = \"lan\"\nfollows = [\"shop\"]", 1)).await;

    let answer = authorize(&laptop, IN_ORDER).await;

    assert_eq!((answer.status.as_u16(), answer.code().len()), (302, 32));
}

#[tokio::test]
async fn an_account_that_authorised_no_platform_is_told_so() {
    let laptop = Laptop::new().await;

    let answer = authorize(&laptop, &format!("{IN_ORDER}&component_appid=wx0000000000000000")).await;

    assert_eq!(answer.header("x-sandbox-error"), "10015");
}

#[tokio::test]
async fn only_a_strict_app_insists_on_the_order_of_the_parameters() {
    let (lenient, strict) = (Laptop::new().await, Laptop::demo_with(SHOP, "strict = true").await);
    let out_of_order =
        "appid=APPID&scope=snsapi_base&redirect_uri=http%3A%2F%2Flocalhost%2F&response_type=code&state=s";
    let extra = format!("{IN_ORDER}&connect_redirect=1");

    let statuses = [
        authorize(&lenient, out_of_order).await,
        authorize(&strict, out_of_order).await,
        authorize(&strict, IN_ORDER).await,
        authorize(&strict, &extra).await,
    ]
    .map(|answer| (answer.status.as_u16(), answer.header("x-sandbox-error").to_owned()));

    let gone = (302, String::new());
    assert_eq!(statuses, [gone.clone(), (200, "link".to_owned()), gone.clone(), gone]);
}

#[tokio::test]
async fn only_a_strict_app_insists_on_the_query() {
    for (line, errcode) in [("strict = false", None), ("strict = true", Some(41002))] {
        let laptop = Laptop::demo_with(SHOP, line).await;
        let (app, code) = (laptop.app("shop"), laptop.code("shop", "lan").await);
        let path = format!("/sns/oauth2/access_token?appid={}&secret={}", app.app_id, app.secret);

        let answer = laptop.post_form(&path, &format!("code={code}&grant_type=authorization_code")).await;

        assert_eq!(answer.json()["errcode"].as_i64(), errcode, "{line}");
    }
}

#[tokio::test]
async fn only_a_strict_app_compares_the_open_id_of_userinfo() {
    for (line, errcode) in [("strict = false", None), ("strict = true", Some(40003))] {
        let laptop = Laptop::demo_with(SHOP, line).await;
        let token = text(&laptop.tokens("shop", "lan").await, "access_token");

        let answer = laptop.get(&format!("/sns/userinfo?access_token={token}&openid=somebody")).await;

        assert_eq!(answer.json()["errcode"].as_i64(), errcode, "{line}");
    }
}

#[tokio::test]
async fn a_frozen_secret_opens_nothing() {
    let seed = crate::laptop::without_followers().replacen(SHOP, &format!("{SHOP}\nfrozen = true"), 1);
    let laptop = Laptop::with(&seed.replacen(MINI, &format!("{MINI}\nfrozen = true"), 1)).await;
    let (shop, mini) = (laptop.app("shop"), laptop.app("mini"));
    let code = laptop.code("shop", "lan").await;
    let credential = json!({ "grant_type": "client_credential", "appid": mini.app_id, "secret": mini.secret });

    let answers = [
        laptop.exchange("shop", &code).await,
        laptop.jscode2session("mini", "c").await,
        laptop
            .get(&format!("/cgi-bin/token?grant_type=client_credential&appid={}&secret={}", shop.app_id, shop.secret))
            .await,
        laptop.post_json("/cgi-bin/stable_token", &credential).await,
    ]
    .map(|answer| answer.failure().0);

    assert_eq!(answers, [40243; 4]);
}

#[tokio::test]
async fn a_blocked_person_is_refused_at_the_login_of_a_mini_program() {
    let laptop = Laptop::demo_with("id = \"lan\"", "blocked = true").await;
    let code = laptop.code("mini", "lan").await;

    let answer = laptop.jscode2session("mini", &code).await;

    assert_eq!(answer.failure(), (40226, "code blocked, ".to_owned()));
}

#[tokio::test]
async fn the_country_of_a_phone_is_a_text_or_a_number() {
    for (line, country) in [("", json!("86")), ("numeric_country_code = true", json!(86))] {
        let laptop = Laptop::demo_with(MINI, line).await;
        let code = laptop.phone_code("lan").await;
        let token = laptop.global_token("mini").await;

        let path = format!("/wxa/business/getuserphonenumber?access_token={token}");
        let answer = laptop.post_json(&path, &json!({ "code": code })).await;

        assert_eq!(answer.json()["phone_info"]["countryCode"], country, "{line}");
    }
}

#[tokio::test]
async fn a_picture_has_the_colour_that_was_chosen_or_is_none() {
    for (line, expected) in
        [("", (true, false)), ("avatar = '#123456'", (true, true)), ("avatar = 'none'", (false, false))]
    {
        let laptop = Laptop::demo_with("id = \"lan\"", line).await;
        let token = text(&laptop.tokens("shop", "lan").await, "access_token");

        let profile = laptop.get(&format!("/sns/userinfo?access_token={token}&openid=o")).await.json();
        let picture = laptop.get("/_sandbox/avatars/lan.svg").await;

        let found = (text(&profile, "headimgurl").contains("/avatars/lan."), picture.body.contains("#123456"));
        assert_eq!(found, expected, "{line}");
    }
}
