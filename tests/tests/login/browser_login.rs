//! Browser logins: the state connects the code to the browser that began the login. See `scripts/browser-test` for
//! tests in a real browser.

use acceptance::{Answer, CHALLENGE, Company, Server, VERIFIER, on_every_database, weakened};
use chrono::TimeDelta;
use futures::future::join_all;
use serde_json::{Value, json};

on_every_database!(
    a_state_names_its_app_and_works_once,
    a_foreign_state_fails_before_any_call_leaves,
    of_twenty_parallel_uses_of_one_state_one_succeeds,
    a_state_lives_ten_minutes,
    a_wrong_verifier_burns_nothing,
    a_refusal_spends_the_state_and_says_so,
);

const ANOTHER: &str = "another-verifier-that-nobody-has-hashed-yet";

/// Starts a company whose logins may begin without a challenge, so that only the state protects them.
async fn open(server: Server) -> Company {
    Company::open_with(server, weakened("required")).await
}

/// Begins a login without a challenge.
async fn begin(company: &Company, app: &str, return_to: &str) -> Answer {
    let query =
        "mutation ($app: String!, $to: String!) { beginLogin(input: { app: $app, returnTo: $to, scope: USERINFO }) {
        authorizeUrl state expiresAt } }";
    company.client().send(query, json!({ "app": app, "to": return_to })).await
}

async fn state(company: &Company, app: &str) -> String {
    let begun = begin(company, app, &format!("{}/playground", company.url)).await;
    begun.data()["beginLogin"]["state"].as_str().expect("a state").to_owned()
}

async fn begin_with(company: &Company, challenge: &str) -> Answer {
    let input = json!({ "app": "shop", "returnTo": format!("{}/playground", company.url), "codeChallenge": challenge });
    let query = "mutation ($input: BeginLoginInput!) { beginLogin(input: $input) { state } }";
    company.client().send(query, json!({ "input": input })).await
}

async fn state_with_challenge(company: &Company) -> Value {
    begin_with(company, CHALLENGE).await.data()["beginLogin"]["state"].clone()
}

async fn log_in(company: &Company, (code, state): (&str, &str), app: Option<&str>) -> Answer {
    let query = "mutation ($code: String!, $state: String, $app: String) {
        wechatLogin(code: $code, state: $state, app: $app) { openId } }";
    company.client().send(query, json!({ "code": code, "state": state, "app": app })).await
}

/// The service's only page that receives a code.
#[tokio::test]
async fn the_page_that_a_code_comes_back_to_gives_it_to_no_cache_and_no_referrer() {
    let company = Company::open(Server::Sqlite).await;

    let page = reqwest::get(format!("{}/playground?code=planted-code&state=planted-state", company.url)).await;

    let page = page.expect("a page");
    let header = |name: &str| page.headers().get(name).map(|value| value.to_str().expect("text").to_owned());
    assert_eq!(page.status(), 200);
    assert_eq!(header("referrer-policy").as_deref(), Some("no-referrer"));
    assert_eq!(header("cache-control").as_deref(), Some("no-store"));
    let policy = header("content-security-policy").expect("a policy");
    assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
    assert!(!page.text().await.expect("text").contains("planted"));
}

async fn a_state_names_its_app_and_works_once(server: Server) {
    let company = open(server).await;
    let state = state(&company, "club").await;

    let first = log_in(&company, (&company.code("club", "lan").await, &state), None).await;
    let second = log_in(&company, (&company.code("club", "lan").await, &state), None).await;

    assert_eq!(
        first.data()["wechatLogin"]["openId"].as_str().map(str::to_owned),
        company.sandbox.open_id("club", "lan")
    );
    assert_eq!(second.code(), "INVALID_STATE");
}

async fn a_foreign_state_fails_before_any_call_leaves(server: Server) {
    let company = open(server).await;
    let of_club = state(&company, "club").await;
    let code = company.code("shop", "lan").await;

    for state in [of_club.as_str(), "unknown", &"x".repeat(5_000)] {
        assert_eq!(log_in(&company, (&code, state), Some("shop")).await.code(), "INVALID_STATE");
    }
    // An empty state counts as no state.
    assert_eq!(log_in(&company, (&code, ""), Some("shop")).await.code(), "STATE_REQUIRED");

    company.client().log_in(&code, "shop").await.data();
}

async fn of_twenty_parallel_uses_of_one_state_one_succeeds(server: Server) {
    let company = open(server).await;
    let state = state(&company, "shop").await;
    let code = company.code("shop", "lan").await;

    let answers = join_all((0..20).map(|_| log_in(&company, (&code, &state), None))).await;

    let succeeded = answers.iter().filter(|answer| answer.0.get("errors").is_none()).count();
    assert_eq!(succeeded, 1);
}

async fn a_state_lives_ten_minutes(server: Server) {
    let company = open(server).await;
    let state = state(&company, "shop").await;
    company.clock.advance(TimeDelta::minutes(10));

    assert_eq!(log_in(&company, (&company.code("shop", "lan").await, &state), None).await.code(), "INVALID_STATE");
}

async fn a_wrong_verifier_burns_nothing(server: Server) {
    let company = Company::open(server).await;
    let client = company.client();
    let (state, code) = (state_with_challenge(&company).await, company.code("shop", "lan").await);
    let input = |verifier: Option<&str>| json!({ "code": code, "state": state, "codeVerifier": verifier });

    for wrong in [None, Some(ANOTHER), Some(CHALLENGE)] {
        assert_eq!(client.log_in_with(&input(wrong)).await.code(), "INVALID_STATE");
    }
    let denied = json!({ "code": "authdeny", "state": state, "codeVerifier": ANOTHER });
    assert_eq!(client.log_in_with(&denied).await.code(), "INVALID_STATE");

    client.log_in_with(&input(Some(VERIFIER))).await.data();
    let wechat = "mutation ($code: String!, $state: String!, $verifier: String!) {
        wechatLogin(code: $code, state: $state, codeVerifier: $verifier) { openId } }";
    let (state, code) = (state_with_challenge(&company).await, company.code("shop", "lan").await);
    client.send(wechat, json!({ "code": code, "state": state, "verifier": VERIFIER })).await.data();
}

async fn a_refusal_spends_the_state_and_says_so(server: Server) {
    let company = open(server).await;
    let client = company.client();

    for nothing in ["authdeny", "", "  "] {
        let state = state(&company, "shop").await;
        assert_eq!(log_in(&company, (nothing, &state), Some("club")).await.code(), "INVALID_STATE");
        assert_eq!(log_in(&company, (nothing, &state), None).await.code(), "LOGIN_DENIED");
        assert_eq!(log_in(&company, (nothing, &state), None).await.code(), "INVALID_STATE");
        let code = company.code("shop", "lan").await;
        assert_eq!(log_in(&company, (&code, &state), None).await.code(), "INVALID_STATE");
        client.log_in(&code, "shop").await.data();
    }
    assert_eq!(client.log_in("authdeny", "shop").await.code(), "LOGIN_DENIED");
}

#[tokio::test]
async fn a_state_without_a_challenge_takes_no_verifier() {
    let company = open(Server::Sqlite).await;
    let (state, code) = (state(&company, "shop").await, company.code("shop", "lan").await);

    let with_verifier = json!({ "code": code, "state": state, "codeVerifier": VERIFIER });

    assert_eq!(company.client().log_in_with(&with_verifier).await.code(), "INVALID_STATE");
    log_in(&company, (&code, &state), None).await.data();
}

#[tokio::test]
async fn malformed_challenges_verifiers_and_data_are_named() {
    let company = Company::open(Server::Sqlite).await;
    let code = company.code("mini", "lan").await;
    let detail = |answer: &Answer| {
        assert_eq!(answer.code(), "INVALID_INPUT");
        answer.0["errors"][0]["extensions"]["detail"].as_str().expect("a detail").to_owned()
    };

    assert_eq!(begin_with(&company, "").await.code(), "CHALLENGE_REQUIRED");
    for challenge in ["plain", &VERIFIER[1..], &format!("{CHALLENGE}=")] {
        let refused = detail(&begin_with(&company, challenge).await);
        assert_eq!(refused, "a code challenge is the SHA-256 hash of the verifier in 43 characters of base64url");
    }
    for (field, value, expected) in [
        ("codeVerifier", "short", "a code verifier has 43 to 128 characters of A-Z, a-z, 0-9, `-`, `.`, `_` and `~`"),
        ("encryptedData", "AAAAAAAAAAAAAAAAAAAAAA==", "encryptedData and iv must be sent together"),
        ("iv", "AAAAAAAAAAAAAAAAAAAAAA==", "encryptedData and iv must be sent together"),
    ] {
        let refused = company.client().log_in_with(&json!({ "code": code, "app": "mini", field: value })).await;
        assert_eq!(detail(&refused), expected);
    }
    let crooked = json!({ "code": code, "app": "mini", "encryptedData": "AAAA", "iv": "AAAAAAAAAAAAAAAAAAAAAA==" });
    let refused = detail(&company.client().log_in_with(&crooked).await);
    assert_eq!(refused, "not encrypted data: both parts are base64, and the iv has 16 bytes");

    company.client().log_in(&code, "mini").await.data();
}

#[tokio::test]
async fn where_logins_are_bound_they_begin_with_a_challenge() {
    let company = Company::open(Server::Sqlite).await;
    let code = company.code("shop", "lan").await;

    assert_eq!(begin(&company, "shop", &format!("{}/playground", company.url)).await.code(), "CHALLENGE_REQUIRED");
    assert_eq!(company.client().log_in_unbound(&code, "shop").await.code(), "STATE_REQUIRED");

    let state = state_with_challenge(&company).await;
    let input = json!({ "code": code, "state": state, "codeVerifier": VERIFIER });
    company.client().log_in_with(&input).await.data();
}

#[tokio::test]
async fn the_authorize_url_is_wechats_with_the_sandboxs_address() {
    let company = open(Server::Sqlite).await;

    let begun = begin(&company, "shop", &format!("{}/playground", company.url)).await;

    let begun = &begun.data()["beginLogin"];
    let back = company.url.replace(':', "%3A").replace('/', "%2F");
    let state = begun["state"].as_str().expect("a state");
    assert!(state.len() == 32 && state.bytes().all(|b| b.is_ascii_alphanumeric()), "{state}");
    let expected = format!(
        "{}/connect/oauth2/authorize?appid=wxde30000000005409&redirect_uri={back}%2Fplayground\
         &response_type=code&scope=snsapi_userinfo&state={state}#wechat_redirect",
        company.sandbox_url
    );
    assert_eq!((&begun["authorizeUrl"], &begun["expiresAt"]), (&json!(expected), &json!("2025-10-09T09:03:20+00:00")));
}

#[tokio::test]
async fn a_return_address_is_compared_to_the_letter() {
    let company = open(Server::Sqlite).await;
    let good = format!("{}/playground", company.url);

    for bad in ["/playground", "", "//evil", "/\\evil", "https://evil.example", "javascript:alert(1)"]
        .map(str::to_owned)
        .into_iter()
        .chain([
            format!("{good}/"),
            format!("{good}?x"),
            good.replace("127.0.0.1", "user@127.0.0.1"),
            good.to_uppercase(),
        ])
    {
        assert_eq!(begin(&company, "shop", &bad).await.code(), "RETURN_TO_NOT_ALLOWED", "{bad}");
    }
}

#[tokio::test]
async fn a_native_app_has_no_browser_login_and_an_unknown_app_none_at_all() {
    let company = Company::open(Server::Sqlite).await;

    for (app, code) in
        [("mini", "NOT_A_BROWSER_APP"), ("app", "NOT_A_BROWSER_APP"), ("nowhere", "UNKNOWN_APP"), ("", "UNKNOWN_APP")]
    {
        assert_eq!(begin(&company, app, "https://a.example/").await.code(), code, "{app}");
    }
}

#[tokio::test]
async fn where_a_state_is_required_a_code_alone_is_refused() {
    let company = open(Server::Sqlite).await;
    let code = company.code("shop", "lan").await;

    assert_eq!(company.client().log_in_unbound(&code, "shop").await.code(), "STATE_REQUIRED");

    let state = state(&company, "shop").await;
    assert!(log_in(&company, (&code, &state), None).await.data()["wechatLogin"]["openId"].is_string());
}
