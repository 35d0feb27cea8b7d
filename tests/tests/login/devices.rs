//! Devices are identified by the token that a login returns, for all accounts. See `human_check` and `phone_codes` for
//! what a known device is allowed.

use acceptance::{Client, Company, Server, VERIFIER, on_every_database};
use chrono::TimeDelta;
use serde_json::{Value, json};

on_every_database!(
    a_device_is_recognised_by_its_token_for_every_account,
    a_token_that_we_did_not_give_is_as_none,
    a_repeated_login_gets_the_same_device_token,
    a_device_token_outlives_every_key,
    a_device_token_signs_no_one_in,
);

/// One code a day: a second request shows whether the device is the same.
const ONE_CODE: &str = "phone.codes_per_device = 1";

async fn open(server: Server) -> Company {
    Company::open_with(server, toml::from_str(ONE_CODE).expect("settings")).await
}

/// Returns whether this device has had its code of the day.
async fn has_had_its_code(client: &Client, number: &str) -> bool {
    let answer = client.send_code(number).await;
    if answer.0.get("errors").is_none() {
        return false;
    }
    assert_eq!(answer.code(), "TOO_MANY_CODES");
    true
}

async fn a_device_is_recognised_by_its_token_for_every_account(server: Server) {
    let company = open(server).await;
    let lan = company.sign_in("shop", "lan").await;
    assert!(!has_had_its_code(&lan, "13800000001").await);
    lan.ask("mutation { logout }").await.data();

    let wei = company.sign_in_on(&lan, "club", "wei").await;
    let elsewhere = company.sign_in("club", "wei").await;

    assert_eq!(wei.device, lan.device);
    assert_ne!(elsewhere.device, lan.device);
    assert!(has_had_its_code(&wei, "13800000002").await);
    assert!(!has_had_its_code(&elsewhere, "13800000002").await);
}

async fn a_token_that_we_did_not_give_is_as_none(server: Server) {
    let company = open(server).await;

    for text in ["", "null", "dev_00000000000000000000000000000000", &"A".repeat(43), &"A".repeat(100_000 / 2)] {
        let mut client = company.client();
        client.device = Some(text.to_owned());

        let lan = company.sign_in_on(&client, "shop", "lan").await;

        let given = lan.device.expect("a token");
        assert!(given.len() == 43 && given != text, "{text:.60}");
    }
}

async fn a_repeated_login_gets_the_same_device_token(server: Server) {
    let company = open(server).await;
    let before = company.sign_in("shop", "lan").await.device;
    for device in [Value::Null, json!(before)] {
        let code = company.code("shop", "lan").await;
        let state = company.client().begin("shop").await.expect("a state");
        let input = json!({ "code": code, "state": state, "codeVerifier": VERIFIER, "deviceToken": device });

        let first = company.client().log_in_with(&input).await;
        let again = company.client().log_in_with(&input).await;

        let [first, again] = [&first, &again].map(|answer| &answer.data()["login"]["deviceToken"]);
        assert_eq!(first, again);
        assert_eq!(first == &device, device != Value::Null);
    }
}

async fn a_device_token_outlives_every_key(server: Server) {
    let company = open(server).await;
    let lan = company.sign_in("shop", "lan").await;
    assert!(!has_had_its_code(&lan, "13800000001").await);

    let new = "k".repeat(43);
    company.replica_with(|config| config.tokens.secret_keys.insert(0, new.clone().into())).await;
    let mut after = company.replica_with(|config| config.tokens.secret_keys = vec![new.into()]).await;
    after.device.clone_from(&lan.device);
    company.clock.advance(TimeDelta::hours(2));
    let lan_again = company.sign_in_on(&after, "shop", "lan").await;

    assert_eq!(lan_again.device, lan.device);
    assert!(has_had_its_code(&lan_again, "13800000002").await);
}

async fn a_device_token_signs_no_one_in(server: Server) {
    let company = open(server).await;
    let mut lan = company.sign_in("shop", "lan").await;

    lan.bearer.clone_from(&lan.device);

    assert_eq!(lan.ask("{ me { id } }").await.code(), "UNAUTHENTICATED");
    let refresh = "mutation ($token: String!) { refreshSession(refreshToken: $token) { expiresAt } }";
    assert_eq!(lan.send(refresh, json!({ "token": lan.device })).await.code(), "INVALID_REFRESH_TOKEN");
}
