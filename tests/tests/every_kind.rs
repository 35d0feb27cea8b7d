//! Every provider that is built in, in a whole service: a person logs in at the upstream that the provider's tape plays, as
//! `cargo run -p providers --example play` does, and each refusal of the upstream has its code.

use std::sync::{Arc, Mutex, PoisonError};

use acceptance::{Answer, CHALLENGE, Client, Company, Server, VERIFIER};
use providers::builtin::{ALL, TAPES, to_play};
use providers::contract::{Playing, Tape};
use providers::{Built, Factory, Settings, TokensInMemory};
use serde_json::{Value, json};
use url::Url;

const BACK: &str = "https://shop.example.com/back";

/// The kinds that need a secret which the upstream pushes. Their tapes store one before they build the provider.
const PUSHED: [&str; 3] = ["wechat-platform-official-account", "wechat-platform-mini-program", "wecom-third-party"];

/// The factory of the tape that is played: a factory is a plain function, so it cannot be passed.
static PLAYED: Mutex<Option<Factory>> = Mutex::new(None);

fn build(settings: Settings) -> Built {
    let played = PLAYED.lock().unwrap_or_else(PoisonError::into_inner).expect("a tape is played");
    (played.build)(Settings { tokens: Arc::new(TokensInMemory::default()), ..settings })
}

async fn company(tape: &Tape, playing: &Playing) -> Company {
    let mut settings: toml::Table = playing.app("try", BACK).parse().expect("the printed table is TOML");
    settings.insert("default_app".to_owned(), "try".into());
    let kind = tape.factory.kind;
    if !PUSHED.contains(&kind) {
        return Company::open_with(Server::Sqlite, settings).await;
    }
    settings["apps"][0].as_table_mut().expect("an app").insert("kind".to_owned(), "played".into());
    *PLAYED.lock().unwrap_or_else(PoisonError::into_inner) = Some(tape.factory);
    Company::open_with_provider(Server::Sqlite, settings, Factory { kind: "played", build }).await
}

/// Begins a login as the app's way to start requires, and returns the code of a scenario with the state.
async fn come_back(client: &Client, start: &str, (scenario, code): (&str, &str)) -> (String, Value) {
    let (field, kind, mut input) = match start {
        "HOST_APP" => return (code.to_owned(), Value::Null),
        "NATIVE_SDK" => ("beginNativeLogin { state }", "BeginNativeLoginInput", json!({})),
        _ => ("beginLogin { state authorizeUrl }", "BeginLoginInput", json!({ "returnTo": BACK })),
    };
    input["app"] = "try".into();
    input["codeChallenge"] = CHALLENGE.into();
    let query = format!("mutation ($input: {kind}!) {{ {} }}", field.replacen(' ', "(input: $input) ", 1));
    let begun = client.send(&query, json!({ "input": input })).await;
    let begun = begun.data().as_object().expect("an object").values().next().expect("the beginning").clone();
    let Some(address) = begun["authorizeUrl"].as_str() else { return (code.to_owned(), begun["state"].clone()) };
    let page = reqwest::get(address).await.expect("the upstream answers").text().await.expect("a page");
    let page = page.replace("&amp;", "&");
    let (before, _) = page.split_once(&format!("\">{scenario}</a>")).expect("a link for the scenario");
    let link: Url = before.rsplit("href=\"").next().expect("a link").parse().expect("an address");
    assert!(link.as_str().starts_with(BACK), "{link}");
    let value = |name: &str| link.query_pairs().find(|(key, _)| key == name).expect(name).1.into_owned();
    assert_eq!(begun["state"], value("state"));
    (value("code"), value("state").into())
}

async fn log_in(client: &Client, is_of_wechat: bool, (code, state): (String, Value)) -> Answer {
    let verifier = if state.is_null() { Value::Null } else { VERIFIER.into() };
    if is_of_wechat {
        let query = "mutation ($code: String!, $state: String, $verifier: String) {
            login: wechatLogin(code: $code, app: \"try\", state: $state, codeVerifier: $verifier) {
            accessToken openId unionId isNewUser user { nickname } } }";
        return client.send(query, json!({ "code": code, "state": state, "verifier": verifier })).await;
    }
    let query = "mutation ($input: LoginInput!) {
        login(input: $input) { accessToken openId unionId isNewUser user { nickname } } }";
    let input = json!({ "code": code, "app": "try", "state": state, "codeVerifier": verifier });
    client.send(query, json!({ "input": input })).await
}

/// Logs a person in by each scenario of the tape.
async fn play(kind: &str, tape: &Tape) {
    let playing = Playing::open(tape, 0, |_, _| {}).expect("a free port");
    let company = company(tape, &playing).await;
    let client = company.client();
    let apps = client.ask("{ apps { name kind start profile } }").await;
    let app = apps.data()["apps"][0].clone();
    assert_eq!(app["name"], "try", "{kind}");
    let start = app["start"].as_str().expect("a start");

    for (scenario, code) in playing.codes() {
        let back = come_back(&client, start, (scenario, &code)).await;

        let answer = log_in(&client, kind.starts_with("wechat-"), back).await;

        let expected: &[&str] = match scenario {
            "good_code" | "without_union_id" => {
                is_signed_in(&company, tape, (kind, scenario), &answer).await;
                continue;
            }
            "used_code" => &["CODE_USED", "INVALID_CODE"],
            "forged_code" | "expired_code" => &["INVALID_CODE"],
            "quota" => &["UPSTREAM_BUSY"],
            "wrong_secret" | "unknown_error" => &["UPSTREAM_FAULT"],
            other => panic!("an unknown scenario {other}"),
        };
        assert!(expected.contains(&answer.code()), "{kind} {scenario}: {}", answer.0);
    }
}

async fn is_signed_in(company: &Company, tape: &Tape, (kind, scenario): (&str, &str), answer: &Answer) {
    let login = &answer.data()["login"];
    assert_eq!(login["openId"], tape.person.open_id, "{kind} {scenario}");
    if scenario == "good_code" {
        assert_eq!((&login["unionId"], &login["isNewUser"]), (&json!(tape.person.union_id), &json!(true)), "{kind}");
    }
    let mut person = company.client();
    person.bearer = login["accessToken"].as_str().map(str::to_owned);
    let me = person.ask("{ me { nickname openIds { app openId } } }").await;
    let open_ids = json!([{ "app": "try", "openId": tape.person.open_id }]);
    assert_eq!(me.data()["me"], json!({ "nickname": login["user"]["nickname"], "openIds": open_ids }), "{kind}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_logs_in_through_every_kind_of_provider() {
    for factory in ALL {
        let tape = TAPES.iter().find(|tape| tape.factory.kind == factory.kind);

        let tape = to_play(tape.unwrap_or_else(|| panic!("{} has no tape", factory.kind)));
        play(factory.kind, &tape).await;
    }
}
