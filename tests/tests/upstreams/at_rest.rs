//! No secret or personal data is in a table, index, file or free page of a database in plain text: the tests run many
//! operations with known values and search the whole database for them. The binary's tests search its log.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use acceptance::merging::{LAN, OTHER};
use acceptance::{Company, Database, Server, on_every_database};
use api::app::StartError;
use api::config::{self, Source};
use async_trait::async_trait;
use chrono::TimeDelta;
use data_encoding::{BASE64, BASE64_NOPAD, BASE64URL_NOPAD, HEXLOWER, HEXLOWER_PERMISSIVE, HEXUPPER};
use domain::login::Proof;
use domain::{AppId, OpenKey, Profile, ServiceScope, UnionScope};
use providers::{
    Abilities, AuthorizeRequest, Built, ErrorKind, Exchange, Factory, IdentityProvider, ProviderError, Settings, Start,
};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

on_every_database!(
    no_planted_value_is_in_the_database_after_a_long_day,
    a_change_of_the_key_leaves_every_phone_where_it_was,
    what_a_login_is_kept_together_by_is_known_when_it_ends_and_stands_nowhere,
    a_start_seals_the_numbers_of_an_older_version_if_it_may,
);

const NEW: &str = "+8613900000088";
const IMPORTED: &str = "+8613900000099";

/// The shortest value that is searched for, in bytes: an SMS code has six.
const SHORTEST: usize = 6;

/// The names of secret values in the data of clients, the sandbox and WeChat.
const SECRET: [&str; 16] = [
    "accessToken",
    "refreshToken",
    "mergeToken",
    "state",
    "code",
    "js_code",
    "secret",
    "access_token",
    "refresh_token",
    "session_key",
    "ticket",
    "phoneNumber",
    "purePhoneNumber",
    "appsecret",
    "token",
    "unionTicket",
];

/// The planted values, and where each came from.
#[derive(Default)]
struct Planted(BTreeSet<(String, String)>);

impl Planted {
    fn plant(&mut self, what: &str, value: &str) {
        // Error numbers and the like are not secrets.
        if value.len() >= SHORTEST {
            self.0.insert((what.to_owned(), value.to_owned()));
        }
    }

    /// Adds a number in E.164 and in national format.
    fn phone(&mut self, number: &str) {
        self.plant("phone", number);
        self.plant("national phone", number.trim_start_matches("+86"));
    }

    /// Adds every value of a JSON answer whose name marks it as secret, also in strings that are JSON themselves.
    fn note(&mut self, value: &Value) {
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    if let Some(text) = value.as_str().filter(|_| SECRET.contains(&name.as_str())) {
                        // Error codes of the API are also called `code`.
                        if !text.chars().all(|c| c.is_ascii_uppercase() || c == '_') {
                            self.plant(name, text);
                        }
                    }
                    if name == "query" || name == "body" {
                        self.form(value.as_str().unwrap_or_default());
                    }
                    self.note(value);
                }
            }
            Value::Array(values) => values.iter().for_each(|value| self.note(value)),
            Value::String(text) => {
                if let Ok(inner @ (Value::Object(_) | Value::Array(_))) = serde_json::from_str(text) {
                    self.note(&inner);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// Adds the secret values of a query or a form.
    fn form(&mut self, text: &str) {
        for (name, value) in url::form_urlencoded::parse(text.as_bytes()) {
            if SECRET.contains(&&*name) {
                self.plant(&name, &value);
            }
        }
    }

    /// Returns where any of the values is found, in any encoding.
    fn found_in(&self, cells: &[migration::throwaway::Cell]) -> Vec<String> {
        // Grouped by prefix, so that the data is read once.
        let mut needles: HashMap<[u8; SHORTEST], Vec<(&str, Vec<u8>)>> = HashMap::new();
        for (what, value) in &self.0 {
            for needle in writings(value) {
                let beginning = *needle.first_chunk().expect("what is planted is long enough");
                needles.entry(beginning).or_default().push((what.as_str(), needle));
            }
        }
        let mut found = BTreeSet::new();
        for cell in cells {
            for (at, window) in cell.bytes.windows(SHORTEST).enumerate() {
                for (what, needle) in needles.get(window).into_iter().flatten() {
                    if stands_at(&cell.bytes, at, needle) {
                        found.insert(format!("{what} in {}", cell.place));
                    }
                }
            }
        }
        found.into_iter().collect()
    }
}

/// Returns a value as text, in hexadecimal and in base64, and decoded from either.
fn writings(value: &str) -> Vec<Vec<u8>> {
    let mut plain = vec![value.as_bytes().to_vec()];
    if value.len() >= 32 {
        plain.extend(HEXLOWER_PERMISSIVE.decode(value.as_bytes()).ok());
        plain.extend(BASE64URL_NOPAD.decode(value.as_bytes()).ok());
        plain.extend(BASE64.decode(value.as_bytes()).ok());
    }
    let mut all = plain.clone();
    for bytes in &plain {
        all.push(HEXLOWER.encode(bytes).into());
        all.push(HEXUPPER.encode(bytes).into());
        // At any offset in a longer text: the first and the last letters depend on the neighbours.
        for shift in 0..3_usize {
            let padded = [vec![0; shift], bytes.clone()].concat();
            let (begin, end) = ((shift * 8).div_ceil(6), padded.len() * 8 / 6);
            all.push(BASE64_NOPAD.encode(&padded).as_bytes()[begin..end].to_vec());
            all.push(BASE64URL_NOPAD.encode(&padded).as_bytes()[begin..end].to_vec());
        }
    }
    all
}

/// A short value, such as an SMS code, counts only on its own: many numbers contain the same six digits.
fn stands_at(bytes: &[u8], at: usize, needle: &[u8]) -> bool {
    let is_short = needle.len() < 9;
    let is_part_of_a_word = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_alphanumeric);
    bytes[at..].starts_with(needle)
        && !(is_short && (is_part_of_a_word(at.checked_sub(1)) || is_part_of_a_word(Some(at + needle.len()))))
}

fn settings() -> toml::Table {
    toml::toml! {
        [[apps]]
        name = "shop"
        kind = "wechat-official-account"
        app_id = "wxde30000000005409"
        app_secret = "de300000000000000000000000005409"
        union_scope = "hemu"
        return_to = ["/playground"]
        state = "optional"
        js_pages = ["https://shop.example.com/h5/"]

        [[apps]]
        name = "mini"
        kind = "wechat-mini-program"
        app_id = "wxde30000000003191"
        app_secret = "de300000000000000000000000003191"
        union_scope = "hemu"
    }
}

/// Performs a browser login, with a state and a verifier.
async fn bound_login(company: &Company, planted: &mut Planted) {
    // RFC 7636, appendix B.
    let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    planted.plant("verifier", verifier);
    let input = json!({
        "app": "shop", "returnTo": format!("{}/playground", company.url),
        "codeChallenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    });
    let client = company.client();
    let mutation = "mutation ($input: BeginLoginInput!) { beginLogin(input: $input) { state authorizeUrl } }";
    let begun = client.send(mutation, json!({ "input": input })).await;
    planted.note(&begun.0);
    let code = company.code("shop", "wei").await;
    planted.plant("code", &code);
    let input = json!({
        "code": code, "state": begun.data()["beginLogin"]["state"], "codeVerifier": verifier,
    });
    planted.note(&client.log_in_with(&input).await.0);
}

/// Performs every operation on an account, over one or two days.
async fn live(company: &Company) -> Planted {
    let mut planted = Planted::default();
    for number in [LAN, OTHER, NEW, IMPORTED] {
        planted.phone(number);
    }
    company.member("C-9", IMPORTED, 10).await;
    bound_login(company, &mut planted).await;
    // A merge: previewed, confirmed and undone.
    let (mut lan, refused) = company.offered().await;
    planted.note(&refused.0);
    let merged = lan.merge_keeping_own(&refused.merge_token()).await;
    planted.note(&merged.0);
    let undone = lan.undo(&merged.data()["mergeUsers"]["mergeId"], None).await;
    planted.note(&undone.0);
    // A phone is changed and unbound; a mini program binds another.
    company.clock.advance(TimeDelta::minutes(2));
    let login = lan.log_in(&company.code("shop", "lan").await, "shop").await;
    planted.note(&login.0);
    lan.carry(&login.data()["wechatLogin"]);
    planted.note(&company.change(&lan, NEW).await.0);
    let refresh = "mutation ($token: String!) { refreshSession(refreshToken: $token) { accessToken refreshToken } }";
    let refreshed = lan.send(refresh, json!({ "token": login.data()["wechatLogin"]["refreshToken"] })).await;
    planted.note(&refreshed.0);
    lan.unbind().await.data();
    let mini = company.sign_in("mini", "lan").await;
    let tapped =
        company.sandbox("POST", "/_sandbox/phone-codes", Some(&json!({ "app": "mini", "person": "lan" }))).await;
    planted.note(&tapped);
    mini.show("code: $code", json!({ "code": tapped["code"] })).await;
    // A wrong code, which leaves the code's row in place.
    company.clock.advance(TimeDelta::minutes(2));
    let wei = company.sign_in("shop", "wei").await;
    wei.send_code(OTHER).await.data();
    planted.note(&wei.bind(OTHER, "000000").await.0);
    // An order, a signature for a page, an event.
    let order = json!([{
        "app": "shop", "orderNo": "S-1", "openId": company.sandbox.open_id("shop", "lan"), "status": "PAID",
        "total": { "amount": "10.00", "currency": "CNY" }, "placedAt": "2025-05-01T10:00:00Z", "items": [],
    }]);
    let mut system = company.system(&[ServiceScope::OrdersWrite, ServiceScope::UsersWrite]).await;
    planted.plant("service token", system.bearer.as_deref().expect("a token"));
    system.record(order).await;
    system.bearer = None;
    let sign = "query ($url: String!) { jsSdkConfig(app: \"shop\", url: $url) { signature } }";
    system.send(sign, json!({ "url": "https://shop.example.com/h5/a" })).await.data();
    for number in [LAN, OTHER, NEW] {
        let path = format!("/_sandbox/sms?to={}", number.replace('+', "%2B"));
        planted.note(&company.sandbox("GET", &path, None).await);
    }
    planted.note(&company.sandbox("GET", "/_sandbox/calls", None).await);
    planted
}

async fn no_planted_value_is_in_the_database_after_a_long_day(server: Server) {
    let company = Company::open_with(server, settings()).await;

    let planted = live(&company).await;

    let kinds: BTreeSet<&str> = planted.0.iter().map(|(what, _)| what.as_str()).collect();
    for kind in [
        "accessToken",
        "refreshToken",
        "mergeToken",
        "state",
        "verifier",
        "code",
        "secret",
        "access_token",
        "session_key",
        "ticket",
        "phone",
        "national phone",
        "service token",
    ] {
        assert!(kinds.contains(kind), "no {kind} was planted: {kinds:?}");
    }
    let dump = company.database.dump().await;
    // Values that are stored in plain text are found, so the search works.
    let mut known = Planted::default();
    known.plant("open id", &company.sandbox.open_id("shop", "lan").expect("Lan is known there"));
    assert!(known.found_in(&dump).iter().any(|found| found == "open id in open_ids.open_id"));
    assert_eq!(planted.found_in(&dump), [""; 0]);
    assert_eq!(planted.found_in(&company.database.files()), [""; 0]);
}

async fn a_change_of_the_key_leaves_every_phone_where_it_was(server: Server) {
    let company = Company::open(server).await;
    let lan = company.sign_in("shop", "lan").await;
    company.prove(&lan, LAN).await.data();
    let other = company.replica().await;
    let mut elsewhere = other.clone();
    elsewhere.bearer.clone_from(&lan.bearer);

    let first = api::usecase::key::rotate(company.app.service(), |_, _| {}).await.expect("a change of the key");
    let second = api::usecase::key::rotate(company.app.service(), |_, _| {}).await.expect("another");

    assert!(first.is_new && second.is_new && first.resealed == 1 && second.resealed == 1, "{first:?} {second:?}");
    // A replica that was running at the time loads the keys that the rows reference.
    for client in [&lan, &elsewhere] {
        assert_eq!(client.ask("{ me { phone } }").await.data()["me"]["phone"], LAN);
    }
    company.clock.advance(TimeDelta::minutes(1));
    assert_eq!(company.change(&elsewhere, OTHER).await.data()["changePhone"]["user"]["phone"], OTHER);
    assert_eq!(lan.ask("{ me { phone } }").await.data()["me"]["phone"], OTHER);
    let acts = api::usecase::audit::recent(
        company.app.service(),
        api::usecase::audit::AuditQuery::default(),
        TimeDelta::hours(1),
        100,
    )
    .await
    .expect("the audit");
    let made = acts.iter().filter(|event| event.action == domain::AuditAction::DataKeyMade).count();
    assert_eq!(made, 2);
}

/// An upstream that repeats the values it received when a login began, and requires the same ones at the end.
#[derive(Debug)]
struct Parrot(AppId);

const PARROT: Factory = Factory { kind: "parrot", build: parrot };

#[expect(clippy::unnecessary_wraps, reason = "a factory may refuse its settings")]
fn parrot(_: Settings) -> Built {
    Ok(Arc::new(Parrot("parrot".parse().expect("an app id"))))
}

#[async_trait]
impl IdentityProvider for Parrot {
    fn app_id(&self) -> &AppId {
        &self.0
    }

    fn union_scope(&self) -> Option<&UnionScope> {
        None
    }

    fn upstream(&self) -> &'static str {
        "parrot.example"
    }

    fn start(&self) -> Start {
        Start::Redirect
    }

    fn abilities(&self) -> Abilities {
        Abilities::OPEN_ID_ONLY
    }

    async fn authorize_url(&self, request: &AuthorizeRequest<'_>) -> Result<String, ProviderError> {
        let mut url = url::Url::parse("https://parrot.example/").expect("an address");
        url.query_pairs_mut()
            .append_pair("state", request.state)
            .append_pair("nonce", request.kept.nonce.expose_secret())
            .append_pair("verifier", request.kept.code_verifier.expose_secret());
        Ok(url.into())
    }

    async fn exchange(&self, login: &Exchange<'_>) -> Result<Proof, ProviderError> {
        let kept = login.begun.map(|begun| &begun.kept);
        let kept = kept.map(|kept| format!("{}.{}", kept.nonce.expose_secret(), kept.code_verifier.expose_secret()));
        if kept.as_deref() != Some(login.code.expose()) {
            return Err(ProviderError::new(ErrorKind::CodeRejected, "another login began so"));
        }
        let key = OpenKey { app: self.0.clone(), open_id: "oPolly".parse().expect("an open id") };
        Ok(Proof { key, union: None, profile: Profile::default() })
    }
}

async fn what_a_login_is_kept_together_by_is_known_when_it_ends_and_stands_nowhere(server: Server) {
    let settings = toml::toml! {
        default_app = ""
        [[apps]]
        name = "parrot"
        kind = "parrot"
        return_to = ["/playground"]
    };
    let company = Company::open_with_provider(server, settings, PARROT).await;
    // RFC 7636, appendix B.
    let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    let mut kept = Vec::new();
    for _ in 0..2 {
        let input = json!({
            "app": "parrot", "returnTo": format!("{}/playground", company.url),
            "codeChallenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        });
        let mutation = "mutation ($input: BeginLoginInput!) { beginLogin(input: $input) { state authorizeUrl } }";
        let begun = company.client().send(mutation, json!({ "input": input })).await.data()["beginLogin"].clone();
        let url = url::Url::parse(begun["authorizeUrl"].as_str().expect("an address")).expect("an address");
        let value = |name| url.query_pairs().find(|(key, _)| key == name).expect("a value").1.into_owned();
        kept.push((begun["state"].clone(), value("nonce"), value("verifier")));
    }
    let mut planted = Planted::default();
    for (_, nonce, verifier) in &kept {
        planted.plant("nonce", nonce);
        planted.plant("code verifier", verifier);
    }

    let (found, files) = (company.database.dump().await, company.database.files());
    // A replica that did not begin the login ends it, with exactly the values that the other one generated.
    let other = company.replica().await;
    let log_in = async |state: &Value, (nonce, kept): (&str, &str)| {
        let input = json!({ "code": format!("{nonce}.{kept}"), "state": state, "codeVerifier": verifier });
        other.log_in_with(&input).await
    };
    let (first, second) = (&kept[0], &kept[1]);
    let ended = log_in(&first.0, (&first.1, &first.2)).await;
    let mixed_up = log_in(&second.0, (&first.1, &second.2)).await;

    assert_eq!((planted.found_in(&found), planted.found_in(&files)), (Vec::new(), Vec::new()));
    assert!(first.1 != second.1 && first.2 != second.2 && first.1.len() == 32 && first.2.len() == 43);
    assert_eq!(ended.data()["login"]["openId"], "oPolly");
    assert_eq!(mixed_up.code(), "INVALID_CODE", "{mixed_up:?}");
}

async fn a_start_seals_the_numbers_of_an_older_version_if_it_may(server: Server) {
    let database = Database::as_of(server, "m0007_identity").await;
    let id = |n: u32| match server {
        Server::Postgres => format!("'00000000-0000-7000-8000-{n:012x}'"),
        Server::Sqlite | Server::MariaDb => format!("X'00000000000070008000{n:012x}'"),
    };
    database
        .execute(&[
            format!("INSERT INTO users (id, status, created_at, updated_at) VALUES ({}, 'ACTIVE', 1, 1)", id(1)),
            format!(
                "INSERT INTO phones (id, user_id, proof, created_at, last_proof_at, number, active_number, active_user) \
                 VALUES ({}, {}, 'CODE', 1, {}, '{LAN}', '{LAN}', {})",
                id(2),
                id(1),
                acceptance::START.millis(),
                id(1)
            ),
        ])
        .await;
    migration::up(database.url()).await.expect("a migration");
    let refused = start(&database).await;
    assert!(matches!(refused, Err(StartError::Clear)), "{refused:?}");

    let settings = toml::toml! { database.migrate_on_start = true };
    let company = Company::open_on(database, settings).await;

    let mut planted = Planted::default();
    planted.phone(LAN);
    assert_eq!(planted.found_in(&company.database.dump().await), [""; 0]);
    assert_eq!(planted.found_in(&company.database.files()), [""; 0]);
    // The number still belongs to its account: proving it continues as that account.
    let lan = company.sign_in("shop", "lan").await;
    let joined = company.prove(&lan, LAN).await;
    assert_eq!(joined.data()["bindPhone"]["user"]["id"], "usr_00000000000070008000000000000001");
    start(&company.database).await.expect("there is nothing left to seal");
}

/// Starts without permission to change the database.
async fn start(database: &Database) -> Result<api::App, StartError> {
    let mut overrides = toml::toml! { database.migrate_on_start = false };
    let table = overrides["database"].as_table_mut().expect("a table");
    table.insert("url".to_owned(), database.url().into());
    let config = config::load(&Source { demo: true, overrides, ..Source::default() }).expect("a valid configuration");
    Box::pin(api::App::builder(config).build()).await
}

#[test]
fn the_search_finds_a_value_in_every_writing_and_no_part_of_a_number() {
    let mut planted = Planted::default();
    planted.plant("secret", "s3cret-of-the-test");
    planted.plant("code", "482913");
    let cell = |text: String| migration::throwaway::Cell { place: "here".to_owned(), bytes: text.into_bytes() };
    let found = |text: String| planted.found_in(&[cell(text)]);

    for text in [
        "… s3cret-of-the-test …".to_owned(),
        HEXLOWER.encode(b"s3cret-of-the-test"),
        format!("x{}", HEXUPPER.encode(b"s3cret-of-the-test")),
        BASE64.encode(b"s3cret-of-the-test"),
        BASE64URL_NOPAD.encode(b"a s3cret-of-the-test?"),
        BASE64.encode("„s3cret-of-the-test“".as_bytes()),
    ] {
        assert_eq!(found(text.clone()), ["secret in here"], "{text}");
    }
    assert_eq!(found("{\"code\":\"482913\"}".to_owned()), ["code in here"]);
    assert_eq!(found("17604829130000 s3cret-of-another-test".to_owned()), [""; 0]);
}
