//! A login to a mini program and the phone that the person shares, in one call.

use acceptance::{Answer, Client, Company, Server, VERIFIER, on_every_database, real_time};
use chrono::TimeDelta;
use serde_json::{Value, json};

on_every_database!(
    one_call_signs_in_and_binds_the_phone,
    r4c_one_call_joins_the_companys_account,
    a_retry_gets_the_same_answer_also_after_a_join,
    a_phone_that_is_not_bound_loses_no_login,
    a_phone_code_that_cannot_be_used_leaves_the_login_code_unused,
    a_refused_login_leaves_the_phone_code_unused,
    r4b_a_weak_phone_opens_no_account,
);

const LAN: &str = "+8613800000001";

/// Both codes, as Lan's phone provides them.
async fn tapped(company: &Company, button: &str) -> Value {
    let wanted = json!({ "app": "mini", "person": "lan", "button": button });
    let phone = company.sandbox("POST", "/_sandbox/phone-codes", Some(&wanted)).await["code"].clone();
    let kind = if button == "quick" { "QUICK" } else { "REAL_TIME" };
    let code = company.code("mini", "lan").await;
    json!({ "app": "mini", "code": code, "phoneCode": phone, "kind": kind, "codeVerifier": VERIFIER })
}

async fn log_in(client: &Client, input: &Value) -> Answer {
    let query = "mutation ($input: WechatPhoneLoginInput!) { loginByWechatPhone(input: $input) {
        accessToken refreshToken deviceToken isNewUser openId merged
        phoneRefusal { code detail retryAfter mergeOffer { token maskedPhone } }
        user { id phone externalId openIds { app } } } }";
    client.send(query, json!({ "input": input })).await
}

async fn me(company: &Company, login: &Value) -> Value {
    let mut client = company.client();
    client.carry(login);
    client.ask("{ me { id phone } }").await.data()["me"].clone()
}

async fn one_call_signs_in_and_binds_the_phone(server: Server) {
    let company = real_time::open(server).await;

    let login = log_in(&company.client(), &tapped(&company, "real-time").await).await;

    let login = &login.data()["loginByWechatPhone"];
    assert_eq!((&login["isNewUser"], &login["merged"]), (&json!(true), &json!(false)));
    assert_eq!((&login["phoneRefusal"], &login["user"]["phone"]), (&Value::Null, &json!(LAN)));
    assert_eq!(me(&company, login).await, json!({ "id": login["user"]["id"], "phone": LAN }));
    let again = log_in(&company.client(), &tapped(&company, "real-time").await).await;
    let again = &again.data()["loginByWechatPhone"];
    assert_eq!((&again["isNewUser"], &again["user"]["id"]), (&json!(false), &login["user"]["id"]));
}

async fn r4c_one_call_joins_the_companys_account(server: Server) {
    let company = real_time::open(server).await;
    company.member("C-1001", LAN, 10).await;

    let login = log_in(&company.client(), &tapped(&company, "real-time").await).await;

    let login = &login.data()["loginByWechatPhone"];
    assert_eq!((&login["merged"], &login["user"]["externalId"]), (&json!(true), &json!("C-1001")));
    assert_eq!(login["user"]["openIds"], json!([{ "app": "mini" }]));
    assert_eq!(me(&company, login).await["id"], login["user"]["id"]);
}

async fn a_retry_gets_the_same_answer_also_after_a_join(server: Server) {
    for joins in [false, true] {
        let company = real_time::open(server).await;
        if joins {
            company.member("C-1001", LAN, 10).await;
        }
        let codes = tapped(&company, "real-time").await;
        let first = log_in(&company.client(), &codes).await;
        company.clock.advance(TimeDelta::minutes(4));

        let again = log_in(&company.client(), &codes).await;

        let of = |answer: &Answer| {
            let mut login = answer.data()["loginByWechatPhone"].clone();
            login["accessToken"] = Value::Null;
            login
        };
        assert_eq!(of(&again), of(&first), "joins: {joins}");
        let mut stranger = codes.clone();
        stranger["codeVerifier"] = json!("z".repeat(43));
        assert_eq!(log_in(&company.client(), &stranger).await.code(), "CODE_USED");
        company.clock.advance(TimeDelta::minutes(2));
        assert_eq!(log_in(&company.client(), &codes).await.code(), "CODE_USED");
    }
}

async fn a_phone_that_is_not_bound_loses_no_login(server: Server) {
    let company = real_time::open(server).await;
    company.member("C-1001", LAN, 91).await;
    let client = company.client();

    let login = log_in(&client, &tapped(&company, "real-time").await).await;

    let login = &login.data()["loginByWechatPhone"];
    let refusal = json!({ "code": "PHONE_PROOF_TOO_OLD", "detail": null, "retryAfter": null, "mergeOffer": null });
    assert_eq!((&login["phoneRefusal"], &login["user"]["phone"]), (&refusal, &Value::Null));
    assert_eq!(me(&company, login).await["id"], login["user"]["id"]);

    // The person says that the number is new, and taps again.
    let mut codes = tapped(&company, "real-time").await;
    codes["claim"] = json!("NEW_TO_ME");
    let claimed = log_in(&client, &codes).await;
    assert_eq!(claimed.data()["loginByWechatPhone"]["user"]["phone"], LAN);

    // A phone code is exchanged once.
    let mut used = tapped(&company, "real-time").await;
    used["phoneCode"] = codes["phoneCode"].clone();
    let login = log_in(&client, &used).await;
    assert_eq!(login.data()["loginByWechatPhone"]["phoneRefusal"]["code"], "CODE_USED");
}

async fn a_phone_code_that_cannot_be_used_leaves_the_login_code_unused(server: Server) {
    let company = real_time::open(server).await;
    let client = company.client();
    let mut codes = tapped(&company, "real-time").await;
    let phone = codes["phoneCode"].take();

    codes["kind"] = json!("QUICK");
    codes["phoneCode"] = phone.clone();
    assert_eq!(log_in(&client, &codes).await.code(), "PHONE_CHECK_UNSUPPORTED");
    codes["kind"] = json!("REAL_TIME");
    codes["phoneCode"] = json!("");
    assert_eq!(log_in(&client, &codes).await.code(), "INVALID_CODE");
    codes["phoneCode"] = phone;
    codes["app"] = json!("shop");
    assert_eq!(log_in(&client, &codes).await.code(), "PHONE_CHECK_UNSUPPORTED");

    codes["app"] = json!("mini");
    log_in(&client, &codes).await.data();
}

async fn a_refused_login_leaves_the_phone_code_unused(server: Server) {
    let company = real_time::open(server).await;
    let client = company.client();
    let good = tapped(&company, "real-time").await;
    let mut codes = good.clone();
    codes["code"] = json!("0".repeat(32));

    assert_eq!(log_in(&client, &codes).await.code(), "INVALID_CODE");

    let login = log_in(&client, &good).await;
    assert_eq!(login.data()["loginByWechatPhone"]["user"]["phone"], LAN);
}

async fn r4b_a_weak_phone_opens_no_account(server: Server) {
    let company = Box::pin(Company::open(server)).await;
    company.member("C-1001", LAN, 10).await;

    let login = log_in(&company.client(), &tapped(&company, "quick").await).await;

    let login = &login.data()["loginByWechatPhone"];
    let told = (&login["phoneRefusal"]["code"], &login["merged"], &login["user"]["externalId"]);
    assert_eq!(told, (&json!("PHONE_PROOF_TOO_WEAK"), &json!(false), &Value::Null));
}
