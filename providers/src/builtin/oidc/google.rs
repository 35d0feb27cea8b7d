//! Google: an `OpenID` Connect issuer whose address is known.
//!
//! <https://developers.google.com/identity/openid-connect/openid-connect>
//!
//! - `iss` has two spellings: "Always `https://accounts.google.com` or `accounts.google.com` for Google ID tokens."
//! - The granted scopes have names of their own, such as `https://www.googleapis.com/auth/userinfo.profile`: see `userinfo`.
//! - A used code and an expired one are `invalid_grant` with the words "Bad Request".

use std::sync::Arc;

use secrecy::SecretString;
use serde::Deserialize;

use super::OpenIdConnect;
use super::config::{Client, Credential, OpenIdApp, client_id};
use super::dialect::Dialect;
use super::issuer::Issuer;
use crate::{Checks, Factory, Problem, Settings, read_table};

/// Builds Google providers.
pub(in crate::builtin) const FACTORY: Factory =
    Factory { kind: "google", build: |settings| Ok(Arc::new(OpenIdConnect(read(settings)?))) };

const ISSUER: &str = "https://accounts.google.com";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    client_id: Option<String>,
    client_secret: Option<SecretString>,
    scopes: Option<Vec<String>>,
    union_scope: Option<String>,
    app_id: Option<String>,
    issuer: Option<String>,
}

fn read(settings: Settings) -> Result<OpenIdApp, Vec<Problem>> {
    let table: Table = read_table(settings.table)?;
    let mut checks = Checks::default();
    let id = client_id(&mut checks, table.client_id);
    let credential = checks.secret("client_secret", table.client_secret).map(Credential::Secret);
    let issuer = table.issuer.unwrap_or_else(|| ISSUER.to_owned());
    let url = checks.upstream("issuer", &issuer);
    let issuer = url.map(|url| Issuer::new(issuer, url, settings.http));
    let Table { union_scope, scopes, app_id, .. } = table;
    OpenIdApp::checked(
        checks,
        Client { id, credential, scopes, union_scope, app_id, groups_claim: None },
        issuer,
        Dialect::Google,
    )
}

/// Google's answers, for the provider contract.
#[cfg(feature = "contract")]
pub(in crate::builtin) const TAPE: crate::contract::Tape = {
    use http::StatusCode;
    use serde_json::json;

    use super::tape::{SUBJECT, claims, has_the_verifier, is_of_the_login, public_key, refused, signed};
    use crate::contract::{Answer, BeyondLogins, Person, SECRET, Scene, TOKEN, Tape};

    const CLIENT: &str = "407408718192-example.apps.googleusercontent.com";

    /// Serves the discovery document and the keys, and answers the token request with `token`.
    fn google(scene: &Scene<'_>, token: impl Fn() -> Answer) -> Answer {
        let base = scene.upstream.as_str().trim_end_matches('/');
        match scene.call.path.as_str() {
            "/.well-known/openid-configuration" => Answer::json(&json!({
                "issuer": base,
                "authorization_endpoint": format!("{base}/o/oauth2/v2/auth"),
                "token_endpoint": format!("{base}/token"),
                "userinfo_endpoint": format!("{base}/v1/userinfo"),
                "jwks_uri": format!("{base}/oauth2/v3/certs"),
                "subject_types_supported": ["public"],
                "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
            })),
            "/oauth2/v3/certs" => Answer::json(&json!({ "keys": [public_key()] })),
            "/token" => token(),
            "/v1/userinfo" => Answer::json(&json!({
                "sub": SUBJECT,
                "name": "Jane Doe",
                "given_name": "Jane",
                "picture": "https://lh3.googleusercontent.com/a/example=s96-c",
            })),
            _ => refused(StatusCode::NOT_FOUND, "invalid_request", "Not Found"),
        }
    }

    /// Answers a code of this login, in the issuer's older spelling.
    fn tokens(scene: &Scene<'_>) -> Answer {
        if !is_of_the_login(scene) {
            return refused(StatusCode::BAD_REQUEST, "invalid_grant", "Malformed auth code.");
        }
        if !has_the_verifier(scene) {
            return refused(StatusCode::BAD_REQUEST, "invalid_grant", "Invalid code verifier.");
        }
        let mut claims = claims(scene, CLIENT);
        claims["iss"] = scene.upstream.as_str().trim_start_matches("http://").trim_end_matches('/').into();
        claims["azp"] = CLIENT.into();
        Answer::json(&json!({
            "access_token": TOKEN,
            "expires_in": 3599,
            "scope": "openid https://www.googleapis.com/auth/userinfo.profile",
            "token_type": "Bearer",
            "id_token": signed(&claims),
        }))
    }

    fn bad_request(scene: &Scene<'_>) -> Answer {
        google(scene, || refused(StatusCode::BAD_REQUEST, "invalid_grant", "Bad Request"))
    }

    Tape {
        factory: FACTORY,
        settings: |upstream| {
            // The app id is set, because the issuer's port differs in each run.
            let mut table = toml::toml! {
                app_id = "accounts.google.com#407408718192-example.apps.googleusercontent.com"
                union_scope = "google"
            };
            let issuer = upstream.as_str().trim_end_matches('/');
            for (key, value) in [("client_id", CLIENT), ("client_secret", SECRET), ("issuer", issuer)] {
                table.insert(key.into(), value.into());
            }
            table
        },
        spends_code: |call| call.path == "/token",
        redirect_uri: Some("redirect_uri"),
        reads_profile: |call| call.path == "/v1/userinfo",
        needed: |call| match call.path.as_str() {
            "/token" => &["id_token"],
            "/oauth2/v3/certs" => &["keys"],
            "/v1/userinfo" => &["sub"],
            _ => &["issuer", "authorization_endpoint", "token_endpoint", "jwks_uri"],
        },
        person: Person { open_id: SUBJECT, union_id: Some(SUBJECT) },
        good_code: |scene| google(scene, || tokens(scene)),
        without_union_id: None,
        used_code: bad_request,
        forged_code: |scene| {
            google(scene, || refused(StatusCode::BAD_REQUEST, "invalid_grant", "Malformed auth code."))
        },
        expired_code: bad_request,
        quota: |scene| {
            google(scene, || refused(StatusCode::TOO_MANY_REQUESTS, "rate_limit_exceeded", "Rate Limit Exceeded"))
        },
        wrong_secret: |scene| {
            let words = "The provided client secret is invalid.";
            google(scene, || refused(StatusCode::UNAUTHORIZED, "invalid_client", words))
        },
        unknown_error: |scene| google(scene, || refused(StatusCode::BAD_REQUEST, "bad_moon", "The moon is bad.")),
        beyond_logins: BeyondLogins::NOTHING,
    }
};
