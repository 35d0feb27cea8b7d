//! Tests of WeChat's global token, the JS ticket and phone numbers fetched with it, and encrypted data.

use aes::Aes128;
use aes::cipher::block_padding::Pkcs7;
use aes::cipher::{BlockModeEncrypt, KeyIvInit};
use domain::Profile;
use domain::login::Proof;
use providers::{
    Abilities, EncryptedData, ErrorKind, Exchange, IdentityProvider, LoginCode, PhoneCheck, PhoneCode, ProviderError,
    ShownPhone, UnionIds,
};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::upstream::{self, SECRET, Script};

const CODE: &str = "091eXm0w3pLeC0deQtt0w3ABCD62eXm0";
/// base64 of `SESSION_KEY_BYTES`.
const SESSION_KEY: &str = "ZGVmZ2hpamtsbW5vcHFycw==";
const SESSION_KEY_BYTES: &[u8; 16] = b"defghijklmnopqrs";

fn table() -> toml::Table {
    toml::toml! {
        app_id = "wxabcdef0123456789"
        union_scope = "hemu"
    }
}

async fn provider(
    kind: &str,
    script: Script,
) -> (std::sync::Arc<dyn IdentityProvider>, std::sync::Arc<upstream::Upstream>) {
    upstream::provider(kind, table(), script).await
}

fn token(number: usize) -> Value {
    json!({ "access_token": format!("87_global-{number}"), "expires_in": 7200 })
}

fn telephone(app_id: &str) -> Value {
    json!({ "phoneNumber": "13800000001", "purePhoneNumber": "13800000001", "countryCode": "86",
        "watermark": { "timestamp": 1_760_000_000, "appid": app_id } })
}

fn phone_answer() -> Value {
    json!({ "errcode": 0, "errmsg": "ok", "phone_info": telephone("wxabcdef0123456789") })
}

fn bad_token() -> Value {
    json!({ "errcode": 40001, "errmsg": "invalid credential, access_token is invalid or not latest rid: 1-2-3" })
}

fn phone_code() -> ShownPhone {
    ShownPhone::Code(PhoneCode::parse(&"ab".repeat(32)).expect("a code"))
}

fn code() -> LoginCode {
    LoginCode::parse(CODE).expect("a code")
}

/// Encrypts text for the page as WeChat does.
fn encrypted(plaintext: &Value) -> EncryptedData {
    let cipher = cbc::Encryptor::<Aes128>::new(SESSION_KEY_BYTES.into(), &[7; 16].into());
    EncryptedData { data: cipher.encrypt_padded_vec::<Pkcs7>(plaintext.to_string().as_bytes()), iv: [7; 16] }
}

fn user_info(open_id: Option<&str>, nickname: &str) -> Value {
    let mut info = json!({ "nickName": nickname, "gender": 0, "avatarUrl": "https://thirdwx.qlogo.cn/lan/132",
        "unionId": " oULan ", "watermark": { "timestamp": 1_760_000_000, "appid": "wxabcdef0123456789" } });
    if let Some(open_id) = open_id {
        info["openId"] = open_id.into();
    }
    info
}

/// Answers with a session of `oMini`.
fn session(path: &str, _: usize) -> Value {
    assert_eq!(path, "/sns/jscode2session");
    json!({ "session_key": SESSION_KEY, "openid": "oMini" })
}

fn session_with_union_id(_: &str, _: usize) -> Value {
    json!({ "session_key": SESSION_KEY, "openid": "oMini", "unionid": "oUSession" })
}

fn session_without_key(_: &str, _: usize) -> Value {
    json!({ "openid": "oMini" })
}

async fn exchange(script: Script, plaintext: &Value) -> Result<Proof, ProviderError> {
    let (provider, _) = provider("wechat-mini-program", script).await;
    let (code, data) = (code(), encrypted(plaintext));
    provider.exchange(&Exchange { encrypted: Some(&data), ..Exchange::of(&code) }).await
}

fn told(proof: &Proof) -> (Option<&str>, Option<&str>) {
    (proof.union.as_ref().map(|union| union.union_id.as_str()), proof.profile.nickname.as_deref())
}

#[test]
fn a_mini_program_checks_phones_and_an_official_account_has_tickets() {
    let abilities = |kind| upstream::build(kind, table(), None).expect("sound settings").abilities();

    let mini = abilities("wechat-mini-program");
    let account = abilities("wechat-official-account");

    let sometimes = UnionIds::Sometimes;
    let phone = [PhoneCheck::Quick, PhoneCheck::RealTime].as_slice();
    assert_eq!(mini, Abilities { union_ids: sometimes, phone, profile: true, js_sdk: false });
    assert_eq!(account, Abilities { union_ids: sometimes, phone: &[], profile: true, js_sdk: true });
}

#[tokio::test]
async fn a_phone_code_is_exchanged_with_the_stable_token() {
    let (provider, upstream) = provider("wechat-mini-program", |path, before| match path {
        "/cgi-bin/stable_token" => token(before),
        _ => phone_answer(),
    })
    .await;

    let numbers = [provider.phone_number(&phone_code()).await, provider.phone_number(&phone_code()).await]
        .map(|number| number.expect("a number"));

    assert_eq!(numbers.map(|number| number.e164().to_owned()), ["+8613800000001", "+8613800000001"]);
    let asked = r#"POST /wxa/business/getuserphonenumber {"access_token":"87_global-0"} {"code":"abababababababababababababababababababababababababababababababab"}"#;
    assert_eq!(
        upstream.calls(),
        [
            r#"POST /cgi-bin/stable_token {} {"appid":"wxabcdef0123456789","grant_type":"client_credential","secret":"0123456789abcdef0123456789abcdef"}"#,
            asked,
            asked,
        ]
    );
}

#[tokio::test]
async fn a_refused_token_is_fetched_anew_and_the_call_made_once_more() {
    let (provider, upstream) = provider("wechat-mini-program", |path, before| match (path, before) {
        ("/cgi-bin/stable_token", before) => token(before),
        (_, 0) => bad_token(),
        (_, _) => phone_answer(),
    })
    .await;

    let number = provider.phone_number(&phone_code()).await.expect("a number");

    assert_eq!(number.e164(), "+8613800000001");
    let (token, phone) = ("/cgi-bin/stable_token", "/wxa/business/getuserphonenumber");
    assert_eq!(upstream.paths(), [token, phone, token, phone]);
    assert!(upstream.calls()[3].contains("87_global-1"), "{}", upstream.calls()[3]);
}

#[tokio::test]
async fn a_token_that_is_refused_twice_is_for_the_operator() {
    let (provider, upstream) = provider("wechat-mini-program", |path, before| match path {
        "/cgi-bin/stable_token" => token(before),
        _ => bad_token(),
    })
    .await;

    let error = provider.phone_number(&phone_code()).await.expect_err("a refusal");

    assert_eq!((error.kind, upstream.paths().len()), (ErrorKind::Misconfigured, 4));
}

#[tokio::test]
async fn a_wrong_secret_is_for_the_operator_and_is_tried_once() {
    let (provider, upstream) =
        provider("wechat-mini-program", |_, _| json!({ "errcode": 40001, "errmsg": "invalid credential" })).await;

    let error = provider.phone_number(&phone_code()).await.expect_err("a refusal");

    assert_eq!((error.kind, error.code_is_unspent()), (ErrorKind::Misconfigured, true));
    assert_eq!(upstream.paths(), ["/cgi-bin/stable_token"]);
}

#[tokio::test]
async fn an_address_that_is_not_on_the_list_is_named() {
    let (provider, _) = provider("wechat-official-account", |_, _| {
        let words = "invalid ip 203.0.113.7 ipv6 ::ffff:203.0.113.7, not in whitelist rid: 68e77801-1a2b3c4d-5e6f7081";
        json!({ "errcode": 40164, "errmsg": words })
    })
    .await;

    let error = provider.js_ticket().await.expect_err("a refusal");

    assert_eq!(error.kind, ErrorKind::Misconfigured);
    assert_eq!(
        error.detail,
        "WeChat answered 40164: invalid ip 203.0.113.7 ipv6 ::ffff:203.0.113.7, not in whitelist \
         rid: 68e77801-1a2b3c4d-5e6f7081"
    );
}

#[tokio::test]
async fn a_ticket_is_fetched_once_with_the_token_and_then_kept() {
    let (provider, upstream) = provider("wechat-official-account", |path, before| match path {
        "/cgi-bin/stable_token" => token(before),
        _ => json!({ "errcode": 0, "errmsg": "ok", "ticket": format!("kgt8ON-{before}"), "expires_in": 7200 }),
    })
    .await;

    let first = provider.js_ticket().await.expect("a ticket");
    let second = provider.js_ticket().await.expect("a ticket");

    assert_eq!([first.expose_secret(), second.expose_secret()], ["kgt8ON-0", "kgt8ON-0"]);
    assert_eq!(
        upstream.calls()[1..],
        [r#"GET /cgi-bin/ticket/getticket {"access_token":"87_global-0","type":"jsapi"}"#]
    );
}

#[tokio::test]
async fn a_phone_that_was_told_to_another_app_is_unexpected() {
    let (provider, _) = provider("wechat-mini-program", |path, before| match path {
        "/cgi-bin/stable_token" => token(before),
        _ => json!({ "errcode": 0, "errmsg": "ok", "phone_info": telephone("wx0000000000000000") }),
    })
    .await;

    let error = provider.phone_number(&phone_code()).await.expect_err("a refusal");

    assert_eq!(error.kind, ErrorKind::UnexpectedAnswer);
}

#[tokio::test]
async fn a_login_code_is_no_phone_code() {
    let (provider, upstream) = provider("wechat-mini-program", |path, before| match path {
        "/cgi-bin/stable_token" => token(before),
        _ => json!({ "errcode": 40029, "errmsg": "invalid code" }),
    })
    .await;

    let error = provider.phone_number(&phone_code()).await.expect_err("a refusal");

    assert_eq!((error.kind, upstream.paths().len()), (ErrorKind::CodeRejected, 2));
}

#[tokio::test]
async fn an_encrypted_phone_is_read_with_the_key_of_its_login() {
    let (provider, upstream) = provider("wechat-mini-program", session).await;
    let shown = ShownPhone::Encrypted { login: code(), data: encrypted(&telephone("wxabcdef0123456789")) };

    let number = provider.phone_number(&shown).await.expect("a number");

    assert_eq!((number.e164(), upstream.paths().len()), ("+8613800000001", 1));
}

#[tokio::test]
async fn an_encrypted_profile_is_no_phone() {
    let (provider, _) = provider("wechat-mini-program", session).await;
    let shown = ShownPhone::Encrypted { login: code(), data: encrypted(&user_info(Some("oMini"), "兰心🌿")) };

    let error = provider.phone_number(&shown).await.expect_err("a refusal");

    assert_eq!(error.kind, ErrorKind::StaleData);
}

#[tokio::test]
async fn encrypted_data_tells_the_profile_and_never_a_union_id() {
    for open_id in [Some("oMini"), None] {
        let proof = exchange(session, &user_info(open_id, "兰心🌿")).await.expect("a proof");

        assert_eq!(told(&proof), (None, Some("兰心🌿")));
    }
}

#[tokio::test]
async fn the_union_id_is_the_sessions_whatever_encrypted_data_says() {
    let proof = exchange(session_with_union_id, &user_info(Some("oMini"), "兰心🌿")).await.expect("a proof");

    assert_eq!(told(&proof), (Some("oUSession"), Some("兰心🌿")));
}

#[tokio::test]
async fn a_broken_encrypted_profile_signs_in_without_a_name() {
    for (name, picture) in
        [(json!(null), json!(null)), (json!(5), json!({})), (json!(["兰心"]), json!(true)), (json!(""), json!(""))]
    {
        let mut info = user_info(Some("oMini"), "");
        (info["nickName"], info["avatarUrl"], info["gender"]) = (name, picture, json!("?"));

        let proof = exchange(session_with_union_id, &info).await.expect("a proof");

        assert_eq!((told(&proof), &proof.profile), ((Some("oUSession"), None), &Profile::default()), "{info}");
    }
}

#[tokio::test]
async fn a_lifetime_may_be_a_text_or_have_a_fraction_and_is_named_if_it_is_none() {
    for script in [
        (|path, _| match path {
            "/cgi-bin/stable_token" => json!({ "access_token": "87_t", "expires_in": "7200" }),
            _ => phone_answer(),
        }) as Script,
        |path, _| match path {
            "/cgi-bin/stable_token" => json!({ "access_token": "87_t", "expires_in": 7199.5, "errcode": "0" }),
            _ => phone_answer(),
        },
    ] {
        let (provider, _) = provider("wechat-mini-program", script).await;
        assert!(provider.phone_number(&phone_code()).await.is_ok());
    }
    let (provider, _) =
        provider("wechat-mini-program", |_, _| json!({ "access_token": "87_t", "expires_in": null })).await;

    let error = provider.phone_number(&phone_code()).await.expect_err("a failure");

    assert_eq!(error.kind, ErrorKind::UnexpectedAnswer);
    assert_eq!(error.detail, "the answer of /cgi-bin/stable_token: `expires_in` is missing or empty");
}

#[tokio::test]
async fn of_a_telephone_only_its_number_its_country_and_its_app_matter() {
    let (provider, _) = provider("wechat-mini-program", |path, before| {
        if path == "/cgi-bin/stable_token" {
            return token(before);
        }
        let mut answer = phone_answer();
        answer["phone_info"]["phoneNumber"] = json!([]);
        answer["phone_info"]["watermark"]["timestamp"] = json!("x");
        answer["phone_info"]["countryCode"] = json!(86);
        answer
    })
    .await;

    let number = provider.phone_number(&phone_code()).await.expect("a number");

    assert_eq!(number.e164(), "+8613800000001");
}

#[tokio::test]
async fn a_wrong_field_of_a_telephone_is_named_without_the_number() {
    let number: Script = |path, before| match path {
        "/cgi-bin/stable_token" => token(before),
        _ => json!({ "phone_info": { "purePhoneNumber": 13_800_000_001_u64, "countryCode": "86",
            "watermark": { "appid": "wxabcdef0123456789" } } }),
    };
    let watermark: Script = |path, before| match path {
        "/cgi-bin/stable_token" => token(before),
        _ => json!({ "phone_info": { "purePhoneNumber": "13800000001", "countryCode": "86", "watermark": [] } }),
    };
    let text: Script = |path, before| match path {
        "/cgi-bin/stable_token" => token(before),
        _ => json!({ "phone_info": "13800000001" }),
    };
    for (script, field) in [(number, "purePhoneNumber"), (watermark, "watermark"), (text, "phone_info")] {
        let (provider, _) = provider("wechat-mini-program", script).await;

        let error = provider.phone_number(&phone_code()).await.expect_err("a failure");

        assert_eq!(error.kind, ErrorKind::UnexpectedAnswer);
        assert!(error.detail.contains(&format!("`{field}`")) && !error.detail.contains("138"), "{error}");
    }
}

#[tokio::test]
async fn an_anonymous_profile_is_none() {
    let proof = exchange(session, &user_info(Some("oMini"), "微信用户")).await.expect("a proof");

    assert_eq!(proof.profile, Profile::default());
}

#[tokio::test]
async fn data_about_another_person_or_of_another_kind_is_stale() {
    for plaintext in [user_info(Some("oWei"), "阿伟"), telephone("wxabcdef0123456789"), json!([]), json!({})] {
        let error = exchange(session, &plaintext).await.expect_err("a refusal");

        assert_eq!(error.kind, ErrorKind::StaleData, "{plaintext}");
    }
}

#[tokio::test]
async fn a_session_without_a_key_opens_nothing() {
    let error = exchange(session_without_key, &user_info(Some("oMini"), "兰心🌿")).await.expect_err("a refusal");

    assert_eq!(error.kind, ErrorKind::UnexpectedAnswer);
}

#[tokio::test]
async fn a_base_tokens_profile_needs_consent() {
    let (provider, _) = provider("wechat-official-account", |path, _| match path {
        "/sns/userinfo" => json!({ "errcode": 48001, "errmsg": "api unauthorized, rid: 1-2-3" }),
        _ => json!({ "access_token": "86_t", "openid": "oLan", "scope": "snsapi_userinfo" }),
    })
    .await;

    let error = provider.exchange(&Exchange::of(&code())).await.expect_err("a refusal");

    assert_eq!(error.kind, ErrorKind::ConsentRequired);
}

#[tokio::test]
async fn no_error_repeats_a_token_a_code_a_key_or_a_number() {
    let (echoing, _) = provider("wechat-mini-program", |path, before| match path {
        "/cgi-bin/stable_token" => token(before),
        _ => json!({ "errcode": 40029, "errmsg": format!("{} of 87_global-0 and {SECRET}", "ab".repeat(32)) }),
    })
    .await;
    let refused = echoing.phone_number(&phone_code()).await.expect_err("a refusal");
    let (nonsense, _) = provider("wechat-mini-program", |path, before| match path {
        "/cgi-bin/stable_token" => token(before),
        _ => json!({ "phone_info": { "purePhoneNumber": "13800000001", "countryCode": { "86": SESSION_KEY } } }),
    })
    .await;
    let unread = nonsense.phone_number(&phone_code()).await.expect_err("a refusal");
    let stale = exchange(session, &telephone("wxabcdef0123456789")).await.expect_err("a refusal");

    let text = format!("{refused} {refused:?} {unread} {unread:?} {stale} {stale:?} {echoing:?}");

    for secret in [SECRET, CODE, &"ab".repeat(32), "87_global-0", SESSION_KEY, "13800000001"] {
        assert!(!text.contains(secret), "{text}");
    }
}
