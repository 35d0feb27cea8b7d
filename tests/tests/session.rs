//! Sessions: tokens that carry on, end, and are verified by others.
//! What a token looks like is tested in `api::token`.

use acceptance::{Answer, Client, Company, Server, on_every_database};
use chrono::TimeDelta;
use data_encoding::BASE64URL_NOPAD;
use futures::future::join_all;
use serde_json::{Value, json};

on_every_database!(
    a_phone_that_lost_the_answer_gets_the_same_successor_until_it_used_it,
    a_token_older_than_the_parent_of_the_newest_ends_the_session,
    parallel_refreshes_get_the_same_successor,
    what_follows_a_token_stays_the_same_while_the_keys_are_rotated,
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

fn successor(answer: &Answer) -> Value {
    answer.data()["refreshSession"]["refreshToken"].clone()
}

async fn a_phone_that_lost_the_answer_gets_the_same_successor_until_it_used_it(server: Server) {
    let company = Company::open(server).await;
    let (mut client, first) = log_in(&company).await;

    let second = successor(&refresh(&client, &first).await);
    company.clock.advance(TimeDelta::days(3));
    let again = refresh(&client, &first).await;
    client.carry(&again.data()["refreshSession"]);

    assert_eq!(successor(&again), second);
    client.ask(ME).await.data();
    refresh(&client, &second).await.data();
    assert_eq!(refresh(&client, &first).await.code(), "INVALID_REFRESH_TOKEN");
    assert_eq!(client.ask(ME).await.code(), "UNAUTHENTICATED");
}

async fn a_token_older_than_the_parent_of_the_newest_ends_the_session(server: Server) {
    let company = Company::open(server).await;
    let (client, first) = log_in(&company).await;
    let mut tokens = vec![first];
    for _ in 0..4 {
        let next = successor(&refresh(&client, &tokens[tokens.len() - 1]).await);
        tokens.push(next);
    }

    assert_eq!(refresh(&client, &tokens[1]).await.code(), "INVALID_REFRESH_TOKEN");

    for token in tokens.iter().rev() {
        assert_eq!(refresh(&client, token).await.code(), "INVALID_REFRESH_TOKEN");
    }
    assert_eq!(client.ask(ME).await.code(), "UNAUTHENTICATED");
}

async fn parallel_refreshes_get_the_same_successor(server: Server) {
    let company = Company::open(server).await;
    let (client, token) = log_in(&company).await;

    let answers = join_all((0..8).map(|_| refresh(&client, &token))).await;

    let first = successor(&answers[0]);
    assert!(answers.iter().all(|answer| successor(answer) == first));
    refresh(&client, &first).await.data();
}

async fn what_follows_a_token_stays_the_same_while_the_keys_are_rotated(server: Server) {
    let company = Company::open(server).await;
    let (old, new) = ("an-old-key-of-at-least-32-characters", "a-new-key-of-at-least-32-characters!");
    let replica = async |keys: [&str; 2]| {
        company.replica_with(|config| config.tokens.secret_keys = keys.map(Into::into).to_vec()).await
    };
    let (before, after) = (replica([old, new]).await, replica([new, old]).await);
    let (_, first) = log_in(&company).await;

    let second = successor(&refresh(&before, &first).await);
    assert_eq!(successor(&refresh(&after, &first).await), second);
    let third = successor(&refresh(&after, &second).await);
    assert_eq!(successor(&refresh(&before, &second).await), third);
    refresh(&before, &third).await.data();
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
