//! The tape: how {{project-name}} behaves, for the provider contract and for the example `play`, which import the
//! factory.

use providers::contract::{Answer, BeyondLogins, CODE, Person, SECRET, Scene, TOKEN, Tape};
use providers::deps::http::StatusCode;
use providers::deps::secrecy::ExposeSecret;
use providers::deps::serde_json::json;
use providers::deps::toml;

use super::FACTORY;

/// {{project-name}}'s answers during a login.
pub const TAPE: Tape = Tape {
    factory: FACTORY,
    settings: |upstream| {
        toml::toml! {
            client_id = "guiyi-client"
            client_secret = SECRET
            server = (upstream.as_str())
        }
    },
    spends_code: |call| call.path == "/token",
    redirect_uri: Some("redirect_uri"),
    reads_profile: |_| false,
    needed: |call| if call.path == "/token" { &["access_token"] } else { &["id"] },
    person: Person { open_id: "h-4711", union_id: None },
    good_code,
    without_union_id: None,
    used_code: |_| refusal(400, "code_used"),
    forged_code: |_| refusal(400, "code_unknown"),
    expired_code: |_| refusal(400, "code_unknown"),
    quota: |_| refusal(429, "too_many"),
    wrong_secret: |_| refusal(401, "bad_client"),
    unknown_error: |_| refusal(400, "bad_moon"),
    beyond_logins: BeyondLogins::NOTHING,
};

/// Answers each request of a login, after it has checked what the upstream checks.
fn good_code(scene: &Scene<'_>) -> Answer {
    let is = |name: &str, value: &str| scene.call.value(name).as_deref() == Some(value);
    let bearer = scene.call.headers.get("authorization").map(|value| value.as_bytes().to_vec());
    match scene.call.path.as_str() {
        "/token" if !is("client_secret", SECRET) => refusal(401, "bad_client"),
        "/token" if !is("code", CODE) || !is("redirect_uri", scene.redirect_uri) => refusal(400, "code_unknown"),
        "/token" if !is("code_verifier", scene.kept.code_verifier.expose_secret()) => refusal(400, "code_unknown"),
        "/token" => Answer::json(&json!({ "access_token": TOKEN })),
        "/person" if bearer == Some(format!("Bearer {TOKEN}").into_bytes()) => {
            Answer::json(&json!({ "id": "h-4711", "name": "Mu", "picture": "https://upstream.example/4711.jpg" }))
        }
        _ => refusal(404, "nothing_here"),
    }
}

fn refusal(status: u16, error: &str) -> Answer {
    Answer::json(&json!({ "error": error })).status(StatusCode::from_u16(status).expect("a status"))
}
