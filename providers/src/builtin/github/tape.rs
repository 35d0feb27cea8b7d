//! GitHub's answers, for the provider contract.

use http::StatusCode;
use serde_json::{Value, json};

use super::FACTORY;
use crate::contract::{Answer, BeyondLogins, CODE, Person, SECRET, Scene, TOKEN, Tape};

const ERRORS: &str =
    "https://docs.github.com/apps/managing-oauth-apps/troubleshooting-oauth-app-access-token-request-errors/";

/// GitHub's answers during a login.
pub(in crate::builtin) const TAPE: Tape = Tape {
    factory: FACTORY,
    settings: |upstream| {
        let mut table = toml::toml! {
            client_id = "Ov23liEXAMPLE0000001"
            union_scope = "github"
        };
        for (key, value) in [("client_secret", SECRET), ("web_url", upstream.as_str()), ("api_url", upstream.as_str())]
        {
            table.insert(key.into(), value.into());
        }
        table
    },
    spends_code: |call| call.path == "/login/oauth/access_token",
    redirect_uri: Some("redirect_uri"),
    reads_profile: |_| false,
    needed: |call| if call.path == "/user" { &["id"] } else { &["access_token"] },
    person: Person { open_id: "583231", union_id: Some("583231") },
    good_code: |scene| match scene.call.path.as_str() {
        "/login/oauth/access_token" if scene.call.value("client_secret").as_deref() != Some(SECRET) => wrong_secret(),
        "/login/oauth/access_token"
            if scene.call.value("redirect_uri").is_some_and(|uri| uri != scene.redirect_uri) =>
        {
            let words = "The redirect_uri MUST match the registered callback URL for this application.";
            Answer::json(&refusal("redirect_uri_mismatch", words))
        }
        "/login/oauth/access_token" if is_of_the_login(scene) => {
            Answer::json(&json!({ "access_token": TOKEN, "scope": "", "token_type": "bearer" }))
        }
        "/login/oauth/access_token" => bad_verification_code(),
        "/user" if has_the_token(scene) => Answer::json(&json!({
            "login": "octocat",
            "id": 583_231,
            "avatar_url": "https://avatars.githubusercontent.com/u/583231?v=4",
            "type": "User",
            "name": "The Octocat",
        })),
        _ => Answer::json(&json!({ "message": "Not Found" })).status(StatusCode::NOT_FOUND),
    },
    without_union_id: None,
    used_code: |_| bad_verification_code(),
    forged_code: |_| bad_verification_code(),
    expired_code: |_| bad_verification_code(),
    quota: |_| Answer::json(&json!({ "message": "Too Many Requests" })).status(StatusCode::TOO_MANY_REQUESTS),
    wrong_secret: |_| wrong_secret(),
    unknown_error: |_| Answer::json(&refusal("bad_moon", "The moon is bad.")),
    beyond_logins: BeyondLogins::NOTHING,
};

fn is_of_the_login(scene: &Scene<'_>) -> bool {
    use secrecy::ExposeSecret;
    let verifier = scene.call.value("code_verifier");
    scene.call.value("code").as_deref() == Some(CODE)
        && verifier.is_some_and(|verifier| verifier == scene.kept.code_verifier.expose_secret())
}

fn has_the_token(scene: &Scene<'_>) -> bool {
    let sent = scene.call.headers.get(http::header::AUTHORIZATION);
    sent.is_some_and(|value| value.as_bytes() == format!("Bearer {TOKEN}").as_bytes())
}

fn wrong_secret() -> Answer {
    let words = "The client_id and/or client_secret passed are incorrect.";
    Answer::json(&refusal("incorrect_client_credentials", words))
}

fn bad_verification_code() -> Answer {
    Answer::json(&refusal("bad_verification_code", "The code passed is incorrect or expired."))
}

fn refusal(error: &str, words: &str) -> Value {
    let page = format!("{ERRORS}#{}", error.replace('_', "-"));
    json!({ "error": error, "error_description": words, "error_uri": page })
}
