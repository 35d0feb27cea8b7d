//! R6: for 24 hours after an account has taken a number over, no call can remove anything from it; and what the former
//! owner can do. See `domain` for each step that is delayed.

use acceptance::{Answer, Client, Company, Server, on_every_database};
use chrono::TimeDelta;
use serde_json::{Value, json};

on_every_database!(
    r6_a_number_that_was_taken_over_is_not_given_away_by_a_change_for_a_day,
    r6_the_last_number_is_not_given_up_for_another_stale_one_within_the_day,
    r6_no_app_and_no_phone_leaves_within_the_day,
    r6_no_merge_is_confirmed_and_none_undone_within_the_day,
    r6_the_former_owner_is_not_joined_to_the_account_that_cools_off,
    r6_the_former_owner_has_the_number_again_as_soon_as_it_is_given_up,
);

const STALE: &str = "+8613800000001";
const OWN: &str = "+8613800000002";
const THIRD: &str = "+8613800000003";
const DAY: i64 = 24 * 60 * 60;

/// Logs in through an openId only, so that nothing connects two accounts to one person.
async fn base(company: &Company, app: &str, person: &str) -> Client {
    let mut client = company.client();
    let login = client.log_in(&company.code_for(app, person, "snsapi_base").await, app).await;
    client.carry(&login.data()["wechatLogin"]);
    client
}

/// Claims that a number with an old last proof is new to the person.
async fn take_over(company: &Company, client: &Client, phone: &str) -> Answer {
    assert_eq!(company.prove(client, phone).await.code(), "PHONE_PROOF_TOO_OLD");
    client.answer(phone, &company.sms(phone).await, Some("NEW_TO_ME")).await
}

/// Lan's number, proved by her 91 days ago, which Wei has just taken over.
async fn taken_over(company: &Company) -> Client {
    company.prove(&base(company, "shop", "lan").await, STALE).await.data();
    company.clock.advance(TimeDelta::days(91));
    let wei = base(company, "club", "wei").await;
    take_over(company, &wei, STALE).await.data();
    wei
}

async fn phone(client: &Client) -> Value {
    client.ask("{ me { phone } }").await.data()["me"]["phone"].clone()
}

#[track_caller]
fn assert_cooling(answer: &Answer, seconds: i64) {
    let retry_after = &answer.0["errors"][0]["extensions"]["retryAfter"];
    assert_eq!((answer.code(), retry_after), ("COOLING_OFF", &json!(seconds)));
}

async fn r6_a_number_that_was_taken_over_is_not_given_away_by_a_change_for_a_day(server: Server) {
    let company = Company::open(server).await;
    let wei = taken_over(&company).await;

    assert_cooling(&company.change(&wei, OWN).await, DAY);

    assert_eq!(phone(&wei).await, STALE);
    company.clock.advance(TimeDelta::seconds(DAY - 1));
    let wei = base(&company, "club", "wei").await;
    assert_cooling(&company.change(&wei, OWN).await, 1);
    company.clock.advance(TimeDelta::minutes(2));
    company.change(&wei, OWN).await.data();
    assert_eq!(phone(&wei).await, OWN);
}

async fn r6_the_last_number_is_not_given_up_for_another_stale_one_within_the_day(server: Server) {
    let company = Company::open(server).await;
    company.member("C-1001", OWN, 0).await;
    let wei = taken_over(&company).await;
    wei.send_code_for_change(OWN).await.data();
    let code = company.sms(OWN).await;
    let change = "mutation ($phone: String!, $code: String!, $claim: PhoneClaim) {
        changePhone(phone: $phone, code: $code, claim: $claim) { user { phone } } }";
    let answer =
        async |claim: Option<&str>| wei.send(change, json!({ "phone": OWN, "code": code, "claim": claim })).await;
    assert_eq!(answer(None).await.code(), "PHONE_PROOF_TOO_OLD");

    assert_cooling(&answer(Some("NEW_TO_ME")).await, DAY);

    assert_eq!(phone(&wei).await, STALE);
}

async fn r6_no_app_and_no_phone_leaves_within_the_day(server: Server) {
    let company = Company::open(server).await;
    let wei = taken_over(&company).await;
    let mini = json!({ "app": "mini", "code": company.code("mini", "wei").await });
    // Additions to the account are allowed.
    wei.link(&mini).await.data();

    assert_cooling(&wei.unbind().await, DAY);
    assert_cooling(&wei.unlink("mini").await, DAY);
    assert_cooling(&wei.unlink("club").await, DAY);

    company.clock.advance(TimeDelta::seconds(DAY));
    let wei = base(&company, "club", "wei").await;
    wei.unlink("mini").await.data();
    wei.unbind().await.data();
}

async fn r6_no_merge_is_confirmed_and_none_undone_within_the_day(server: Server) {
    let company = Company::open(server).await;
    company.prove(&base(&company, "shop", "lan").await, STALE).await.data();
    company.clock.advance(TimeDelta::days(91));
    // Wei has merged an account before, and is offered a merge with another.
    company.sign_in("mini", "wei").await;
    let wei = base(&company, "club", "wei").await;
    let mini = json!({ "app": "mini", "code": company.code("mini", "wei").await });
    let token = wei.link(&mini).await.merge_token();
    let merged = wei.merge_keeping_own(&token).await.data()["mergeUsers"]["mergeId"].clone();
    let wei = base(&company, "club", "wei").await;
    take_over(&company, &wei, STALE).await.data();
    company.prove(&base(&company, "outlet", "mei").await, THIRD).await.data();
    company.clock.advance(TimeDelta::minutes(2));
    let wei = base(&company, "club", "wei").await;
    let token = company.prove(&wei, THIRD).await.merge_token();

    assert_cooling(&wei.merge_keeping_own(&token).await, DAY - 120);
    assert_cooling(&wei.undo(&merged, None).await, DAY - 120);

    company.clock.advance(TimeDelta::seconds(DAY));
    base(&company, "club", "wei").await.undo(&merged, None).await.data();
}

async fn r6_the_former_owner_is_not_joined_to_the_account_that_cools_off(server: Server) {
    let company = Company::open(server).await;
    let wei = taken_over(&company).await;
    company.clock.advance(TimeDelta::minutes(2));
    let lan = base(&company, "shop", "lan").await;

    let refused = company.prove(&lan, STALE).await;

    assert_cooling(&refused, DAY - 120);
    assert_eq!((phone(&wei).await, phone(&lan).await), (json!(STALE), Value::Null));
    assert_eq!(lan.ask("{ me { openIds { app } } }").await.data()["me"]["openIds"], json!([{ "app": "shop" }]));
}

async fn r6_the_former_owner_has_the_number_again_as_soon_as_it_is_given_up(server: Server) {
    let company = Company::open(server).await;
    taken_over(&company).await;
    company.clock.advance(TimeDelta::seconds(DAY));
    let wei = base(&company, "club", "wei").await;

    wei.unbind().await.data();

    let lan = base(&company, "shop", "lan").await;
    company.prove(&lan, STALE).await.data();
    assert_eq!((phone(&wei).await, phone(&lan).await), (Value::Null, json!(STALE)));
}
