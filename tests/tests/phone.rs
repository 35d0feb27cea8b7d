//! A person proves a phone and finds the company's account behind it.
//! The rules alone are tested in `domain`; here they run on real parts.

use acceptance::{Answer, Client, Company, Server, on_every_database};
use api::usecase::{Outcome, UserText};
use chrono::TimeDelta;
use futures::future::join_all;
use serde_json::{Value, json};

on_every_database!(
    r4a_a_free_number_is_bound,
    r4a_binding_a_phone_twice_changes_nothing,
    r4c_the_number_of_a_company_account_opens_that_account,
    r4c_an_old_login_joins_nothing_and_the_advice_is_to_sign_in_again,
    r6_a_number_last_proved_long_ago_opens_nothing,
    r4b_a_number_of_another_wechat_user_in_the_same_app_is_refused,
    of_many_parallel_redemptions_of_one_code_one_succeeds,
    five_wrong_codes_end_a_code,
    a_code_is_for_the_session_that_asked,
    an_expired_code_is_rejected,
    codes_to_one_number_are_a_minute_apart,
    of_many_parallel_requests_for_a_code_one_is_sent,
);

const LAN: &str = "+8613800000001";

async fn import(company: &Company, id: &str, phone: &str, last_proof_days: i64) {
    let text = UserText {
        external_id: id.to_owned(),
        phone: Some(phone.to_owned()),
        last_proof_at: Some(company.clock.now().minus(TimeDelta::days(last_proof_days))),
        ..UserText::default()
    };
    let service = company.app.service();
    let user = service.read_user(&text).expect("an account");
    let outcomes = service.import_users(&[user]).await.expect("the database answers");
    assert_eq!(outcomes, [Outcome::Created]);
}

/// Asks for a code and redeems it.
async fn prove(company: &Company, client: &Client, phone: &str) -> Answer {
    client.send_code(phone).await.data();
    client.bind(phone, &company.sms(phone).await).await
}

async fn r4a_a_free_number_is_bound(server: Server) {
    let company = Company::open(server).await;
    let lan = company.sign_in("shop", "lan").await;

    let bound = prove(&company, &lan, LAN).await;

    let bound = &bound.data()["bindPhone"];
    assert_eq!((&bound["merged"], &bound["session"]), (&json!(false), &Value::Null));
    assert_eq!((&bound["user"]["phone"], &bound["user"]["phoneBound"]), (&json!(LAN), &json!(true)));
}

async fn r4a_binding_a_phone_twice_changes_nothing(server: Server) {
    let company = Company::open(server).await;
    let lan = company.sign_in("shop", "lan").await;
    let first = prove(&company, &lan, LAN).await;
    company.clock.advance(TimeDelta::minutes(2));

    let second = prove(&company, &lan, LAN).await;

    assert_eq!(first.data(), second.data());
}

async fn r4c_the_number_of_a_company_account_opens_that_account(server: Server) {
    let company = Company::open(server).await;
    import(&company, "C-1001", LAN, 10).await;
    let elsewhere = company.sign_in("club", "lan").await;
    company.clock.advance(TimeDelta::seconds(1));
    let mut lan = company.client();
    let login = lan.log_in(&company.code("shop", "lan").await, "shop").await;
    lan.carry(&login.data()["wechatLogin"]);
    let before = lan.ask("{ me { id } }").await;

    let bound = prove(&company, &lan, LAN).await;

    let bound = &bound.data()["bindPhone"];
    assert_eq!((&bound["merged"], &bound["user"]["externalId"]), (&json!(true), &json!("C-1001")));
    let me = "{ me { id externalId openIds { app } unionIds { unionId } } }";
    let with_old_token = lan.ask(me).await;
    lan.carry(&bound["session"]);
    let after = lan.ask(me).await;
    assert_eq!(with_old_token.data(), after.data());
    assert_eq!(after.data()["me"]["externalId"], "C-1001");
    assert_eq!(after.data()["me"]["openIds"], json!([{ "app": "club" }, { "app": "shop" }]));
    assert_eq!(elsewhere.ask(me).await.code(), "UNAUTHENTICATED");
    let refresh = "mutation ($token: String!) { refreshSession(refreshToken: $token) { expiresAt } }";
    let old = lan.send(refresh, json!({ "token": login.data()["wechatLogin"]["refreshToken"] })).await;
    assert_eq!(old.code(), "INVALID_REFRESH_TOKEN");
    lan.send(refresh, json!({ "token": bound["session"]["refreshToken"] })).await.data();
    let old_id = &before.data()["me"]["id"];
    let alias = lan.send("query ($id: ID!) { node(id: $id) { id } }", json!({ "id": old_id })).await;
    assert_eq!(alias.data()["node"]["id"], after.data()["me"]["id"]);
    let again = company.sign_in("outlet", "lan").await.ask(me).await;
    assert_eq!(again.data()["me"]["externalId"], "C-1001");
}

async fn r4c_an_old_login_joins_nothing_and_the_advice_is_to_sign_in_again(server: Server) {
    let company = Company::open(server).await;
    import(&company, "C-1001", LAN, 10).await;
    let lan = company.sign_in("shop", "lan").await;
    company.clock.advance(TimeDelta::minutes(6));

    let refused = prove(&company, &lan, LAN).await;

    assert_eq!(refused.code(), "FRESH_LOGIN_REQUIRED");
    let me = lan.ask("{ me { phoneBound externalId } }").await;
    assert_eq!(me.data()["me"], json!({ "phoneBound": false, "externalId": null }));
}

async fn r6_a_number_last_proved_long_ago_opens_nothing(server: Server) {
    let company = Company::open(server).await;
    import(&company, "C-1001", LAN, 91).await;
    let lan = company.sign_in("shop", "lan").await;

    assert_eq!(prove(&company, &lan, LAN).await.code(), "PHONE_PROOF_TOO_OLD");
}

async fn r4b_a_number_of_another_wechat_user_in_the_same_app_is_refused(server: Server) {
    let company = Company::open(server).await;
    let lan = company.sign_in("shop", "lan").await;
    prove(&company, &lan, LAN).await.data();
    company.clock.advance(TimeDelta::minutes(2));
    let wei = company.sign_in("shop", "wei").await;

    let refused = prove(&company, &wei, LAN).await;

    assert_eq!(refused.code(), "PHONE_OWNED_BY_ANOTHER");
    assert_eq!(lan.ask("{ me { phone } }").await.data()["me"]["phone"], LAN);
    assert_eq!(wei.ask("{ me { phone } }").await.data()["me"]["phone"], Value::Null);
}

async fn of_many_parallel_redemptions_of_one_code_one_succeeds(server: Server) {
    let company = Company::open(server).await;
    let lan = company.sign_in("shop", "lan").await;
    lan.send_code(LAN).await.data();
    let code = company.sms(LAN).await;

    let answers = join_all((0..20).map(|_| lan.bind(LAN, &code))).await;

    let succeeded = answers.iter().filter(|answer| answer.0.get("errors").is_none()).count();
    assert_eq!(succeeded, 1, "{answers:?}");
    for answer in answers.iter().filter(|answer| answer.0.get("errors").is_some()) {
        assert!(["PHONE_CODE_REJECTED", "TOO_MANY_TRIES"].contains(&answer.code()), "{answer:?}");
    }
}

async fn five_wrong_codes_end_a_code(server: Server) {
    let company = Company::open(server).await;
    let lan = company.sign_in("shop", "lan").await;
    lan.send_code(LAN).await.data();
    let code = company.sms(LAN).await;
    let wrong = if code == "000000" { "000001" } else { "000000" };

    for _ in 0..5 {
        assert_eq!(lan.bind(LAN, wrong).await.code(), "PHONE_CODE_REJECTED");
    }

    assert_eq!(lan.bind(LAN, &code).await.code(), "TOO_MANY_TRIES");
}

async fn a_code_is_for_the_session_that_asked(server: Server) {
    let company = Company::open(server).await;
    let lan = company.sign_in("shop", "lan").await;
    let wei = company.sign_in("shop", "wei").await;
    lan.send_code(LAN).await.data();

    assert_eq!(wei.bind(LAN, &company.sms(LAN).await).await.code(), "PHONE_CODE_REJECTED");
}

async fn an_expired_code_is_rejected(server: Server) {
    let company = Company::open(server).await;
    let lan = company.sign_in("shop", "lan").await;
    lan.send_code(LAN).await.data();
    company.clock.advance(TimeDelta::minutes(5));

    assert_eq!(lan.bind(LAN, &company.sms(LAN).await).await.code(), "PHONE_CODE_REJECTED");
}

async fn of_many_parallel_requests_for_a_code_one_is_sent(server: Server) {
    let company = Company::open(server).await;
    let people = [company.sign_in("shop", "lan").await, company.sign_in("shop", "wei").await];

    let answers = join_all((0..12).map(|at| people[at % 2].send_code(LAN))).await;

    let sent = answers.iter().filter(|answer| answer.0.get("errors").is_none()).count();
    let inbox = company.sandbox("GET", "/_sandbox/sms?to=%2B8613800000001", None).await;
    assert_eq!((sent, inbox.as_array().map(Vec::len)), (1, Some(1)), "{answers:?}");
}

async fn codes_to_one_number_are_a_minute_apart(server: Server) {
    let company = Company::open(server).await;
    let lan = company.sign_in("shop", "lan").await;
    lan.send_code(LAN).await.data();
    company.clock.advance(TimeDelta::seconds(20));

    let soon = lan.send_code(LAN).await;

    assert_eq!((soon.code(), &soon.0["errors"][0]["extensions"]["retryAfter"]), ("TOO_MANY_CODES", &json!(40)));
    company.clock.advance(TimeDelta::seconds(40));
    lan.send_code(LAN).await.data();
}
