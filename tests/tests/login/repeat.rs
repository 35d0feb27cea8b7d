//! A login code arrives again: a retry from the same browser or device gets the first response, any other client is
//! refused. See `login` for the effect of a code, and `browser_login` for the state.

use std::time::Duration;

use acceptance::{Answer, Client, Company, Server, on_every_database, weakened};
use api::usecase::audit::AuditQuery;
use chrono::TimeDelta;
use futures::future::join_all;
use serde_json::{Value, json};

on_every_database!(
    fifty_repeats_from_one_browser_are_one_login,
    fifty_repeats_at_two_replicas_are_one_login,
    a_repeat_from_another_browser_is_refused_and_audited,
    a_repeat_without_a_verifier_is_refused,
    a_native_app_shows_with_its_verifier_to_be_the_same,
    after_five_minutes_a_repeat_is_refused_and_audited,
    a_repeat_waits_for_a_login_that_is_under_way,
    a_login_goes_on_without_the_client_that_sent_it,
    a_repeat_of_a_failed_login_fails_in_the_same_way,
    a_code_that_never_left_is_good_later,
    a_login_whose_process_died_is_not_waited_for,
    who_has_refreshed_or_logged_out_since_gets_no_second_answer,
    a_used_state_with_a_new_code_leaves_the_code_alone,
);

const EXCHANGE: &str = "/sns/oauth2/access_token";
// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const ANOTHER: &str = "another-verifier-that-nobody-has-hashed-yet";

/// Begins a login with the challenge, and lets the person consent.
async fn begin(company: &Company, app: &str, person: &str) -> Value {
    let input = json!({ "app": app, "returnTo": format!("{}/playground", company.url), "codeChallenge": CHALLENGE });
    let query = "mutation ($input: BeginLoginInput!) { beginLogin(input: $input) { state } }";
    let begun = company.client().send(query, json!({ "input": input })).await;
    let code = company.code(app, person).await;
    json!({ "code": code, "state": begun.data()["beginLogin"]["state"], "codeVerifier": VERIFIER })
}

fn login(answer: &Answer) -> &Value {
    &answer.data()["login"]
}

/// Returns the parts that must be the same in the first response and in every retry's.
fn outcome(answer: &Answer) -> [Value; 5] {
    ["refreshToken", "isNewUser", "openId", "unionId", "user"].map(|field| login(answer)[field].clone())
}

fn with(input: &Value, field: &str, value: impl Into<Value>) -> Value {
    let mut input = input.clone();
    input[field] = value.into();
    input
}

async fn refresh(client: &Client, token: &Value) -> Answer {
    let query = "mutation ($token: String!) { refreshSession(refreshToken: $token) { refreshToken } }";
    client.send(query, json!({ "token": token })).await
}

/// Returns the audit entries: reason, seconds after the first login, and whether person and session are named.
async fn audit(company: &Company) -> Vec<(String, i64, bool)> {
    let events = api::usecase::audit::recent(company.app.service(), AuditQuery::default(), TimeDelta::hours(24), 100)
        .await
        .expect("the audit");
    let told = events.iter().map(|event| {
        let because = event.detail["because"].as_str().expect("a reason").to_owned();
        let seconds = event.detail["secondsAfterFirst"].as_i64().expect("a number");
        (because, seconds, event.user.is_some() && event.session.is_some())
    });
    told.collect()
}

/// Waits until a login has claimed its code.
async fn until_claimed(company: &Company) {
    while company.database.count("login_claims").await == 0 {
        tokio::task::yield_now().await;
    }
}

async fn fifty_repeats_from_one_browser_are_one_login(server: Server) {
    let company = Company::open(server).await;
    let input = begin(&company, "shop", "lan").await;
    let client = company.client();

    let answers = join_all((0..50).map(|_| client.log_in_with(&input))).await;

    let first = outcome(&answers[0]);
    assert!(answers.iter().all(|answer| outcome(answer) == first));
    assert_eq!(company.calls(EXCHANGE).await, 1);
    let mut rows = Vec::new();
    for table in ["users", "sessions", "login_claims", "audit_events"] {
        rows.push(company.database.count(table).await);
    }
    assert_eq!(rows, [1, 1, 1, 0]);
    let refreshed = refresh(&client, &first[0]).await;
    assert!(refreshed.data()["refreshSession"]["refreshToken"].is_string());
}

async fn fifty_repeats_at_two_replicas_are_one_login(server: Server) {
    let company = Company::open(server).await;
    let input = begin(&company, "shop", "lan").await;
    let replicas = [company.client(), company.replica().await];

    let answers = join_all((0..50).map(|n| replicas[n % 2].log_in_with(&input))).await;

    let first = outcome(&answers[0]);
    assert!(answers.iter().all(|answer| outcome(answer) == first));
    assert_eq!((company.calls(EXCHANGE).await, company.database.count("sessions").await), (1, 1));
    let mut elsewhere = replicas[1].clone();
    elsewhere.carry(login(&answers[0]));
    assert_eq!(elsewhere.ask("{ me { id } }").await.data()["me"]["id"], login(&answers[0])["user"]["id"]);
}

async fn a_repeat_from_another_browser_is_refused_and_audited(server: Server) {
    let company = Company::open(server).await;
    let input = begin(&company, "shop", "lan").await;
    let mut client = company.client();
    client.carry(login(&client.log_in_with(&input).await));

    for verifier in [json!(ANOTHER), Value::Null] {
        assert_eq!(client.log_in_with(&with(&input, "codeVerifier", verifier)).await.code(), "CODE_USED");
    }

    let refused = ("another device".to_owned(), 0, true);
    assert_eq!(audit(&company).await, [refused.clone(), refused]);
    assert_eq!(company.calls(EXCHANGE).await, 1);
    client.ask("{ me { id } }").await.data();
}

async fn a_repeat_without_a_verifier_is_refused(server: Server) {
    let company = Company::open_with(server, weakened("optional")).await;
    let input = json!({ "code": company.code("shop", "lan").await, "app": "shop" });
    let client = company.client();
    login(&client.log_in_with(&input).await);

    let answers = join_all((0..12).map(|_| client.log_in_with(&input))).await;

    assert!(answers.iter().all(|answer| answer.code() == "CODE_USED"));
    // The entries of one code are limited.
    assert_eq!(audit(&company).await, vec![("another device".to_owned(), 0, true); 10]);
    assert_eq!(company.calls(EXCHANGE).await, 1);
}

async fn a_native_app_shows_with_its_verifier_to_be_the_same(server: Server) {
    let company = Company::open(server).await;
    let input = json!({ "code": company.code("mini", "lan").await, "app": "mini", "codeVerifier": VERIFIER });
    let client = company.client();

    let answers = join_all((0..4).map(|_| client.log_in_with(&input))).await;

    assert!(answers.iter().all(|answer| outcome(answer) == outcome(&answers[0])));
    assert_eq!(client.log_in_with(&with(&input, "codeVerifier", ANOTHER)).await.code(), "CODE_USED");
    assert_eq!(company.calls("/sns/jscode2session").await, 1);
}

async fn after_five_minutes_a_repeat_is_refused_and_audited(server: Server) {
    let company = Company::open(server).await;
    let input = begin(&company, "shop", "lan").await;
    let client = company.client();
    let first = client.log_in_with(&input).await;

    company.clock.advance(TimeDelta::seconds(299));
    let in_time = client.log_in_with(&input).await;
    company.clock.advance(TimeDelta::seconds(1));
    let late = client.log_in_with(&input).await;

    assert_eq!(outcome(&in_time), outcome(&first));
    assert_ne!(login(&in_time)["accessToken"], login(&first)["accessToken"]);
    assert_eq!(late.code(), "CODE_USED");
    assert_eq!(audit(&company).await, [("too late".to_owned(), 300, true)]);
    assert_eq!(company.calls(EXCHANGE).await, 1);
}

async fn a_repeat_waits_for_a_login_that_is_under_way(server: Server) {
    let company = Company::open(server).await;
    let input = begin(&company, "shop", "lan").await;
    company.fault(EXCHANGE, &json!({ "delay_ms": 1_000 })).await;
    let (client, sent) = (company.client(), input.clone());
    let first = tokio::spawn(async move { client.log_in_with(&sent).await });
    until_claimed(&company).await;

    let repeat = company.client().log_in_with(&input).await;

    assert_eq!(outcome(&repeat), outcome(&first.await.expect("an answer")));
    assert_eq!(company.calls(EXCHANGE).await, 1);
}

async fn a_login_goes_on_without_the_client_that_sent_it(server: Server) {
    let company = Company::open(server).await;
    let input = begin(&company, "shop", "lan").await;
    company.fault(EXCHANGE, &json!({ "delay_ms": 1_000 })).await;
    let (client, sent) = (company.client(), input.clone());
    let first = tokio::spawn(async move { client.log_in_with(&sent).await });
    until_claimed(&company).await;

    first.abort();
    assert!(first.await.is_err_and(|error| error.is_cancelled()));
    let repeat = company.client().log_in_with(&input).await;

    assert_eq!(login(&repeat)["isNewUser"], true);
    assert_eq!((company.calls(EXCHANGE).await, company.database.count("sessions").await), (1, 1));
}

async fn a_repeat_of_a_failed_login_fails_in_the_same_way(server: Server) {
    let company = Company::open(server).await;
    let client = company.client();

    for (fault, expected) in
        [(json!({ "errcode": 40029 }), "INVALID_CODE"), (json!({ "kind": "quota" }), "UPSTREAM_BUSY")]
    {
        let input = begin(&company, "shop", "lan").await;
        company.fault(EXCHANGE, &fault).await;

        let answers = join_all((0..5).map(|_| client.log_in_with(&input))).await;

        assert!(answers.iter().all(|answer| answer.code() == expected), "{answers:?}");
    }
    assert_eq!((company.calls(EXCHANGE).await, company.database.count("users").await), (2, 0));
}

async fn a_code_that_never_left_is_good_later(server: Server) {
    let wechat = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = wechat.local_addr().expect("an address");
    // No server listens there yet.
    drop(wechat);
    let mut settings = toml::toml! {
        [[apps]]
        name = "shop"
        kind = "wechat-official-account"
        app_id = "wxde30000000005409"
        app_secret = "de300000000000000000000000005409"
        return_to = ["/playground"]
    };
    settings["apps"][0]
        .as_table_mut()
        .expect("an app")
        .insert("api_url".to_owned(), format!("http://{address}").into());
    let company = Company::open_with(server, settings).await;
    let input = begin(&company, "shop", "lan").await;
    let client = company.client();

    let refused = [client.log_in_with(&input).await, client.log_in_with(&input).await];
    let wechat = tokio::net::TcpListener::bind(address).await.expect("the same port");
    let router = company.sandbox.router();
    tokio::spawn(async move { axum::serve(wechat, router).await });
    let accepted = client.log_in_with(&input).await;

    assert_eq!(refused.each_ref().map(Answer::code), ["UPSTREAM_UNAVAILABLE"; 2]);
    assert_eq!(login(&accepted)["isNewUser"], true);
    assert_eq!(company.database.count("audit_events").await, 0);
}

async fn a_login_whose_process_died_is_not_waited_for(server: Server) {
    let company = Company::open(server).await;
    let input = begin(&company, "shop", "lan").await;
    company.fault(EXCHANGE, &json!({ "kind": "hang" })).await;
    let (client, sent) = (company.client(), input.clone());
    let first = tokio::spawn(async move { client.log_in_with(&sent).await });
    until_claimed(&company).await;

    company.clock.advance(TimeDelta::seconds(60));
    let repeat = tokio::time::timeout(Duration::from_secs(3), company.client().log_in_with(&input)).await;

    assert_eq!(repeat.expect("an answer at once").code(), "CODE_USED");
    first.abort();
}

async fn who_has_refreshed_or_logged_out_since_gets_no_second_answer(server: Server) {
    let company = Company::open(server).await;
    let mut client = company.client();
    let refreshed = begin(&company, "shop", "lan").await;
    let logged_out = begin(&company, "shop", "wei").await;

    let first = client.log_in_with(&refreshed).await;
    refresh(&client, &login(&first)["refreshToken"]).await.data();
    client.carry(login(&client.log_in_with(&logged_out).await));
    client.ask("mutation { logout }").await.data();

    for input in [&refreshed, &logged_out] {
        assert_eq!(client.log_in_with(input).await.code(), "CODE_USED");
    }
}

async fn a_used_state_with_a_new_code_leaves_the_code_alone(server: Server) {
    let company = Company::open(server).await;
    let first = begin(&company, "shop", "lan").await;
    let second = begin(&company, "shop", "lan").await;
    let client = company.client();
    login(&client.log_in_with(&first).await);

    let mixed = client.log_in_with(&with(&second, "state", first["state"].clone())).await;

    assert_eq!(mixed.code(), "INVALID_STATE");
    login(&client.log_in_with(&second).await);
}
