//! The demo shop: pages on an origin of their own, which the API admits.

use std::fs::File;

use reqwest::header::{CONTENT_SECURITY_POLICY, ORIGIN, REFERRER_POLICY};
use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::demo::{CHALLENGE, Running, Workplace, free_address, wait_until_ready};

/// Starts the demo with its shop, and returns the shop's address.
async fn opened(place: &Workplace) -> (Running, String) {
    let (shop, log) = (free_address(), place.folder.path().join("log"));
    let mut command = place.command(&["demo"]);
    command.env("GUIYI_SANDBOX__SHOP", &shop).stderr(File::create(&log).expect("a file"));
    let running = Running(command.spawn().expect("the binary runs"));
    (wait_until_ready(running, &place.api, &log).await, format!("http://{shop}"))
}

#[tokio::test]
async fn the_shop_is_another_origin_that_knows_its_api() {
    let place = Workplace::new();
    let (_running, shop) = opened(&place).await;

    let settings: Value =
        reqwest::get(format!("{shop}/config.json")).await.expect("an answer").json().await.expect("JSON");
    assert_eq!(
        settings,
        json!({ "endpoint": format!("http://{}/graphql", place.api), "sandbox": format!("http://{}", place.sandbox) })
    );
    for path in ["/", "/shop", "/mini"] {
        let page = reqwest::get(format!("{shop}{path}")).await.expect("an answer");
        let policy = page.headers()[CONTENT_SECURITY_POLICY].to_str().expect("text").to_owned();
        assert_eq!(
            (page.status().as_u16(), &page.headers()[REFERRER_POLICY]),
            (200, &"no-referrer".parse().expect("a value"))
        );
        assert!(policy.contains(&place.api) && !policy.contains("unsafe"), "{policy}");
    }
    for path in ["/assets/none.js", "/assets/../config.json/x", "/graphql/x"] {
        assert_eq!(reqwest::get(format!("{shop}{path}")).await.expect("an answer").status(), 404, "{path}");
    }
}

#[tokio::test]
async fn the_api_admits_the_pages_of_the_shop_and_no_others() {
    let place = Workplace::new();
    let (_running, shop) = opened(&place).await;
    let client = Client::builder().build().expect("a client");
    let api = format!("http://{}/graphql", place.api);

    let admitted = async |origin: &str| {
        let asked = client.request(Method::OPTIONS, &api).header(ORIGIN, origin);
        let asked = asked.header("access-control-request-method", "POST");
        asked.send().await.expect("an answer").headers().contains_key("access-control-allow-origin")
    };
    assert!(admitted(&shop).await);
    assert!(!admitted("http://127.0.0.1:1").await);

    let begun = async |app: &str, page: &str| {
        let query = "mutation ($input: BeginLoginInput!) { beginLogin(input: $input) { state } }";
        let input = json!({ "app": app, "returnTo": format!("{shop}/{page}"), "codeChallenge": CHALLENGE });
        let request = client.post(&api).json(&json!({ "query": query, "variables": { "input": input } }));
        let answer: Value = request.send().await.expect("an answer").json().await.expect("JSON");
        answer["errors"][0]["extensions"]["code"].as_str().unwrap_or("begun").to_owned()
    };
    assert_eq!(begun("club", "club").await, "begun");
    // The page of one app is not served for another.
    assert_eq!(begun("club", "shop").await, "RETURN_TO_NOT_ALLOWED");
}
