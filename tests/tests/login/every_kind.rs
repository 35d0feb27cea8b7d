//! Every built-in provider in a whole service: a person logs in at the upstream that the provider's tape plays, as
//! `cargo run -p providers --example play` does, and each refusal of the upstream has its code. If the upstream pushes
//! a ticket, the ticket arrives at the app's address first.

use acceptance::pushing::{KEY, TOKEN, keys};
use acceptance::{Answer, CHALLENGE, Client, Company, Server, VERIFIER};
use providers::builtin::{ALL, TAPES, to_play};
use providers::contract::{Playing, Tape};
use sandbox::push::AesKey;
use sandbox::signature;
use serde_json::{Value, json};
use url::Url;

const BACK: &str = "https://shop.example.com/back";

/// The ticket of a platform or a suite, without which no code can be exchanged: its receiver, and its push. The tapes
/// need no others.
struct Ticket {
    receiver: &'static str,
    message: &'static str,
}

impl Ticket {
    fn of(kind: &str) -> Option<Self> {
        match kind {
            "wechat-platform-official-account" | "wechat-platform-mini-program" => Some(Self {
                receiver: "wx0123456789abcdef",
                message: "<xml><AppId><![CDATA[wx0123456789abcdef]]></AppId><CreateTime>1760000000</CreateTime>\
                          <InfoType><![CDATA[component_verify_ticket]]></InfoType>\
                          <ComponentVerifyTicket><![CDATA[ticket@@@eXamp1eT1cket]]></ComponentVerifyTicket></xml>",
            }),
            "wecom-third-party" => Some(Self {
                receiver: "ww0123456789abcdef",
                message: "<xml><SuiteId><![CDATA[ww0123456789abcdef]]></SuiteId>\
                          <InfoType><![CDATA[suite_ticket]]></InfoType><TimeStamp>1760000000</TimeStamp>\
                          <SuiteTicket><![CDATA[asdfsadfsuite0ticket]]></SuiteTicket></xml>",
            }),
            _ => None,
        }
    }

    /// Pushes it, encrypted for this receiver, and returns the response.
    async fn push(&self, company: &Company, receiver: &str) -> (u16, String) {
        let key: AesKey = KEY.parse().expect("a key");
        let encrypt = key.encrypt(*b"0123456789abcdef", self.message, receiver);
        let now = (company.clock.now().millis() / 1000).to_string();
        let signature = signature::push_message(TOKEN, &now, "904417236", &encrypt);
        let query = format!("msg_signature={signature}&timestamp={now}&nonce=904417236");
        let body = format!("<xml><Encrypt><![CDATA[{encrypt}]]></Encrypt></xml>");
        let http = reqwest::Client::builder().build().expect("a client");
        let answer = http.post(format!("{}/push/try?{query}", company.url)).body(body).send().await.expect("an answer");
        (answer.status().as_u16(), answer.text().await.expect("a body"))
    }
}

async fn company(kind: &str, playing: &Playing) -> Company {
    let mut settings: toml::Table = playing.app("try", BACK).parse().expect("the printed table is TOML");
    settings.insert("default_app".to_owned(), "try".into());
    if Ticket::of(kind).is_some() {
        settings["apps"][0].as_table_mut().expect("an app").insert("push".to_owned(), keys(&[KEY]).into());
    }
    Company::open_with(Server::Sqlite, settings).await
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
    let company = company(kind, &playing).await;
    let client = company.client();
    let apps = client.ask("{ apps { name kind start profile } }").await;
    let app = apps.data()["apps"][0].clone();
    assert_eq!(app["name"], "try", "{kind}");
    let start = app["start"].as_str().expect("a start");
    if let Some(ticket) = Ticket::of(kind) {
        waits_for_its_ticket(&company, (kind, start), (&playing, &ticket)).await;
    }

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

/// Until the ticket has arrived, a login fails and the operator sees why. A ticket for another receiver is refused.
async fn waits_for_its_ticket(company: &Company, (kind, start): (&str, &str), (playing, ticket): (&Playing, &Ticket)) {
    let client = company.client();
    // The code of the page, not one that a scenario below needs.
    let (_, code) = playing.codes().into_iter().next().expect("a scenario");
    let back = come_back(&client, start, ("good_code", &format!("{code}-early"))).await;

    let early = log_in(&client, kind.starts_with("wechat-"), back).await;
    let of_another = ticket.push(company, "wx0000000000000000").await;
    let pushed = ticket.push(company, ticket.receiver).await;
    let repeated = ticket.push(company, ticket.receiver).await;

    assert_eq!(early.code(), "UPSTREAM_FAULT", "{kind}: {}", early.0);
    assert_eq!(of_another, (403, String::new()), "{kind}");
    assert_eq!([pushed, repeated], [(); 2].map(|()| (200, "success".to_owned())), "{kind}");
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
