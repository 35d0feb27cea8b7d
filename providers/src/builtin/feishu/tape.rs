//! Feishu's answers, for the provider contract. Source: the pages that `feishu` links.

use http::StatusCode;
use http::header::AUTHORIZATION;
use secrecy::ExposeSecret;
use serde_json::json;

use super::{FACTORY, TOKEN as TOKEN_PATH, USER};
use crate::contract::{Answer, BeyondLogins, CODE, Person, SECRET, Scene, TOKEN, Tape};

const APP_ID: &str = "cli_a5ca35a685b0x26e";
const OPEN_ID: &str = "ou-caecc734c2e3328a62489fe0648c4b98779515d3";
const UNION_ID: &str = "on-d89jhsdhjsajkda7828enjdj328ydhhw3u43yjhdj";

/// Feishu's answers during a login.
pub(in crate::builtin) const TAPE: Tape = Tape {
    factory: FACTORY,
    settings: |upstream| {
        toml::toml! {
            app_id = APP_ID
            app_secret = SECRET
            union_scope = "hemu-feishu"
            login_url = (upstream.as_str())
            api_url = (upstream.as_str())
        }
    },
    spends_code: |call| call.path == TOKEN_PATH,
    redirect_uri: Some("redirect_uri"),
    reads_profile: |_| false,
    needed: |call| match call.path.as_str() {
        USER => &["code", "data", "data.open_id", "data.union_id"],
        _ => &["code", "access_token"],
    },
    person: Person { open_id: OPEN_ID, union_id: Some(UNION_ID) },
    good_code: |scene| match scene.call.path.as_str() {
        TOKEN_PATH => refused_exchange(scene).unwrap_or_else(|| {
            Answer::json(&json!({
                "code": 0,
                "access_token": TOKEN,
                "expires_in": 7200,
                "scope": "auth:user.id:read user_profile",
                "token_type": "Bearer",
            }))
        }),
        USER if has_the_token(scene) => Answer::json(&json!({
            "code": 0,
            "msg": "success",
            "data": {
                "name": "张三",
                "en_name": "zhangsan",
                "avatar_url": "https://www.feishu.cn/avatar/icon",
                "avatar_thumb": "https://www.feishu.cn/avatar/icon_thumb",
                "open_id": OPEN_ID,
                "union_id": UNION_ID,
                "tenant_key": "736588c92lxf175d",
            },
        })),
        USER => Answer::json(&json!({ "code": 20005, "msg": "The user access token passed is invalid." })),
        _ => Answer::json(&json!({ "code": 404, "msg": "not found" })).status(StatusCode::NOT_FOUND),
    },
    without_union_id: None,
    used_code: |_| refused(20065, "invalid_grant", "The authorization code has been used."),
    forged_code: |_| refused(20003, "invalid_grant", "The authorization code is not found."),
    expired_code: |_| refused(20004, "invalid_grant", "The authorization code has expired."),
    quota: |_| {
        Answer::json(&json!({ "code": 99_991_400, "msg": "request trigger frequency limit" }))
            .status(StatusCode::BAD_REQUEST)
    },
    wrong_secret: |_| refused(20002, "invalid_client", "The client secret is invalid."),
    unknown_error: |_| refused(29_999, "invalid_grant", "Words of another year."),
    beyond_logins: BeyondLogins::NOTHING,
};

/// Returns what is wrong with an exchange; `None` if it is correct.
fn refused_exchange(scene: &Scene<'_>) -> Option<Answer> {
    let is = |name: &str, value: &str| scene.call.value(name).as_deref() == Some(value);
    let returns = scene.call.value("redirect_uri");
    let refusals = [
        (is("client_id", APP_ID), 20048, "The specified app does not exist."),
        (is("client_secret", SECRET), 20002, "The client secret is invalid."),
        (is("grant_type", "authorization_code"), 20036, "The specified grant_type is not supported."),
        (is("code", CODE), 20003, "The authorization code is not found."),
        (returns.is_none_or(|uri| uri == scene.redirect_uri), 20071, "The provided redirect URI does not match."),
        (is("code_verifier", scene.kept.code_verifier.expose_secret()), 20049, "PKCE code challenge failed."),
    ];
    let refused_as = refusals.into_iter().find(|(holds, ..)| !holds);
    refused_as.map(|(_, number, words)| refused(number, "invalid_request", words))
}

fn has_the_token(scene: &Scene<'_>) -> bool {
    let sent = scene.call.headers.get(AUTHORIZATION);
    sent.is_some_and(|value| value.as_bytes() == format!("Bearer {TOKEN}").as_bytes())
}

fn refused(number: i64, error: &str, words: &str) -> Answer {
    Answer::json(&json!({ "code": number, "error": error, "error_description": words })).status(StatusCode::BAD_REQUEST)
}
