//! Tests of `/_sandbox/encrypted-data`: the data of a mini program's page, and its decryption by the server.

use aes::Aes128;
use aes::cipher::block_padding::Pkcs7;
use aes::cipher::{BlockModeDecrypt, KeyIvInit};
use data_encoding::{BASE64, HEXLOWER};
use serde_json::{Value, json};
use sha1::{Digest, Sha1};

use crate::laptop::{Answer, Laptop, NOON, text};

async fn order(laptop: &Laptop, what: &str, stale: bool) -> Answer {
    let order = json!({ "app": "mini", "person": "lan", "what": what, "stale": stale });
    laptop.post_json("/_sandbox/encrypted-data", &order).await
}

/// Logs in; returns the session key.
async fn session(laptop: &Laptop) -> String {
    let code = laptop.code("mini", "lan").await;
    text(&laptop.jscode2session("mini", &code).await.json(), "session_key")
}

/// Decrypts as a server does with this session key; `None` if the key does not match.
fn read(handed: &Value, session_key: &str) -> Option<Value> {
    let bytes = |base64: &str| BASE64.decode(base64.as_bytes()).expect("this is base64");
    let block = |base64: &str| <[u8; 16]>::try_from(bytes(base64)).expect("these are 16 bytes");
    let cipher = cbc::Decryptor::<Aes128>::new(&block(session_key).into(), &block(&text(handed, "iv")).into());
    let plain = cipher.decrypt_padded_vec::<Pkcs7>(&bytes(&text(handed, "encryptedData"))).ok()?;
    serde_json::from_slice(&plain).ok()
}

fn keys(json: &Value) -> Vec<&str> {
    json.as_object().expect("an object").keys().map(String::as_str).collect()
}

#[tokio::test]
async fn a_profile_is_for_the_server_and_its_public_part_for_all() {
    let laptop = Laptop::new().await;
    let key = session(&laptop).await;

    let handed = order(&laptop, "profile", false).await.json();

    let public = json!({
        "nickName": "兰心🌿", "gender": 0, "language": "zh_CN", "city": "", "province": "", "country": "",
        "avatarUrl": "http://127.0.0.1:18080/_sandbox/avatars/lan.50fe4452/132",
    });
    let mut whole = public.clone();
    whole["openId"] = json!(laptop.sandbox.open_id("mini", "lan"));
    whole["unionId"] = json!(laptop.sandbox.union_id("mini", "lan"));
    whole["watermark"] = json!({ "timestamp": NOON, "appid": laptop.app("mini").app_id });
    let raw_data = text(&handed, "rawData");
    assert_eq!(read(&handed, &key), Some(whole));
    assert_eq!(serde_json::from_str::<Value>(&raw_data).unwrap(), public);
    assert_eq!(text(&handed, "signature"), HEXLOWER.encode(&Sha1::digest(format!("{raw_data}{key}"))));
    assert_eq!(keys(&handed), ["encryptedData", "iv", "rawData", "signature"]);
}

#[tokio::test]
async fn a_phone_number_has_no_public_part() {
    let laptop = Laptop::new().await;
    let key = session(&laptop).await;

    let handed = order(&laptop, "phone", false).await.json();

    assert_eq!(
        read(&handed, &key),
        Some(json!({
            "phoneNumber": "13800000001", "purePhoneNumber": "13800000001", "countryCode": "86",
            "watermark": { "timestamp": NOON, "appid": laptop.app("mini").app_id },
        }))
    );
    assert_eq!(keys(&handed), ["encryptedData", "iv"]);
}

#[tokio::test]
async fn data_from_before_the_newest_login_cannot_be_read_with_the_newest_key() {
    let laptop = Laptop::new().await;
    let old = session(&laptop).await;
    let handed = order(&laptop, "phone", false).await.json();

    let new = session(&laptop).await;

    assert!(read(&handed, &old).is_some());
    assert_eq!(read(&handed, &new), None);
}

#[tokio::test]
async fn data_from_between_the_code_and_its_exchange_can_be_read_with_the_key_of_the_exchange() {
    let laptop = Laptop::new().await;
    let code = laptop.code("mini", "lan").await;
    let handed = order(&laptop, "phone", false).await.json();

    let key = text(&laptop.jscode2session("mini", &code).await.json(), "session_key");

    assert!(read(&handed, &key).is_some());
}

#[tokio::test]
async fn stale_data_is_of_no_session_and_leaves_the_one_there_is() {
    let laptop = Laptop::new().await;
    let key = session(&laptop).await;

    let stale = order(&laptop, "profile", true).await.json();
    let fresh = order(&laptop, "profile", false).await.json();

    let signature = HEXLOWER.encode(&Sha1::digest(format!("{}{key}", text(&stale, "rawData"))));
    assert_eq!((read(&stale, &key), read(&fresh, &key).is_some()), (None, true));
    assert_eq!((text(&stale, "signature") == signature, text(&fresh, "signature") == signature), (false, true));
}

#[tokio::test]
async fn two_orders_have_two_initial_vectors() {
    let laptop = Laptop::new().await;
    session(&laptop).await;

    let (first, second) = (order(&laptop, "phone", false).await.json(), order(&laptop, "phone", false).await.json());

    assert!(first["iv"] != second["iv"] && first["encryptedData"] != second["encryptedData"]);
}

#[tokio::test]
async fn an_order_that_cannot_be_is_turned_down_with_a_reason() {
    let laptop = Laptop::new().await;
    let (unread, none) = ("the body is not the JSON that this path requires", "no such app");
    let cases = [
        (
            json!({ "app": "mini", "person": "lan", "what": "profile" }),
            409,
            "this person has no session yet: request a login code first",
        ),
        (json!({ "app": "shop", "person": "lan", "what": "profile" }), 400, "only a mini program has encrypted data"),
        (json!({ "app": "mini", "person": "ghost", "what": "phone", "stale": true }), 400, "this person has no phone"),
        (json!({ "app": "mini", "person": "lan", "what": "address" }), 400, unread),
        (json!({ "app": "mini", "person": "lan", "what": "phone", "stall": true }), 400, unread),
        (json!({ "app": "none", "person": "lan", "what": "phone" }), 404, none),
    ];

    for (body, status, error) in cases {
        let answer = laptop.post_json("/_sandbox/encrypted-data", &body).await;

        assert_eq!((answer.status.as_u16(), answer.json()), (status, json!({ "error": error })), "{body}");
    }
}
