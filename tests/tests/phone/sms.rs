//! Limits and costs of SMS codes, with the real components. See `carriers.rs` for delivery.

use acceptance::{Answer, Client, Company, Server, on_every_database};
use api::usecase::import::UserText;
use chrono::TimeDelta;
use futures::future::join_all;
use serde_json::{Value, json};

on_every_database!(
    an_account_that_asks_for_many_codes_at_once_gets_as_many_as_it_may,
    security_23_four_logins_of_an_account_send_no_more_codes_than_one,
    security_23_a_merge_resets_no_count,
    security_23_an_open_id_that_was_unlinked_takes_its_count_along,
    security_23_a_device_gets_as_many_codes_as_it_may_with_any_account,
    security_43_what_cannot_read_an_sms_is_refused_before_anything_is_paid,
    security_43_a_country_gets_sms_when_it_is_listed,
    security_43_no_notice_is_sent_to_what_cannot_read_it,
    an_address_block_gets_as_many_codes_as_it_may_with_any_account,
    an_app_gets_as_many_codes_as_it_may_and_another_app_its_own,
    at_the_daily_limit_the_wait_ends_when_the_oldest_code_is_a_day_old,
    when_the_budget_is_used_up_no_codes_are_sent_until_midnight,
    many_codes_at_once_cost_no_more_than_the_budget,
    what_could_not_be_sent_costs_nothing_and_the_number_may_ask_again,
);

fn number(at: usize) -> String {
    format!("+86138000000{at:02}")
}

async fn open(server: Server, settings: &str) -> Company {
    Company::open_with(server, toml::from_str(settings).expect("settings")).await
}

async fn many(people: &[Client], count: usize) -> Vec<Answer> {
    let numbers: Vec<_> = (1..=count).map(number).collect();
    join_all(numbers.iter().enumerate().map(|(at, number)| people[at % people.len()].send_code(number))).await
}

async fn in_the_inbox(company: &Company) -> usize {
    company.sandbox("GET", "/_sandbox/sms", None).await.as_array().expect("a list").len()
}

fn refusal(answer: &Answer) -> (&str, &Value) {
    (answer.code(), &answer.0["errors"][0]["extensions"]["retryAfter"])
}

async fn an_account_that_asks_for_many_codes_at_once_gets_as_many_as_it_may(server: Server) {
    let company = open(server, "phone.codes_per_account = 3").await;
    let lan = company.sign_in("shop", "lan").await;

    let answers = many(&[lan], 10).await;

    let sent = answers.iter().filter(|answer| answer.0.get("errors").is_none()).count();
    assert_eq!((sent, in_the_inbox(&company).await), (3, 3), "{answers:?}");
    let refused = answers.iter().find(|answer| answer.0.get("errors").is_some()).expect("a refusal");
    assert_eq!(refusal(refused), ("TOO_MANY_CODES", &json!(86_400)));
}

async fn security_23_four_logins_of_an_account_send_no_more_codes_than_one(server: Server) {
    let company = open(server, "").await;
    let mut logins = Vec::new();
    for _ in 0..4 {
        // Another device each time: the codes count for the account.
        logins.push(company.sign_in("shop", "lan").await);
    }

    let answers = many(&logins, 80).await;

    let sent = answers.iter().filter(|answer| answer.0.get("errors").is_none()).count();
    assert_eq!((sent, in_the_inbox(&company).await), (20, 20), "{answers:?}");
}

async fn security_23_a_merge_resets_no_count(server: Server) {
    let company = open(server, "phone.codes_per_account = 3").await;
    company.member("C-1001", &number(1), 10).await;
    let lan = company.sign_in("shop", "lan").await;
    lan.send_code(&number(2)).await.data();
    lan.send_code(&number(3)).await.data();

    let joined = company.prove(&lan, &number(1)).await;

    assert_eq!(joined.data()["bindPhone"]["merged"], true);
    let again = company.sign_in("shop", "lan").await;
    assert_eq!(refusal(&again.send_code(&number(4)).await), ("TOO_MANY_CODES", &json!(86_400)));
}

async fn security_23_an_open_id_that_was_unlinked_takes_its_count_along(server: Server) {
    let company = open(server, "phone.codes_per_account = 3").await;
    let lan = company.sign_in("shop", "lan").await;
    company.prove(&lan, &number(1)).await.data();
    lan.send_code(&number(2)).await.data();
    lan.send_code(&number(3)).await.data();
    let before = lan.ask("{ me { id } }").await;
    lan.unlink("shop").await.data();

    let again = company.sign_in("shop", "lan").await;

    assert_ne!(again.ask("{ me { id } }").await.data(), before.data());
    assert_eq!(refusal(&again.send_code(&number(4)).await), ("TOO_MANY_CODES", &json!(86_400)));
}

async fn security_23_a_device_gets_as_many_codes_as_it_may_with_any_account(server: Server) {
    let company = open(server, "phone.codes_per_device = 3").await;
    let lan = company.sign_in("shop", "lan").await;
    let people = [company.sign_in_on(&lan, "club", "wei").await, lan];

    let answers = many(&people, 10).await;

    assert_eq!(in_the_inbox(&company).await, 3, "{answers:?}");
    company.sign_in("shop", "lan").await.send_code(&number(50)).await.data();
}

/// Numbers that received SMS in published reports or attacks.
const UNREACHABLE: [(&str, &str); 13] = [
    ("010-62345678", "only a mobile phone can receive an SMS"),
    ("400-820-8820", "only a mobile phone can receive an SMS"),
    ("800-820-8820", "only a mobile phone can receive an SMS"),
    ("10130246633", "not a valid phone number, such as 13800000001 or +85251234567"),
    ("21187570629", "not a valid phone number, such as 13800000001 or +85251234567"),
    ("13491234567", "only a mobile phone can receive an SMS"),
    ("17401234567", "only a mobile phone can receive an SMS"),
    ("17212345678", "only a mobile phone can receive an SMS"),
    ("85298765432", "SMS are not sent to this country"),
    ("+85298765432", "SMS are not sent to this country"),
    ("+14155552671", "SMS are not sent to this country"),
    ("+19005551234", "SMS are not sent to this country"),
    ("+881612345678", "only a mobile phone can receive an SMS"),
];

async fn security_43_what_cannot_read_an_sms_is_refused_before_anything_is_paid(server: Server) {
    // The budget and this network's limit allow one message.
    let settings = "sms.budget = { price_cents = 5, daily_cents = 5 }\nphone.codes_per_address = 1";
    let company = open(server, settings).await;
    company.member("C-1001", "010-62345678", 10).await;
    let lan = company.sign_in("shop", "lan").await;

    let mut told = Vec::new();
    for (number, _) in UNREACHABLE {
        let refused = lan.send_code(number).await;
        assert_eq!(refused.code(), "INVALID_PHONE", "{number}");
        let detail = &refused.0["errors"][0]["extensions"]["detail"];
        told.push((number, detail.as_str().map_or("", |detail| detail.trim_start_matches("phone: ")).to_owned()));
    }

    assert_eq!(told, UNREACHABLE.map(|(number, reason)| (number, reason.to_owned())));

    assert_eq!(in_the_inbox(&company).await, 0);
    lan.send_code(&number(1)).await.data();
}

async fn security_43_a_country_gets_sms_when_it_is_listed(server: Server) {
    let company = open(server, "phone.countries = [\"CN\", \"HK\"]").await;
    let lan = company.sign_in("shop", "lan").await;

    lan.send_code("+85291234567").await.data();

    assert_eq!(lan.send_code("+85221234567").await.code(), "INVALID_PHONE");
    assert_eq!(lan.send_code("+85366123456").await.code(), "INVALID_PHONE");
}

async fn security_43_no_notice_is_sent_to_what_cannot_read_it(server: Server) {
    let company = open(server, "").await;
    let open_id = company.sandbox.open_id("shop", "lan").expect("an openId");
    let landline = UserText {
        external_id: "C-1001".to_owned(),
        phone: Some("010-62345678".to_owned()),
        open_ids: vec![("shop".to_owned(), open_id)],
        ..UserText::default()
    };
    let service = company.app.service();
    api::usecase::import::import_users(
        service,
        &[api::usecase::import::read_user(service, &landline).expect("an account")],
    )
    .await
    .expect("the database answers");
    let lan = company.sign_in("shop", "lan").await;

    company.change(&lan, "+8613800000002").await.data();

    // The code, and no notice of the change.
    assert_eq!(in_the_inbox(&company).await, 1);
}

async fn an_address_block_gets_as_many_codes_as_it_may_with_any_account(server: Server) {
    let company = open(server, "phone.codes_per_address = 3").await;
    let people = [company.sign_in("shop", "lan").await, company.sign_in("club", "wei").await];

    let answers = many(&people, 8).await;

    assert_eq!(in_the_inbox(&company).await, 3, "{answers:?}");
}

async fn an_app_gets_as_many_codes_as_it_may_and_another_app_its_own(server: Server) {
    let company = open(server, "phone.codes_per_app = 2").await;
    let people = [company.sign_in("shop", "lan").await, company.sign_in("shop", "wei").await];
    let elsewhere = company.sign_in("club", "lan").await;

    let answers = many(&people, 6).await;

    assert_eq!(in_the_inbox(&company).await, 2, "{answers:?}");
    elsewhere.send_code(&number(50)).await.data();
}

async fn at_the_daily_limit_the_wait_ends_when_the_oldest_code_is_a_day_old(server: Server) {
    let company = open(server, "phone.codes_per_number = 2").await;
    let lan = company.sign_in("shop", "lan").await;
    lan.send_code(&number(1)).await.data();
    company.clock.advance(TimeDelta::minutes(10));
    let lan = company.sign_in_on(&lan, "shop", "lan").await;
    lan.send_code(&number(1)).await.data();
    company.clock.advance(TimeDelta::minutes(3));

    let refused = lan.send_code(&number(1)).await;

    assert_eq!(refusal(&refused), ("TOO_MANY_CODES", &json!(86_400 - 13 * 60)));
    company.clock.advance(TimeDelta::days(1) - TimeDelta::minutes(13));
    let lan = company.sign_in("shop", "lan").await;
    lan.send_code(&number(1)).await.data();
    assert_eq!(refusal(&lan.send_code(&number(1)).await), ("TOO_MANY_CODES", &json!(600)));
}

const BUDGET: &str = "sms.budget = { price_cents = 5, daily_cents = 14 }";

async fn when_the_budget_is_used_up_no_codes_are_sent_until_midnight(server: Server) {
    let company = open(server, BUDGET).await;
    let lan = company.sign_in("shop", "lan").await;
    for at in 1..=2 {
        lan.send_code(&number(at)).await.data();
    }

    let refused = lan.send_code(&number(3)).await;

    // It is 16:53:20 in China.
    let until_midnight = 7 * 3_600 + 6 * 60 + 40;
    assert_eq!(refusal(&refused), ("SMS_UNAVAILABLE", &json!(until_midnight)));
    company.clock.advance(TimeDelta::seconds(until_midnight));
    let lan = company.sign_in("shop", "lan").await;
    lan.send_code(&number(3)).await.data();
}

async fn many_codes_at_once_cost_no_more_than_the_budget(server: Server) {
    let company = open(server, BUDGET).await;
    let people = [company.sign_in("shop", "lan").await, company.sign_in("club", "wei").await];

    let answers = many(&people, 8).await;

    assert_eq!(in_the_inbox(&company).await, 2, "{answers:?}");
}

async fn what_could_not_be_sent_costs_nothing_and_the_number_may_ask_again(server: Server) {
    // No server listens on the discard port, so no message is sent.
    let settings = r#"
        phone.codes_per_address = 3
        sms.sender = "http"
        sms.budget = { price_cents = 5, daily_cents = 5 }
        sms.http = { url = "http://127.0.0.1:9/", fields = { to = "{number}", text = "{text}" } }
    "#;
    let company = open(server, settings).await;
    let lan = company.sign_in("shop", "lan").await;
    let failed = ("SMS_UNAVAILABLE".to_owned(), Value::Null);

    let mut told = Vec::new();
    for _ in 0..4 {
        let answer = lan.send_code(&number(1)).await;
        told.push((answer.code().to_owned(), refusal(&answer).1.clone()));
    }

    assert_eq!(told, [failed.clone(), failed.clone(), failed, ("TOO_MANY_CODES".to_owned(), json!(86_400))]);
}
