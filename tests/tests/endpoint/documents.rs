//! Documents by hash: the list of allowed documents, and automatic persisted queries (Apollo's protocol). The hash of a
//! document is the SHA-256 of its text.

use acceptance::{Answer, Client, Company, Server, on_every_database};
use api::usecase::document::document_hash;
use serde_json::{Value, json};

on_every_database!(
    only_listed_documents_are_executed_whole_or_by_hash,
    a_person_may_send_what_is_listed_for_the_app_of_the_session,
);

const ME: &str = "{ me { phoneBound } }";
const APPS: &str = "query Apps { apps { name } }";

const LOG_IN: &str = "mutation ($code: String!, $app: String!) { wechatLogin(code: $code, app: $app) { accessToken } }";

fn listed() -> toml::Table {
    toml::toml! { [graphql]
    documents = "listed" }
}

fn hash(text: &str) -> String {
    data_encoding::HEXLOWER.encode(&document_hash(text))
}

/// Sends a hash, with or without its document.
async fn by_hash(client: &Client, text: Option<&str>, hash: &str) -> Answer {
    let mut body = json!({ "extensions": { "persistedQuery": { "version": 1, "sha256Hash": hash } } });
    if let Some(text) = text {
        body["query"] = text.into();
    }
    client.post(&body).await
}

async fn sign_in(company: &Company, app: &str) -> Client {
    let mut client = company.client();
    let login = client.send(LOG_IN, json!({ "code": company.code(app, "lan").await, "app": app })).await;
    client.carry(&login.data()["wechatLogin"]);
    client
}

async fn list(company: &Company, text: &str, app: Option<&str>) {
    let service = company.app.service();
    let app = app.map(|app| api::usecase::app::id_of(service, app).expect("an app"));
    assert!(api::usecase::document::add(service, text, app).await.expect("the database answers").1);
}

async fn only_listed_documents_are_executed_whole_or_by_hash(server: Server) {
    let company = Company::open_with(server, listed()).await;
    let client = company.client();
    list(&company, APPS, None).await;

    let whole = client.ask(APPS).await;
    let hashed = by_hash(&company.replica().await, None, &hash(APPS)).await;
    let both = by_hash(&client, Some(APPS), &hash(APPS)).await;
    let almost = client.ask(&format!("{APPS} ")).await;
    let unknown = by_hash(&client, None, &hash(ME)).await;
    let introduced = by_hash(&client, Some(ME), &hash(ME)).await;

    assert_eq!((whole.data(), whole.data()), (hashed.data(), both.data()));
    for refused in [almost, unknown, introduced, by_hash(&client, None, &hash(ME)).await] {
        assert_eq!(refused.code(), "DOCUMENT_NOT_ALLOWED");
        assert!(refused.0.get("data").is_none());
    }
    assert!(
        api::usecase::document::remove(company.app.service(), &document_hash(APPS), None).await.expect("an answer")
    );
    assert_eq!(client.ask(APPS).await.code(), "DOCUMENT_NOT_ALLOWED");
    assert_eq!(by_hash(&client, None, &hash(APPS)).await.code(), "DOCUMENT_NOT_ALLOWED");
}

async fn a_person_may_send_what_is_listed_for_the_app_of_the_session(server: Server) {
    let company = Company::open_with(server, listed()).await;
    list(&company, LOG_IN, None).await;
    list(&company, ME, Some("mini")).await;
    list(&company, APPS, None).await;
    let [mini, native] = [sign_in(&company, "mini").await, sign_in(&company, "app").await];

    let answers =
        [mini.ask(ME).await, by_hash(&mini, None, &hash(ME)).await, mini.ask(APPS).await, native.ask(APPS).await];
    let refused = [native.ask(ME).await, by_hash(&native, None, &hash(ME)).await];

    assert_eq!(answers[0].data(), &json!({ "me": { "phoneBound": false } }));
    assert_eq!(answers[0].data(), answers[1].data());
    assert_eq!(answers[2].data(), answers[3].data());
    assert!(refused.iter().all(|answer| answer.code() == "DOCUMENT_NOT_ALLOWED"), "{refused:?}");
    // No session exists yet, so the app is unknown.
    assert_eq!(company.client().ask(ME).await.data(), &json!({ "me": null }));
}

#[tokio::test]
async fn a_document_that_was_sent_with_its_hash_is_found_by_its_hash() {
    let company = Company::open(Server::Sqlite).await;
    let client = company.client();

    let first = by_hash(&client, None, &hash(APPS)).await;
    let with_text = by_hash(&client, Some(APPS), &hash(APPS)).await;
    let second = by_hash(&client, None, &hash(APPS).to_uppercase()).await;

    assert_eq!(first.code(), "PERSISTED_QUERY_NOT_FOUND");
    // The message that clients of the protocol expect.
    assert_eq!(first.0["errors"][0]["message"], "PersistedQueryNotFound");
    assert_eq!(with_text.data(), second.data());
    assert_eq!(second.data()["apps"].as_array().map(Vec::len), Some(6));
}

#[tokio::test]
async fn what_another_replica_keeps_is_sent_again() {
    let company = Company::open(Server::Sqlite).await;
    let replica = company.replica().await;
    by_hash(&company.client(), Some(APPS), &hash(APPS)).await.data();

    assert_eq!(by_hash(&replica, None, &hash(APPS)).await.code(), "PERSISTED_QUERY_NOT_FOUND");
    by_hash(&replica, Some(APPS), &hash(APPS)).await.data();
    by_hash(&replica, None, &hash(APPS)).await.data();
}

#[tokio::test]
async fn a_hash_of_another_document_or_of_another_form_is_refused() {
    let company = Company::open(Server::Sqlite).await;
    let client = company.client();

    for persisted in [
        json!({ "version": 1, "sha256Hash": hash(ME) }),
        json!({ "version": 2, "sha256Hash": hash(APPS) }),
        json!({ "version": 1, "sha256Hash": "ab" }),
        json!({ "version": 1, "sha256Hash": 7 }),
        json!({ "version": 1 }),
        json!({ "sha256Hash": hash(APPS) }),
        json!("x"),
        json!([1, hash(APPS)]),
    ] {
        let answer = client.post(&json!({ "query": APPS, "extensions": { "persistedQuery": persisted } })).await;

        assert_eq!(answer.code(), "INVALID_QUERY", "{persisted}");
    }
    assert_eq!(by_hash(&client, None, &hash(APPS)).await.code(), "PERSISTED_QUERY_NOT_FOUND");
}

#[tokio::test]
async fn a_document_by_hash_goes_through_the_same_guards() {
    let company = Company::open_with(Server::Sqlite, listed()).await;
    let two = "mutation { a: logout b: logout }";
    let deep = format!("{{ apps(x: {}", "[".repeat(3_000));
    for text in [two, &deep, "mutation { logout }", "{ nothing }"] {
        list(&company, text, None).await;
    }
    let client = company.client();
    let get = async |text: &str| {
        let extensions = json!({ "persistedQuery": { "version": 1, "sha256Hash": hash(text) } }).to_string();
        let mut url = reqwest::Url::parse(&format!("{}/graphql", company.url)).expect("an address");
        url.query_pairs_mut().append_pair("extensions", &extensions);
        let answer = reqwest::get(url).await.expect("an answer");
        let status = answer.status().as_u16();
        (status, Answer(answer.json::<Value>().await.expect("JSON")).code().to_owned())
    };

    assert_eq!(by_hash(&client, None, &hash(two)).await.code(), "QUERY_TOO_COMPLEX");
    assert_eq!(by_hash(&client, None, &hash(&deep)).await.code(), "QUERY_TOO_COMPLEX");
    assert_eq!(by_hash(&client, None, &hash("{ nothing }")).await.code(), "INVALID_QUERY");
    assert_eq!(get("mutation { logout }").await, (405, "INVALID_QUERY".to_owned()));
    assert_eq!(get(two).await, (200, "QUERY_TOO_COMPLEX".to_owned()));
}

#[tokio::test]
async fn what_a_guard_refuses_is_not_kept() {
    let company = Company::open(Server::Sqlite).await;
    let client = company.client();
    let two = "mutation { a: logout b: logout }";

    assert_eq!(by_hash(&client, Some(two), &hash(two)).await.code(), "QUERY_TOO_COMPLEX");
    assert_eq!(by_hash(&client, None, &hash(two)).await.code(), "PERSISTED_QUERY_NOT_FOUND");
}
