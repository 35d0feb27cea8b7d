//! Sessions: tokens that carry on, end, and are verified by others.
//! What a token looks like is tested in `api::token`.

use acceptance::{Answer, Client, Company, Server, on_every_database};
use chrono::TimeDelta;
use data_encoding::BASE64URL_NOPAD;
use futures::future::join_all;
use serde_json::{Value, json};

on_every_database!(
    a_refreshed_session_goes_on_and_its_old_token_ends_it_when_replayed_late,
    parallel_refreshes_get_the_same_successor,
    a_session_ends_with_logout_at_once,
    an_expired_access_token_is_refused_and_no_token_is_nobody,
    a_session_ends_after_its_days,
    nonsense_is_no_refresh_token,
);

const ME: &str = "{ me { nickname } }";

async fn refresh(client: &Client, token: &Value) -> Answer {
    let query =
        "mutation ($token: String!) { refreshSession(refreshToken: $token) { accessToken refreshToken expiresAt } }";
    client.send(query, json!({ "token": token })).await
}

async fn log_in(company: &Company) -> (Client, Value) {
    let mut client = company.client();
    let login = client.log_in(&company.code("shop", "lan").await, "shop").await;
    client.carry(&login.data()["wechatLogin"]);
    (client, login.data()["wechatLogin"]["refreshToken"].clone())
}

async fn a_refreshed_session_goes_on_and_its_old_token_ends_it_when_replayed_late(server: Server) {
    let company = Company::open(server).await;
    let (mut client, first) = log_in(&company).await;

    let refreshed = refresh(&client, &first).await;
    client.carry(&refreshed.data()["refreshSession"]);
    client.ask(ME).await.data();
    company.clock.advance(TimeDelta::seconds(11));
    let replayed = refresh(&client, &first).await;

    assert_eq!(replayed.code(), "INVALID_REFRESH_TOKEN");
    assert_eq!(client.ask(ME).await.code(), "UNAUTHENTICATED");
    let successor = &refreshed.data()["refreshSession"]["refreshToken"];
    assert_eq!(refresh(&client, successor).await.code(), "INVALID_REFRESH_TOKEN");
}

async fn parallel_refreshes_get_the_same_successor(server: Server) {
    let company = Company::open(server).await;
    let (client, token) = log_in(&company).await;

    let answers = join_all((0..8).map(|_| refresh(&client, &token))).await;

    let successor = |answer: &Answer| answer.data()["refreshSession"]["refreshToken"].clone();
    let first = successor(&answers[0]);
    assert!(answers.iter().all(|answer| successor(answer) == first));
    refresh(&client, &first).await.data();
}

async fn a_session_ends_with_logout_at_once(server: Server) {
    let company = Company::open(server).await;
    let (client, token) = log_in(&company).await;

    assert_eq!(client.ask("mutation { logout }").await.data()["logout"], true);

    assert_eq!(client.ask(ME).await.code(), "UNAUTHENTICATED");
    assert_eq!(refresh(&client, &token).await.code(), "INVALID_REFRESH_TOKEN");
    assert_eq!(company.client().ask("mutation { logout }").await.data()["logout"], false);
}

async fn an_expired_access_token_is_refused_and_no_token_is_nobody(server: Server) {
    let company = Company::open(server).await;
    let (client, token) = log_in(&company).await;
    company.clock.advance(TimeDelta::minutes(15));

    assert_eq!(client.ask(ME).await.code(), "UNAUTHENTICATED");
    assert_eq!(company.client().ask(ME).await.data()["me"], Value::Null);
    refresh(&client, &token).await.data();
}

async fn a_session_ends_after_its_days(server: Server) {
    let company = Company::open(server).await;
    let (client, token) = log_in(&company).await;
    company.clock.advance(TimeDelta::days(30));

    assert_eq!(refresh(&client, &token).await.code(), "INVALID_REFRESH_TOKEN");
    company.app.service().sweep().await.expect("the database answers");
    assert_eq!(refresh(&client, &token).await.code(), "INVALID_REFRESH_TOKEN");
}

async fn nonsense_is_no_refresh_token(server: Server) {
    let company = Company::open(server).await;

    for token in ["", "x", &"A".repeat(10_000)] {
        assert_eq!(refresh(&company.client(), &json!(token)).await.code(), "INVALID_REFRESH_TOKEN");
    }
}

#[tokio::test]
async fn others_can_verify_an_access_token_with_the_published_keys() {
    let company = Company::open(Server::Sqlite).await;
    let (client, _) = log_in(&company).await;
    let token = client.bearer.clone().expect("a token");
    let keys: Value = reqwest::get(format!("{}/.well-known/jwks.json", company.url))
        .await
        .expect("an answer")
        .json()
        .await
        .expect("JSON");

    let header = jsonwebtoken::decode_header(&token).expect("a header");
    let key = &keys["keys"][0];
    assert_eq!(header.kid.as_deref(), key["kid"].as_str());
    let decoding = jsonwebtoken::DecodingKey::from_ed_components(key["x"].as_str().expect("a key")).expect("a key");
    let mut validation = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::EdDSA);
    validation.set_audience(&["guiyi"]);
    validation.set_issuer(&[&company.url]);
    // The service's clock stands in the past of the verifier's.
    validation.validate_exp = false;
    let claims = jsonwebtoken::decode::<Value>(&token, &decoding, &validation).expect("a sound token").claims;
    assert!(claims["sub"].as_str().is_some_and(|sub| sub.starts_with("usr_")));
    let public = BASE64URL_NOPAD.decode(key["x"].as_str().expect("a key").as_bytes()).expect("base64url");
    assert_eq!(public.len(), 32);
}
