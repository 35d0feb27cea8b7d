//! Rate limits for repeated requests without a session, which cannot exhaust the limits of other clients. See the
//! limiter's unit tests for its arithmetic.

use acceptance::{Answer, CHALLENGE, Client, Company, Server, VERIFIER, on_every_database, weakened};
use chrono::TimeDelta;
use futures::future::join_all;
use serde_json::{Value, json};
use toml::Table;

on_every_database!(
    invented_codes_use_up_neither_the_quota_nor_the_database,
    logins_that_begin_and_never_end_leave_few_rows,
    an_office_in_which_hundreds_sign_in_is_not_limited,
    a_code_that_cannot_be_wechats_never_leaves,
    a_code_that_was_never_valid_is_soon_forgotten_and_a_used_one_stays_used,
    strangers_leave_a_share_of_what_an_app_may_ask_to_those_who_began_here,
    refresh_tokens_that_do_not_exist_are_limited,
    a_neighbours_guesses_keep_no_valid_refresh_token_out,
    a_login_that_is_fetched_again_vouches_for_no_network,
    guesses_at_a_phones_code_are_limited_by_account_and_keep_no_neighbour_out,
    invented_phone_codes_leave_the_apps_exchanges_to_others,
    guesses_of_a_login_that_is_too_old_are_limited,
    codes_at_an_upstream_that_fails_are_limited,
    a_logout_with_an_unknown_token_is_limited_as_a_guess,
    work_that_was_given_up_is_limited,
    the_wait_is_a_header_as_well,
);

const EXCHANGES: &str = "/sns/oauth2/access_token";
/// The default limit of an IPv4 address, or a /64 block of IPv6.
const PER_ADDRESS: usize = 120;

/// Returns an invalid code in WeChat's format.
fn invented(number: usize) -> String {
    format!("0a1{number:029}")
}

/// Settings under which a client could choose its address.
fn behind_a_proxy(more: Table) -> Table {
    let mut settings = more;
    settings.insert("http".to_owned(), toml::toml! { client_address = "x-forwarded-for" }.into());
    settings
}

fn client_from(company: &Company, address: &str) -> Client {
    let mut client = company.client();
    client.forwarded_for = Some(address.to_owned());
    client
}

/// Returns the error code and the seconds to wait.
fn wait(answer: &Answer) -> (&str, Option<u64>) {
    (answer.code(), answer.0["errors"][0]["extensions"]["retryAfter"].as_u64())
}

async fn begin(client: &Client, company: &Company) -> Answer {
    let query = "mutation ($input: BeginLoginInput!) { beginLogin(input: $input) { state } }";
    let to = format!("{}/playground", company.url);
    client.send(query, json!({ "input": { "app": "site", "returnTo": to, "codeChallenge": CHALLENGE } })).await
}

async fn invented_codes_use_up_neither_the_quota_nor_the_database(server: Server) {
    let company = Company::open_with(server, behind_a_proxy(weakened("optional"))).await;
    let attacker = client_from(&company, "203.0.113.7");
    let neighbour = client_from(&company, "203.0.114.7");

    let mut refused = Vec::new();
    for number in 0..600 {
        let answer = attacker.log_in_unbound(&invented(number), "shop").await;
        match answer.code() {
            "INVALID_CODE" => {}
            _ => refused.push(answer),
        }
    }

    assert_eq!(refused.len(), 600 - PER_ADDRESS);
    assert!(refused.iter().all(|answer| wait(answer) == ("RATE_LIMITED", Some(1))), "{:?}", refused[0]);
    assert_eq!(company.calls(EXCHANGES).await, PER_ADDRESS);
    assert_eq!(company.database.count("login_claims").await, i64::try_from(PER_ADDRESS).expect("few"));
    neighbour.log_in_unbound(&company.code("shop", "lan").await, "shop").await.data();
    company.clock.advance(TimeDelta::seconds(1));
    attacker.log_in_unbound(&company.code("shop", "lan").await, "shop").await.data();
}

async fn logins_that_begin_and_never_end_leave_few_rows(server: Server) {
    let company = Company::open_with(server, behind_a_proxy(Table::new())).await;
    let attacker = client_from(&company, "2001:db8:1:2::1");
    let neighbour = client_from(&company, "2001:db8:1:3::1");

    let mut refused = 0;
    for _ in 0..600 {
        let answer = begin(&attacker, &company).await;
        if answer.0.get("errors").is_some() {
            assert_eq!(wait(&answer), ("RATE_LIMITED", Some(1)));
            refused += 1;
        }
    }

    assert_eq!(refused, 600 - PER_ADDRESS);
    assert_eq!(company.database.count("login_states").await, i64::try_from(PER_ADDRESS).expect("few"));
    begin(&neighbour, &company).await.data();
}

async fn an_office_in_which_hundreds_sign_in_is_not_limited(server: Server) {
    let settings = toml::toml! { limits = { per_block = 2, per_app = 4, in_all = 4 } };
    let company = Company::open_with(server, settings).await;

    for _ in 0..20 {
        let begun = begin(&company.client(), &company).await;
        let code = company.code("site", "lan").await;
        let input = json!({ "code": code, "state": begun.data()["beginLogin"]["state"], "codeVerifier": VERIFIER });
        company.client().log_in_with(&input).await.data();
    }
}

async fn a_code_that_cannot_be_wechats_never_leaves(server: Server) {
    let company = Company::open(server).await;
    let person = company.sign_in("mini", "lan").await;
    let before = company.database.count("login_claims").await;

    for code in ["short", "081 has a blank that no code has", "../../etc/passwd?x=1234567890", &"0".repeat(129)] {
        assert_eq!(company.client().log_in(code, "shop").await.code(), "INVALID_CODE", "{code}");
        assert_eq!(company.client().log_in(code, "mini").await.code(), "INVALID_CODE", "{code}");
        assert_eq!(person.show("kind: QUICK", json!({ "code": code })).await.code(), "INVALID_CODE", "{code}");
    }

    assert_eq!(company.calls(EXCHANGES).await, 0);
    assert_eq!(company.calls("/wxa/business/getuserphonenumber").await, 0);
    assert_eq!(company.database.count("login_claims").await, before);
}

async fn a_code_that_was_never_valid_is_soon_forgotten_and_a_used_one_stays_used(server: Server) {
    let company = Company::open(server).await;
    let used = company.code("shop", "lan").await;
    company.client().log_in(&used, "shop").await.data();
    // WeChat reports that this code was already exchanged elsewhere.
    let elsewhere = company.code("shop", "lan").await;
    company.fault(EXCHANGES, &json!({ "errcode": 40163 })).await;
    assert_eq!(company.client().log_in(&elsewhere, "shop").await.code(), "CODE_USED");
    assert_eq!(company.client().log_in(&invented(1), "shop").await.code(), "INVALID_CODE");
    assert_eq!(company.database.count("login_claims").await, 3);

    company.clock.advance(TimeDelta::minutes(20));
    company.app.service().sweep().await.expect("the database answers");

    assert_eq!(company.database.count("login_claims").await, 2);
    let calls = company.calls(EXCHANGES).await;
    for code in [&used, &elsewhere] {
        assert_eq!(company.client().log_in(code, "shop").await.code(), "CODE_USED");
    }
    assert_eq!(company.calls(EXCHANGES).await, calls, "nothing was sent");
}

async fn strangers_leave_a_share_of_what_an_app_may_ask_to_those_who_began_here(server: Server) {
    let mut settings = behind_a_proxy(weakened("optional"));
    settings.insert("upstream".to_owned(), toml::toml! { exchanges_per_minute = 10 }.into());
    let company = Company::open_with(server, settings).await;
    let mut replica = company.replica().await;
    let mut states = Vec::new();
    for number in 0..6 {
        let begun = begin(&client_from(&company, &format!("198.51.{number}.1")), &company).await;
        states.push(begun.data()["beginLogin"]["state"].clone());
    }

    let mut outcomes = Vec::new();
    for number in 0..10 {
        let address = format!("203.0.{number}.1");
        replica.forwarded_for = Some(address.clone());
        outcomes.push(replica.log_in_unbound(&invented(number), "site").await.code().to_owned());
        outcomes.push(
            client_from(&company, &address).log_in_unbound(&invented(100 + number), "site").await.code().to_owned(),
        );
    }
    let mut logins = Vec::new();
    for (number, state) in states.iter().enumerate() {
        let code = company.code("site", "lan").await;
        let input = json!({ "code": code, "state": state, "codeVerifier": VERIFIER });
        let answer = client_from(&company, &format!("192.0.{number}.1")).log_in_with(&input).await;
        logins.push((input, answer));
    }

    assert_eq!(outcomes.iter().filter(|code| *code == "INVALID_CODE").count(), 5, "half of ten: {outcomes:?}");
    assert_eq!(outcomes.iter().filter(|code| *code == "RATE_LIMITED").count(), 15, "{outcomes:?}");
    let (last, good) = logins.split_last().expect("six");
    assert!(good.iter().all(|(_, answer)| answer.0.get("errors").is_none()), "{good:?}");
    let (code, seconds) = wait(&last.1);
    assert!(code == "RATE_LIMITED" && seconds.is_some_and(|seconds| (1..=60).contains(&seconds)), "{last:?}");
    company.clock.advance(TimeDelta::minutes(1));
    let again: &Value = &last.0;
    company.client().log_in_with(again).await.data();
}

async fn refresh_tokens_that_do_not_exist_are_limited(server: Server) {
    let settings = toml::toml! { limits = { per_block = 3, reserved_percent = 0 } };
    let company = Company::open_with(server, settings).await;
    let query = "mutation ($token: String!) { refreshSession(refreshToken: $token) { refreshToken } }";
    let refresh = async |token: &Value| company.client().send(query, json!({ "token": token })).await;
    let login = company.client().log_in(&company.code("shop", "lan").await, "shop").await;
    let mut token = login.data()["wechatLogin"]["refreshToken"].clone();

    for _ in 0..10 {
        token = refresh(&token).await.data()["refreshSession"]["refreshToken"].clone();
    }
    let mut codes = Vec::new();
    for number in 0..5 {
        codes.push(refresh(&json!(format!("invented-{number}"))).await.code().to_owned());
    }

    let [unknown, limited] = ["INVALID_REFRESH_TOKEN", "RATE_LIMITED"];
    assert_eq!(codes, [unknown, unknown, unknown, limited, limited]);
    company.clock.advance(TimeDelta::seconds(20));
    refresh(&token).await.data();
}

async fn a_neighbours_guesses_keep_no_valid_refresh_token_out(server: Server) {
    let settings = toml::toml! { limits = { per_block = 3, reserved_percent = 0 } };
    let company = Company::open_with(server, settings).await;
    let query = "mutation ($token: String!) { refreshSession(refreshToken: $token) { refreshToken } }";
    let refresh = async |token: &Value| company.client().send(query, json!({ "token": token })).await;
    let login = company.client().log_in(&company.code("shop", "lan").await, "shop").await;
    let first = login.data()["wechatLogin"]["refreshToken"].clone();
    // Has the length and the format of a real one.
    let invented = json!("A".repeat(first.as_str().expect("a token").len()));

    while refresh(&invented).await.code() != "RATE_LIMITED" {}
    let second = refresh(&first).await.data()["refreshSession"]["refreshToken"].clone();

    assert_eq!(refresh(&first).await.data()["refreshSession"]["refreshToken"], second, "the answer was lost");
    let third = refresh(&second).await.data()["refreshSession"]["refreshToken"].clone();
    assert_eq!(refresh(&invented).await.code(), "RATE_LIMITED");
    assert_eq!(refresh(&first).await.code(), "INVALID_REFRESH_TOKEN", "the replay ends the session");
    assert_eq!(refresh(&third).await.code(), "RATE_LIMITED", "and with it all its tokens");
}

async fn a_login_that_is_fetched_again_vouches_for_no_network(server: Server) {
    let mut settings = behind_a_proxy(weakened("optional"));
    settings.insert("upstream".to_owned(), toml::toml! { exchanges_per_minute = 4 }.into());
    let company = Company::open_with(server, settings).await;
    let input = json!({ "code": company.code("mini", "lan").await, "app": "mini", "codeVerifier": VERIFIER });
    client_from(&company, "192.0.2.1").log_in_with(&input).await.data();
    let strangers: Vec<_> = (0..4).map(|at| client_from(&company, &format!("203.0.{at}.1"))).collect();
    for stranger in &strangers {
        stranger.log_in_with(&input).await.data();
    }

    let mut outcomes = Vec::new();
    for (at, stranger) in strangers.iter().enumerate() {
        outcomes.push(stranger.log_in_unbound(&invented(at), "site").await.code().to_owned());
    }

    assert_eq!(outcomes, ["INVALID_CODE", "INVALID_CODE", "RATE_LIMITED", "RATE_LIMITED"], "half of four");
}

async fn guesses_at_a_phones_code_are_limited_by_account_and_keep_no_neighbour_out(server: Server) {
    let company = Company::open_with(server, toml::toml! { limits = { per_account = 5 } }).await;
    let mallory = company.sign_in("shop", "wei").await;
    let lan = company.sign_in("shop", "lan").await;

    let codes: Vec<_> = (0..20).map(|guess| format!("{guess:06}")).collect();
    let refused = join_all(codes.iter().map(|code| mallory.bind("+8613800000001", code))).await;

    let count = |code: &str| refused.iter().filter(|answer| answer.code() == code).count();
    assert_eq!((count("PHONE_CODE_REJECTED"), count("RATE_LIMITED")), (5, 15), "{refused:?}");
    company.prove(&lan, "+8613800000001").await.data();
    // Another session of the same account has its own share.
    company.prove(&company.sign_in("shop", "wei").await, "+8613800000002").await.data();
}

async fn invented_phone_codes_leave_the_apps_exchanges_to_others(server: Server) {
    let settings = toml::toml! {
        limits = { per_account = 5 }
        upstream = { exchanges_per_minute = 20 }
    };
    let company = Company::open_with(server, settings).await;
    let mallory = company.sign_in("mini", "wei").await;

    let shown: Vec<_> = (0..30).map(|number| json!({ "code": invented(number) })).collect();
    let refused = join_all(shown.into_iter().map(|shown| mallory.show("kind: QUICK", shown))).await;

    assert_eq!(refused.iter().filter(|answer| answer.code() == "INVALID_CODE").count(), 5, "{refused:?}");
    assert_eq!(company.calls("/wxa/business/getuserphonenumber").await, 5);
    company.sign_in("mini", "lan").await;
}

async fn guesses_of_a_login_that_is_too_old_are_limited(server: Server) {
    let company = Company::open_with(server, toml::toml! { limits = { per_account = 5 } }).await;
    let mallory = company.sign_in("shop", "wei").await;
    company.clock.advance(TimeDelta::minutes(6));

    let mut codes = Vec::new();
    for guess in 0..7 {
        codes.push(mallory.bind("+8613800000001", &format!("{guess:06}")).await.code().to_owned());
    }

    assert!(codes[..5].iter().all(|code| code == "FRESH_LOGIN_REQUIRED"), "{codes:?}");
    assert!(codes[5..].iter().all(|code| code == "RATE_LIMITED"), "{codes:?}");
}

async fn codes_at_an_upstream_that_fails_are_limited(server: Server) {
    let company = Company::open_with(server, toml::toml! { limits = { per_account = 4 } }).await;
    let mallory = company.sign_in("mini", "wei").await;
    let fault = json!({ "path": "/wxa/business/getuserphonenumber", "times": 10, "errcode": 48001 });
    company.sandbox("POST", "/_sandbox/faults", Some(&fault)).await;

    let mut codes = Vec::new();
    for number in 0..6 {
        codes.push(mallory.show("kind: QUICK", json!({ "code": invented(number) })).await.code().to_owned());
    }

    assert!(codes[..4].iter().all(|code| code == "UPSTREAM_FAULT"), "{codes:?}");
    assert!(codes[4..].iter().all(|code| code == "RATE_LIMITED"), "{codes:?}");
}

async fn a_logout_with_an_unknown_token_is_limited_as_a_guess(server: Server) {
    let settings = toml::toml! { limits = { per_block = 3, reserved_percent = 0 } };
    let company = Company::open_with(server, settings).await;
    let http = reqwest::Client::builder().build().expect("a client");
    let token = "A".repeat(43);
    let logout = async || {
        let request = http.post(format!("{}/graphql", company.url)).header("guiyi-session", "cookie");
        let request = request.header("cookie", format!("__Host-guiyi-refresh={token}"));
        let answer = request.json(&json!({ "query": "mutation { logout }" })).send().await.expect("an answer");
        Answer(answer.json().await.expect("JSON"))
    };

    for _ in 0..3 {
        assert_eq!(logout().await.data()["logout"], false);
    }

    assert_eq!(logout().await.code(), "RATE_LIMITED");
    assert_eq!(
        company.client().ask("mutation { logout }").await.data()["logout"],
        false,
        "a logout without a token is not counted"
    );
}

async fn work_that_was_given_up_is_limited(server: Server) {
    let settings = toml::toml! {
        limits = { per_address = 2 }
        http = { request_timeout_seconds = 1 }
        [[apps]]
        name = "shop"
        kind = "wechat-official-account"
        app_id = "wxde30000000005409"
        app_secret = "de300000000000000000000000005409"
        js_pages = ["https://shop.example.com/h5/"]
    };
    let company = Company::open_with(server, settings).await;
    let fault = json!({ "path": "/cgi-bin/stable_token", "times": 1, "delay_ms": 3_000 });
    company.sandbox("POST", "/_sandbox/faults", Some(&fault)).await;
    let sign = async || {
        let query = "{ jsSdkConfig(app: \"shop\", url: \"https://shop.example.com/h5/a\") { signature } }";
        company.client().ask(query).await
    };

    let codes = [sign().await, sign().await, sign().await].map(|answer| answer.code().to_owned());

    assert_eq!(codes, ["TIMEOUT", "TIMEOUT", "RATE_LIMITED"]);
}

async fn the_wait_is_a_header_as_well(server: Server) {
    let settings = toml::toml! { limits = { per_block = 1 } };
    let company = Company::open_with(server, settings).await;
    let http = reqwest::Client::builder().build().expect("a client");
    let query = "mutation { refreshSession(refreshToken: \"invented\") { refreshToken } }";
    let refresh = async || {
        let request = http.post(format!("{}/graphql", company.url)).json(&json!({ "query": query }));
        let answer = request.send().await.expect("an answer");
        let wait = answer.headers().get("retry-after").map(|value| value.to_str().expect("text").to_owned());
        (wait, Answer(answer.json().await.expect("JSON")))
    };

    let (no_wait, unknown) = refresh().await;
    let (seconds, limited) = refresh().await;

    assert_eq!((no_wait, unknown.code()), (None, "INVALID_REFRESH_TOKEN"));
    assert_eq!((seconds.as_deref(), wait(&limited)), (Some("60"), ("RATE_LIMITED", Some(60))));
}
