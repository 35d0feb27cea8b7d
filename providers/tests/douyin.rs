//! Tests specific to Douyin, against a scripted upstream. See `contract` for the promises of all providers.

use std::sync::Arc;
use std::time::Duration;

use axum::http::Uri;
use axum::{Json, Router};
use domain::login::Proof;
use providers::{
    AuthorizeRequest, ErrorKind, Exchange, Http, HttpLimits, IdentityProvider, KeptSecrets, LoginCode, LoginScope,
    ProviderError, Settings, Start, TokensInMemory, builtin,
};
use serde_json::{Value, json};

fn build(kind: &str, table: toml::Table) -> Arc<dyn IdentityProvider> {
    let limits = HttpLimits { connect: Duration::from_secs(1), total: Duration::from_secs(2) };
    let http = Http::new(limits).expect("a client");
    let factory = builtin::ALL.iter().find(|factory| factory.kind == kind).expect("a kind");
    let settings = Settings { table, http, tokens: Arc::new(TokensInMemory::default()), sandbox: None };
    (factory.build)(settings).expect("sound settings")
}

fn app() -> toml::Table {
    toml::toml! {
        client_key = "aw7example0client"
        client_secret = "s3cret-of-the-app"
    }
}

/// Exchanges a code of an app. The upstream answers the token request and the profile request with these bodies.
async fn exchange(more: toml::Table, token: Value, info: Value) -> Result<Proof, ProviderError> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let answers = move |uri: Uri| async move { Json(if uri.path() == "/oauth/userinfo/" { info } else { token }) };
    let router = Router::new().fallback(answers);
    tokio::spawn(async move { axum::serve(listener, router).await });
    let mut table = app();
    table.extend(more);
    table.insert("url".into(), address.into());
    build("douyin", table).exchange(&Exchange::of(&LoginCode::parse("c0de-of-this-login").expect("a code"))).await
}

fn token() -> Value {
    json!({ "data": { "access_token": "act.t0ken", "error_code": 0, "open_id": "lan" }, "message": "success" })
}

fn unified() -> toml::Table {
    toml::toml! { union_scope = "douyin" }
}

#[tokio::test]
async fn the_authorize_url_is_the_documented_one() {
    let kept = KeptSecrets { nonce: "n0nce".into(), code_verifier: "v3rifier".repeat(6).into() };
    for scope in [LoginScope::Base, LoginScope::UserInfo] {
        let request =
            AuthorizeRequest { redirect_uri: "https://shop.example.com/?a=1", state: "S1", scope, kept: &kept };

        let url = build("douyin", app()).authorize_url(&request).await.expect("a browser login");

        assert_eq!(
            url,
            "https://open.douyin.com/platform/oauth/connect/?client_key=aw7example0client&response_type=code\
             &scope=user_info&redirect_uri=https%3A%2F%2Fshop.example.com%2F%3Fa%3D1&state=S1"
        );
    }
}

#[tokio::test]
async fn a_mobile_app_has_no_page() {
    let mut table = app();
    table.insert("login".into(), "app".into());
    let provider = build("douyin", table);
    let kept = KeptSecrets { nonce: "n0nce".into(), code_verifier: "v3rifier".repeat(6).into() };
    let request = AuthorizeRequest {
        redirect_uri: "https://shop.example.com/",
        state: "S1",
        scope: LoginScope::Base,
        kept: &kept,
    };

    assert_eq!(provider.start(), Start::NativeSdk);
    assert_eq!(provider.authorize_url(&request).await.expect_err("no page").kind, ErrorKind::Misconfigured);
}

#[tokio::test]
async fn a_profile_that_cannot_be_read_is_needed_only_for_the_union_id() {
    let refused = json!({ "data": { "error_code": 2_190_001, "description": "quota 已用完" }, "message": "error" });

    let proof = exchange(toml::Table::new(), token(), refused.clone()).await.expect("a proof");
    let error = exchange(unified(), token(), refused).await.expect_err("a refusal");

    assert_eq!((proof.key.open_id.as_str(), proof.profile), ("lan", domain::Profile::default()));
    assert_eq!((error.kind, error.code_is_unspent()), (ErrorKind::RateLimited, false));
    assert_eq!(error.detail, "Douyin answered 2190001: quota 已用完");
}

#[tokio::test]
async fn a_refusal_of_the_person_is_not_overlooked() {
    let blocked =
        json!({ "data": { "error_code": 2_100_009, "description": "用户被禁封使用该操作" }, "message": "error" });

    let error = exchange(toml::Table::new(), token(), blocked).await.expect_err("a refusal");

    assert_eq!((error.kind, error.code_is_unspent()), (ErrorKind::PersonBlocked, false));
}

#[tokio::test]
async fn the_profile_of_another_person_is_not_used() {
    let other = json!({ "data": { "error_code": 0, "open_id": "wei", "union_id": "u-wei", "nickname": "Wei" } });

    let error = exchange(unified(), token(), other.clone()).await.expect_err("a refusal");
    let proof = exchange(toml::Table::new(), token(), other).await.expect("a proof");

    assert_eq!(error.kind, ErrorKind::UnexpectedAnswer);
    assert_eq!((proof.key.open_id.as_str(), proof.profile), ("lan", domain::Profile::default()));
}

#[tokio::test]
async fn a_refusal_is_in_the_data_as_a_number_or_a_text() {
    for number in [json!(10007), json!("10007")] {
        let refused = json!({ "data": { "error_code": number, "description": "授权码过期" }, "message": "error" });

        let error = exchange(unified(), refused, json!({})).await.expect_err("a refusal");

        assert_eq!(error.kind, ErrorKind::CodeRejected, "{number}");
    }
}
