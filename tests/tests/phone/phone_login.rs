//! Logins by a phone alone: which account a code opens, and for which browser (R4e, R6, R15). See `phone_silence.rs` for what a client
//! cannot learn before the code was right, and `phone_login_limits.rs` for the limits.

use acceptance::{Answer, Client, Company, Server, VERIFIER, on_every_database};
use chrono::TimeDelta;
use domain::ServiceScope;
use futures::future::join_all;
use serde_json::{Value, json};

on_every_database!(
    r4e_a_number_opens_its_account_and_its_proof_is_renewed,
    r4e_a_number_without_an_account_gets_a_new_one_where_the_operator_says_so,
    r4e_a_number_without_an_account_is_told_to_register_elsewhere,
    r4e_without_logins_by_phone_no_code_is_sent,
    r4e_two_first_logins_of_a_number_at_once_create_one_account,
    r4e_a_person_who_came_by_phone_is_joined_by_the_wechat_account,
    r6_a_number_whose_last_proof_is_old_opens_nothing_by_a_code_alone,
    r6_a_number_that_is_new_to_the_person_leaves_its_account_for_a_new_one,
    r6_nothing_leaves_an_account_that_is_cooling_off_to_a_login,
    r4d_a_number_that_is_kept_after_a_change_opens_nothing,
    a_disabled_account_is_not_opened_by_its_number,
    r15_a_code_is_of_no_use_in_another_browser,
    r15_a_login_by_phone_is_bound,
    a_code_signs_in_or_binds_and_never_both,
    a_code_signs_in_once_however_often_it_is_sent_at_once,
    a_retry_gets_the_same_answer_for_five_minutes,
    another_replica_takes_the_code,
    r8_a_session_that_a_phone_opened_goes_with_the_phone_when_a_merge_is_undone,
    a_login_by_phone_is_an_event_and_an_account_of_its_own_one_more,
);

const LAN: &str = "+8613800000001";
const OTHER: &str = "+8613800000002";

async fn open(server: Server, settings: &str) -> Company {
    // Boxed: the future is too large for the compiler to compute its layout.
    Box::pin(Company::open_with(server, toml::from_str(settings).expect("settings"))).await
}

/// Requests a code in this client, and signs in with it.
async fn log_in(company: &Company, client: &Client, phone: &str) -> Answer {
    client.send_login_code(phone).await.data();
    client.log_in_by_phone(phone, &company.sms(phone).await, None).await
}

async fn signed_in(company: &Company, phone: &str) -> Client {
    let mut client = company.client();
    client.carry(&log_in(company, &client, phone).await.data()["loginByPhone"]);
    client
}

async fn count(company: &Company, table: &str) -> i64 {
    company.database.count(table).await
}

async fn r4e_a_number_opens_its_account_and_its_proof_is_renewed(server: Server) {
    let company = open(server, "phone.login = \"existing\"").await;
    company.member("C-1001", LAN, 80).await;

    let login = log_in(&company, &company.client(), LAN).await;

    let login = &login.data()["loginByPhone"];
    assert_eq!((&login["isNewUser"], &login["user"]["externalId"]), (&json!(false), &json!("C-1001")));
    // The login renewed the proof. With the imported proof, the number would no longer open the account.
    company.clock.advance(TimeDelta::days(89));
    let again = log_in(&company, &company.client(), LAN).await;
    assert_eq!(again.data()["loginByPhone"]["user"]["id"], login["user"]["id"]);
}

async fn r4e_a_number_without_an_account_gets_a_new_one_where_the_operator_says_so(server: Server) {
    let company = open(server, "").await;

    let login = log_in(&company, &company.client(), LAN).await;

    let login = &login.data()["loginByPhone"];
    assert_eq!((&login["isNewUser"], &login["user"]["phone"]), (&json!(true), &json!(LAN)));
    company.clock.advance(TimeDelta::minutes(2));
    let browser = company.client();
    browser.send_login_code("138 0000 0001").await.data();
    let again = browser.log_in_by_phone("138 0000 0001", &company.sms(LAN).await, None).await;
    let again = &again.data()["loginByPhone"];
    assert_eq!((&again["isNewUser"], &again["user"]["id"]), (&json!(false), &login["user"]["id"]));
    let mut lan = company.client();
    lan.carry(again);
    let history = lan.ask("{ me { linkHistory(first: 9) { nodes { rule evidence { maskedPhone } } } } }").await;
    // Both entries have the same time, so their order is undefined.
    let mut entries = history.data()["me"]["linkHistory"]["nodes"].as_array().expect("entries").clone();
    entries.sort_by_key(|entry| entry["rule"].to_string());
    let entry = |rule| json!({ "rule": rule, "evidence": { "maskedPhone": "+86*******0001" } });
    assert_eq!(entries, [entry("R4a"), entry("R4e")]);
    assert_eq!(lan.ask("mutation { unbindPhone { user { id } } }").await.code(), "LAST_CREDENTIAL");
}

async fn r4e_a_number_without_an_account_is_told_to_register_elsewhere(server: Server) {
    let company = open(server, "phone.login = \"existing\"").await;
    company.member("C-1002", OTHER, 91).await;

    let refused = log_in(&company, &company.client(), LAN).await;

    assert_eq!(refused.code(), "PHONE_NOT_REGISTERED");
    // "It is new to me" does not give the number to a caller without an account.
    let browser = company.client();
    assert_eq!(log_in(&company, &browser, OTHER).await.code(), "PHONE_PROOF_TOO_OLD");
    let claimed = browser.log_in_by_phone(OTHER, &company.sms(OTHER).await, Some("NEW_TO_ME")).await;
    assert_eq!((claimed.code(), count(&company, "users").await), ("PHONE_NOT_REGISTERED", 1));
    let wei = company.sign_in("shop", "wei").await;
    company.clock.advance(TimeDelta::minutes(2));
    let wei = company.sign_in_on(&wei, "shop", "wei").await;
    assert_eq!(company.prove(&wei, OTHER).await.code(), "PHONE_PROOF_TOO_OLD");
}

async fn r4e_without_logins_by_phone_no_code_is_sent(server: Server) {
    let company = open(server, "phone.login = \"off\"").await;
    company.member("C-1001", LAN, 10).await;
    let browser = company.client();

    let refused = [browser.send_login_code(LAN).await, browser.log_in_by_phone(LAN, "123456", None).await];

    assert_eq!(refused.map(|answer| answer.code().to_owned()), ["PHONE_LOGIN_OFF", "PHONE_LOGIN_OFF"]);
    assert_eq!(company.sandbox("GET", "/_sandbox/sms", None).await, json!([]));
}

async fn r4e_two_first_logins_of_a_number_at_once_create_one_account(server: Server) {
    let company = open(server, "phone.resend_seconds = 0").await;
    let browsers = ["a", "b", "c"].map(|name| (company.client(), format!("{name}{VERIFIER}")));
    let mut codes = Vec::new();
    for (browser, verifier) in &browsers {
        browser.send_login_code_for(LAN, verifier).await.data();
        codes.push(company.sms(LAN).await);
        company.clock.advance(TimeDelta::seconds(1));
    }

    let logins = browsers
        .iter()
        .zip(&codes)
        .map(|((browser, verifier), code)| browser.log_in_by_phone_with(LAN, code, (verifier, None)));
    let answers = join_all(logins).await;

    let of = |field: &str| answers.iter().map(|it| it.data()["loginByPhone"][field].clone()).collect::<Vec<_>>();
    let users: Vec<_> = answers.iter().map(|it| it.data()["loginByPhone"]["user"]["id"].clone()).collect();
    assert_eq!(users, vec![users[0].clone(); 3]);
    assert_eq!(of("isNewUser").iter().filter(|is_new| **is_new == json!(true)).count(), 1);
    assert_eq!((count(&company, "users").await, count(&company, "sessions").await), (1, 3));
}

async fn r4e_a_person_who_came_by_phone_is_joined_by_the_wechat_account(server: Server) {
    let company = open(server, "").await;
    let by_phone = signed_in(&company, LAN).await;
    company.clock.advance(TimeDelta::minutes(2));
    let by_wechat = company.sign_in("shop", "lan").await;

    let joined = company.prove(&by_wechat, LAN).await;

    assert_eq!(joined.data()["bindPhone"]["merged"], true);
    let again = signed_in_later(&company, LAN).await;
    assert_eq!(again.id().await, joined.data()["bindPhone"]["user"]["id"]);
    assert_eq!(by_phone.ask("{ me { id } }").await.code(), "UNAUTHENTICATED", "a merge ends the other sessions");
}

async fn signed_in_later(company: &Company, phone: &str) -> Client {
    company.clock.advance(TimeDelta::minutes(2));
    signed_in(company, phone).await
}

async fn r6_a_number_whose_last_proof_is_old_opens_nothing_by_a_code_alone(server: Server) {
    let company = open(server, "").await;
    company.member("C-1001", LAN, 91).await;
    let browser = company.client();

    assert_eq!(log_in(&company, &browser, LAN).await.code(), "PHONE_PROOF_TOO_OLD");

    let code = company.sms(LAN).await;
    // The person gets one question, and without the verifier the code cannot be used meanwhile.
    assert_eq!(
        company.client().log_in_by_phone_with(LAN, &code, ("x".repeat(43).as_str(), Some("NEW_TO_ME"))).await.code(),
        "PHONE_CODE_REJECTED"
    );
    assert_eq!(browser.log_in_by_phone(LAN, &code, Some("MINE")).await.code(), "SECOND_PROOF_REQUIRED");
    assert_eq!(browser.log_in_by_phone(LAN, &code, Some("NEW_TO_ME")).await.code(), "PHONE_CODE_REJECTED");
    assert_eq!((count(&company, "users").await, count(&company, "sessions").await), (1, 0));
}

async fn r6_a_number_that_is_new_to_the_person_leaves_its_account_for_a_new_one(server: Server) {
    let company = open(server, "").await;
    let former = company.sign_in("shop", "lan").await;
    company.prove(&former, LAN).await.data();
    company.clock.advance(TimeDelta::days(91));
    let former = company.sign_in("shop", "lan").await;
    let browser = company.client();
    assert_eq!(log_in(&company, &browser, LAN).await.code(), "PHONE_PROOF_TOO_OLD");

    let login = browser.log_in_by_phone(LAN, &company.sms(LAN).await, Some("NEW_TO_ME")).await;

    let login = &login.data()["loginByPhone"];
    assert_eq!((&login["isNewUser"], &login["user"]["phone"]), (&json!(true), &json!(LAN)));
    assert_eq!(former.ask("{ me { id } }").await.code(), "UNAUTHENTICATED", "its sessions have ended");
    let former = company.sign_in("shop", "lan").await;
    let me = former.ask("{ me { id phone } }").await;
    assert_eq!(me.data()["me"]["phone"], Value::Null);
    assert_ne!(me.data()["me"]["id"], login["user"]["id"]);
    // R6: for a day nothing can leave the account that has the number now.
    let mut newcomer = company.client();
    newcomer.carry(login);
    company.clock.advance(TimeDelta::minutes(2));
    assert_eq!(company.change(&newcomer, OTHER).await.code(), "COOLING_OFF");
}

async fn r6_nothing_leaves_an_account_that_is_cooling_off_to_a_login(server: Server) {
    let company = open(server, "").await;
    company.member("C-1001", LAN, 91).await;
    let wei = company.sign_in("shop", "wei").await;
    assert_eq!(company.prove(&wei, LAN).await.code(), "PHONE_PROOF_TOO_OLD");
    wei.answer(LAN, &company.sms(LAN).await, Some("NEW_TO_ME")).await.data();
    // As if the line had been recycled immediately.
    company.database.run("UPDATE phones SET last_proof_at = 0 WHERE active_hash IS NOT NULL").await;
    company.clock.advance(TimeDelta::minutes(2));
    let browser = company.client();
    assert_eq!(log_in(&company, &browser, LAN).await.code(), "PHONE_PROOF_TOO_OLD");

    let refused = browser.log_in_by_phone(LAN, &company.sms(LAN).await, Some("NEW_TO_ME")).await;

    assert_eq!(refused.code(), "COOLING_OFF");
    let wait = &refused.0["errors"][0]["extensions"]["retryAfter"];
    assert_eq!(wait, &json!(24 * 60 * 60 - 120));
}

async fn r4d_a_number_that_is_kept_after_a_change_opens_nothing(server: Server) {
    let company = open(server, "").await;
    let lan = company.sign_in("shop", "lan").await;
    company.prove(&lan, LAN).await.data();
    company.clock.advance(TimeDelta::minutes(2));
    company.change(&lan, OTHER).await.data();

    assert_eq!(log_in(&company, &company.client(), LAN).await.code(), "PHONE_OWNED_BY_ANOTHER");

    company.clock.advance(TimeDelta::hours(73));
    let new = log_in(&company, &company.client(), LAN).await;
    assert_eq!(new.data()["loginByPhone"]["isNewUser"], true);
    assert_eq!(signed_in(&company, OTHER).await.id().await, lan_again(&company).await);
}

async fn lan_again(company: &Company) -> Value {
    company.sign_in("shop", "lan").await.id().await
}

async fn a_disabled_account_is_not_opened_by_its_number(server: Server) {
    let company = open(server, "").await;
    let lan = company.sign_in("shop", "lan").await;
    company.prove(&lan, LAN).await.data();
    let operator = company.system(&[ServiceScope::UsersDisable]).await;
    let disable = "mutation ($id: ID!) { disableUser(id: $id, reason: \"a test\") { userId } }";
    operator.send(disable, json!({ "id": lan.id().await })).await.data();
    company.clock.advance(TimeDelta::minutes(2));

    assert_eq!(log_in(&company, &company.client(), LAN).await.code(), "ACCOUNT_CLOSED");
}

async fn r15_a_code_is_of_no_use_in_another_browser(server: Server) {
    let company = open(server, "").await;
    company.member("C-1001", LAN, 10).await;
    let browser = company.client();
    browser.send_login_code(LAN).await.data();
    let code = company.sms(LAN).await;
    let other = "another-verifier-that-is-long-enough-to-be-one";

    assert_eq!(company.client().log_in_by_phone_with(LAN, &code, (other, None)).await.code(), "PHONE_CODE_REJECTED");

    let query =
        "mutation ($phone: String!, $code: String!) { loginByPhone(phone: $phone, code: $code) { accessToken } }";
    let without = browser.send(query, json!({ "phone": LAN, "code": code })).await;
    assert_eq!(without.code(), "PHONE_CODE_REJECTED");
    let query = "mutation ($phone: String!) { sendLoginCode(phone: $phone) { expiresAt } }";
    assert_eq!(browser.send(query, json!({ "phone": LAN })).await.code(), "CHALLENGE_REQUIRED");
    browser.log_in_by_phone(LAN, &code, None).await.data();
}

async fn r15_a_login_by_phone_is_bound(server: Server) {
    let company = open(server, "").await;
    let mut lan = signed_in(&company, LAN).await;
    company.clock.advance(TimeDelta::minutes(2));

    company.change(&lan, OTHER).await.data();

    // It counts as a fresh login, and for as long as one.
    company.clock.advance(TimeDelta::minutes(6));
    assert_eq!(lan.unbind().await.code(), "FRESH_LOGIN_REQUIRED");
    lan.bearer = None;
}

async fn a_code_signs_in_or_binds_and_never_both(server: Server) {
    let company = open(server, "phone.resend_seconds = 0").await;
    let lan = company.sign_in("shop", "lan").await;
    lan.send_code(LAN).await.data();
    let to_bind = company.sms(LAN).await;
    company.clock.advance(TimeDelta::seconds(1));

    assert_eq!(lan.log_in_by_phone(LAN, &to_bind, None).await.code(), "PHONE_CODE_REJECTED");

    lan.send_login_code(LAN).await.data();
    let to_sign_in = company.sms(LAN).await;
    if to_bind != to_sign_in {
        assert_eq!(lan.bind(LAN, &to_sign_in).await.code(), "PHONE_CODE_REJECTED");
    }
    lan.bind(LAN, &to_bind).await.data();
    let login = company.client().log_in_by_phone(LAN, &to_sign_in, None).await;
    assert_eq!(login.data()["loginByPhone"]["user"]["id"], lan.id().await);
}

async fn a_code_signs_in_once_however_often_it_is_sent_at_once(server: Server) {
    let company = open(server, "phone.tries_per_code = 30\nphone.tries_per_number = 40").await;
    let browser = company.client();
    browser.send_login_code(LAN).await.data();
    let code = company.sms(LAN).await;

    let answers = join_all((0..20).map(|_| browser.log_in_by_phone(LAN, &code, None))).await;

    let tokens: std::collections::HashSet<_> = answers
        .iter()
        .filter(|answer| answer.0.get("errors").is_none())
        .map(|answer| answer.data()["loginByPhone"]["refreshToken"].to_string())
        .collect();
    assert_eq!(tokens.len(), 1, "{answers:?}");
    let refused = answers.iter().filter(|answer| answer.0.get("errors").is_some());
    assert!(refused.clone().all(|answer| answer.code() == "PHONE_CODE_REJECTED"), "{answers:?}");
    assert_eq!((count(&company, "users").await, count(&company, "sessions").await), (1, 1));
}

async fn a_retry_gets_the_same_answer_for_five_minutes(server: Server) {
    let company = open(server, "phone.code_minutes = 10").await;
    let browser = company.client();
    let first = log_in(&company, &browser, LAN).await;
    let code = company.sms(LAN).await;
    company.clock.advance(TimeDelta::minutes(4));

    let again = browser.log_in_by_phone(LAN, &code, None).await;

    let of = |answer: &Answer, field: &str| answer.data()["loginByPhone"][field].clone();
    for field in ["refreshToken", "deviceToken", "isNewUser", "user"] {
        assert_eq!(of(&again, field), of(&first, field), "{field}");
    }
    let other = browser.log_in_by_phone_with(LAN, &code, ("y".repeat(43).as_str(), None)).await;
    assert_eq!(other.code(), "PHONE_CODE_REJECTED");
    company.clock.advance(TimeDelta::minutes(2));
    assert_eq!(browser.log_in_by_phone(LAN, &code, None).await.code(), "PHONE_CODE_REJECTED");
    // A client that has refreshed has received its response.
    let second = log_in(&company, &browser, LAN).await;
    let query = "mutation ($token: String!) { refreshSession(refreshToken: $token) { accessToken } }";
    browser.send(query, json!({ "token": of(&second, "refreshToken") })).await.data();
    let code = company.sms(LAN).await;
    assert_eq!(browser.log_in_by_phone(LAN, &code, None).await.code(), "PHONE_CODE_REJECTED");
}

async fn another_replica_takes_the_code(server: Server) {
    let company = open(server, "").await;
    let replica = company.replica().await;
    company.client().send_login_code(LAN).await.data();
    let code = company.sms(LAN).await;

    let login = replica.log_in_by_phone(LAN, &code, None).await;

    let again = company.client().log_in_by_phone(LAN, &code, None).await;
    assert_eq!(again.data()["loginByPhone"]["refreshToken"], login.data()["loginByPhone"]["refreshToken"]);
}

async fn r8_a_session_that_a_phone_opened_goes_with_the_phone_when_a_merge_is_undone(server: Server) {
    let company = open(server, "").await;
    company.member("C-1001", LAN, 10).await;
    let lan = company.sign_in("shop", "lan").await;
    assert_eq!(company.prove(&lan, LAN).await.data()["bindPhone"]["merged"], true);
    // Through the shop, whose openId the merge moved.
    let by_phone = signed_in_later(&company, LAN).await;
    let merges = by_phone.ask("{ me { merges { id } } }").await;

    let undo = "mutation ($id: ID!) { undoMerge(id: $id) { user { externalId phone } session { accessToken } } }";
    let undone = by_phone.send(undo, json!({ "id": merges.data()["me"]["merges"][0]["id"] })).await;

    let expected = json!({ "user": { "externalId": "C-1001", "phone": LAN }, "session": null });
    assert_eq!(undone.data()["undoMerge"], expected);
    assert_eq!(by_phone.ask("{ me { openIds { app } } }").await.data()["me"]["openIds"], json!([]));
}

async fn a_login_by_phone_is_an_event_and_an_account_of_its_own_one_more(server: Server) {
    let company = open(server, "[events]\nfeed = true").await;
    let lan = signed_in(&company, LAN).await;
    let id = lan.id().await;
    api::usecase::event::order(company.app.service()).await.expect("the database answers");
    let system = company.system(&[ServiceScope::EventsRead]).await;

    let events = system.ask("{ events(first: 9) { nodes { type data } } }").await;

    let data = |node: &Value| match &node["data"] {
        Value::String(text) => serde_json::from_str(text).expect("JSON"),
        data => data.clone(),
    };
    let nodes = events.data()["events"]["nodes"].as_array().expect("events").clone();
    let told: Vec<(Value, Value)> = nodes.iter().map(|node| (node["type"].clone(), data(node))).collect();
    let created = json!({ "personId": id, "app": "shop", "openId": null, "unionScope": null, "unionId": null });
    assert_eq!(told[0], (json!("person.created"), created));
    assert_eq!((&told[1].0, &told[1].1["change"]), (&json!("phone.changed"), &json!("bound")));
    assert_eq!(
        (&told[2].0, &told[2].1["app"], &told[2].1["isNew"]),
        (&json!("person.signed_in"), &json!("shop"), &json!(true))
    );
}
