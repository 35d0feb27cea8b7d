//! Alipay's answers, for the provider contract. Source: the pages that `alipay` links.

use data_encoding::BASE64;
use serde_json::{Value, json};

use super::example_keys::{
    ALIPAY_CERTIFICATE, ALIPAY_PRIVATE, ALIPAY_PUBLIC, APP_CERTIFICATE, APP_PRIVATE, ROOT_CERTIFICATES,
};
use super::sign::PrivateKey;
use super::{FACTORY, PROFILE, TOKEN as TOKEN_METHOD};
use crate::contract::{Answer, BeyondLogins, CODE, Call, Person, SECRET, TOKEN, Tape};
use crate::{Built, Factory, Settings};

const APP_ID: &str = "2014072300007148";
const OPEN_ID: &str = "074a1CcTG1LelxKe4xQC0zgNdId0nxi95b5lsNpazWYoCo5";
const UNION_ID: &str = "0Exampl3Un10nIdOfAGroup0fApps";
const TOKEN_ANSWER: &str = "alipay_system_oauth_token_response";

/// The numbers of the example certificates, computed by `openssl` and `md5sum`.
const APP_NUMBER: &str = "f402f118462526d567ad9374bfdaa8a0";
const ALIPAY_NUMBER: &str = "abf5bb028c4725101d426f4fb0174f0d";
const ROOT_NUMBERS: &str = "3846d1ae3f7363d1aa847764156e5b1e_96cf3e999441b5f06bc569647edb4545";

/// Builds a provider. The contract's secret is not a key, so that one stands in for it.
fn build(mut settings: Settings) -> Built {
    if settings.table.get("private_key").and_then(toml::Value::as_str) == Some(SECRET) {
        settings.table.insert("private_key".into(), APP_PRIVATE.into());
    }
    (FACTORY.build)(settings)
}

/// Alipay's answers during a login.
pub(in crate::builtin) const TAPE: Tape = Tape {
    factory: Factory { build, ..FACTORY },
    settings: |upstream| {
        toml::toml! {
            app_id = APP_ID
            private_key = SECRET
            alipay_public_key = ALIPAY_PUBLIC
            union_scope = "hemu-alipay"
            login_url = (upstream.as_str())
            api_url = (upstream.as_str())
        }
    },
    spends_code: |call| is_of(call, TOKEN_METHOD),
    redirect_uri: None,
    reads_profile: |call| is_of(call, PROFILE),
    needed: |call| if is_of(call, TOKEN_METHOD) { &[TOKEN_ANSWER, "sign"] } else { &[] },
    person: Person { open_id: OPEN_ID, union_id: Some(UNION_ID) },
    good_code: |scene| refused_call(scene.call).unwrap_or_else(|| result(scene.call)),
    without_union_id: None,
    used_code: |_| bad_code(),
    forged_code: |_| bad_code(),
    expired_code: |_| bad_code(),
    quota: |_| refused("40005", "Call Limited", ("isv.app-call-limited", "应用调用次数超限，包含调用频率超限")),
    wrong_secret: |_| refused("40002", "Invalid Arguments", ("isv.invalid-signature", "无效签名")),
    unknown_error: |_| refused("40002", "Invalid Arguments", ("isv.moon-full", "月亮是圆的")),
    beyond_logins: BeyondLogins::NOTHING,
};

/// Alipay's answers during a login of an app with certificates.
pub(in crate::builtin) const WITH_CERTIFICATES: Tape = Tape {
    settings: |upstream| {
        let mut table = (TAPE.settings)(upstream);
        table.remove("alipay_public_key");
        table.insert("app_cert".into(), APP_CERTIFICATE.into());
        table.insert("alipay_cert".into(), ALIPAY_CERTIFICATE.into());
        table.insert("alipay_root_cert".into(), ROOT_CERTIFICATES.into());
        table
    },
    good_code: |scene| {
        let is = |name: &str, value: &str| scene.call.value(name).as_deref() == Some(value);
        if !is("app_cert_sn", APP_NUMBER) {
            return refused("40002", "Invalid Arguments", ("isv.invalid-app-cert-sn", "无效应用公钥证书序列号"));
        }
        if !is("alipay_root_cert_sn", ROOT_NUMBERS) {
            let (word, words) = ("isv.invalid-alipay-root-cert-sn", "无效支付宝根证书序列号");
            return refused("40002", "Invalid Arguments", (word, words));
        }
        refused_call(scene.call).unwrap_or_else(|| with_certificate(&result(scene.call)))
    },
    ..TAPE
};

/// Adds the number of the certificate by which an answer is signed.
fn with_certificate(answer: &Answer) -> Answer {
    let mut told: Value = serde_json::from_slice(&answer.body).expect("the tape answers JSON");
    told["alipay_cert_sn"] = ALIPAY_NUMBER.into();
    Answer { body: told.to_string().into_bytes(), ..answer.clone() }
}

fn is_of(call: &Call, method: &str) -> bool {
    call.value("method").as_deref() == Some(method)
}

fn result(call: &Call) -> Answer {
    if is_of(call, TOKEN_METHOD) {
        return signed(
            TOKEN_ANSWER,
            &json!({
                "access_token": TOKEN,
                "auth_start": "2024-03-01 16:28:47",
                "expires_in": "3600",
                "open_id": OPEN_ID,
                "re_expires_in": "3600",
                "refresh_token": "201208134b203fe6c11548bcabd8da5bb087a83b",
                "union_id": UNION_ID,
            }),
        );
    }
    if is_of(call, PROFILE) && call.value("auth_token").as_deref() == Some(TOKEN) {
        return signed(
            "alipay_user_info_share_response",
            &json!({
                "code": "10000",
                "msg": "Success",
                "avatar": "https://tfs.alipayobjects.com/images/partner/T1YjdoXo0eXXXXXXXX",
                "city": "安庆",
                "gender": "F",
                "nick_name": "支付宝小二",
                "open_id": OPEN_ID,
                "province": "安徽省",
            }),
        );
    }
    let answer = json!({ "alipay_user_info_share_response": {
        "code": "20001",
        "msg": "Insufficient Token Permissions",
        "sub_code": "aop.invalid-auth-token",
        "sub_msg": "无效的访问令牌",
    } });
    Answer::json(&answer)
}

/// Returns what is wrong with a call, checked as the gateway does; `None` if it is correct.
fn refused_call(call: &Call) -> Option<Answer> {
    // Not verified: a person who plays the tape sends another code, which is replaced here. `tests/vendors` verifies it.
    let signature = call.value("sign").and_then(|sign| BASE64.decode(sign.as_bytes()).ok());
    if signature.is_none_or(|signature| signature.len() != 256) {
        return Some(refused("40002", "Invalid Arguments", ("isv.invalid-signature", "无效签名")));
    }
    let is = |name: &str, value: &str| call.value(name).as_deref() == Some(value);
    let is_common = is("app_id", APP_ID) && is("charset", "utf-8") && is("sign_type", "RSA2") && is("version", "1.0");
    if !is_common || call.value("timestamp").is_none_or(|time| time.len() != "2014-07-24 03:07:50".len()) {
        return Some(refused("40002", "Invalid Arguments", ("isv.invalid-app-id", "无效的appId参数")));
    }
    let is_code = is("grant_type", "authorization_code") && is("code", CODE);
    (is_of(call, TOKEN_METHOD) && !is_code).then(bad_code)
}

/// Returns an answer that Alipay signs: the text of the object, as it stands in the answer.
fn signed(name: &str, object: &Value) -> Answer {
    let key = PrivateKey::parse(ALIPAY_PRIVATE).expect("Alipay's key is one");
    let sign = key.sign(&object.to_string()).expect("there is randomness");
    Answer::json(&json!({ name: object, "sign": sign })).content_type("text/html;charset=utf-8")
}

/// The answer to a code that is used, expired or forged.
fn bad_code() -> Answer {
    refused("40002", "Invalid Arguments", ("isv.code-invalid", "授权码code无效"))
}

/// A refusal of the gateway: status 200, and no signature.
fn refused(code: &str, msg: &str, (sub_code, sub_msg): (&str, &str)) -> Answer {
    let refused = json!({ "code": code, "msg": msg, "sub_code": sub_code, "sub_msg": sub_msg });
    Answer::json(&json!({ "error_response": refused })).content_type("text/html;charset=utf-8")
}
