//! Tests of the GitHub provider against a scripted upstream that answers as GitHub's documentation says.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use domain::login::Proof;
use providers::{
    AuthorizeRequest, BegunLogin, ErrorKind, Exchange, Http, HttpLimits, IdentityProvider, KeptSecrets, LoginCode,
    LoginScope, Problem, ProviderError, Settings, TokensInMemory, builtin,
};

const SECRET: &str = "s3cret-of-the-app";
const CODE: &str = "c0de-of-this-login";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

const TOKEN: &str = r#"{"access_token":"gho_16C7e42F292c6912E7710c838347Ae178B4a","scope":"","token_type":"bearer"}"#;
const USER: &str = r#"{"login":"octocat","id":583231,"avatar_url":"https://avatars.githubusercontent.com/u/583231?v=4","name":"The Octocat"}"#;

type Answer = (u16, &'static [(&'static str, &'static str)], &'static str);

/// The upstream's answers for the token and for the user, and the requests that it received.
struct Upstream {
    web: String,
    token: Answer,
    user: Answer,
    asked: Mutex<Vec<(String, HeaderMap, String)>>,
}

async fn answer(State(upstream): State<Arc<Upstream>>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let body = String::from_utf8(body.to_vec()).expect("text");
    let mut asked = upstream.asked.lock().unwrap_or_else(PoisonError::into_inner);
    asked.push((uri.path().to_owned(), headers, body));
    let (status, headers, body) = match uri.path() {
        "/login/oauth/access_token" => upstream.token,
        "/api/user" => upstream.user,
        path => panic!("unexpected request for {path}"),
    };
    let headers: HeaderMap =
        headers.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().expect("a value"))).collect();
    (StatusCode::from_u16(status).expect("a status"), headers, body).into_response()
}

async fn upstream(token: Answer, user: Answer) -> (Arc<dyn IdentityProvider>, Arc<Upstream>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let web = format!("http://{}", listener.local_addr().expect("an address"));
    let upstream = Arc::new(Upstream { web: web.clone(), token, user, asked: Mutex::default() });
    let router = Router::new().fallback(answer).with_state(upstream.clone());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let mut table = settings();
    table.insert("api_url".into(), format!("{web}/api").into());
    table.insert("web_url".into(), web.into());
    (build(table).expect("sound settings"), upstream)
}

fn settings() -> toml::Table {
    toml::toml! {
        client_id = "Ov23liEXAMPLE0000001"
        client_secret = "s3cret-of-the-app"
        union_scope = "github"
    }
}

fn build(table: toml::Table) -> Result<Arc<dyn IdentityProvider>, Vec<Problem>> {
    let limits = HttpLimits { connect: Duration::from_secs(1), total: Duration::from_secs(2) };
    let http = Http::new(limits).expect("a client");
    let factory = builtin::ALL.iter().find(|factory| factory.kind == "github").expect("the kind");
    (factory.build)(Settings { table, http, tokens: Arc::new(TokensInMemory::default()), sandbox: None })
}

fn begun() -> BegunLogin {
    let kept = KeptSecrets { nonce: "n0nce".into(), code_verifier: VERIFIER.into() };
    BegunLogin { redirect_uri: "https://shop.example.com/back".to_owned(), kept }
}

async fn exchange(provider: &Arc<dyn IdentityProvider>) -> Result<Proof, ProviderError> {
    let code = LoginCode::parse(CODE).expect("a code");
    provider.exchange(&Exchange { begun: Some(&begun()), ..Exchange::of(&code) }).await
}

#[tokio::test]
async fn the_authorize_url_asks_for_no_scope_and_has_a_challenge() {
    let begun = begun();
    let scope = LoginScope::UserInfo;
    let request = AuthorizeRequest { redirect_uri: &begun.redirect_uri, state: "St4te", scope, kept: &begun.kept };

    let url = build(settings()).expect("sound settings").authorize_url(&request).await.expect("a browser login");

    assert_eq!(
        url,
        "https://github.com/login/oauth/authorize?client_id=Ov23liEXAMPLE0000001\
         &redirect_uri=https%3A%2F%2Fshop.example.com%2Fback&state=St4te\
         &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256"
    );
}

#[tokio::test]
async fn a_good_code_names_the_person_by_the_number() {
    let (provider, _) = upstream((200, &[], TOKEN), (200, &[], USER)).await;

    let proof = exchange(&provider).await.expect("a proof");

    insta::assert_debug_snapshot!(proof, @r#"
    Proof {
        key: OpenKey {
            app: AppId(
                "Ov23liEXAMPLE0000001",
            ),
            open_id: OpenId(
                "583231",
            ),
        },
        union: Some(
            UnionKey {
                scope: UnionScope(
                    "github",
                ),
                union_id: UnionId(
                    "583231",
                ),
            },
        ),
        profile: Profile {
            nickname: Some(
                "The Octocat",
            ),
            avatar_url: Some(
                "https://avatars.githubusercontent.com/u/583231?v=4",
            ),
        },
    }
    "#);
}

#[tokio::test]
async fn the_requests_are_the_documented_ones() {
    let (provider, upstream) = upstream((200, &[], TOKEN), (200, &[], USER)).await;

    exchange(&provider).await.expect("a proof");

    let asked = upstream.asked.lock().unwrap_or_else(PoisonError::into_inner);
    let seen: Vec<_> = asked
        .iter()
        .map(|(path, headers, body)| {
            let header = |name| headers.get(name).map(|value| value.to_str().expect("text").to_owned());
            (path.as_str(), header("accept"), header("authorization"), body.as_str())
        })
        .collect();
    let form = "client_id=Ov23liEXAMPLE0000001&client_secret=s3cret-of-the-app&code=c0de-of-this-login\
                &redirect_uri=https%3A%2F%2Fshop.example.com%2Fback\
                &code_verifier=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    let bearer = "Bearer gho_16C7e42F292c6912E7710c838347Ae178B4a".to_owned();
    assert_eq!(
        seen,
        [
            ("/login/oauth/access_token", Some("application/json".to_owned()), None, form),
            ("/api/user", Some("application/vnd.github+json".to_owned()), Some(bearer), ""),
        ]
    );
}

#[tokio::test]
async fn who_tells_no_name_is_called_by_the_login() {
    let user = r#"{"login":"octocat","id":583231,"avatar_url":null,"name":null}"#;
    let (provider, _) = upstream((200, &[], TOKEN), (200, &[], user)).await;

    let proof = exchange(&provider).await.expect("a proof");

    assert_eq!(proof.profile, domain::Profile::new("octocat", ""));
}

#[tokio::test]
async fn every_answer_to_the_code_has_its_kind() {
    let of = |error| match error {
        "code" => r#"{"error":"bad_verification_code","error_description":"The code passed is incorrect or expired."}"#,
        "secret" => r#"{"error":"incorrect_client_credentials"}"#,
        "address" => r#"{"error":"redirect_uri_mismatch"}"#,
        "email" => r#"{"error":"unverified_user_email"}"#,
        _ => r#"{"error":"who_knows"}"#,
    };
    for (status, body, kind) in [
        (200, of("code"), ErrorKind::CodeRejected),
        (200, of("secret"), ErrorKind::Misconfigured),
        (200, of("address"), ErrorKind::Misconfigured),
        (200, of("email"), ErrorKind::PersonBlocked),
        (200, of("else"), ErrorKind::UnexpectedAnswer),
        (200, "{}", ErrorKind::UnexpectedAnswer),
        (200, "<html>", ErrorKind::UnexpectedAnswer),
        (200, "", ErrorKind::UnexpectedAnswer),
        (404, "", ErrorKind::UnexpectedAnswer),
        (429, of("code"), ErrorKind::RateLimited),
        (503, of("code"), ErrorKind::Unavailable),
    ] {
        let (provider, _) = upstream((status, &[], body), (200, &[], USER)).await;

        let error = exchange(&provider).await.expect_err(body);

        assert_eq!((error.kind, error.code_is_unspent()), (kind, false), "{status} {body}");
    }
}

#[tokio::test]
async fn every_answer_about_the_person_has_its_kind() {
    let user: [(Answer, ErrorKind); 7] = [
        ((403, &[("x-ratelimit-remaining", "0")], "{}"), ErrorKind::RateLimited),
        ((403, &[("retry-after", "60")], "{}"), ErrorKind::RateLimited),
        ((429, &[], "{}"), ErrorKind::RateLimited),
        ((403, &[("x-ratelimit-remaining", "4999")], "{}"), ErrorKind::UnexpectedAnswer),
        ((401, &[], r#"{"message":"Bad credentials"}"#), ErrorKind::UnexpectedAnswer),
        ((200, &[], r#"{"login":"octocat","id":0}"#), ErrorKind::UnexpectedAnswer),
        ((502, &[], ""), ErrorKind::Unavailable),
    ];
    for (user, kind) in user {
        let (provider, _) = upstream((200, &[], TOKEN), user).await;

        let error = exchange(&provider).await.expect_err("a refusal");

        assert_eq!((error.kind, error.code_is_unspent()), (kind, false), "{user:?}");
    }
}

#[tokio::test]
async fn what_a_login_does_not_need_may_be_anything() {
    const ODD: &str = r#"{"access_token":"gho_t","scope":[],"token_type":null,"error":"","error_description":5}"#;
    for (user, nickname) in [
        (r#"{"id":583231,"login":5,"name":{},"avatar_url":null,"plan":1e999}"#, None),
        (r#"{"id":"583231","login":"octocat","name":"\ud83c","avatar_url":[]}"#, None),
        (r#"{"id":583231.0,"login":"octocat","name":7}"#, Some("octocat")),
        ("\u{feff}{\"id\":583231,\"name\":\" \",\"login\":\"octocat\"}", Some("octocat")),
    ] {
        let (provider, _) = upstream((200, &[("content-type", "text/plain")], ODD), (200, &[], user)).await;

        let proof = exchange(&provider).await.unwrap_or_else(|error| panic!("{user}: {error}"));

        let union_id = proof.union.as_ref().map(|union| union.union_id.as_str());
        assert_eq!((proof.key.open_id.as_str(), union_id), ("583231", Some("583231")), "{user}");
        assert_eq!(proof.profile.nickname.as_deref(), nickname, "{user}");
    }
}

#[tokio::test]
async fn what_a_login_needs_and_is_wrong_is_named() {
    for (token, user, detail) in [
        (TOKEN, "{}", "the answer of /user: `id` is missing or empty"),
        (TOKEN, r#"{"id":"octocat"}"#, "the answer of /user: `id` is a text, not a number"),
        (TOKEN, r#"{"id":1.5}"#, "the answer of /user: `id` is a number that is not usable"),
        (TOKEN, r#"{"id":-1}"#, "the answer of /user: `id` is negative"),
        (TOKEN, r#"{"id":[583231]}"#, "the answer of /user: `id` is a list, not a number"),
        (TOKEN, r#"{"id":583231,"id":7}"#, "the answer of /user: `id` occurs twice, with different values"),
        (TOKEN, "<html>", "the answer of /user is not a JSON object"),
        (
            r#"{"access_token":5}"#,
            USER,
            "the answer of /login/oauth/access_token: `access_token` is a number, not a text",
        ),
        ("{}", USER, "the answer of /login/oauth/access_token: `access_token` is missing or empty"),
    ] {
        let (provider, _) = upstream((200, &[], token), (200, &[], user)).await;

        let error = exchange(&provider).await.expect_err(detail);

        assert_eq!((error.kind, error.detail.as_str()), (ErrorKind::UnexpectedAnswer, detail));
        assert!(!error.code_is_unspent());
    }
}

#[tokio::test]
async fn a_secondary_limit_says_how_long_to_wait() {
    let (provider, _) = upstream((200, &[], TOKEN), (403, &[("retry-after", "60")], "{}")).await;

    let error = exchange(&provider).await.expect_err("a refusal");

    assert_eq!(error.retry_after, Some(Duration::from_mins(1)));
}

#[tokio::test]
async fn no_error_repeats_what_is_secret() {
    let echo = r#"{"error":"c0de-of-this-login","error_description":"s3cret-of-the-app dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk gho_16C7e42F292c6912E7710c838347Ae178B4a"}"#;
    let (provider, _) = upstream((200, &[], echo), (200, &[], USER)).await;

    let error = exchange(&provider).await.expect_err("a refusal");

    let text = format!("{error} {error:?} {provider:?}");
    for secret in [CODE, SECRET, VERIFIER, "gho_16C7e42F292c6912E7710c838347Ae178B4a"] {
        assert!(!text.contains(secret), "{text}");
    }
}

#[tokio::test]
async fn an_unreachable_github_is_unavailable_and_the_code_is_still_good() {
    let mut table = settings();
    table.insert("web_url".into(), "http://127.0.0.1:9".into());

    let error = exchange(&build(table).expect("sound settings")).await.expect_err("a failure");

    assert_eq!((error.kind, error.code_is_unspent()), (ErrorKind::Unavailable, true));
}

#[tokio::test]
async fn an_unreachable_api_comes_too_late_for_the_code() {
    let upstream = upstream((200, &[], TOKEN), (200, &[], USER)).await.1;
    let mut table = settings();
    table.insert("web_url".into(), upstream.web.clone().into());
    table.insert("api_url".into(), "http://127.0.0.1:9".into());

    let error = exchange(&build(table).expect("sound settings")).await.expect_err("a failure");

    assert_eq!((error.kind, error.code_is_unspent()), (ErrorKind::Unavailable, false));
}

#[test]
fn every_mistake_in_the_settings_is_named_at_once() {
    let problems = build(toml::toml! {
        web_url = "http://github.example.com"
        union_scope = "no blanks here"
    })
    .expect_err("mistakes");

    let paths: Vec<_> = problems.iter().map(|problem| problem.path.as_str()).collect();
    assert_eq!(paths, ["client_id", "client_secret", "union_scope", "web_url"]);
}
