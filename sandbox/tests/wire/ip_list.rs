//! Tests of an app's IP list for global tokens. The tests call from 127.0.0.1.

use serde_json::json;

use crate::laptop::{Answer, Laptop};

async fn with_list(list: &str) -> Laptop {
    let mini = "name = \"mini\"";
    Laptop::with(&sandbox::DEMO.replacen(mini, &format!("{mini}\nip_list = {list}"), 1)).await
}

async fn token(laptop: &Laptop, secret: &str) -> Answer {
    let app_id = laptop.app("mini").app_id;
    laptop.get(&format!("/cgi-bin/token?grant_type=client_credential&appid={app_id}&secret={secret}")).await
}

#[tokio::test]
async fn who_is_not_on_the_list_is_told_the_address_it_calls_from() {
    let laptop = with_list("['203.0.113.7']").await;

    let plain = token(&laptop, &laptop.app("mini").secret).await;
    let stable = laptop.stable_token("mini", false).await;

    let expected = (40164, "invalid ip 127.0.0.1 ipv6 ::ffff:127.0.0.1, not in whitelist ".to_owned());
    assert_eq!((plain.failure(), stable.failure()), (expected.clone(), expected));
}

#[tokio::test]
async fn who_is_on_the_list_or_finds_none_gets_a_token() {
    for list in ["[]", "['127.0.0.1']", "['203.0.113.7', '127.0.0.1']", "['::ffff:127.0.0.1']"] {
        let laptop = with_list(list).await;

        let plain = token(&laptop, &laptop.app("mini").secret).await.json();
        let stable = laptop.stable_token("mini", false).await.json();

        assert_eq!((&plain["expires_in"], &stable["expires_in"]), (&json!(7200), &json!(7200)), "{list}");
    }
}

#[tokio::test]
async fn a_wrong_secret_is_named_before_a_wrong_address() {
    let laptop = with_list("['203.0.113.7']").await;

    let answer = token(&laptop, "guess").await;

    assert_eq!(answer.failure().0, 40125);
}

#[tokio::test]
async fn the_list_concerns_nothing_but_global_tokens() {
    let laptop = with_list("['203.0.113.7']").await;
    let code = laptop.code("mini", "lan").await;

    let answer = laptop.jscode2session("mini", &code).await.json();

    assert_eq!(answer["openid"].as_str(), laptop.sandbox.open_id("mini", "lan").as_deref());
}
