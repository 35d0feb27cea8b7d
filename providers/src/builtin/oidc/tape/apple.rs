//! Apple's answers, for the provider contract. Errors:
//! <https://developer.apple.com/documentation/signinwithapplerestapi/errorresponse> and
//! <https://developer.apple.com/documentation/technotes/tn3107-resolving-sign-in-with-apple-response-errors>.

use data_encoding::BASE64URL_NOPAD;
use http::StatusCode;
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use secrecy::SecretString;
use serde_json::{Value, json};

use super::super::apple::FACTORY;
use super::super::client_secret::ISSUERS;
use super::super::time::now;
use super::{SUBJECT, claims, is_of_the_login, public_key, refused, signed};
use crate::contract::{Answer, BeyondLogins, Person, SECRET, Scene, TOKEN, Tape};
use crate::{Built, Factory, Settings};

const CLIENT: &str = "com.hemu.shop.web";
const TEAM: &str = "DEF123GHIJ";
const KEY: &str = "ABC123DEFG";

/// The public example key of RFC 7515 (appendix A.3) in the form of Apple's files; for tests only.
pub(in crate::builtin) const PRIVATE_KEY: &str = "\
-----BEGIN PRIVATE KEY-----
MIGTAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBHkwdwIBAQQgjpsQnnGQmL+YBIff
H1136cspYG6+0iY7X1fCE9+E9LKgCgYIKoZIzj0DAQehRANCAAR/zc4ncPbEXUGD
y+5v20t7WAczNXvp7xO6z248e9FURcfxRM0bvZt+hyzf7bnuufSzaV1uqQskrYpG
IyiFiOWt
-----END PRIVATE KEY-----
";

/// Its public part.
const PUBLIC_KEY: [&str; 2] =
    ["f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"];

/// Builds a provider. The contract's secret is not a key, so that one stands in for it.
fn build(mut settings: Settings) -> Built {
    let given = settings.table.get("private_key").and_then(toml::Value::as_str);
    if given == Some(SECRET) {
        settings.table.insert("private_key".into(), PRIVATE_KEY.into());
    }
    (FACTORY.build)(settings)
}

/// Apple's answers during a login.
pub(in crate::builtin) const TAPE: Tape = Tape {
    factory: Factory { build, ..FACTORY },
    settings: |upstream| {
        let mut table = toml::toml! { union_scope = "apple-team" };
        for (key, value) in [("client_id", CLIENT), ("team_id", TEAM), ("key_id", KEY), ("private_key", SECRET)] {
            table.insert(key.into(), value.into());
        }
        table.insert("url".into(), upstream.as_str().into());
        table
    },
    spends_code: |call| call.path == "/auth/token",
    redirect_uri: Some("redirect_uri"),
    reads_profile: |_| false,
    needed: |call| if call.path == "/auth/keys" { &["keys"] } else { &["id_token"] },
    person: Person { open_id: SUBJECT, union_id: Some(SUBJECT) },
    good_code: |scene| apple(scene, tokens),
    without_union_id: None,
    used_code: |scene| apple(scene, |_| invalid_grant("The code has already been used.")),
    forged_code: |scene| apple(scene, |_| Answer::json(&json!({ "error": "invalid_grant" })).status(BAD)),
    expired_code: |scene| apple(scene, |_| invalid_grant("The code has expired or has been revoked.")),
    // Apple documents no error for this; the status is that of RFC 6585.
    quota: |scene| apple(scene, |_| Answer::json(&json!({})).status(StatusCode::TOO_MANY_REQUESTS)),
    wrong_secret: |scene| apple(scene, |_| invalid_client()),
    unknown_error: |scene| apple(scene, |_| Answer::json(&json!({ "error": "bad_moon" })).status(BAD)),
    beyond_logins: BeyondLogins::NOTHING,
};

const BAD: StatusCode = StatusCode::BAD_REQUEST;

fn apple(scene: &Scene<'_>, token: fn(&Scene<'_>) -> Answer) -> Answer {
    match scene.call.path.as_str() {
        "/auth/keys" => Answer::json(&json!({ "keys": [public_key()] })),
        "/auth/token" => token(scene),
        _ => Answer::json(&json!({ "error": "invalid_request" })).status(StatusCode::NOT_FOUND),
    }
}

fn tokens(scene: &Scene<'_>) -> Answer {
    let call = scene.call;
    let secret = call.value("client_secret").map(SecretString::from);
    if call.value("client_id").as_deref() != Some(CLIENT) || !secret.is_some_and(|secret| is_signed(&secret)) {
        return invalid_client();
    }
    if call.value("code_verifier").is_some() {
        return Answer::json(&json!({ "error": "invalid_request" })).status(BAD);
    }
    if !is_of_the_login(scene) {
        return Answer::json(&json!({ "error": "invalid_grant" })).status(BAD);
    }
    let mut claims = claims(scene, CLIENT);
    claims["iss"] = ISSUERS[1].into();
    claims["nonce_supported"] = true.into();
    Answer::json(&json!({
        "access_token": TOKEN,
        "token_type": "Bearer",
        "expires_in": 3600,
        "refresh_token": "r3fresh.0.example",
        "id_token": signed(&claims),
    }))
}

/// Returns whether the client secret is one that Apple accepts.
fn is_signed(secret: &SecretString) -> bool {
    use secrecy::ExposeSecret;
    let decoded = |part: &str| BASE64URL_NOPAD.decode(part.as_bytes()).unwrap_or_default();
    let json = |part: &str| serde_json::from_slice::<Value>(&decoded(part)).unwrap_or_default();
    let Some((message, signature)) = secret.expose_secret().rsplit_once('.') else { return false };
    let Some((header, claims)) = message.split_once('.') else { return false };
    let (header, claims) = (json(header), json(claims));
    let public = [&[4], PUBLIC_KEY.map(decoded).concat().as_slice()].concat();
    let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, public);
    let seconds = |name: &str| claims[name].as_u64().unwrap_or_default();
    header == json!({ "alg": "ES256", "kid": KEY })
        && key.verify(message.as_bytes(), &decoded(signature)).is_ok()
        && claims["iss"] == TEAM
        && claims["sub"] == CLIENT
        && claims["aud"] == ISSUERS[0]
        && seconds("exp") > now()
        && seconds("exp") - seconds("iat") <= 15_777_000
}

fn invalid_grant(words: &str) -> Answer {
    refused(BAD, "invalid_grant", words)
}

fn invalid_client() -> Answer {
    Answer::json(&json!({ "error": "invalid_client" })).status(BAD)
}
