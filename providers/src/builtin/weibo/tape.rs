//! Weibo's answers, for the provider contract. Source: the pages that `weibo` links.

use http::StatusCode;
use serde_json::{Value, json};

use super::{FACTORY, PROFILE, TOKEN as TOKEN_PATH};
use crate::contract::{Answer, BeyondLogins, CODE, Person, SECRET, Scene, TOKEN, Tape};

const APP_KEY: &str = "1234567890";
const UID: &str = "1404376560";

/// Weibo's answers during a login.
pub(in crate::builtin) const TAPE: Tape = Tape {
    factory: FACTORY,
    settings: |upstream| {
        toml::toml! {
            app_key = APP_KEY
            app_secret = SECRET
            union_scope = "weibo"
            login_url = (upstream.as_str())
            api_url = (upstream.as_str())
        }
    },
    spends_code: |call| call.path == TOKEN_PATH,
    redirect_uri: Some("redirect_uri"),
    reads_profile: |call| call.path == PROFILE,
    needed: |call| if call.path == TOKEN_PATH { &["uid"] } else { &[] },
    person: Person { open_id: UID, union_id: Some(UID) },
    good_code: |scene| {
        match scene.call.path.as_str() {
        TOKEN_PATH => refused_exchange(scene).unwrap_or_else(|| {
            text(&json!({ "access_token": TOKEN, "remind_in": "1234", "expires_in": 1234, "uid": UID, "isRealName": "true" }))
        }),
        PROFILE if scene.call.value("access_token").as_deref() == Some(TOKEN) => text(&json!({
            "id": 1_404_376_560,
            "idstr": UID,
            "screen_name": "zaku",
            "location": "北京 朝阳区",
            "profile_image_url": "http://tp1.sinaimg.cn/1404376560/50/0/1",
            "avatar_large": "http://tp1.sinaimg.cn/1404376560/180/0/1",
            "status": { "id": 11_142_488_790_i64, "text": "我的相机到了。" },
        })),
        path => refused(scene, 21332, "invalid_access_token", path),
    }
    },
    without_union_id: None,
    used_code: |scene| bad_code(scene),
    forged_code: |scene| bad_code(scene),
    expired_code: |scene| bad_code(scene),
    quota: |scene| {
        let body =
            json!({ "error": "IP requests out of rate limit!", "error_code": "10022", "request": scene.call.path });
        text(&body).status(StatusCode::FORBIDDEN)
    },
    wrong_secret: |scene| refused(scene, 21324, "invalid_client", "client_id or client_secret parameter is invalid"),
    unknown_error: |scene| refused(scene, 29_999, "words_of_another_year", ""),
    beyond_logins: BeyondLogins::NOTHING,
};

/// Returns what is wrong with an exchange; `None` if it is correct.
fn refused_exchange(scene: &Scene<'_>) -> Option<Answer> {
    let is = |name: &str, value: &str| scene.call.value(name).as_deref() == Some(value);
    let refusals = [
        (scene.call.method == "POST", 21323, "invalid_request"),
        (is("client_id", APP_KEY) && is("client_secret", SECRET), 21324, "invalid_client"),
        (is("grant_type", "authorization_code"), 21328, "unsupported_grant_type"),
        (is("redirect_uri", scene.redirect_uri), 21322, "redirect_uri_mismatch"),
        (is("code", CODE), 21325, "invalid_grant"),
    ];
    refusals.into_iter().find(|(holds, ..)| !holds).map(|(_, number, error)| refused(scene, number, error, ""))
}

/// The answer to a code that is used, expired or forged: it repeats the code.
fn bad_code(scene: &Scene<'_>) -> Answer {
    let words = format!("invalid authorization code:{}", scene.call.value("code").unwrap_or_default());
    refused(scene, 21325, "invalid_grant", &words)
}

fn refused(scene: &Scene<'_>, number: i64, error: &str, words: &str) -> Answer {
    let path = &scene.call.path;
    let body = json!({
        "error": error,
        "error_code": number,
        "request": path,
        "error_uri": path,
        "error_description": words,
    });
    text(&body).status(StatusCode::BAD_REQUEST)
}

/// Returns JSON with the content type that Weibo writes.
fn text(body: &Value) -> Answer {
    Answer::json(body).content_type("text/plain;charset=UTF-8")
}
