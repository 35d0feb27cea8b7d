//! What is secret or personal is in no table, index, file or old page of a database: a broad story is played with values that
//! are known, and the whole database is searched for them.
//! That none is in a log is tested with the binary.

use std::collections::BTreeSet;

use acceptance::merging::{LAN, OTHER};
use acceptance::{Company, Server, on_every_database};
use chrono::TimeDelta;
use data_encoding::{BASE64, BASE64_NOPAD, BASE64URL_NOPAD, HEXLOWER, HEXLOWER_PERMISSIVE, HEXUPPER};
use domain::ServiceScope;
use serde_json::{Value, json};

on_every_database!(
    no_planted_value_is_in_the_database_after_a_long_day,
    a_change_of_the_key_leaves_every_phone_where_it_was,
);

const NEW: &str = "+8613900000088";
const IMPORTED: &str = "+8613900000099";

/// What a client, the sandbox or WeChat calls what nobody may find.
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

/// What was planted, and where it was seen.
#[derive(Default)]
struct Planted(BTreeSet<(String, String)>);

impl Planted {
    fn plant(&mut self, what: &str, value: &str) {
        // Numbers of errors and the like are no secrets.
        if value.len() >= 6 {
            self.0.insert((what.to_owned(), value.to_owned()));
        }
    }

    /// A number in E.164 and as it is written at home.
    fn phone(&mut self, number: &str) {
        self.plant("phone", number);
        self.plant("national phone", number.trim_start_matches("+86"));
    }

    /// Every value of a JSON answer whose name says that it is secret, also in texts that are JSON themselves.
    fn note(&mut self, value: &Value) {
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    if let Some(text) = value.as_str().filter(|_| SECRET.contains(&name.as_str())) {
                        // The error codes of the API have the same name as a login code.
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

    /// The same of a query or a form.
    fn form(&mut self, text: &str) {
        for (name, value) in url::form_urlencoded::parse(text.as_bytes()) {
            if SECRET.contains(&&*name) {
                self.plant(&name, &value);
            }
        }
    }

    /// Where any of it is found, in whatever writing.
    fn found_in(&self, cells: &[migration::throwaway::Cell]) -> Vec<String> {
        let mut found = Vec::new();
        for (what, value) in &self.0 {
            let needles = writings(value);
            for cell in cells {
                if needles.iter().any(|needle| stands_in(&cell.bytes, needle)) {
                    found.push(format!("{what} in {}", cell.place));
                }
            }
        }
        found.sort();
        found.dedup();
        found
    }
}

/// A value as text, in hexadecimal and in base64; and what it is the hexadecimal or base64 of.
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
        // Wherever in a longer text it begins: the first and the last letters depend on the neighbours.
        for shift in 0..3_usize {
            let padded = [vec![0; shift], bytes.clone()].concat();
            let (begin, end) = ((shift * 8).div_ceil(6), padded.len() * 8 / 6);
            all.push(BASE64_NOPAD.encode(&padded).as_bytes()[begin..end].to_vec());
            all.push(BASE64URL_NOPAD.encode(&padded).as_bytes()[begin..end].to_vec());
        }
    }
    all
}

/// A short value, such as an SMS code, counts only where it stands by itself: six digits are a part of many numbers.
fn stands_in(bytes: &[u8], needle: &[u8]) -> bool {
    let is_short = needle.len() < 9;
    let is_part_of_a_word = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_alphanumeric);
    bytes.windows(needle.len()).enumerate().any(|(at, window)| {
        window == needle
            && !(is_short && (is_part_of_a_word(at.checked_sub(1)) || is_part_of_a_word(Some(at + needle.len()))))
    })
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

/// A login in a browser, with a state and a verifier.
async fn bound_login(company: &Company, planted: &mut Planted) {
    // RFC 7636, appendix B.
    let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    planted.plant("verifier", verifier);
    let input = json!({
        "app": "shop", "returnTo": format!("{}/playground", company.url),
        "codeChallenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    });
    let client = company.client();
    let begin = "mutation ($input: BeginLoginInput!) { beginLogin(input: $input) { state authorizeUrl } }";
    let begun = client.send(begin, json!({ "input": input })).await;
    planted.note(&begun.0);
    let code = company.code("shop", "wei").await;
    planted.plant("code", &code);
    let input = json!({
        "code": code, "state": begun.data()["beginLogin"]["state"], "codeVerifier": verifier,
    });
    planted.note(&client.log_in_with(&input).await.0);
}

/// Everything that an account can go through, in a day or two.
async fn live(company: &Company) -> Planted {
    let mut planted = Planted::default();
    for number in [LAN, OTHER, NEW, IMPORTED] {
        planted.phone(number);
    }
    company.member("C-9", IMPORTED, 10).await;
    bound_login(company, &mut planted).await;
    // A merge, looked at, confirmed and undone.
    let (mut lan, refused) = company.offered().await;
    planted.note(&refused.0);
    let merged = lan.merge_keeping_own(&refused.merge_token()).await;
    planted.note(&merged.0);
    let undone = lan.undo(&merged.data()["mergeUsers"]["mergeId"], None).await;
    planted.note(&undone.0);
    // A phone is changed, and given up; a mini program shows another.
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
    // A wrong code, which stays where it is.
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
    system
        .send(
            "mutation ($input: [OrderInput!]!) { recordOrders(input: $input) { orders { id } } }",
            json!({ "input": order }),
        )
        .await
        .data();
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
    // What must be in clear is found: the search works.
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

    let first = company.app.service().rotate_keys(|_, _| {}).await.expect("a change of the key");
    let second = company.app.service().rotate_keys(|_, _| {}).await.expect("another");

    assert!(first.is_new && second.is_new && first.resealed == 1 && second.resealed == 1, "{first:?} {second:?}");
    // A replica that was running meanwhile learns of the keys by the rows.
    for client in [&lan, &elsewhere] {
        assert_eq!(client.ask("{ me { phone } }").await.data()["me"]["phone"], LAN);
    }
    company.clock.advance(TimeDelta::minutes(1));
    assert_eq!(company.change(&elsewhere, OTHER).await.data()["changePhone"]["user"]["phone"], OTHER);
    assert_eq!(lan.ask("{ me { phone } }").await.data()["me"]["phone"], OTHER);
    let acts = company.app.service().audit(TimeDelta::hours(1), 100).await.expect("the audit");
    let made = acts.iter().filter(|event| event.action == domain::AuditAction::DataKeyMade).count();
    assert_eq!(made, 2);
}
