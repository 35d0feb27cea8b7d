//! What an SMS code allows, and for which client: lines 20 to 23 of the security checklist. See `phone` and
//! `phone_change` for the effect of a correct code.

use acceptance::{Answer, Client, Company, Server, on_every_database};
use chrono::TimeDelta;
use futures::future::join_all;
use serde_json::json;

on_every_database!(
    security_20_a_code_has_six_digits_and_is_used_once,
    security_20_a_code_is_for_its_number,
    security_20_a_code_is_for_its_purpose,
    security_20_a_code_is_for_the_session_that_asked,
    security_20_an_expired_code_is_rejected,
    security_21_five_wrong_tries_end_a_code,
    security_21_a_new_code_does_not_reset_the_wrong_tries_of_a_number,
    security_21_of_many_parallel_wrong_tries_as_many_are_taken_as_a_number_may_have,
    security_21_a_device_gets_so_many_wrong_tries_at_a_number,
    security_21_the_tries_of_strangers_do_not_lock_a_known_device,
    security_21_what_strangers_try_locks_no_owner_out_of_a_bound_session,
    security_23_what_strangers_ask_for_keeps_no_code_from_the_owner,
    security_22_of_fifty_parallel_redemptions_exactly_one_is_carried_out,
    security_22_of_fifty_parallel_answers_to_the_question_of_r6_exactly_one_is_carried_out,
    security_23_codes_to_one_number_are_a_minute_apart,
    security_23_of_many_parallel_requests_for_a_code_one_is_sent,
);

const LAN: &str = "+8613800000001";
const OTHER: &str = "+8613800000002";

/// Returns a code other than this one.
fn wrong(code: &str) -> &'static str {
    if code == "000000" { "000001" } else { "000000" }
}

/// Returns a person to whom a code was sent, and the code.
async fn asked(company: &Company) -> (Client, String) {
    let lan = company.sign_in("shop", "lan").await;
    lan.send_code(LAN).await.data();
    let code = company.sms(LAN).await;
    (lan, code)
}

fn succeeded(answers: &[Answer]) -> usize {
    answers.iter().filter(|answer| answer.0.get("errors").is_none()).count()
}

async fn security_20_a_code_has_six_digits_and_is_used_once(server: Server) {
    let company = Company::open(server).await;
    let (lan, code) = asked(&company).await;
    assert!(code.len() == 6 && code.bytes().all(|digit| digit.is_ascii_digit()), "{code}");

    lan.bind(LAN, &code).await.data();

    // A retry of the same request gets the same answer (see `lost_answers`); any other use is refused.
    assert_eq!(lan.answer(LAN, &code, Some("MINE")).await.code(), "PHONE_CODE_REJECTED");
    company.clock.advance(TimeDelta::minutes(5));
    assert_eq!(lan.bind(LAN, &code).await.code(), "PHONE_CODE_REJECTED");
}

async fn security_20_a_code_is_for_its_number(server: Server) {
    let company = Company::open(server).await;
    let (lan, code) = asked(&company).await;
    lan.send_code(OTHER).await.data();
    let other = company.sms(OTHER).await;

    for (number, code) in [(LAN, &other), (OTHER, &code)].into_iter().filter(|_| code != other) {
        assert_eq!(lan.bind(number, code).await.code(), "PHONE_CODE_REJECTED");
    }

    lan.bind(LAN, &code).await.data();
}

async fn security_20_a_code_is_for_its_purpose(server: Server) {
    let company = Company::open(server).await;
    let (lan, code) = asked(&company).await;

    assert_eq!(lan.change(LAN, &code).await.code(), "PHONE_CODE_REJECTED");

    lan.bind(LAN, &code).await.data();
    lan.send_code_for_change(OTHER).await.data();
    let code = company.sms(OTHER).await;
    assert_eq!(lan.bind(OTHER, &code).await.code(), "PHONE_CODE_REJECTED");
    lan.change(OTHER, &code).await.data();
}

async fn security_20_a_code_is_for_the_session_that_asked(server: Server) {
    let company = Company::open(server).await;
    let (_, code) = asked(&company).await;
    let wei = company.sign_in("shop", "wei").await;
    let again = company.sign_in("shop", "lan").await;

    for other in [wei, again] {
        assert_eq!(other.bind(LAN, &code).await.code(), "PHONE_CODE_REJECTED");
    }
}

async fn security_20_an_expired_code_is_rejected(server: Server) {
    let company = Company::open(server).await;
    let (lan, code) = asked(&company).await;
    company.clock.advance(TimeDelta::minutes(5));

    assert_eq!(lan.bind(LAN, &code).await.code(), "PHONE_CODE_REJECTED");
}

async fn security_21_five_wrong_tries_end_a_code(server: Server) {
    let company = Company::open(server).await;
    let (lan, code) = asked(&company).await;

    for _ in 0..5 {
        assert_eq!(lan.bind(LAN, wrong(&code)).await.code(), "PHONE_CODE_REJECTED");
    }

    assert_eq!(lan.bind(LAN, &code).await.code(), "TOO_MANY_TRIES");
}

async fn security_21_a_new_code_does_not_reset_the_wrong_tries_of_a_number(server: Server) {
    let company = Company::open(server).await;
    for _ in 0..4 {
        // Each try uses another session: the tries count for the number.
        let (lan, code) = asked(&company).await;
        for _ in 0..5 {
            assert_eq!(lan.bind(LAN, wrong(&code)).await.code(), "PHONE_CODE_REJECTED");
        }
        company.clock.advance(TimeDelta::minutes(1));
    }

    let (lan, code) = asked(&company).await;
    assert_eq!(lan.bind(LAN, &code).await.code(), "TOO_MANY_TRIES");

    company.clock.advance(TimeDelta::days(1));
    let (lan, code) = asked(&company).await;
    lan.bind(LAN, &code).await.data();
}

async fn security_21_of_many_parallel_wrong_tries_as_many_are_taken_as_a_number_may_have(server: Server) {
    let settings = "phone.tries_per_number = 7\nphone.resend_seconds = 0";
    let company = Company::open_with(server, toml::from_str(settings).expect("settings")).await;
    let mut people = Vec::new();
    for _ in 0..4 {
        people.push(asked(&company).await);
    }

    // Five tries per code would be twenty in total.
    let tries = people.iter().flat_map(|(person, code)| (0..5).map(move |_| person.bind(LAN, wrong(code))));
    let answers = join_all(tries).await;

    let count = |code| answers.iter().filter(|answer| answer.code() == code).count();
    assert_eq!((count("PHONE_CODE_REJECTED"), count("TOO_MANY_TRIES")), (7, 13), "{answers:?}");
}

async fn security_21_a_device_gets_so_many_wrong_tries_at_a_number(server: Server) {
    let company = Company::open(server).await;
    let lan = company.sign_in("shop", "lan").await;
    company.prove(&lan, OTHER).await.data();
    for _ in 0..2 {
        lan.send_code(LAN).await.data();
        let code = company.sms(LAN).await;
        for _ in 0..5 {
            assert_eq!(lan.bind(LAN, wrong(&code)).await.code(), "PHONE_CODE_REJECTED");
        }
        company.clock.advance(TimeDelta::minutes(1));
    }

    // Another person on the same device: the tries count for the device.
    let wei = company.sign_in_on(&lan, "shop", "wei").await;
    wei.send_code(LAN).await.data();

    assert_eq!(wei.bind(LAN, &company.sms(LAN).await).await.code(), "TOO_MANY_TRIES");
    wei.send_code("+8613800000003").await.data();
    wei.bind("+8613800000003", &company.sms("+8613800000003").await).await.data();
}

/// Uses up the number's tries on unknown devices.
async fn lock_out(company: &Company) {
    for _ in 0..4 {
        let (stranger, code) = asked(company).await;
        for _ in 0..5 {
            assert_eq!(stranger.bind(LAN, wrong(&code)).await.code(), "PHONE_CODE_REJECTED");
        }
        company.clock.advance(TimeDelta::minutes(1));
    }
    let (stranger, code) = asked(company).await;
    assert_eq!(stranger.bind(LAN, &code).await.code(), "TOO_MANY_TRIES");
    company.clock.advance(TimeDelta::minutes(1));
}

async fn security_21_the_tries_of_strangers_do_not_lock_a_known_device(server: Server) {
    let company = Company::open(server).await;
    let wei = company.sign_in("shop", "wei").await;
    company.prove(&wei, LAN).await.data();
    company.clock.advance(TimeDelta::minutes(1));
    lock_out(&company).await;

    let again = company.sign_in_on(&wei, "shop", "wei").await;

    assert_eq!(company.prove(&again, LAN).await.data()["bindPhone"]["user"]["phone"], LAN);
}

async fn security_21_what_strangers_try_locks_no_owner_out_of_a_bound_session(server: Server) {
    let company = Company::open(server).await;
    let wei = company.sign_in("shop", "wei").await;
    company.prove(&wei, LAN).await.data();
    company.clock.advance(TimeDelta::minutes(1));
    lock_out(&company).await;

    // On a device without a proved phone.
    let again = company.sign_in("shop", "wei").await;

    assert_ne!(again.device, wei.device);
    assert_eq!(company.prove(&again, LAN).await.data()["bindPhone"]["user"]["phone"], LAN);
}

async fn security_23_what_strangers_ask_for_keeps_no_code_from_the_owner(server: Server) {
    let settings = toml::from_str("phone.codes_per_number = 3").expect("settings");
    let company = Company::open_with(server, settings).await;
    let wei = company.sign_in("shop", "wei").await;
    company.prove(&wei, LAN).await.data();
    for _ in 0..2 {
        company.clock.advance(TimeDelta::minutes(1));
        company.sign_in("shop", "lan").await.send_code(LAN).await.data();
    }
    company.clock.advance(TimeDelta::minutes(1));
    assert_eq!(company.sign_in("shop", "lan").await.send_code(LAN).await.code(), "TOO_MANY_CODES");

    // One of them was the owner's own.
    for _ in 0..2 {
        wei.send_code(LAN).await.data();
        company.clock.advance(TimeDelta::minutes(1));
    }

    assert_eq!(wei.send_code(LAN).await.code(), "TOO_MANY_CODES");
}

/// Returns how many bindings and takeovers of a phone the journal has.
async fn bindings(client: &Client) -> usize {
    let history = client.ask("{ me { linkHistory { nodes { rule } } } }").await;
    let nodes = history.data()["me"]["linkHistory"]["nodes"].as_array().expect("a list").clone();
    nodes.iter().filter(|node| ["R4A", "R4a", "R6"].contains(&node["rule"].as_str().unwrap_or_default())).count()
}

async fn security_22_of_fifty_parallel_redemptions_exactly_one_is_carried_out(server: Server) {
    // No account limit: all fifty requests reach the code.
    let settings = toml::toml! { limits = { per_account = 1_000 } };
    let company = Company::open_with(server, settings).await;
    let (lan, code) = asked(&company).await;

    let answers = join_all((0..50).map(|_| lan.bind(LAN, &code))).await;

    // A retry of the same request in the same session: each success returns the same redemption.
    assert!(succeeded(&answers) > 0, "{answers:?}");
    assert_eq!((bindings(&lan).await, company.database.count("phones").await), (1, 1));
    for answer in answers.iter().filter(|answer| answer.0.get("errors").is_some()) {
        assert!(["PHONE_CODE_REJECTED", "TOO_MANY_TRIES"].contains(&answer.code()), "{answer:?}");
    }
}

async fn security_22_of_fifty_parallel_answers_to_the_question_of_r6_exactly_one_is_carried_out(server: Server) {
    // No account limit: all fifty requests reach the code.
    let settings = toml::toml! { limits = { per_account = 1_000 } };
    let company = Company::open_with(server, settings).await;
    company.member("C-1001", LAN, 91).await;
    let (lan, code) = asked(&company).await;
    assert_eq!(lan.bind(LAN, &code).await.code(), "PHONE_PROOF_TOO_OLD");

    let answers = join_all((0..50).map(|_| lan.answer(LAN, &code, Some("NEW_TO_ME")))).await;

    assert!(succeeded(&answers) > 0, "{answers:?}");
    assert_eq!(bindings(&lan).await, 1);
    assert_eq!(lan.ask("{ me { phone } }").await.data()["me"]["phone"], LAN);
}

async fn security_23_of_many_parallel_requests_for_a_code_one_is_sent(server: Server) {
    let company = Company::open(server).await;
    let people = [company.sign_in("shop", "lan").await, company.sign_in("shop", "wei").await];

    let answers = join_all((0..12).map(|at| people[at % 2].send_code(LAN))).await;

    let inbox = company.sandbox("GET", "/_sandbox/sms?to=%2B8613800000001", None).await;
    assert_eq!((succeeded(&answers), inbox.as_array().map(Vec::len)), (1, Some(1)), "{answers:?}");
}

async fn security_23_codes_to_one_number_are_a_minute_apart(server: Server) {
    let company = Company::open(server).await;
    let (lan, _) = asked(&company).await;
    company.clock.advance(TimeDelta::seconds(20));

    let soon = lan.send_code(LAN).await;

    assert_eq!((soon.code(), &soon.0["errors"][0]["extensions"]["retryAfter"]), ("TOO_MANY_CODES", &json!(40)));
    company.clock.advance(TimeDelta::seconds(40));
    lan.send_code(LAN).await.data();
}
