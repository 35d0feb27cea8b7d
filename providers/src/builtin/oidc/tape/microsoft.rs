//! Microsoft's answers to a login at the address of several tenants, for the provider contract.
//!
//! Errors: <https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-auth-code-flow#error-codes-for-token-endpoint-errors>
//! and <https://learn.microsoft.com/en-us/entra/identity-platform/reference-error-codes>.

use http::StatusCode;
use serde_json::{Value, json};

use super::super::microsoft::FACTORY;
use super::{SUBJECT, claims, has_the_verifier, is_of_the_login, public_key, signed};
use crate::contract::{Answer, BeyondLogins, Person, SECRET, Scene, TOKEN, Tape};

const CLIENT: &str = "6731de76-14a6-49ae-97bc-6eba6914391e";
const TENANT: &str = "b9419818-09af-49c2-b0c3-653adc1f376e";

/// Microsoft's answers during a login.
pub(in crate::builtin) const TAPE: Tape = Tape {
    factory: FACTORY,
    settings: |upstream| {
        // Set, because the port differs in each run.
        let mut table = toml::toml! {
            app_id = "login.microsoftonline.com#6731de76-14a6-49ae-97bc-6eba6914391e"
            tenant = "common"
            union_scope = "microsoft"
        };
        for (key, value) in [("client_id", CLIENT), ("client_secret", SECRET), ("authority", upstream.as_str())] {
            table.insert(key.into(), value.into());
        }
        table
    },
    spends_code: |call| call.path == "/common/oauth2/v2.0/token",
    redirect_uri: Some("redirect_uri"),
    reads_profile: |call| call.path == "/oidc/userinfo",
    needed: |call| match call.path.as_str() {
        "/common/oauth2/v2.0/token" => &["id_token"],
        "/common/discovery/v2.0/keys" => &["keys"],
        "/oidc/userinfo" => &["sub"],
        _ => &["issuer", "authorization_endpoint", "token_endpoint", "jwks_uri"],
    },
    person: Person {
        open_id: SUBJECT,
        union_id: Some("690222be-ff1a-4d56-abd1-7e4f7d38e474.b9419818-09af-49c2-b0c3-653adc1f376e"),
    },
    good_code: |scene| microsoft(scene, || tokens(scene)),
    without_union_id: None,
    used_code: |scene| {
        let words = "AADSTS54005: OAuth2 Authorization code was already redeemed, please retry with a new valid code or \
                     use an existing refresh token.";
        microsoft(scene, || refused("invalid_grant", 54_005, words))
    },
    forged_code: |scene| {
        let words = "AADSTS9002313: Invalid request. Request is malformed or invalid.";
        microsoft(scene, || refused("invalid_grant", 9_002_313, words))
    },
    expired_code: |scene| {
        let words = "AADSTS70008: The provided authorization code or refresh token has expired due to inactivity. Send a \
                     new interactive authorization request for this user and resource.";
        microsoft(scene, || refused("invalid_grant", 70_008, words))
    },
    quota: |scene| {
        let words = "AADSTS90055: There are too many incoming requests.";
        microsoft(scene, || refused("temporarily_unavailable", 90_055, words).status(StatusCode::TOO_MANY_REQUESTS))
    },
    wrong_secret: |scene| {
        let words = "AADSTS7000215: Invalid client secret provided. Ensure the secret being sent in the request is the \
                     client secret value, not the client secret ID.";
        microsoft(scene, || refused("invalid_client", 7_000_215, words).status(StatusCode::UNAUTHORIZED))
    },
    unknown_error: |scene| microsoft(scene, || refused("bad_moon", 9_999_999, "AADSTS9999999: The moon is bad.")),
    beyond_logins: BeyondLogins::NOTHING,
};

/// Serves the discovery document and the keys, and answers the token request with `token`.
fn microsoft(scene: &Scene<'_>, token: impl Fn() -> Answer) -> Answer {
    let base = scene.upstream.as_str().trim_end_matches('/');
    match scene.call.path.as_str() {
        "/common/v2.0/.well-known/openid-configuration" => Answer::json(&json!({
            "issuer": format!("{base}/{{tenantid}}/v2.0"),
            "authorization_endpoint": format!("{base}/common/oauth2/v2.0/authorize"),
            "token_endpoint": format!("{base}/common/oauth2/v2.0/token"),
            "jwks_uri": format!("{base}/common/discovery/v2.0/keys"),
            "userinfo_endpoint": format!("{base}/oidc/userinfo"),
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
            "subject_types_supported": ["pairwise"],
            "tenant_region_scope": null,
        })),
        "/common/discovery/v2.0/keys" => {
            let mut key = public_key();
            key["issuer"] = format!("{base}/{{tenantid}}/v2.0").into();
            Answer::json(&json!({ "keys": [key] }))
        }
        "/common/oauth2/v2.0/token" => token(),
        "/oidc/userinfo" => Answer::json(&json!({
            "sub": SUBJECT,
            "name": "Jane Doe",
            "picture": "https://graph.microsoft.com/v1.0/me/photo/$value",
        })),
        _ => refused("invalid_request", 900_561, "AADSTS900561: The endpoint only accepts POST requests."),
    }
}

fn tokens(scene: &Scene<'_>) -> Answer {
    if !is_of_the_login(scene) {
        return refused("invalid_grant", 9_002_313, "AADSTS9002313: Invalid request. Request is malformed or invalid.");
    }
    if !has_the_verifier(scene) {
        let words = "AADSTS501481: The Code_Verifier does not match the code_challenge supplied in the authorization \
                     request.";
        return refused("invalid_grant", 501_481, words);
    }
    let mut claims = claims(scene, CLIENT);
    claims["iss"] = format!("{}{TENANT}/v2.0", scene.upstream).into();
    for (name, value) in [("tid", TENANT), ("oid", "690222be-ff1a-4d56-abd1-7e4f7d38e474"), ("ver", "2.0")] {
        claims[name] = value.into();
    }
    Answer::json(&json!({
        "token_type": "Bearer",
        "scope": "openid profile",
        "expires_in": 4736,
        "ext_expires_in": 4736,
        "access_token": TOKEN,
        "id_token": signed(&claims),
    }))
}

fn refused(error: &str, number: u32, words: &str) -> Answer {
    let body: Value = json!({
        "error": error,
        "error_description": format!("{words} Trace ID: 0000aaaa-11bb-cccc-dd22-eeeeee333333"),
        "error_codes": [number],
        "trace_id": "0000aaaa-11bb-cccc-dd22-eeeeee333333",
    });
    Answer::json(&body).status(StatusCode::BAD_REQUEST)
}
