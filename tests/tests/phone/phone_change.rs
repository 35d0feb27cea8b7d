//! A phone is changed, taken over by another account, and unbound; an app is unlinked. The tests of `domain` cover the
//! rules, those of `store` the writes; these tests run the real components.

use acceptance::{Answer, Client, Company, Server, on_every_database};
use chrono::TimeDelta;
use futures::future::join;
use serde_json::{Value, json};

on_every_database!(
    r4d_a_phone_is_changed_and_other_sessions_end,
    r4d_an_old_login_changes_no_phone,
    r4d_a_phone_can_be_changed_back_within_three_days,
    r4b_a_number_that_is_kept_for_an_account_is_owned_and_then_free,
    r6_it_is_new_to_me_takes_the_number_and_leaves_the_rest,
    r6_it_was_mine_asks_for_more_and_opens_a_case,
    r6_the_question_is_asked_once_for_each_code,
    r6_nothing_can_be_removed_for_a_day_after_a_take_over,
    r7_the_last_credential_stays,
    r7_a_phone_is_unbound,
    r7_an_old_login_removes_nothing,
    r7_what_is_not_there_cannot_be_removed,
    r7_an_unlinked_app_takes_its_orders_along_and_brings_them_back,
    r7_of_two_removals_at_once_one_credential_is_left,
    r4a_of_two_people_who_bind_one_number_at_once_one_gets_it,
    r4d_a_change_racing_a_bind_leaves_one_owner,
    r7_an_unbinding_racing_a_login_loses_no_account,
    r7_an_unlinking_racing_a_merge_loses_no_open_id,
);

const LAN: &str = "+8613800000001";
const OTHER: &str = "+8613800000002";

async fn phone(client: &Client) -> Value {
    client.ask("{ me { phone } }").await.data()["me"]["phone"].clone()
}

/// Lan, with a phone and a fresh login.
async fn with_phone(company: &Company) -> Client {
    let lan = company.sign_in("shop", "lan").await;
    company.prove(&lan, LAN).await.data();
    company.clock.advance(TimeDelta::minutes(1));
    lan
}

async fn r4d_a_phone_is_changed_and_other_sessions_end(server: Server) {
    let company = Company::open(server).await;
    let lan = with_phone(&company).await;
    let elsewhere = company.sign_in("shop", "lan").await;

    let changed = company.change(&lan, OTHER).await;

    assert_eq!(changed.data()["changePhone"]["user"]["phone"], OTHER);
    assert_eq!(changed.data()["changePhone"]["session"], Value::Null);
    assert_eq!(phone(&lan).await, OTHER);
    assert_eq!(elsewhere.ask("{ me { id } }").await.code(), "UNAUTHENTICATED");
}

async fn r4d_an_old_login_changes_no_phone(server: Server) {
    let company = Company::open(server).await;
    let lan = with_phone(&company).await;
    company.clock.advance(TimeDelta::minutes(5));

    assert_eq!(company.change(&lan, OTHER).await.code(), "FRESH_LOGIN_REQUIRED");
    assert_eq!(phone(&lan).await, LAN);
}

async fn r4d_a_phone_can_be_changed_back_within_three_days(server: Server) {
    let company = Company::open(server).await;
    let lan = with_phone(&company).await;
    company.change(&lan, OTHER).await.data();
    company.clock.advance(TimeDelta::hours(71));

    let again = company.sign_in("shop", "lan").await;
    company.change(&again, LAN).await.data();

    assert_eq!(phone(&again).await, LAN);
}

async fn r4b_a_number_that_is_kept_for_an_account_is_owned_and_then_free(server: Server) {
    let company = Company::open(server).await;
    let lan = with_phone(&company).await;
    company.change(&lan, OTHER).await.data();
    company.clock.advance(TimeDelta::hours(71));
    let wei = company.sign_in("club", "wei").await;

    assert_eq!(company.prove(&wei, LAN).await.code(), "PHONE_OWNED_BY_ANOTHER");

    company.clock.advance(TimeDelta::hours(2));
    let (wei, lan) = (company.sign_in("club", "wei").await, company.sign_in("shop", "lan").await);
    company.prove(&wei, LAN).await.data();
    assert_eq!((phone(&wei).await, phone(&lan).await), (json!(LAN), json!(OTHER)));
}

/// Lan's number, proved by Lan 91 days ago and by Wei now; with Wei's code.
async fn recycled(company: &Company) -> (Client, Client, String) {
    company.prove(&company.sign_in("shop", "lan").await, LAN).await.data();
    company.clock.advance(TimeDelta::days(91));
    let (lan, wei) = (company.sign_in("shop", "lan").await, company.sign_in("shop", "wei").await);
    wei.send_code(LAN).await.data();
    let code = company.sms(LAN).await;
    assert_eq!(wei.bind(LAN, &code).await.code(), "PHONE_PROOF_TOO_OLD");
    (lan, wei, code)
}

async fn r6_it_is_new_to_me_takes_the_number_and_leaves_the_rest(server: Server) {
    let company = Company::open(server).await;
    let (lan, wei, code) = recycled(&company).await;
    let elsewhere = company.sign_in("shop", "wei").await;

    let taken = wei.answer(LAN, &code, Some("NEW_TO_ME")).await;

    let bound = &taken.data()["bindPhone"];
    assert_eq!((&bound["merged"], &bound["user"]["phone"]), (&json!(false), &json!(LAN)));
    for ended in [lan, elsewhere] {
        assert_eq!(ended.ask("{ me { id } }").await.code(), "UNAUTHENTICATED");
    }
    let lan = company.sign_in("shop", "lan").await;
    let me = lan.ask("{ me { phone openIds { app } } }").await;
    assert_eq!(me.data()["me"], json!({ "phone": null, "openIds": [{ "app": "shop" }] }));
}

async fn r6_it_was_mine_asks_for_more_and_opens_a_case(server: Server) {
    let company = Company::open(server).await;
    company.member("C-1001", LAN, 91).await;
    let wei = company.sign_in("shop", "wei").await;
    wei.send_code(LAN).await.data();
    let code = company.sms(LAN).await;
    assert_eq!(wei.bind(LAN, &code).await.code(), "PHONE_PROOF_TOO_OLD");

    let refused = wei.answer(LAN, &code, Some("MINE")).await;

    assert_eq!(refused.code(), "SECOND_PROOF_REQUIRED");
    assert_eq!(phone(&wei).await, Value::Null);
    assert_eq!(wei.answer(LAN, &code, Some("NEW_TO_ME")).await.code(), "PHONE_CODE_REJECTED");
}

async fn r6_the_question_is_asked_once_for_each_code(server: Server) {
    let company = Company::open(server).await;
    let (_, wei, code) = recycled(&company).await;

    assert_eq!(wei.bind(LAN, &code).await.code(), "PHONE_PROOF_TOO_OLD", "the same request has the same answer");

    wei.answer(LAN, &code, Some("NEW_TO_ME")).await.data();
    assert_eq!(wei.answer(LAN, &code, Some("MINE")).await.code(), "PHONE_CODE_REJECTED");
}

async fn r6_nothing_can_be_removed_for_a_day_after_a_take_over(server: Server) {
    let company = Company::open(server).await;
    let (_, wei, code) = recycled(&company).await;
    wei.answer(LAN, &code, Some("NEW_TO_ME")).await.data();
    company.clock.advance(TimeDelta::minutes(1));

    let cooling = wei.unbind().await;

    assert_eq!((cooling.code(), &cooling.0["errors"][0]["extensions"]["retryAfter"]), ("COOLING_OFF", &json!(86_340)));
    company.clock.advance(TimeDelta::hours(24));
    let wei = company.sign_in("shop", "wei").await;
    assert_eq!(wei.unbind().await.data()["unbindPhone"]["user"]["phone"], Value::Null);
}

async fn r7_the_last_credential_stays(server: Server) {
    let company = Company::open(server).await;
    let lan = company.sign_in("shop", "lan").await;

    assert_eq!(lan.unlink("shop").await.code(), "LAST_CREDENTIAL");

    company.prove(&lan, LAN).await.data();
    lan.unlink("shop").await.data();
    assert_eq!(lan.unbind().await.code(), "LAST_CREDENTIAL");
}

async fn r7_a_phone_is_unbound(server: Server) {
    let company = Company::open(server).await;
    let lan = with_phone(&company).await;
    let elsewhere = company.sign_in("shop", "lan").await;

    let unbound = lan.unbind().await;

    assert_eq!(unbound.data()["unbindPhone"]["user"]["phone"], Value::Null);
    assert_eq!(elsewhere.ask("{ me { id } }").await.code(), "UNAUTHENTICATED");
    let wei = company.sign_in("shop", "wei").await;
    company.prove(&wei, LAN).await.data();
}

async fn r7_an_old_login_removes_nothing(server: Server) {
    let company = Company::open(server).await;
    let lan = with_phone(&company).await;
    company.clock.advance(TimeDelta::minutes(5));

    assert_eq!(lan.unbind().await.code(), "FRESH_LOGIN_REQUIRED");
    assert_eq!(lan.unlink("shop").await.code(), "FRESH_LOGIN_REQUIRED");
    assert_eq!(company.client().unbind().await.code(), "UNAUTHENTICATED");
}

async fn r7_what_is_not_there_cannot_be_removed(server: Server) {
    let company = Company::open(server).await;
    let lan = company.sign_in("shop", "lan").await;

    assert_eq!(lan.unbind().await.code(), "NOT_FOUND");
    for app in ["club", "no such app", ""] {
        assert_eq!(lan.unlink(app).await.code(), "NOT_FOUND", "{app}");
    }
}

async fn report(company: &Company, app: &str, number: &str, open_id: &Value) {
    let system = company.system(&[domain::ServiceScope::OrdersWrite]).await;
    let order = json!({
        "app": app, "orderNo": number, "openId": open_id, "status": "PAID",
        "total": { "amount": "1.00", "currency": "CNY" }, "placedAt": "2025-10-01T00:00:00Z",
        "items": [{ "title": "龙井", "quantity": 1, "unitPrice": "1.00" }],
    });
    system.record(json!([order])).await;
}

const MINE: &str =
    "{ me { id openIds { app openId } unionIds { unionId } orders(first: 100) { edges { node { orderNo } } } } }";

fn orders(user: &Value) -> Vec<&str> {
    let edges = user["orders"]["edges"].as_array().expect("orders");
    let mut numbers: Vec<_> = edges.iter().filter_map(|edge| edge["node"]["orderNo"].as_str()).collect();
    numbers.sort_unstable();
    numbers
}

async fn r7_an_unlinked_app_takes_its_orders_along_and_brings_them_back(server: Server) {
    let company = Company::open(server).await;
    company.sign_in("club", "lan").await;
    company.clock.advance(TimeDelta::seconds(1));
    let lan = company.sign_in("shop", "lan").await;
    let me = lan.ask(MINE).await;
    let [club, shop] = me.data()["me"]["openIds"].as_array().expect("open ids").as_slice() else { panic!("{me:?}") };
    report(&company, "club", "B-1", &club["openId"]).await;
    report(&company, "shop", "A-1", &shop["openId"]).await;

    let without_shop = lan.unlink("shop").await;

    let user = &without_shop.data()["unlinkOpenId"]["user"];
    assert_eq!((&user["openIds"], orders(user)), (&json!([{ "app": "club" }]), vec!["B-1"]));
    // The unionId stays with the other app of its scope, so the person is recognised again.
    assert_eq!(user["unionIds"], me.data()["me"]["unionIds"]);
    let back = company.sign_in("shop", "lan").await.ask(MINE).await;
    assert_eq!(back.data()["me"]["id"], me.data()["me"]["id"]);
    assert_eq!(orders(&back.data()["me"]), ["A-1", "B-1"]);
}

async fn r7_of_two_removals_at_once_one_credential_is_left(server: Server) {
    let company = Company::open(server).await;
    let lan = with_phone(&company).await;

    let (phone, app) = join(lan.unbind(), lan.unlink("shop")).await;

    let mut codes: Vec<_> =
        [&phone, &app].into_iter().filter(|answer| answer.0.get("errors").is_some()).map(Answer::code).collect();
    codes.dedup();
    assert_eq!(codes, ["LAST_CREDENTIAL"], "{phone:?} {app:?}");
}

async fn r4a_of_two_people_who_bind_one_number_at_once_one_gets_it(server: Server) {
    let company = Company::open(server).await;
    let (lan, wei) = (company.sign_in("shop", "lan").await, company.sign_in("shop", "wei").await);
    lan.send_code(LAN).await.data();
    let code_of_lan = company.sms(LAN).await;
    company.clock.advance(TimeDelta::minutes(1));
    wei.send_code(LAN).await.data();
    let code_of_wei = company.sms(LAN).await;

    let (one, other) = join(lan.bind(LAN, &code_of_lan), wei.bind(LAN, &code_of_wei)).await;

    let refused: Vec<_> = [&one, &other].into_iter().filter(|answer| answer.0.get("errors").is_some()).collect();
    assert_eq!(refused.iter().map(|answer| answer.code()).collect::<Vec<_>>(), ["PHONE_OWNED_BY_ANOTHER"]);
    let owners = [phone(&lan).await, phone(&wei).await].into_iter().filter(|phone| phone == LAN).count();
    assert_eq!(owners, 1);
}

async fn r4d_a_change_racing_a_bind_leaves_one_owner(server: Server) {
    let company = Company::open(server).await;
    let lan = with_phone(&company).await;
    let wei = company.sign_in("shop", "wei").await;
    lan.send_code_for_change(OTHER).await.data();
    let code_of_lan = company.sms(OTHER).await;
    company.clock.advance(TimeDelta::minutes(1));
    wei.send_code(OTHER).await.data();
    let code_of_wei = company.sms(OTHER).await;

    let (changed, bound) = join(lan.change(OTHER, &code_of_lan), wei.bind(OTHER, &code_of_wei)).await;

    let done = [&changed, &bound].map(|answer| answer.0.get("errors").is_none());
    assert_ne!(done[0], done[1], "{changed:?} {bound:?}");
    let expected = if done[0] { [json!(OTHER), Value::Null] } else { [json!(LAN), json!(OTHER)] };
    assert_eq!([phone(&lan).await, phone(&wei).await], expected);
}

async fn r7_an_unbinding_racing_a_login_loses_no_account(server: Server) {
    let company = Company::open(server).await;
    let lan = with_phone(&company).await;
    let me = lan.ask("{ me { id } }").await;

    let (unbound, again) = join(lan.unbind(), company.sign_in("shop", "lan")).await;

    unbound.data();
    // Either the login came first and its session ended, or it came later and its session continues.
    let other = again.ask("{ me { id phone } }").await;
    let is_ended = other.0.get("errors").is_some() && other.code() == "UNAUTHENTICATED";
    assert!(is_ended || other.data()["me"] == json!({ "id": me.data()["me"]["id"], "phone": null }), "{other:?}");
    assert_eq!(company.sign_in("shop", "lan").await.ask("{ me { id } }").await.data(), me.data());
}

async fn r7_an_unlinking_racing_a_merge_loses_no_open_id(server: Server) {
    let company = Company::open(server).await;
    company.member("C-1001", LAN, 10).await;
    company.sign_in("club", "lan").await;
    let lan = company.sign_in("shop", "lan").await;
    lan.send_code(LAN).await.data();
    let code = company.sms(LAN).await;

    let (bound, unlinked) = join(lan.bind(LAN, &code), lan.unlink("club")).await;

    let merged = bound.data()["bindPhone"]["user"].clone();
    assert_eq!((&merged["externalId"], &merged["phone"]), (&json!("C-1001"), &json!(LAN)));
    unlinked.data();
    let mut lan = lan;
    lan.carry(&bound.data()["bindPhone"]["session"]);
    let left = lan.ask("{ me { openIds { app } } }").await;
    assert_eq!(left.data()["me"]["openIds"], json!([{ "app": "shop" }]));
    let back = company.sign_in("club", "lan").await.ask("{ me { id openIds { app } } }").await;
    assert_eq!(back.data()["me"]["id"], merged["id"]);
    assert_eq!(back.data()["me"]["openIds"].as_array().map(Vec::len), Some(2));
}
