//! Tests of `/sns/oauth2/refresh_token`: the renewal of a login.

use serde_json::{Value, json};

use crate::laptop::{Answer, Laptop, text};

const DAY: i64 = 86_400;

async fn refresh(laptop: &Laptop, app: &str, tokens: &Value) -> Answer {
    let (app_id, token) = (laptop.app(app).app_id, text(tokens, "refresh_token"));
    laptop
        .get(&format!("/sns/oauth2/refresh_token?appid={app_id}&grant_type=refresh_token&refresh_token={token}"))
        .await
}

async fn is_alive(laptop: &Laptop, tokens: &Value) -> bool {
    let (token, openid) = (text(tokens, "access_token"), text(tokens, "openid"));
    laptop.get(&format!("/sns/auth?access_token={token}&openid={openid}")).await.json()["errcode"] == 0
}

#[tokio::test]
async fn a_living_access_token_lives_on_unchanged() {
    let laptop = Laptop::new().await;
    let first = laptop.tokens("shop", "lan").await;

    laptop.wait(7000).await;
    let renewed = refresh(&laptop, "shop", &first).await;
    laptop.wait(7000).await;

    assert_eq!(
        renewed.json(),
        json!({
            "access_token": first["access_token"], "expires_in": 7200, "refresh_token": first["refresh_token"],
            "openid": first["openid"], "scope": "snsapi_userinfo",
        })
    );
    assert!(is_alive(&laptop, &first).await);
}

#[tokio::test]
async fn a_dead_access_token_is_replaced_and_stays_dead() {
    let laptop = Laptop::new().await;
    let first = laptop.tokens("shop", "lan").await;

    laptop.wait(7200).await;
    let renewed = refresh(&laptop, "shop", &first).await.json();

    assert_ne!(first["access_token"], renewed["access_token"]);
    assert!(!is_alive(&laptop, &first).await && is_alive(&laptop, &renewed).await);
}

#[tokio::test]
async fn a_refresh_token_ends_thirty_days_after_the_login_however_often_it_is_used() {
    let laptop = Laptop::new().await;
    let first = laptop.tokens("shop", "lan").await;

    laptop.wait(30 * DAY - 1).await;
    let last = refresh(&laptop, "shop", &first).await;
    laptop.wait(1).await;
    let over = refresh(&laptop, "shop", &first).await;

    assert_eq!(last.json()["expires_in"], 7200);
    assert_eq!(over.failure(), (42002, "refresh_token expired, ".to_owned()));
    assert!(is_alive(&laptop, &last.json()).await);
}

#[tokio::test]
async fn a_seed_may_give_refresh_tokens_another_life() {
    let seed = sandbox::DEMO.replace("name = \"app\"\n", "name = \"app\"\nrefresh_days = 180\n");
    let laptop = Laptop::with(&seed).await;
    let first = laptop.tokens("app", "lan").await;

    laptop.wait(179 * DAY).await;

    assert_eq!(refresh(&laptop, "app", &first).await.json()["expires_in"], 7200);
}

#[tokio::test]
async fn what_is_missing_or_wrong_is_named() {
    let laptop = Laptop::new().await;
    let first = laptop.tokens("shop", "lan").await;
    let (app_id, token) = (laptop.app("shop").app_id, text(&first, "refresh_token"));
    let access = text(&first, "access_token");
    let other = laptop.app("club").app_id;
    let cases = [
        (format!("grant_type=refresh_token&refresh_token={token}"), 41002),
        (format!("appid={app_id}&grant_type=refresh_token"), 41003),
        (format!("appid={app_id}&refresh_token={token}"), 40002),
        (format!("appid=wx&grant_type=refresh_token&refresh_token={token}"), 40013),
        (format!("appid={app_id}&grant_type=refresh_token&refresh_token={access}"), 40030),
        (format!("appid={app_id}&grant_type=refresh_token&refresh_token=86_nonsense"), 40030),
        (format!("appid={other}&grant_type=refresh_token&refresh_token={token}"), 40030),
    ];

    for (query, errcode) in cases {
        let answer = laptop.get(&format!("/sns/oauth2/refresh_token?{query}")).await;

        assert_eq!(answer.failure().0, errcode, "{query}");
    }
}
