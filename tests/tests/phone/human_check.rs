//! A captcha is required before a code is sent to a device on which no phone was proved. The captcha service is a small
//! `siteverify` server in this test.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard};

use acceptance::{Answer, Client, Company, Server, on_every_database};
use api::contract::fake::FakeHuman;
use api::human_check::HumanToken;
use axum::extract::{Form, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use futures::future::join_all;
use http::StatusCode;
use serde_json::{Value, json};
use tokio::net::TcpListener;

on_every_database!(
    security_43_an_unknown_device_needs_a_human_token_before_its_first_code,
    security_43_a_wrong_token_sends_nothing,
    security_43_a_token_is_good_for_one_code,
    security_43_of_many_parallel_requests_with_one_token_one_is_sent,
    security_43_a_device_on_which_a_phone_was_proved_needs_no_token,
    security_43_a_change_needs_a_token_as_a_binding_does,
    security_43_a_service_that_is_down_or_refuses_us_sends_nothing,
    security_43_a_service_that_is_slow_sends_nothing,
    security_43_what_the_limits_refuse_uses_no_token_up,
    security_43_free_and_owned_numbers_get_the_same_answer,
    security_43_a_stranger_who_signs_in_needs_a_token_before_the_first_code,
    a_score_below_the_least_is_no_human,
    an_address_is_told_only_if_the_configuration_says_so,
    an_embedding_program_brings_a_check_of_its_own,
);

const LAN: &str = "13800000001";
const OTHER: &str = "13800000002";

/// What the service answers besides its verdict on the token.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Mood {
    #[default]
    Well,
    Broken,
    Slow,
    Nonsense,
    ForgotUs,
}

#[derive(Debug, Default)]
struct Captcha {
    good: HashSet<String>,
    used: HashSet<String>,
    score: Option<f64>,
    mood: Mood,
    asked: Vec<HashMap<String, String>>,
    /// Whether it accepts a token twice, like a careless service.
    forgets: bool,
}

type Shared = Arc<Mutex<Captcha>>;

fn lock(captcha: &Shared) -> MutexGuard<'_, Captcha> {
    captcha.lock().expect("no panic poisons the lock")
}

async fn siteverify(State(captcha): State<Shared>, Form(form): Form<HashMap<String, String>>) -> Response {
    let mood = {
        let mut captcha = lock(&captcha);
        captcha.asked.push(form.clone());
        captcha.mood
    };
    match mood {
        Mood::Well => {}
        Mood::Broken => return StatusCode::BAD_GATEWAY.into_response(),
        // Waits until the client times out.
        Mood::Slow => return std::future::pending().await,
        Mood::Nonsense => return Json(json!({ "ok": true })).into_response(),
        Mood::ForgotUs => {
            let answer = json!({ "success": false, "error-codes": ["invalid-input-secret"] });
            return Json(answer).into_response();
        }
    }
    let mut captcha = lock(&captcha);
    if form["secret"] != "s3cret" {
        return Json(json!({ "success": false, "error-codes": ["invalid-input-secret"] })).into_response();
    }
    let token = &form["response"];
    let is_first = captcha.used.insert(token.clone()) || captcha.forgets;
    let answer = if captcha.good.contains(token) && is_first {
        json!({ "success": true, "score": captcha.score, "hostname": "shop.example.com" })
    } else {
        json!({ "success": false, "error-codes": ["timeout-or-duplicate"] })
    };
    Json(answer).into_response()
}

/// Starts the company with a captcha service that accepts these tokens.
async fn open(server: Server, more: &str) -> (Company, Shared) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let captcha = Shared::default();
    lock(&captcha).good.extend((1..=9).map(|at| format!("good-{at}")));
    let router = Router::new().route("/siteverify", post(siteverify)).with_state(captcha.clone());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let settings = format!(
        r#"
        human_check.kind = "http"
        human_check.url = "http://{address}/siteverify"
        human_check.secret = "s3cret"
        {more}
        "#
    );
    (Company::open_with(server, toml::from_str(&settings).expect("settings")).await, captcha)
}

async fn ask(client: &Client, phone: &str, token: Option<&str>) -> Answer {
    let query = "mutation ($phone: String!, $token: String) {
        sendPhoneCode(phone: $phone, humanToken: $token) { expiresAt resendAt } }";
    client.send(query, json!({ "phone": phone, "token": token })).await
}

async fn sent(company: &Company) -> usize {
    company.sandbox("GET", "/_sandbox/sms", None).await.as_array().expect("a list").len()
}

async fn security_43_an_unknown_device_needs_a_human_token_before_its_first_code(server: Server) {
    let (company, captcha) = open(server, "").await;
    let lan = company.sign_in("shop", "lan").await;

    for token in [None, Some(""), Some("a b"), Some("x".repeat(9_000).as_str())] {
        let refused = ask(&lan, LAN, token).await;

        assert_eq!(refused.code(), "HUMAN_CHECK_REQUIRED");
        assert!(refused.0["errors"][0]["extensions"]["advice"].as_str().expect("advice").contains("humanToken"));
    }
    assert_eq!((sent(&company).await, lock(&captcha).asked.len()), (0, 0));

    ask(&lan, LAN, Some("good-1")).await.data();
    assert_eq!(sent(&company).await, 1);
}

async fn security_43_a_stranger_who_signs_in_needs_a_token_before_the_first_code(server: Server) {
    let (company, captcha) = open(server, "").await;
    let mut browser = company.client();
    let query = "mutation ($phone: String!, $token: String, $device: String) { sendLoginCode(phone: $phone,
        codeChallenge: \"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM\", humanToken: $token, deviceToken: $device) {
        expiresAt } }";
    for token in [None, Some("invented")] {
        let refused = browser.send(query, json!({ "phone": LAN, "token": token })).await;
        assert_eq!((refused.code(), sent(&company).await), ("HUMAN_CHECK_REQUIRED", 0));
    }

    browser.send(query, json!({ "phone": LAN, "token": "good-1" })).await.data();

    assert_eq!(browser.send(query, json!({ "phone": OTHER, "token": "good-1" })).await.code(), "HUMAN_CHECK_REQUIRED");
    let login = browser.log_in_by_phone(LAN, &company.sms("+8613800000001").await, None).await;
    browser.carry(&login.data()["loginByPhone"]);
    let asked = lock(&captcha).asked.len();
    // The login has proved a phone on this device.
    browser.send(query, json!({ "phone": OTHER, "device": browser.device })).await.data();
    assert_eq!(lock(&captcha).asked.len(), asked);
    assert_eq!(sent(&company).await, 2);
}

async fn security_43_a_wrong_token_sends_nothing(server: Server) {
    let (company, _) = open(server, "").await;
    let lan = company.sign_in("shop", "lan").await;

    let refused = ask(&lan, LAN, Some("invented")).await;

    assert_eq!((refused.code(), sent(&company).await), ("HUMAN_CHECK_REQUIRED", 0));
    ask(&lan, LAN, Some("good-1")).await.data();
}

async fn security_43_a_token_is_good_for_one_code(server: Server) {
    let (company, captcha) = open(server, "").await;
    // A service that accepts tokens twice does not weaken the check.
    lock(&captcha).forgets = true;
    let [lan, wei] = [company.sign_in("shop", "lan").await, company.sign_in("shop", "wei").await];
    ask(&lan, LAN, Some("good-1")).await.data();

    for person in [lan, wei] {
        assert_eq!(ask(&person, OTHER, Some("good-1")).await.code(), "HUMAN_CHECK_REQUIRED");
    }

    assert_eq!(sent(&company).await, 1);
}

async fn security_43_of_many_parallel_requests_with_one_token_one_is_sent(server: Server) {
    let (company, captcha) = open(server, "").await;
    lock(&captcha).forgets = true;
    let people = [company.sign_in("shop", "lan").await, company.sign_in("shop", "wei").await];
    let numbers: Vec<_> = (1..=10).map(|at| format!("138000000{at:02}")).collect();

    let requests = numbers.iter().enumerate().map(|(at, number)| ask(&people[at % 2], number, Some("good-1")));
    let answers = join_all(requests).await;

    assert_eq!(sent(&company).await, 1, "{answers:?}");
    let refused = answers.iter().filter(|answer| answer.0.get("errors").is_some());
    assert!(refused.clone().count() == 9 && refused.clone().all(|answer| answer.code() == "HUMAN_CHECK_REQUIRED"));
}

async fn security_43_a_device_on_which_a_phone_was_proved_needs_no_token(server: Server) {
    let (company, captcha) = open(server, "").await;
    let lan = company.sign_in("shop", "lan").await;
    ask(&lan, LAN, Some("good-1")).await.data();
    lan.bind(LAN, &company.sms("+8613800000001").await).await.data();

    ask(&lan, OTHER, None).await.data();
    // The exemption applies to every account on that device, and not to the person on another device.
    let wei = company.sign_in_on(&lan, "shop", "wei").await;
    ask(&wei, "13800000003", None).await.data();
    let elsewhere = company.sign_in("shop", "lan").await;
    assert_eq!(ask(&elsewhere, "13800000004", None).await.code(), "HUMAN_CHECK_REQUIRED");

    assert_eq!(lock(&captcha).asked.len(), 1);
}

async fn security_43_a_change_needs_a_token_as_a_binding_does(server: Server) {
    let (company, _) = open(server, "").await;
    let lan = company.sign_in("shop", "lan").await;
    let query = "mutation ($token: String) {
        sendPhoneCode(phone: \"13800000002\", purpose: CHANGE, humanToken: $token) { expiresAt } }";

    assert_eq!(lan.send(query, json!({ "token": null })).await.code(), "HUMAN_CHECK_REQUIRED");

    lan.send(query, json!({ "token": "good-1" })).await.data();
}

async fn security_43_a_service_that_is_slow_sends_nothing(server: Server) {
    let (company, captcha) = open(server, "human_check.timeout_seconds = 1").await;
    let lan = company.sign_in("shop", "lan").await;
    lock(&captcha).mood = Mood::Slow;

    let refused = ask(&lan, LAN, Some("good-1")).await;

    assert_eq!((refused.code(), sent(&company).await), ("UPSTREAM_UNAVAILABLE", 0));
}

async fn security_43_a_service_that_is_down_or_refuses_us_sends_nothing(server: Server) {
    let (company, captcha) = open(server, "").await;
    let lan = company.sign_in("shop", "lan").await;
    for (mood, code, detail) in [
        (Mood::Broken, "UPSTREAM_UNAVAILABLE", "the captcha service does not answer"),
        (Mood::Nonsense, "UPSTREAM_FAULT", "the captcha service's answer is not as documented"),
        (Mood::ForgotUs, "UPSTREAM_FAULT", "the captcha service refuses the request"),
    ] {
        lock(&captcha).mood = mood;

        let refused = ask(&lan, LAN, Some("good-1")).await;

        let told = &refused.0["errors"][0]["extensions"]["detail"];
        assert_eq!((refused.code(), told), (code, &json!(detail)), "{mood:?}");
    }
    assert_eq!(sent(&company).await, 0);
    lock(&captcha).mood = Mood::Well;
    ask(&lan, LAN, Some("good-1")).await.data();
}

async fn security_43_what_the_limits_refuse_uses_no_token_up(server: Server) {
    let (company, captcha) = open(server, "").await;
    let lan = company.sign_in("shop", "lan").await;
    ask(&lan, LAN, Some("good-1")).await.data();

    assert_eq!(ask(&lan, LAN, Some("good-2")).await.code(), "TOO_MANY_CODES");
    assert_eq!(ask(&lan, "010-62345678", Some("good-2")).await.code(), "INVALID_PHONE");

    assert_eq!(lock(&captcha).asked.len(), 1);
    ask(&lan, OTHER, Some("good-2")).await.data();
}

async fn security_43_free_and_owned_numbers_get_the_same_answer(server: Server) {
    let (company, _) = open(server, "").await;
    company.member("C-1001", LAN, 10).await;
    let lan = company.sign_in("shop", "lan").await;

    let refusals = [ask(&lan, LAN, None).await, ask(&lan, OTHER, None).await].map(|Answer(mut answer)| {
        answer["errors"][0]["extensions"]["errorId"] = Value::Null;
        answer
    });

    assert_eq!(refusals[0], refusals[1]);
}

async fn a_score_below_the_least_is_no_human(server: Server) {
    let (company, captcha) = open(server, "human_check.min_score = 0.5").await;
    let lan = company.sign_in("shop", "lan").await;
    for (token, score, code) in [("good-1", Some(0.4), "HUMAN_CHECK_REQUIRED"), ("good-2", None, "UPSTREAM_FAULT")] {
        lock(&captcha).score = score;
        assert_eq!(ask(&lan, LAN, Some(token)).await.code(), code);
    }

    lock(&captcha).score = Some(0.5);
    ask(&lan, LAN, Some("good-3")).await.data();
}

async fn an_address_is_told_only_if_the_configuration_says_so(server: Server) {
    let (quiet, asked) = open(server, "").await;
    ask(&quiet.sign_in("shop", "lan").await, LAN, Some("good-1")).await.data();
    let (telling, told) = open(server, "human_check.send_address = true").await;
    ask(&telling.sign_in("shop", "lan").await, LAN, Some("good-1")).await.data();

    let fields = |captcha: &Shared| -> Vec<(String, String)> {
        let mut fields: Vec<_> = lock(captcha).asked[0].clone().into_iter().collect();
        fields.sort();
        fields
    };
    let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(fields(&asked), [field("response", "good-1"), field("secret", "s3cret")]);
    assert_eq!(fields(&told), [field("remoteip", "127.0.0.1"), field("response", "good-1"), field("secret", "s3cret")]);
}

async fn an_embedding_program_brings_a_check_of_its_own(server: Server) {
    let company = Company::open(server).await;
    let tea = FakeHuman::that_passes(HumanToken::read("tea").expect("a token"));
    let mut lan = company.embedded(|builder| builder.with_human_check(Box::new(tea))).await;
    let login = lan.log_in(&company.code("shop", "lan").await, "shop").await;
    lan.carry(&login.data()["wechatLogin"]);

    assert_eq!(ask(&lan, LAN, Some("coffee")).await.code(), "HUMAN_CHECK_REQUIRED");

    ask(&lan, LAN, Some("tea")).await.data();
}
