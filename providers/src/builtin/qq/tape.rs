//! QQ's answers, for the provider contract. Source: the pages that `qq` links.

use http::StatusCode;
use serde_json::{Value, json};

use super::{FACTORY, IDS, PROFILE, TOKEN as TOKEN_PATH};
use crate::contract::{Answer, BeyondLogins, CODE, Person, SECRET, Scene, TOKEN, Tape};

const APP_ID: &str = "101000001";
const OPEN_ID: &str = "AFA528402E0923BBA251E2FFAE497888";
const UNION_ID: &str = "UID_0123456789ABCDEF0123456789ABCDEF";

/// QQ's answers during a login.
pub(in crate::builtin) const TAPE: Tape = Tape {
    factory: FACTORY,
    settings: |upstream| {
        toml::toml! {
            app_id = APP_ID
            app_key = SECRET
            union_scope = "hemu-qq"
            login_url = (upstream.as_str())
            api_url = (upstream.as_str())
        }
    },
    spends_code: |call| call.path == TOKEN_PATH,
    redirect_uri: Some("redirect_uri"),
    reads_profile: |call| call.path == PROFILE,
    needed: |call| match call.path.as_str() {
        TOKEN_PATH => &["access_token"],
        IDS => &["openid", "unionid"],
        _ => &[],
    },
    person: Person { open_id: OPEN_ID, union_id: Some(UNION_ID) },
    good_code: |scene| match scene.call.path.as_str() {
        TOKEN_PATH => refused_exchange(scene).unwrap_or_else(|| {
            html(&json!({ "access_token": TOKEN, "expires_in": "7776000", "refresh_token": "88E4EXAMPLE14BE14" }))
        }),
        IDS if has_the_token(scene) => html(&json!({ "client_id": APP_ID, "openid": OPEN_ID, "unionid": UNION_ID })),
        PROFILE if has_the_token(scene) => html(&json!({
            "ret": 0,
            "msg": "",
            "is_lost": 0,
            "nickname": "Peter",
            "gender": "男",
            "figureurl": "http://qzapp.qlogo.cn/qzapp/111111/942FEA70050EEAFBD4DCE2C1FC775E56/30",
            "figureurl_qq_1": "http://q.qlogo.cn/qqapp/100312990/DE1931D5330620DBD07FB4A5422917B6/40",
            "figureurl_qq_2": "http://q.qlogo.cn/qqapp/100312990/DE1931D5330620DBD07FB4A5422917B6/100",
            "is_yellow_vip": "0",
        })),
        _ => in_a_callback(100_016, "access token check failed"),
    },
    without_union_id: None,
    used_code: |_| refused(100_020, "code is reused error"),
    forged_code: |_| in_a_callback(100_019, "code to access token error"),
    expired_code: |_| refused(100_019, "code to access token error"),
    // Not documented; the status is that of RFC 6585.
    quota: |_| Answer::json(&json!({})).status(StatusCode::TOO_MANY_REQUESTS),
    wrong_secret: |_| refused(100_009, "client secret is illegal"),
    unknown_error: |_| refused(199_999, "words of another year"),
    beyond_logins: BeyondLogins::NOTHING,
};

/// Returns what is wrong with an exchange; `None` if it is correct.
fn refused_exchange(scene: &Scene<'_>) -> Option<Answer> {
    let is = |name: &str, value: &str| scene.call.value(name).as_deref() == Some(value);
    let refusals = [
        (is("client_id", APP_ID), 100_008, "client id is illegal"),
        (is("client_secret", SECRET), 100_009, "client secret is illegal"),
        (is("grant_type", "authorization_code"), 100_004, "param grant_type is wrong or lost"),
        (is("code", CODE), 100_019, "code to access token error"),
        (is("redirect_uri", scene.redirect_uri), 100_010, "redirect uri is illegal"),
        // Without it, the answer is no JSON.
        (is("fmt", "json"), 100_029, "fmt is missing"),
    ];
    refusals.into_iter().find(|(holds, ..)| !holds).map(|(_, number, words)| refused(number, words))
}

fn has_the_token(scene: &Scene<'_>) -> bool {
    scene.call.value("access_token").as_deref() == Some(TOKEN)
}

fn refused(number: i64, words: &str) -> Answer {
    html(&json!({ "error": number, "error_description": words }))
}

/// A refusal as QQ writes it by default.
fn in_a_callback(number: i64, words: &str) -> Answer {
    let refused = refused(number, words);
    let object = String::from_utf8_lossy(&refused.body).into_owned();
    Answer { body: format!("callback( {object} );\n").into_bytes(), ..refused }
}

/// Returns JSON with the content type that QQ writes.
fn html(body: &Value) -> Answer {
    Answer::json(body).content_type("text/html; charset=utf-8")
}
