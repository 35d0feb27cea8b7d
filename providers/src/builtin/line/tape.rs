//! LINE's answers, for the provider contract. Source: the page that `line` links.

use http::StatusCode;
use secrecy::ExposeSecret;
use serde_json::json;

use crate::contract::{Answer, BeyondLogins, CODE, Person, SECRET, Scene, TOKEN, Tape};

const CHANNEL: &str = "1234567890";
const USER: &str = "U4af4980629";

pub(in crate::builtin) const TAPE: Tape = Tape {
    factory: super::FACTORY,
    settings: |upstream| {
        toml::toml! {
            channel_id = CHANNEL
            channel_secret = SECRET
            union_scope = "company"
            login_url = (upstream.as_str())
            api_url = (upstream.as_str())
        }
    },
    spends_code: |call| call.path == "/oauth2/v2.1/token",
    redirect_uri: Some("redirect_uri"),
    reads_profile: |_| false,
    needed: |call| if call.path == "/v2/profile" { &["userId"] } else { &["access_token"] },
    person: Person { open_id: USER, union_id: Some(USER) },
    good_code,
    without_union_id: None,
    used_code: |_| refusal(400, "invalid_grant", "invalid authorization code"),
    forged_code: |_| refusal(400, "invalid_grant", "invalid authorization code"),
    expired_code: |_| refusal(400, "invalid_grant", "authorization code expired"),
    quota: |_| Answer::json(&json!({ "message": "Too Many Requests" })).status(StatusCode::TOO_MANY_REQUESTS),
    wrong_secret: |_| refusal(400, "invalid_client", "invalid client_secret"),
    unknown_error: |_| refusal(400, "invalid_moon", "the moon is not full"),
    beyond_logins: BeyondLogins::NOTHING,
};

/// Answers each request of a login, after it has checked what LINE checks.
fn good_code(scene: &Scene<'_>) -> Answer {
    let is = |name: &str, value: &str| scene.call.value(name).as_deref() == Some(value);
    let bearer = scene.call.headers.get("authorization").and_then(|value| value.to_str().ok());
    match scene.call.path.as_str() {
        "/oauth2/v2.1/token" if !is("grant_type", "authorization_code") => {
            refusal(400, "unsupported_grant_type", "unsupported grant_type")
        }
        "/oauth2/v2.1/token" if !is("client_id", CHANNEL) || !is("client_secret", SECRET) => {
            refusal(400, "invalid_client", "invalid client_secret")
        }
        "/oauth2/v2.1/token"
            if !is("code", CODE)
                || !is("redirect_uri", scene.redirect_uri)
                || !is("code_verifier", scene.kept.code_verifier.expose_secret()) =>
        {
            refusal(400, "invalid_grant", "invalid authorization code")
        }
        "/oauth2/v2.1/token" => Answer::json(&json!({
            "access_token": TOKEN,
            "expires_in": 2_592_000,
            "refresh_token": "Aa1FdeggRhTnPNNpxr8p",
            "scope": "profile",
            "token_type": "Bearer",
        })),
        "/v2/profile" if bearer == Some(&format!("Bearer {TOKEN}")) => Answer::json(&json!({
            "userId": USER,
            "displayName": "Brown",
            "pictureUrl": "https://profile.line-scdn.net/abcdefghijklmn",
            "statusMessage": "Hello, LINE!",
        })),
        "/v2/profile" => {
            Answer::json(&json!({ "message": "The access token expired" })).status(StatusCode::UNAUTHORIZED)
        }
        _ => Answer::json(&json!({ "message": "Not found" })).status(StatusCode::NOT_FOUND),
    }
}

fn refusal(status: u16, error: &str, description: &str) -> Answer {
    let status = StatusCode::from_u16(status).expect("a status");
    Answer::json(&json!({ "error": error, "error_description": description })).status(status)
}
