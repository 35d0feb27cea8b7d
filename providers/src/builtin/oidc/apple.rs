//! Sign in with Apple, on websites: an ID token as in `OpenID` Connect, and a client secret that the client signs itself.
//!
//! <https://developer.apple.com/documentation/signinwithapplerestapi>
//!
//! - The client secret is a JWT, signed with ES256 by the private key of a team: "exp … must not be greater than 15777000 (6
//!   months in seconds) from the current Unix time on the server". The provider signs one for each request, so that none
//!   expires unnoticed.
//! - Name and e-mail address come only with `response_mode=form_post`, as a POST from Apple's page to the address of the
//!   client: "If you requested any scopes, the value must be `form_post`." The code then is in the body of a POST, which the
//!   page at `return_to` cannot read. So the login asks for no scope, gets the code in the query, and shows no profile.
//! - Since June 2025 the discovery document has been seen to redirect to `https://account.apple.com`, and to name it as the
//!   issuer, while ID tokens named `https://appleid.apple.com`; both have been seen in ID tokens, too. So the documented
//!   endpoints are used, not those of the discovery document, and both names are accepted.
//! - PKCE is not documented, and "an unsupported parameter" is `invalid_request`: state and nonce tie the code to the login.

use std::sync::Arc;

use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

use super::OpenIdConnect;
use super::client_secret::{ISSUERS, SigningKey, key_pair};
use super::config::{Client, Credential, OpenIdApp, client_id};
use super::dialect::Dialect;
use super::discovery::Metadata;
use super::issuer::Issuer;
use crate::oauth::below;
use crate::{Checks, Factory, Problem, Settings, read_table};

/// Builds Apple providers.
pub(in crate::builtin) const FACTORY: Factory =
    Factory { kind: "apple", build: |settings| Ok(Arc::new(OpenIdConnect(read(settings)?))) };

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    client_id: Option<String>,
    team_id: Option<String>,
    key_id: Option<String>,
    private_key: Option<SecretString>,
    union_scope: Option<String>,
    url: Option<String>,
}

fn read(settings: Settings) -> Result<OpenIdApp, Vec<Problem>> {
    let table: Table = read_table(settings.table)?;
    let mut checks = Checks::default();
    let id = client_id(&mut checks, table.client_id);
    let team_id = short_id(&mut checks, "team_id", table.team_id);
    let key_id = short_id(&mut checks, "key_id", table.key_id);
    let private_key = checks.secret("private_key", table.private_key);
    let pair = private_key.and_then(|key| key_pair(&mut checks, &key));
    let url = checks.upstream("url", table.url.as_deref().unwrap_or(ISSUERS[0]));
    let signing = team_id.zip(key_id).zip(pair);
    let credential =
        signing.map(|((team_id, key_id), pair)| Credential::Signed(Box::new(SigningKey::new(team_id, key_id, pair))));
    // Not made of the address, which only tests replace.
    let app_id = id.as_ref().map(|id| format!("appleid.apple.com#{id}"));
    let issuer = url.map(|url| Issuer::fixed(url.clone(), endpoints(&url), settings.http));
    let client = Client { id, credential, scopes: None, union_scope: table.union_scope, app_id, groups_claim: None };
    OpenIdApp::checked(checks, client, issuer, Dialect::Apple)
}

/// Returns the id of a team or of a key, which Apple writes with ten letters and digits.
fn short_id(checks: &mut Checks, path: &str, given: Option<String>) -> Option<String> {
    match given {
        Some(id) if (1..=32).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric()) => Some(id),
        Some(_) => {
            checks.note(path, "is not an id of Apple: ten letters and digits");
            None
        }
        None => {
            checks.note(path, "is missing");
            None
        }
    }
}

/// The endpoints that Apple documents, without their keys.
fn endpoints(base: &Url) -> Metadata {
    Metadata {
        authorization_endpoint: below(base, "/auth/authorize"),
        token_endpoint: below(base, "/auth/token"),
        userinfo_endpoint: None,
        jwks_uri: below(base, "/auth/keys"),
        takes_secret_in_body: true,
        keys: Vec::new(),
    }
}
