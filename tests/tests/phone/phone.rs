//! A person proves a phone and joins the company's account with it. The tests of `domain` cover the rules; these tests
//! run the real components.

use acceptance::{Company, Server, on_every_database};
use chrono::TimeDelta;
use serde_json::{Value, json};

on_every_database!(
    r4a_a_free_number_is_bound,
    r4a_binding_a_phone_twice_changes_nothing,
    r4c_the_number_of_a_company_account_opens_that_account,
    r4c_an_old_login_joins_nothing_and_the_advice_is_to_sign_in_again,
    r6_a_number_last_proved_long_ago_opens_nothing,
    r4b_a_number_of_another_wechat_user_in_the_same_app_is_refused,
);

const LAN: &str = "+8613800000001";

#[tokio::test]
async fn numbers_and_codes_are_read_as_people_type_them() {
    let settings = toml::toml! { phone = { extra_prefixes = ["+86160"], countries = ["CN", "HK", "TW"] } };

    for (typed, number) in [
        ("１３８００００００１０", "+8613800000010"),
        ("85298765432", "+85298765432"),
        ("886912345678", "+886912345678"),
        ("160 0000 0001", "+8616000000001"),
    ] {
        let company = Company::open_with(Server::Sqlite, settings.clone()).await;
        let lan = company.sign_in("shop", "lan").await;
        lan.send_code(typed).await.data();
        let code: String = company.sms(number).await.chars().map(wide).collect();

        let bound = lan.bind(typed, &code).await;

        assert_eq!(bound.data()["bindPhone"]["user"]["phone"], number, "{typed}");
    }
}

fn wide(digit: char) -> char {
    char::from_u32(u32::from(digit) - u32::from('0') + u32::from('０')).expect("a full-width digit")
}

async fn r4a_a_free_number_is_bound(server: Server) {
    let company = Company::open(server).await;
    let lan = company.sign_in("shop", "lan").await;

    let bound = company.prove(&lan, LAN).await;

    let bound = &bound.data()["bindPhone"];
    assert_eq!((&bound["merged"], &bound["session"]), (&json!(false), &Value::Null));
    assert_eq!((&bound["user"]["phone"], &bound["user"]["phoneBound"]), (&json!(LAN), &json!(true)));
}

async fn r4a_binding_a_phone_twice_changes_nothing(server: Server) {
    let company = Company::open(server).await;
    let lan = company.sign_in("shop", "lan").await;
    let first = company.prove(&lan, LAN).await;
    company.clock.advance(TimeDelta::minutes(2));

    let second = company.prove(&lan, LAN).await;

    assert_eq!(first.data(), second.data());
}

async fn r4c_the_number_of_a_company_account_opens_that_account(server: Server) {
    let company = Company::open(server).await;
    company.member("C-1001", LAN, 10).await;
    let elsewhere = company.sign_in("club", "lan").await;
    company.clock.advance(TimeDelta::seconds(1));
    let mut lan = company.client();
    let login = lan.log_in(&company.code("shop", "lan").await, "shop").await;
    lan.carry(&login.data()["wechatLogin"]);
    let before = lan.ask("{ me { id } }").await;

    let bound = company.prove(&lan, LAN).await;

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
    company.member("C-1001", LAN, 10).await;
    let lan = company.sign_in("shop", "lan").await;
    company.clock.advance(TimeDelta::minutes(2));
    lan.send_code(LAN).await.data();
    let code = company.sms(LAN).await;
    company.clock.advance(TimeDelta::minutes(4));

    let refused = [lan.bind(LAN, &code).await, lan.send_code(LAN).await];

    assert!(refused.iter().all(|answer| answer.code() == "FRESH_LOGIN_REQUIRED"), "{refused:?}");
    let me = lan.ask("{ me { phoneBound externalId } }").await;
    assert_eq!(me.data()["me"], json!({ "phoneBound": false, "externalId": null }));
}

async fn r6_a_number_last_proved_long_ago_opens_nothing(server: Server) {
    let company = Company::open(server).await;
    company.member("C-1001", LAN, 91).await;
    let lan = company.sign_in("shop", "lan").await;

    assert_eq!(company.prove(&lan, LAN).await.code(), "PHONE_PROOF_TOO_OLD");
}

async fn r4b_a_number_of_another_wechat_user_in_the_same_app_is_refused(server: Server) {
    let company = Company::open(server).await;
    let lan = company.sign_in("shop", "lan").await;
    company.prove(&lan, LAN).await.data();
    company.clock.advance(TimeDelta::minutes(2));
    let wei = company.sign_in("shop", "wei").await;

    let refused = company.prove(&wei, LAN).await;

    assert_eq!(refused.code(), "PHONE_OWNED_BY_ANOTHER");
    assert_eq!(lan.ask("{ me { phone } }").await.data()["me"]["phone"], LAN);
    assert_eq!(wei.ask("{ me { phone } }").await.data()["me"]["phone"], Value::Null);
}
