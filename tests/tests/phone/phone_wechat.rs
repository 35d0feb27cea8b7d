//! Binding a phone number from a mini program, by either button and by encrypted data.

use acceptance::{Client, Company, Server, on_every_database, real_time};
use chrono::TimeDelta;
use futures::future::join_all;
use serde_json::{Value, json};

on_every_database!(
    r4a_a_quick_code_binds_a_free_number,
    r4a_a_quick_code_binds_nothing_where_policy_says_so,
    encrypted_data_that_does_not_fit_its_login_binds_nothing,
    r4a_a_real_time_code_binds_a_free_number,
    r4b_a_quick_code_opens_no_account,
    r4c_a_real_time_code_opens_the_companys_account,
    r6_a_number_that_only_a_quick_code_proved_opens_nothing,
    a_quick_code_does_not_pass_for_a_real_time_one,
    an_app_that_shows_no_phones_is_refused,
    a_phone_code_is_exchanged_once,
    what_is_neither_a_code_nor_encrypted_data_is_named,
);

const LAN: &str = "+8613800000001";

/// Returns the code of a button that Lan tapped.
async fn tap(company: &Company, button: &str) -> Value {
    let wanted = json!({ "app": "mini", "person": "lan", "button": button });
    json!({ "code": company.sandbox("POST", "/_sandbox/phone-codes", Some(&wanted)).await["code"] })
}

async fn phone(client: &Client) -> Value {
    client.ask("{ me { phone } }").await.data()["me"]["phone"].clone()
}

async fn r4a_a_quick_code_binds_a_free_number(server: Server) {
    let company = Company::open(server).await;
    let lan = company.sign_in("mini", "lan").await;

    let bound = lan.show("kind: QUICK", tap(&company, "quick").await).await;

    let bound = &bound.data()["bindPhoneWithWechat"];
    assert_eq!((&bound["merged"], &bound["user"]["phone"]), (&json!(false), &json!(LAN)));
    let apps = lan.ask("{ apps { name phone } }").await;
    let mini = apps.data()["apps"].as_array().expect("apps").iter().find(|app| app["name"] == "mini").cloned();
    assert_eq!(mini, Some(json!({ "name": "mini", "phone": ["QUICK"] })));
}

async fn r4a_a_quick_code_binds_nothing_where_policy_says_so(server: Server) {
    let settings = "[phone]\nquick_code_binds = false".parse().expect("settings");
    let company = Company::open_with(server, settings).await;
    let lan = company.sign_in("mini", "lan").await;

    let refused = lan.show("kind: QUICK", tap(&company, "quick").await).await;

    assert_eq!((refused.code(), phone(&lan).await), ("PHONE_PROOF_TOO_WEAK", Value::Null));
}

async fn encrypted_data_that_does_not_fit_its_login_binds_nothing(server: Server) {
    let company = Company::open(server).await;
    let lan = company.sign_in("mini", "lan").await;
    let wanted = json!({ "app": "mini", "person": "lan", "what": "phone", "stale": true });
    let encrypted = company.sandbox("POST", "/_sandbox/encrypted-data", Some(&wanted)).await;
    let code = company.code("mini", "lan").await;
    let (data, iv) = (&encrypted["encryptedData"], &encrypted["iv"]);
    let shown = json!({ "encrypted": { "loginCode": code, "encryptedData": data, "iv": iv } });

    // Only the quick button ever returned encrypted numbers.
    assert_eq!(lan.show("kind: REAL_TIME", shown.clone()).await.code(), "PHONE_CHECK_UNSUPPORTED");
    assert_eq!(lan.show("kind: QUICK", shown.clone()).await.code(), "ENCRYPTED_DATA_STALE");

    assert_eq!(lan.show("kind: QUICK", shown).await.code(), "CODE_USED");
    assert_eq!(company.client().log_in(&code, "mini").await.code(), "CODE_USED");
    assert_eq!(phone(&lan).await, Value::Null);
}

async fn r4a_a_real_time_code_binds_a_free_number(server: Server) {
    let company = real_time::open(server).await;
    let lan = company.sign_in("mini", "lan").await;

    lan.show("kind: REAL_TIME", tap(&company, "real-time").await).await.data();

    assert_eq!(phone(&lan).await, LAN);
}

async fn r4b_a_quick_code_opens_no_account(server: Server) {
    let company = Company::open(server).await;
    company.member("C-1001", LAN, 10).await;
    company.member("C-1002", "+8613800000002", 1000).await;
    let lan = company.sign_in("mini", "lan").await;

    for claim in ["", ", claim: MINE", ", claim: NEW_TO_ME"] {
        let refused = lan.show(&format!("kind: QUICK{claim}"), tap(&company, "quick").await).await;

        assert_eq!((refused.code(), phone(&lan).await), ("PHONE_PROOF_TOO_WEAK", Value::Null), "{claim}");
    }
}

async fn r4c_a_real_time_code_opens_the_companys_account(server: Server) {
    let company = real_time::open(server).await;
    company.member("C-1001", LAN, 10).await;
    let lan = company.sign_in("mini", "lan").await;

    let bound = lan.show("kind: REAL_TIME", tap(&company, "real-time").await).await;

    let bound = &bound.data()["bindPhoneWithWechat"];
    assert_eq!((&bound["merged"], &bound["user"]["externalId"]), (&json!(true), &json!("C-1001")));
}

async fn r6_a_number_that_only_a_quick_code_proved_opens_nothing(server: Server) {
    let company = Company::open(server).await;
    let lan = company.sign_in("mini", "lan").await;
    lan.show("kind: QUICK", tap(&company, "quick").await).await.data();
    let wei = company.sign_in("shop", "wei").await;

    assert_eq!(company.prove(&wei, LAN).await.code(), "PHONE_PROOF_TOO_OLD");

    company.clock.advance(TimeDelta::minutes(1));
    company.prove(&lan, LAN).await.data();
    company.clock.advance(TimeDelta::minutes(1));
    assert_eq!(company.prove(&wei, LAN).await.code(), "PHONE_OWNED_BY_ANOTHER");
}

async fn a_quick_code_does_not_pass_for_a_real_time_one(server: Server) {
    let company = Company::open(server).await;
    company.member("C-1001", LAN, 10).await;
    let lan = company.sign_in("mini", "lan").await;
    let code = tap(&company, "quick").await;

    let refused = lan.show("kind: REAL_TIME", code.clone()).await;

    assert_eq!(refused.code(), "PHONE_CHECK_UNSUPPORTED");
    // The refusal exchanged no code.
    assert_eq!(lan.show("kind: QUICK", code).await.code(), "PHONE_PROOF_TOO_WEAK");
}

async fn an_app_that_shows_no_phones_is_refused(server: Server) {
    let company = Company::open(server).await;
    let lan = company.sign_in("shop", "lan").await;
    let on = async |app: &str| {
        let query =
            format!("mutation {{ bindPhoneWithWechat(app: \"{app}\", kind: QUICK, code: \"c\") {{ merged }} }}");
        lan.ask(&query).await.code().to_owned()
    };

    assert_eq!(on("shop").await, "PHONE_CHECK_UNSUPPORTED");
    assert_eq!(on("nobody's").await, "UNKNOWN_APP");
    assert_eq!(on("mini").await, "INVALID_CODE");
}

/// WeChat's path for exchanging phone codes.
const PHONE_EXCHANGES: &str = "/wxa/business/getuserphonenumber";

async fn a_phone_code_is_exchanged_once(server: Server) {
    let company = Company::open(server).await;
    let lan = company.sign_in("mini", "lan").await;
    let code = tap(&company, "quick").await;

    let answers = join_all((0..10).map(|_| lan.show("kind: QUICK", code.clone()))).await;

    // A retry of the same request in the same session: each success returns the same exchange.
    let (bound, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.0.get("errors").is_none());
    assert!(!bound.is_empty(), "{answers:?}");
    assert!(refused.iter().all(|answer| answer.code() == "CODE_USED"), "{answers:?}");
    assert_eq!(company.calls(PHONE_EXCHANGES).await, 1);
}

async fn what_is_neither_a_code_nor_encrypted_data_is_named(server: Server) {
    let company = Company::open(server).await;
    let lan = company.sign_in("mini", "lan").await;
    let bad = json!({ "loginCode": "c", "encryptedData": "?", "iv": "?" });

    for (shown, code) in [
        (json!({}), "INVALID_INPUT"),
        (json!({ "code": "c", "encrypted": bad.clone() }), "INVALID_INPUT"),
        (json!({ "encrypted": bad }), "INVALID_INPUT"),
        (json!({ "code": " " }), "INVALID_INPUT"),
        (json!({ "code": "x".repeat(5_000) }), "INVALID_CODE"),
    ] {
        assert_eq!(lan.show("kind: QUICK", shown.clone()).await.code(), code, "{shown}");
    }
}
