//! Sessions: their tokens are refreshed, end, and are verified by other services. See `api::token` for the format of a
//! token.

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
    an_expired_access_token_is_refused_and_no_token_is_anonymous,
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
    let (old, new) = ("an-old-key-of-at-least-32-characters", "a-new-key-of-at-least-32-characters!");
    let company =
        Company::open_with(server, toml::toml! { tokens = { secret_keys = ["an-old-key-of-at-least-32-characters"] } })
            .await;
    let before = company.replica_with_keys(&[old, new]).await;
    let after = company.replica_with_keys(&[new, old]).await;
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

async fn an_expired_access_token_is_refused_and_no_token_is_anonymous(server: Server) {
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
    // The verifier's clock is ahead of the service's.
    validation.validate_exp = false;
    let claims = jsonwebtoken::decode::<Value>(&token, &decoding, &validation).expect("a valid token").claims;
    assert!(claims["sub"].as_str().is_some_and(|sub| sub.starts_with("usr_")));
    let public = BASE64URL_NOPAD.decode(key["x"].as_str().expect("a key").as_bytes()).expect("base64url");
    assert_eq!(public.len(), 32);
}

#[tokio::test]
async fn others_find_the_keys_by_the_issuer_and_may_keep_them_five_minutes() {
    let company = Company::open(Server::Sqlite).await;
    let get = async |path: &str| {
        let answer = reqwest::get(format!("{}{path}", company.url)).await.expect("an answer");
        let cached = answer.headers()["cache-control"].to_str().expect("text").to_owned();
        (cached, answer.json::<Value>().await.expect("JSON"))
    };

    let (cached, metadata) = get("/.well-known/oauth-authorization-server").await;
    let (keys_cached, keys) = get("/.well-known/jwks.json").await;

    let jwks = format!("{}/.well-known/jwks.json", company.url);
    let empty = json!([]);
    let expected = json!({ "issuer": company.url, "jwks_uri": jwks, "response_types_supported": empty,
        "grant_types_supported": empty });
    assert_eq!(metadata, expected);
    assert_eq!([cached.as_str(), keys_cached.as_str()], ["public, max-age=300"; 2]);
    assert_eq!(keys["keys"].as_array().map(Vec::len), Some(1));
}

/// After a merge the session and its earlier tokens belong to the survivor; after an undo they do not, since the two
/// accounts may belong to two people.
#[tokio::test]
async fn the_subject_of_a_token_is_the_account_or_one_that_went_into_it() {
    let company = Company::open(Server::Sqlite).await;
    let (client, _) = log_in(&company).await;
    let subject = |token: &str| {
        let claims = token.split('.').nth(1).expect("claims");
        let claims = BASE64URL_NOPAD.decode(claims.as_bytes()).expect("base64url");
        serde_json::from_slice::<Value>(&claims).expect("JSON")["sub"].clone()
    };
    company.member("M-1", "13800000001", 1).await;

    let before = client.bearer.clone().expect("a token");
    let bound = company.prove(&client, "+8613800000001").await;
    let me = client.ask("{ me { id } }").await;

    assert_eq!(bound.data()["bindPhone"]["merged"], true);
    assert_ne!(subject(&before), me.data()["me"]["id"]);
    let after = bound.data()["bindPhone"]["session"]["accessToken"].as_str().expect("a token");
    assert_eq!(subject(after), me.data()["me"]["id"]);
}

#[tokio::test]
async fn no_kind_of_token_is_taken_for_another() {
    let company = Company::open(Server::Sqlite).await;
    let (mut client, refresh_token) = log_in(&company).await;
    let access_token = json!(client.bearer);
    let service_token = json!(company.system(&[domain::ServiceScope::OrdersRead]).await.bearer);

    for token in [&access_token, &service_token] {
        assert_eq!(refresh(&client, token).await.code(), "INVALID_REFRESH_TOKEN");
    }
    client.bearer = refresh_token.as_str().map(str::to_owned);
    assert_eq!(client.ask(ME).await.code(), "UNAUTHENTICATED");
    client.bearer = service_token.as_str().map(str::to_owned);
    assert_eq!(client.ask("mutation { logout }").await.data()["logout"], false);
    client.bearer = access_token.as_str().map(str::to_owned);
    client.ask(ME).await.data();
    refresh(&client, &refresh_token).await.data();
}

/// RFC 9700 section 4.3.2: proxies, browsers and logs store addresses.
#[tokio::test]
async fn a_token_in_an_address_is_not_looked_at() {
    let company = Company::open(Server::Sqlite).await;
    let (client, _) = log_in(&company).await;
    let token = client.bearer.expect("a token");

    let query = [("query", ME), ("access_token", &token), ("token", &token)];
    let url = reqwest::Url::parse_with_params(&format!("{}/graphql", company.url), query).expect("an address");
    let answer: Value = reqwest::get(url).await.expect("an answer").json().await.expect("JSON");

    assert_eq!(answer, json!({ "data": { "me": null } }));
}
