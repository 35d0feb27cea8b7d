//! Tests of the wire format in each mode and format: query, headers, body.

use std::collections::BTreeMap;

use aes::Aes256;
use aes::cipher::block_padding::NoPadding;
use aes::cipher::{BlockModeDecrypt, KeyIvInit};
use axum::http::{HeaderMap, Method};
use data_encoding::{BASE64, BASE64_NOPAD};
use proptest::prelude::{any, proptest};
use sandbox::push::{AesKey, Courier, Event, Format, Mode, PLATFORM, Push};
use sandbox::signature;
use serde_json::Value;

use crate::receiver::{AES_KEY, APP_ID, NOON, OPEN_ID, Receiver, Seen, TOKEN, push, settings, subscribe};

/// Returns the push as an app's server receives it.
async fn sent(push: &Push, mode: Mode, format: Format) -> Seen {
    let receiver = Receiver::new(&[]).await;
    Courier::default().deliver(&receiver.settings(mode, format), push, || NOON).await;
    receiver.only()
}

#[tokio::test]
async fn a_plain_push_is_the_message() {
    let push = subscribe();

    let (xml, json) = (sent(&push, Mode::Plain, Format::Xml).await, sent(&push, Mode::Plain, Format::Json).await);

    assert_eq!((xml.method, xml.path), (Method::POST, "/push".to_owned()));
    assert_eq!((xml.body, json.body), (push.text(Format::Xml, false), push.text(Format::Json, false)));
}

#[tokio::test]
async fn a_push_has_the_headers_of_wechat() {
    let push = subscribe();

    let (xml, json) = (sent(&push, Mode::Plain, Format::Xml).await, sent(&push, Mode::Secure, Format::Json).await);

    assert_eq!(headers(&xml.headers), ["Mozilla/4.0", "*/*", "no-cache", "text/xml"]);
    assert_eq!(headers(&json.headers), ["Mozilla/4.0", "*/*", "no-cache", "application/json"]);
}

#[tokio::test]
async fn a_plain_push_is_signed_in_its_query() {
    let seen = sent(&subscribe(), Mode::Plain, Format::Xml).await;

    let nonce = seen.query["nonce"].as_str();
    let signature = signature::push(TOKEN, "1760000000", nonce);
    assert_eq!(
        seen.query,
        query(&[("signature", &signature), ("timestamp", "1760000000"), ("nonce", nonce), ("openid", OPEN_ID)])
    );
}

#[tokio::test]
async fn an_encrypted_push_is_signed_with_its_message_too() {
    for mode in [Mode::Compatible, Mode::Secure] {
        let seen = sent(&subscribe(), mode, Format::Json).await;

        let nonce = seen.query["nonce"].as_str();
        let encrypt = encrypt(&seen.body);
        let signature = signature::push(TOKEN, "1760000000", nonce);
        let msg_signature = signature::push_message(TOKEN, "1760000000", nonce, &encrypt);
        assert_eq!(
            seen.query,
            query(&[
                ("signature", &signature),
                ("timestamp", "1760000000"),
                ("nonce", nonce),
                ("openid", OPEN_ID),
                ("encrypt_type", "aes"),
                ("msg_signature", &msg_signature),
            ])
        );
    }
}

#[tokio::test]
async fn the_query_of_the_address_stays() {
    let receiver = Receiver::new(&[]).await;
    let settings = settings(&format!("{}?tenant=1", receiver.url), Mode::Plain, Format::Xml);

    Courier::default().deliver(&settings, &subscribe(), || NOON).await;

    let names: Vec<_> = receiver.only().query.into_keys().collect();
    assert_eq!(names, ["nonce", "openid", "signature", "tenant", "timestamp"]);
}

#[tokio::test]
async fn an_authorization_event_is_from_the_platform_in_the_query_too() {
    let seen = sent(&push(Event::UserInfoModified), Mode::Plain, Format::Xml).await;

    assert_eq!(seen.query["openid"], PLATFORM);
}

#[tokio::test]
async fn a_secure_push_hides_the_message() {
    let push = subscribe();

    let (xml, json) = (sent(&push, Mode::Secure, Format::Xml).await, sent(&push, Mode::Secure, Format::Json).await);

    let (xml_encrypt, json_encrypt) = (cdata(&xml.body, "Encrypt"), encrypt(&json.body));
    let to_user = "<ToUserName><![CDATA[gh_0123456789ab]]></ToUserName>";
    assert_eq!(xml.body, format!("<xml>{to_user}<Encrypt><![CDATA[{xml_encrypt}]]></Encrypt></xml>"));
    assert_eq!(json.body, format!(r#"{{"ToUserName":"gh_0123456789ab","Encrypt":"{json_encrypt}"}}"#));
    assert_eq!(opened(&xml_encrypt), (push.text(Format::Xml, false), APP_ID.to_owned()));
    assert_eq!(opened(&json_encrypt), (push.text(Format::Json, false), APP_ID.to_owned()));
}

#[tokio::test]
async fn a_compatible_push_says_it_both_ways() {
    let push = subscribe();

    let seen = sent(&push, Mode::Compatible, Format::Xml).await;

    let (message, encrypt) = (push.text(Format::Xml, false), cdata(&seen.body, "Encrypt"));
    let fields = message.strip_suffix("</xml>").unwrap();
    assert_eq!(seen.body, format!("{fields}<Encrypt><![CDATA[{encrypt}]]></Encrypt></xml>"));
    assert_eq!(opened(&encrypt), (message, APP_ID.to_owned()));
}

#[tokio::test]
async fn the_same_message_never_looks_the_same_twice() {
    let push = subscribe();

    let (one, two) = (sent(&push, Mode::Secure, Format::Json).await, sent(&push, Mode::Secure, Format::Json).await);

    assert_ne!(one.body, two.body);
}

proptest! {
    #[test]
    fn whatever_is_encrypted_can_be_opened(salt: [u8; 16], message in any::<String>(), app_id in "[ -~]{0,40}") {
        let key: AesKey = AES_KEY.parse().unwrap();

        let encrypt = key.encrypt(salt, &message, &app_id);

        assert_eq!(opened(&encrypt), (message, app_id));
    }
}

/// Decrypts as an app's server does: message and appid.
fn opened(encrypt: &str) -> (String, String) {
    let key = BASE64_NOPAD.decode(AES_KEY.as_bytes()).expect("the key is base64");
    let cipher = cbc::Decryptor::<Aes256>::new_from_slices(&key, &key[..16]).expect("the key has 32 bytes");
    let encrypted = BASE64.decode(encrypt.as_bytes()).expect("the message is base64");
    let mut plain = cipher.decrypt_padded_vec::<NoPadding>(&encrypted).expect("the message is whole blocks");
    plain.truncate(plain.len() - usize::from(plain[plain.len() - 1]));
    let length = u32::from_be_bytes([plain[16], plain[17], plain[18], plain[19]]);
    let app_id = plain.split_off(20 + usize::try_from(length).expect("lengths fit"));
    (text(plain.split_off(20)), text(app_id))
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).expect("messages are UTF-8")
}

fn encrypt(json: &str) -> String {
    let message: Value = serde_json::from_str(json).expect("the body is JSON");
    message["Encrypt"].as_str().expect("the message is encrypted").to_owned()
}

fn cdata(xml: &str, key: &str) -> String {
    let (_, rest) = xml.split_once(&format!("<{key}><![CDATA[")).expect("the body has the key");
    rest.split("]]>").next().unwrap_or_default().to_owned()
}

fn headers(headers: &HeaderMap) -> [&str; 4] {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    ["user-agent", "accept", "pragma", "content-type"].map(text)
}

fn query(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}
