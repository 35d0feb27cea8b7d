//! Tests of `/cgi-bin/token` and `/cgi-bin/stable_token`: the two flavours of an app's global token.

use serde_json::json;

use crate::laptop::{Laptop, text};

/// Returns 0 while the token is valid, else the errcode.
async fn state(laptop: &Laptop, token: &str) -> i64 {
    let answer = laptop.post_json(&format!("/wxa/business/getuserphonenumber?access_token={token}"), &json!({})).await;
    // The call has no code: an error about the code means that the token is valid.
    Some(answer.failure().0).filter(|errcode| *errcode != 40029).unwrap_or(0)
}

#[tokio::test]
async fn a_token_comes_with_its_two_hours_and_without_an_errcode() {
    let laptop = Laptop::new().await;
    let app = laptop.app("mini");

    let query = format!("grant_type=client_credential&appid={}&secret={}", app.app_id, app.secret);
    let answer = laptop.get(&format!("/cgi-bin/token?{query}")).await;

    let token = text(&answer.json(), "access_token");
    assert_eq!(answer.json(), json!({ "access_token": token, "expires_in": 7200 }));
    assert_eq!(answer.header("content-type"), "application/json; encoding=utf-8");
}

#[tokio::test]
async fn a_new_token_leaves_the_one_before_five_minutes() {
    let laptop = Laptop::new().await;
    let first = laptop.global_token("mini").await;
    let second = laptop.global_token("mini").await;

    laptop.wait(299).await;
    let in_time = state(&laptop, &first).await;
    laptop.wait(1).await;

    assert_eq!((in_time, state(&laptop, &first).await, state(&laptop, &second).await), (0, 40001, 0));
}

#[tokio::test]
async fn a_token_that_was_not_replaced_expires() {
    let laptop = Laptop::new().await;
    let token = laptop.global_token("mini").await;

    laptop.wait(7200).await;

    assert_eq!(state(&laptop, &token).await, 42001);
}

#[tokio::test]
async fn a_stable_token_stays_and_tells_what_it_has_left() {
    let laptop = Laptop::new().await;
    let first = laptop.stable_token("mini", false).await.json();

    laptop.wait(6899).await;
    let later = laptop.stable_token("mini", false).await.json();
    laptop.wait(1).await;
    let last_minutes = laptop.stable_token("mini", false).await.json();

    assert_eq!(later, json!({ "access_token": first["access_token"], "expires_in": 301 }));
    assert_ne!(last_minutes["access_token"], first["access_token"]);
    assert_eq!(state(&laptop, &text(&first, "access_token")).await, 0);
}

#[tokio::test]
async fn a_forced_refresh_kills_the_old_token_at_once() {
    let laptop = Laptop::new().await;
    let first = text(&laptop.stable_token("mini", false).await.json(), "access_token");

    let forced = text(&laptop.stable_token("mini", true).await.json(), "access_token");
    let again_at_once = text(&laptop.stable_token("mini", true).await.json(), "access_token");

    assert_eq!((state(&laptop, &first).await, state(&laptop, &forced).await), (40001, 0));
    assert_eq!(again_at_once, forced);
}

#[tokio::test]
async fn twenty_forced_refreshes_are_a_days_worth() {
    let laptop = Laptop::new().await;
    for _ in 0..20 {
        assert_eq!(laptop.stable_token("mini", true).await.json()["expires_in"], 7200);
        laptop.wait(30).await;
    }

    let one_more = laptop.stable_token("mini", true).await;
    laptop.wait(86_400).await;

    assert_eq!(one_more.failure(), (45009, "reach max api daily quota limit ".to_owned()));
    assert_eq!(laptop.stable_token("mini", true).await.json()["expires_in"], 7200);
}

#[tokio::test]
async fn the_two_flavours_know_nothing_of_each_other() {
    let laptop = Laptop::new().await;
    let stable_token = text(&laptop.stable_token("mini", false).await.json(), "access_token");
    let plain = laptop.global_token("mini").await;

    laptop.stable_token("mini", true).await;
    laptop.global_token("mini").await;

    assert_eq!((state(&laptop, &stable_token).await, state(&laptop, &plain).await), (40001, 0));
}

#[tokio::test]
async fn what_is_missing_or_wrong_is_named_by_both() {
    let laptop = Laptop::new().await;
    let app = laptop.app("mini").app_id;
    let credential = "grant_type=client_credential";
    let gets = [
        ("appid=a&secret=s".to_owned(), 40002),
        (format!("{credential}&secret=s"), 41002),
        (format!("{credential}&appid={app}"), 41004),
        (format!("{credential}&appid=wx&secret=s"), 40013),
        (format!("{credential}&appid={app}&secret=s"), 40125),
    ];
    let posts = [
        (String::new(), 44002),
        ("not json".to_owned(), 47001),
        ("{}".to_owned(), 40002),
        (json!({ "grant_type": "client_credential", "secret": "s" }).to_string(), 41002),
        (json!({ "grant_type": "client_credential", "appid": app, "secret": "s" }).to_string(), 40125),
    ];

    for (query, errcode) in gets {
        assert_eq!(laptop.get(&format!("/cgi-bin/token?{query}")).await.failure().0, errcode, "{query}");
    }
    for (body, errcode) in posts {
        assert_eq!(laptop.post("/cgi-bin/stable_token", &body).await.failure().0, errcode, "{body}");
    }
    assert_eq!(laptop.get("/cgi-bin/stable_token").await.failure(), (43002, "require POST method ".to_owned()));
}
