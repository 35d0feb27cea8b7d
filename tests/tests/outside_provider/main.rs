//! A provider of an embedding program: under the provider contract, and in a whole service. The provider is `acme`, one
//! file that uses only the public API of the crate `providers`.

mod acme;

use std::collections::HashMap;

use acceptance::{Answer, CHALLENGE, Company, Server, VERIFIER};
use api::config::{self, Source};
use axum::extract::Query;
use axum::response::Redirect;
use axum::routing::{get, post};
use axum::{Json, Router};
use http::StatusCode;
use serde_json::{Value, json};
use url::Url;

mod contract {
    providers::contract!(crate::acme::tape::TAPE);
}

const BACK: &str = "https://shop.example.com/back";

/// The only code that Acme's ID server issues; the tests exchange it once.
const CODE: &str = "acme-code-1";

/// Starts Acme's ID server, with one employee who always consents.
async fn id_server() -> String {
    let router = Router::new().route("/authorize", get(authorize)).route("/token", post(token));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

async fn authorize(Query(asked): Query<HashMap<String, String>>) -> Redirect {
    let back: Url = asked["redirect_uri"].parse().expect("an address to return to");
    assert_eq!(asked["client_id"], "guiyi-at-acme");
    Redirect::to(&format!("{back}?code={CODE}&state={}", asked["state"]))
}

async fn token(Json(asked): Json<Value>) -> (StatusCode, Json<Value>) {
    let refused = |status, error: &str| (status, Json(json!({ "error": error })));
    if asked["client_secret"] != "s3cret-of-acme" {
        return refused(StatusCode::UNAUTHORIZED, "bad_client");
    }
    if asked["code"] != CODE {
        return refused(StatusCode::BAD_REQUEST, "code_unknown");
    }
    (StatusCode::OK, Json(json!({ "subject": "employee-1", "name": "陆薇" })))
}

fn settings(server: &str) -> toml::Table {
    toml::toml! {
        default_app = "staff"
        [[apps]]
        name = "staff"
        kind = "acme"
        return_to = [BACK]
        client_id = "guiyi-at-acme"
        client_secret = "s3cret-of-acme"
        server = server
    }
}

async fn company() -> Company {
    let settings = settings(&id_server().await);
    Company::open_with_provider(Server::Sqlite, settings, acme::FACTORY).await
}

/// The browser goes to Acme and returns with a code and the state.
async fn come_back(company: &Company) -> (String, String) {
    let query = "mutation ($input: BeginLoginInput!) { beginLogin(input: $input) { authorizeUrl } }";
    let input = json!({ "app": "staff", "returnTo": BACK, "codeChallenge": CHALLENGE });
    let begun = company.client().send(query, json!({ "input": input })).await;
    let authorize_url = begun.data()["beginLogin"]["authorizeUrl"].as_str().expect("an address");
    let browser = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    let sent_back = browser.build().expect("a browser").get(authorize_url).send().await.expect("Acme answers");
    let location: Url = sent_back.headers()["location"].to_str().expect("text").parse().expect("an address");
    let value = |name: &str| location.query_pairs().find(|(key, _)| key == name).expect(name).1.into_owned();
    (value("code"), value("state"))
}

async fn log_in(company: &Company, (code, state): (String, String)) -> Answer {
    let query = "mutation ($input: LoginInput!) { login(input: $input) {
        openId unionId isNewUser user { nickname } } }";
    let input = json!({ "code": code, "state": state, "codeVerifier": VERIFIER });
    company.client().send(query, json!({ "input": input })).await
}

#[tokio::test]
async fn a_person_signs_in_through_a_provider_that_is_not_built_in() {
    let company = company().await;
    let back = come_back(&company).await;

    let answer = log_in(&company, back).await;

    assert_eq!(
        answer.data()["login"],
        json!({ "openId": "employee-1", "unionId": null, "isNewUser": true, "user": { "nickname": "陆薇" } })
    );
}

#[tokio::test]
async fn what_acme_refuses_has_a_code_of_the_public_list() {
    let company = company().await;
    let (_, state) = come_back(&company).await;

    let answer = log_in(&company, ("acme-code-2".to_owned(), state)).await;

    assert_eq!(answer.code(), "INVALID_CODE");
}

#[test]
fn two_providers_of_one_kind_are_a_mistake() {
    let source = Source { demo: true, overrides: settings("http://127.0.0.1:9"), ..Source::default() };
    let config = config::load(&source).expect("sound settings");

    let twice = api::App::builder(config).with_provider(acme::FACTORY).with_provider(acme::FACTORY);

    let mistake = twice.check().expect_err("a mistake");
    assert_eq!(mistake.to_string(), "the configuration has 1 mistake(s):\n  apps: two providers have the kind `acme`");
}
