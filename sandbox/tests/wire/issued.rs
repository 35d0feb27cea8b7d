//! Tests of `/_sandbox/issued`: the newest codes and tokens, and their state.

use serde_json::{Value, json};

use crate::laptop::{Laptop, NOON, text};

async fn issued(laptop: &Laptop) -> Value {
    laptop.get("/_sandbox/issued").await.json()
}

/// Returns kind, remaining seconds and condition of all items, newest first.
async fn conditions(laptop: &Laptop, now: i64) -> Vec<(String, Option<i64>, String)> {
    let issued = issued(laptop).await;
    let entries = issued.as_array().expect("what was issued is a list").iter();
    entries
        .map(|one| (text(one, "kind"), one["ends_at"].as_i64().map(|end| end - now), text(one, "condition")))
        .collect()
}

fn is(kind: &str, left: Option<i64>, condition: &str) -> (String, Option<i64>, String) {
    (kind.to_owned(), left, condition.to_owned())
}

#[tokio::test]
async fn a_login_leaves_its_code_and_both_tokens() {
    let laptop = Laptop::new().await;
    let code = laptop.code("shop", "lan").await;
    let before = issued(&laptop).await;

    let tokens = laptop.exchange("shop", &code).await.json();

    let entry = |kind: &str, text: &str, life: i64, condition: &str| {
        json!({
            "kind": kind, "text": text, "app": "shop", "person": "lan", "issued_at": NOON, "ends_at": NOON + life,
            "condition": condition,
        })
    };
    assert_eq!(before, json!([entry("login-code", &code, 300, "good")]));
    assert_eq!(
        issued(&laptop).await,
        json!([
            entry("web-access-token", &text(&tokens, "access_token"), 7200, "good"),
            entry("refresh-token", &text(&tokens, "refresh_token"), 2_592_000, "good"),
            entry("login-code", &code, 300, "used"),
        ])
    );
}

#[tokio::test]
async fn a_global_token_belongs_to_an_app_alone() {
    let laptop = Laptop::new().await;

    let token = laptop.global_token("mini").await;

    assert_eq!(
        issued(&laptop).await,
        json!([{
            "kind": "global-token", "text": token, "app": "mini", "issued_at": NOON, "ends_at": NOON + 7200,
            "condition": "good",
        }])
    );
}

#[tokio::test]
async fn a_phone_code_is_used_once() {
    let laptop = Laptop::new().await;
    let code = laptop.post_json("/_sandbox/phone-codes", &json!({ "app": "mini", "person": "lan" })).await;
    let token = laptop.global_token("mini").await;
    let before = conditions(&laptop, NOON).await.pop();

    laptop.post_json(&format!("/wxa/business/getuserphonenumber?access_token={token}"), &code.json()).await;

    let after = conditions(&laptop, NOON).await.pop();
    assert_eq!((before, after), (Some(is("phone-code", Some(300), "good")), Some(is("phone-code", Some(300), "used"))));
}

#[tokio::test]
async fn everything_ends_when_its_time_has_come() {
    let laptop = Laptop::new().await;
    laptop.tokens("shop", "lan").await;

    laptop.wait(7200).await;

    assert_eq!(
        conditions(&laptop, NOON + 7200).await,
        [
            is("web-access-token", Some(0), "over"),
            is("refresh-token", Some(2_584_800), "good"),
            is("login-code", Some(-6900), "over"),
        ]
    );
}

#[tokio::test]
async fn a_refresh_prolongs_a_living_token_and_replaces_a_dead_one() {
    let laptop = Laptop::new().await;
    let tokens = laptop.tokens("shop", "lan").await;
    let app_id = laptop.app("shop").app_id;
    let refresh = text(&tokens, "refresh_token");
    let refresh = format!("/sns/oauth2/refresh_token?appid={app_id}&grant_type=refresh_token&refresh_token={refresh}");

    laptop.wait(100).await;
    laptop.get(&refresh).await;
    let prolonged = conditions(&laptop, NOON + 100).await;
    laptop.wait(7200).await;
    laptop.get(&refresh).await;
    let replaced = conditions(&laptop, NOON + 7300).await;

    assert_eq!((prolonged.len(), &prolonged[0]), (3, &is("web-access-token", Some(7200), "good")));
    assert_eq!(replaced.len(), 4);
    assert_eq!(replaced[0], is("web-access-token", Some(7200), "good"));
    assert_eq!((replaced[1].0.as_str(), replaced[1].2.as_str()), ("web-access-token", "over"));
}

#[tokio::test]
async fn a_replaced_global_token_has_five_minutes_and_a_forced_out_one_none() {
    let laptop = Laptop::new().await;
    let app = laptop.app("shop");
    let stable = |force: bool| json!({ "grant_type": "client_credential", "appid": app.app_id, "secret": app.secret, "force_refresh": force });

    laptop.global_token("shop").await;
    laptop.global_token("shop").await;
    laptop.post_json("/cgi-bin/stable_token", &stable(false)).await;
    laptop.post_json("/cgi-bin/stable_token", &stable(false)).await;
    laptop.post_json("/cgi-bin/stable_token", &stable(true)).await;

    assert_eq!(
        conditions(&laptop, NOON).await,
        [
            is("global-token", Some(7200), "good"),
            is("global-token", None, "over"),
            is("global-token", Some(7200), "good"),
            is("global-token", Some(300), "good"),
        ]
    );
}

#[tokio::test]
async fn the_newest_two_hundred_are_kept() {
    let laptop = Laptop::new().await;
    let first = laptop.code("shop", "lan").await;
    for _ in 0..200 {
        laptop.code("shop", "wei").await;
    }

    let issued = laptop.get("/_sandbox/issued").await;

    assert_eq!((issued.json().as_array().unwrap().len(), issued.body.contains(&first)), (200, false));
}

#[tokio::test]
async fn the_repeated_token_of_a_wecom_app_is_entered_once() {
    let laptop = Laptop::with(crate::wecom::SEED).await;
    let app = laptop.app("office");
    let path = format!("/cgi-bin/gettoken?corpid={}&corpsecret={}", app.app_id, app.secret);

    let token = text(&laptop.get(&path).await.json(), "access_token");
    laptop.get(&path).await;

    assert_eq!(
        issued(&laptop).await,
        json!([{
            "kind": "global-token", "text": token, "app": "office", "issued_at": NOON, "ends_at": NOON + 7200,
            "condition": "good",
        }])
    );
}
