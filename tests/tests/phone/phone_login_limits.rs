//! What a stranger can do with logins by phone: the limits of codes, tries and cost, and the cookie of a browser.

use acceptance::{Answer, Client, Company, Server, on_every_database};
use chrono::TimeDelta;
use futures::future::join_all;
use serde_json::{Value, json};

on_every_database!(
    security_21_a_code_is_guessed_at_five_times_and_a_number_a_day,
    security_21_the_tries_of_others_do_not_lock_a_device_on_which_a_phone_was_proved,
    security_21_wrong_codes_count_by_network,
    security_23_logins_and_bindings_share_the_codes_of_a_number,
    security_23_the_codes_of_others_do_not_lock_the_device_of_the_numbers_account,
    security_23_a_network_and_an_app_get_as_many_codes_as_they_may,
    security_23_many_browsers_at_once_get_no_more_codes_than_a_number_may,
    security_43_strangers_leave_a_share_of_the_budget_to_people_who_are_signed_in,
    security_43_what_cannot_read_an_sms_gets_no_code,
    an_app_is_named_or_is_the_default,
);

const LAN: &str = "+8613800000001";
const OTHER: &str = "+8613800000002";

async fn open(server: Server, settings: &str) -> Company {
    Box::pin(Company::open_with(server, toml::from_str(settings).expect("settings"))).await
}

/// Six digits that differ from the code.
fn wrong(code: &str) -> &'static str {
    if code == "000000" { "000001" } else { "000000" }
}

fn number(at: usize) -> String {
    format!("+86138000000{at:02}")
}

fn verifier(at: usize) -> String {
    format!("{at:02}{}", "v".repeat(43))
}

fn refusal(answer: &Answer) -> (&str, &Value) {
    (answer.code(), &answer.0["errors"][0]["extensions"]["retryAfter"])
}

async fn security_21_a_code_is_guessed_at_five_times_and_a_number_a_day(server: Server) {
    let company = open(server, "phone.tries_per_number = 8\nlimits.per_address = 1000\nlimits.per_block = 1000").await;
    let browser = company.client();
    let mut codes = Vec::new();
    for _ in 0..2 {
        browser.send_login_code(LAN).await.data();
        let code = company.sms(LAN).await;
        codes.clear();
        for _ in 0..6 {
            codes.push(browser.log_in_by_phone(LAN, wrong(&code), None).await.code().to_owned());
        }
        company.clock.advance(TimeDelta::minutes(1));
    }

    // Five tries of the first code, and three of the second.
    assert_eq!(codes.iter().filter(|code| *code == "PHONE_CODE_REJECTED").count(), 3, "{codes:?}");
    assert_eq!(codes.last().map(String::as_str), Some("TOO_MANY_TRIES"));
    let right = company.sms(LAN).await;
    assert_eq!(browser.log_in_by_phone(LAN, &right, None).await.code(), "TOO_MANY_TRIES");
}

async fn security_21_the_tries_of_others_do_not_lock_a_device_on_which_a_phone_was_proved(server: Server) {
    let company = open(server, "phone.tries_per_number = 1").await;
    let mut lan = company.client();
    lan.send_login_code(LAN).await.data();
    let login = lan.log_in_by_phone(LAN, &company.sms(LAN).await, None).await;
    lan.carry(&login.data()["loginByPhone"]);
    company.clock.advance(TimeDelta::minutes(1));
    let thief = company.client();
    thief.send_login_code_for(LAN, &verifier(1)).await.data();
    let code = company.sms(LAN).await;
    assert_eq!(thief.log_in_by_phone_with(LAN, wrong(&code), (&verifier(1), None)).await.code(), "PHONE_CODE_REJECTED");
    assert_eq!(thief.log_in_by_phone_with(LAN, &code, (&verifier(1), None)).await.code(), "TOO_MANY_TRIES");
    company.clock.advance(TimeDelta::minutes(1));

    lan.send_login_code(LAN).await.data();
    lan.log_in_by_phone(LAN, &company.sms(LAN).await, None).await.data();
}

async fn security_21_wrong_codes_count_by_network(server: Server) {
    let company = open(server, "limits.per_address = 3\nlimits.per_block = 3").await;
    let browser = company.client();

    let mut codes = Vec::new();
    for at in 1..=4 {
        // A different number each time, to which no code was sent.
        codes.push(browser.log_in_by_phone(&number(at), "123456", None).await.code().to_owned());
    }

    let rejected = "PHONE_CODE_REJECTED".to_owned();
    assert_eq!(codes, [rejected.clone(), rejected.clone(), rejected, "RATE_LIMITED".to_owned()]);
}

async fn security_23_logins_and_bindings_share_the_codes_of_a_number(server: Server) {
    let company = open(server, "phone.codes_per_number = 2").await;
    let lan = company.sign_in("shop", "lan").await;
    lan.send_code(LAN).await.data();
    let browser = company.client();
    assert_eq!(refusal(&browser.send_login_code(LAN).await), ("TOO_MANY_CODES", &json!(60)));
    company.clock.advance(TimeDelta::minutes(1));
    browser.send_login_code(LAN).await.data();
    company.clock.advance(TimeDelta::minutes(1));

    let day = 24 * 60 * 60;
    assert_eq!(refusal(&browser.send_login_code(LAN).await), ("TOO_MANY_CODES", &json!(day - 120)));
    assert_eq!(refusal(&lan.send_code(LAN).await), ("TOO_MANY_CODES", &json!(day - 120)));
}

async fn security_23_the_codes_of_others_do_not_lock_the_device_of_the_numbers_account(server: Server) {
    let company = open(server, "phone.codes_per_number = 2").await;
    let mut lan = company.client();
    lan.send_login_code(LAN).await.data();
    let login = lan.log_in_by_phone(LAN, &company.sms(LAN).await, None).await;
    lan.carry(&login.data()["loginByPhone"]);
    let wei = company.sign_in("shop", "wei").await;
    company.prove(&wei, OTHER).await.data();
    company.clock.advance(TimeDelta::minutes(1));
    company.client().send_login_code_for(LAN, &verifier(1)).await.data();
    company.clock.advance(TimeDelta::minutes(1));

    // A device that is known, but not for this number's account, does not count as its owner's.
    assert_eq!(wei.send_login_code(LAN).await.code(), "TOO_MANY_CODES");
    assert_eq!(company.client().send_login_code(LAN).await.code(), "TOO_MANY_CODES");
    for _ in 0..2 {
        lan.send_login_code(LAN).await.data();
        company.clock.advance(TimeDelta::minutes(1));
    }
    assert_eq!(lan.send_login_code(LAN).await.code(), "TOO_MANY_CODES", "its own codes count");
}

async fn security_23_a_network_and_an_app_get_as_many_codes_as_they_may(server: Server) {
    let company = open(server, "phone.codes_per_address = 2").await;
    let browser = company.client();
    for at in 1..=2 {
        browser.send_login_code(&number(at)).await.data();
    }
    assert_eq!(browser.send_login_code(&number(3)).await.code(), "TOO_MANY_CODES");

    // Half is reserved for logged-in people.
    let company = open(server, "phone.codes_per_app = 4\nlimits.reserved_percent = 50").await;
    let browser = company.client();
    for at in 1..=2 {
        browser.send_login_code(&number(at)).await.data();
    }
    assert_eq!(browser.send_login_code(&number(3)).await.code(), "TOO_MANY_CODES");
    let lan = company.sign_in("shop", "lan").await;
    lan.send_code(&number(3)).await.data();
}

async fn security_23_many_browsers_at_once_get_no_more_codes_than_a_number_may(server: Server) {
    let company = open(server, "").await;
    let browsers: Vec<(Client, String)> = (0..10).map(|at| (company.client(), verifier(at))).collect();

    let answers = join_all(browsers.iter().map(|(browser, verifier)| browser.send_login_code_for(LAN, verifier))).await;

    let sent = answers.iter().filter(|answer| answer.0.get("errors").is_none()).count();
    let inbox = company.sandbox("GET", "/_sandbox/sms", None).await;
    assert_eq!((sent, inbox.as_array().map(Vec::len)), (1, Some(1)), "{answers:?}");
}

async fn security_43_strangers_leave_a_share_of_the_budget_to_people_who_are_signed_in(server: Server) {
    let settings = "sms.budget.daily_cents = 20\nsms.budget.price_cents = 5\nlimits.reserved_percent = 50";
    let company = open(server, settings).await;
    let browser = company.client();
    for at in 1..=2 {
        browser.send_login_code(&number(at)).await.data();
    }

    assert_eq!(browser.send_login_code(&number(3)).await.code(), "SMS_UNAVAILABLE");

    let lan = company.sign_in("shop", "lan").await;
    for at in 3..=4 {
        lan.send_code(&number(at)).await.data();
    }
    assert_eq!(lan.send_code(&number(5)).await.code(), "SMS_UNAVAILABLE");
}

async fn security_43_what_cannot_read_an_sms_gets_no_code(server: Server) {
    let company = open(server, "").await;
    let browser = company.client();

    for phone in ["010 6234 5678", "400 820 8820", "+852 5123 4567", "nonsense", ""] {
        assert_eq!(browser.send_login_code(phone).await.code(), "INVALID_PHONE", "{phone}");
    }
}

async fn an_app_is_named_or_is_the_default(server: Server) {
    let company = open(server, "").await;
    let browser = company.client();
    let query = "mutation ($app: String) {
        sendLoginCode(phone: \"13800000001\", app: $app, codeChallenge: \"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM\") {
        expiresAt } }";

    assert_eq!(browser.send(query, json!({ "app": "unheard-of" })).await.code(), "UNKNOWN_APP");

    browser.send(query, json!({ "app": "club" })).await.data();
    let mut lan = browser.clone();
    lan.carry(&browser.log_in_by_phone(LAN, &company.sms(LAN).await, None).await.data()["loginByPhone"]);
    let sessions = lan.ask("{ sessions { app } }").await;
    assert_eq!(sessions.data()["sessions"], json!([{ "app": "club" }]));
}
