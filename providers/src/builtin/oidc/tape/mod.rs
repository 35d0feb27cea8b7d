//! The answers of an `OpenID` Connect issuer, for the provider contract.

pub(in crate::builtin) mod apple;
pub(in crate::builtin) mod microsoft;

use data_encoding::BASE64URL_NOPAD;
use http::StatusCode;
use ring::signature::{Ed25519KeyPair, KeyPair};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::FACTORY;
use crate::contract::{Answer, BeyondLogins, CODE, Person, SECRET, Scene, TOKEN, Tape};

/// The private part of the public example key of RFC 8037, appendix A.1; for tests only.
const KEY: &str = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";
const KEY_ID: &str = "rfc8037-a1";
const CLIENT: &str = "guiyi-contract";
/// The person of the ID tokens.
pub(super) const SUBJECT: &str = "248289761001";

/// An issuer's answers during a login.
pub(in crate::builtin) const TAPE: Tape = Tape {
    factory: FACTORY,
    settings: |upstream| {
        // Set, because the issuer's port differs in each run.
        let mut table = toml::toml! {
            app_id = "hemu-id#guiyi-contract"
            union_scope = "hemu-id"
        };
        let issuer = upstream.as_str().trim_end_matches('/');
        for (key, value) in [("issuer", issuer), ("client_id", CLIENT), ("client_secret", SECRET)] {
            table.insert(key.into(), value.into());
        }
        table
    },
    spends_code: |call| call.path == "/token",
    redirect_uri: Some("redirect_uri"),
    reads_profile: |call| call.path == "/me",
    needed: |call| match call.path.as_str() {
        "/.well-known/openid-configuration" => &["issuer", "authorization_endpoint", "token_endpoint", "jwks_uri"],
        "/jwks" => &["keys"],
        "/token" => &["id_token"],
        "/me" => &["sub"],
        _ => &[],
    },
    person: Person { open_id: SUBJECT, union_id: Some(SUBJECT) },
    good_code: |scene| or_about_itself(scene, tokens),
    without_union_id: None,
    used_code: |scene| or_about_itself(scene, invalid_grant),
    forged_code: |scene| or_about_itself(scene, invalid_grant),
    expired_code: |scene| or_about_itself(scene, invalid_grant),
    quota: |scene| or_about_itself(scene, |_| refusal("temporarily_unavailable").status(StatusCode::TOO_MANY_REQUESTS)),
    wrong_secret: |scene| or_about_itself(scene, |_| refusal("invalid_client").status(StatusCode::UNAUTHORIZED)),
    unknown_error: |scene| or_about_itself(scene, |_| refusal("bad_moon")),
    beyond_logins: BeyondLogins::NOTHING,
};

/// Serves the discovery document and the keys, and answers the token request with `token`.
fn or_about_itself(scene: &Scene<'_>, token: fn(&Scene<'_>) -> Answer) -> Answer {
    let issuer = scene.upstream.as_str().trim_end_matches('/');
    match scene.call.path.as_str() {
        "/.well-known/openid-configuration" => Answer::json(&json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{issuer}/auth"),
            "token_endpoint": format!("{issuer}/token"),
            "jwks_uri": format!("{issuer}/jwks"),
            "userinfo_endpoint": format!("{issuer}/me"),
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["EdDSA"],
        })),
        "/jwks" => Answer::json(&json!({ "keys": [public_key()] })),
        "/token" => token(scene),
        "/me" => Answer::json(&json!({
            "sub": SUBJECT,
            "name": "Jane Doe",
            "picture": "https://id.example.com/jane.jpg",
            "email_verified": true,
            "address": { "country": "CN" },
            "updated_at": 1_760_000_000,
        })),
        _ => refusal("invalid_request").status(StatusCode::NOT_FOUND),
    }
}

fn tokens(scene: &Scene<'_>) -> Answer {
    if !(is_of_the_login(scene) && has_the_verifier(scene)) {
        return invalid_grant(scene);
    }
    Answer::json(&json!({
        "access_token": TOKEN,
        "token_type": "Bearer",
        "expires_in": 3600,
        "id_token": signed(&claims(scene, CLIENT)),
    }))
}

/// Returns whether the code is the issued one, and came with the redirect address of its login.
pub(super) fn is_of_the_login(scene: &Scene<'_>) -> bool {
    let is = |name: &str, value: &str| scene.call.value(name).as_deref() == Some(value);
    is("code", CODE) && is("redirect_uri", scene.redirect_uri)
}

/// Returns whether the code came with the verifier of its login.
pub(super) fn has_the_verifier(scene: &Scene<'_>) -> bool {
    let verifier = scene.call.value("code_verifier");
    verifier.is_some_and(|verifier| verifier == scene.kept.code_verifier.expose_secret())
}

/// Returns the claims of an ID token for a client.
pub(super) fn claims(scene: &Scene<'_>, client: &str) -> Value {
    let now = super::time::now();
    json!({
        "iss": scene.upstream.as_str().trim_end_matches('/'),
        "aud": client,
        "sub": SUBJECT,
        "iat": now,
        "exp": now + 3600,
        "nonce": scene.kept.nonce.expose_secret(),
    })
}

/// Signs an ID token.
pub(super) fn signed(claims: &Value) -> String {
    let header = json!({ "alg": "EdDSA", "kid": KEY_ID });
    let message = [&header, claims].map(|part| BASE64URL_NOPAD.encode(part.to_string().as_bytes())).join(".");
    let signature = BASE64URL_NOPAD.encode(key().sign(message.as_bytes()).as_ref());
    format!("{message}.{signature}")
}

/// Returns the key that verifies the ID tokens. That of a vendor is an RSA key; `tests/oidc` signs with one.
pub(super) fn public_key() -> Value {
    let x = BASE64URL_NOPAD.encode(key().public_key().as_ref());
    json!({ "kty": "OKP", "crv": "Ed25519", "x": x, "kid": KEY_ID, "use": "sig" })
}

fn key() -> Ed25519KeyPair {
    let seed = BASE64URL_NOPAD.decode(KEY.as_bytes()).expect("the RFC writes base64url");
    Ed25519KeyPair::from_seed_unchecked(&seed).expect("the RFC's key is one")
}

fn invalid_grant(_: &Scene<'_>) -> Answer {
    refusal("invalid_grant")
}

fn refusal(error: &str) -> Answer {
    Answer::json(&json!({ "error": error })).status(StatusCode::BAD_REQUEST)
}

/// Returns a refusal in the vendor's words.
pub(super) fn refused(status: StatusCode, error: &str, words: &str) -> Answer {
    Answer::json(&json!({ "error": error, "error_description": words })).status(status)
}
