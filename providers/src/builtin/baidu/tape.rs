//! Baidu's answers, for the provider contract. Source: the pages that `baidu` links.

use http::StatusCode;
use serde_json::json;

use super::{FACTORY, PERSON, TOKEN as TOKEN_PATH};
use crate::contract::{Answer, BeyondLogins, CODE, Person, SECRET, Scene, TOKEN, Tape};

const API_KEY: &str = "Va5yQRHlA4Fq5eR3LT0vuXV4";
const OPEN_ID: &str = "oPXyY4O0ZTmUqSX4MRxYDDCccT6Kc9E";
const UNION_ID: &str = "uA91qQ6gAISTuy0mMqoeh7lZ0w6x478";

/// Baidu's answers during a login.
pub(in crate::builtin) const TAPE: Tape = Tape {
    factory: FACTORY,
    settings: |upstream| {
        toml::toml! {
            api_key = API_KEY
            secret_key = SECRET
            union_scope = "hemu-baidu"
            login_url = (upstream.as_str())
            api_url = (upstream.as_str())
        }
    },
    spends_code: |call| call.path == TOKEN_PATH,
    redirect_uri: Some("redirect_uri"),
    reads_profile: |_| false,
    needed: |call| if call.path == PERSON { &["openid", "unionid"] } else { &["access_token"] },
    person: Person { open_id: OPEN_ID, union_id: Some(UNION_ID) },
    good_code,
    without_union_id: None,
    used_code: bad_code,
    forged_code: bad_code,
    expired_code: bad_code,
    quota: |_| number("4", "Open api request limit reached"),
    wrong_secret: |_| word("invalid_client", "Client authentication failed"),
    unknown_error: |_| word("invalid_moon", "words of another year"),
    beyond_logins: BeyondLogins::NOTHING,
};

/// Answers each request of a login, after it has checked what Baidu checks.
fn good_code(scene: &Scene<'_>) -> Answer {
    let is = |name: &str, value: &str| scene.call.value(name).as_deref() == Some(value);
    match scene.call.path.as_str() {
        TOKEN_PATH => refused_exchange(scene).unwrap_or_else(|| {
            Answer::json(&json!({
                "access_token": TOKEN,
                "expires_in": 86400,
                "refresh_token": "2.385d55f8615fdfd9edb7c4b5ebdc3e39.604800.1293440400-2346678-124328",
                "scope": "basic",
                "session_key": "ANXxSNjwQDugf8615OnqeikRMu2bKaXCdlLxn",
                "session_secret": "248APxvxjCZ0VEC43EYrvxqaK4oZExMB",
            }))
        }),
        PERSON if !is("access_token", TOKEN) => number("110", "Access token invalid or no longer valid"),
        PERSON => {
            let mut person = json!({
                "openid": OPEN_ID,
                "userid": "2097322476",
                "username": "u***9",
                "portrait": "e2c1776c31393837313031319605",
                "userdetail": "喜欢自由",
                "birthday": "1987-01-01",
                "marriage": "0",
                "sex": "1",
                "blood": "3",
                "is_bind_mobile": "1",
                "is_realname": "1",
            });
            if is("get_unionid", "1") {
                person["unionid"] = UNION_ID.into();
            }
            Answer::json(&person)
        }
        _ => number("3", "Unsupported openapi method"),
    }
}

/// Returns what is wrong with an exchange; `None` if it is correct.
fn refused_exchange(scene: &Scene<'_>) -> Option<Answer> {
    let is = |name: &str, value: &str| scene.call.value(name).as_deref() == Some(value);
    if !is("grant_type", "authorization_code") {
        return Some(word("unsupported_grant_type", "The authorization grant type is not supported"));
    }
    if !is("client_id", API_KEY) {
        return Some(word("invalid_client", "unknown client id"));
    }
    if !is("client_secret", SECRET) {
        return Some(word("invalid_client", "Client authentication failed"));
    }
    (!is("code", CODE) || !is("redirect_uri", scene.redirect_uri)).then(|| bad_code(scene))
}

/// The answer to a code that is used, expired or forged: it repeats the code.
fn bad_code(scene: &Scene<'_>) -> Answer {
    let code = scene.call.value("code").unwrap_or_default();
    word("invalid_grant", &format!("Invalid authorization code: {code}"))
}

/// A refusal of the token. The status is that of RFC 6749 section 5.2.
fn word(error: &str, description: &str) -> Answer {
    Answer::json(&json!({ "error": error, "error_description": description })).status(StatusCode::BAD_REQUEST)
}

/// A refusal of the API, whose number is a text.
fn number(number: &str, words: &str) -> Answer {
    Answer::json(&json!({ "error_code": number, "error_msg": words }))
}
