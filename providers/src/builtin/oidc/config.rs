//! The settings of an `OpenID` Connect client, and its app id. What the issuer publishes is discovered: see `issuer`.

use domain::{AppId, UnionScope};
use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

use super::issuer::Issuer;
use crate::{Checks, Http, Problem, Settings, read_table};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    issuer: Option<String>,
    client_id: Option<String>,
    client_secret: Option<SecretString>,
    public: Option<bool>,
    scopes: Option<Vec<String>>,
    union_scope: Option<String>,
    app_id: Option<String>,
}

/// One client of an issuer.
#[derive(Debug)]
pub(super) struct OpenIdApp {
    pub(super) app_id: AppId,
    pub(super) client_id: String,
    /// `None` for a public client, which only PKCE protects.
    pub(super) secret: Option<SecretString>,
    /// The scopes of a login; `openid` is among them.
    pub(super) scopes: Vec<String>,
    pub(super) union_scope: Option<UnionScope>,
    pub(super) issuer: Issuer,
    pub(super) http: Http,
}

impl OpenIdApp {
    /// Reads the app's table and reports every mistake in it.
    pub(super) fn read(settings: Settings) -> Result<Self, Vec<Problem>> {
        let table: Table = read_table(settings.table)?;
        let mut checks = Checks::default();
        let issuer = issuer(&mut checks, table.issuer);
        let client_id = table.client_id.filter(|id| !id.trim().is_empty());
        if client_id.is_none() {
            checks.note("client_id", "is missing");
        }
        // A public client must be declared: a forgotten secret would otherwise show only at the first login.
        let secret = match (table.public.unwrap_or_default(), table.client_secret) {
            (true, None) => None,
            (true, Some(_)) => {
                checks.note("client_secret", "must be absent for a public client");
                None
            }
            (false, given) => checks.secret("client_secret", given),
        };
        let scopes = scopes(&mut checks, table.scopes);
        let union_scope = checks.optional("union_scope", table.union_scope.as_deref());
        let known = issuer.zip(client_id);
        let app_id = known.as_ref().and_then(|((_, issuer), client_id)| {
            let told = table.app_id.unwrap_or_else(|| made_of(issuer, client_id));
            told.parse()
                .map_err(|error| checks.note("app_id", format!("{error}; the default is ISSUER#CLIENT_ID")))
                .ok()
        });
        let http = settings.http;
        checks.finish(known.zip(app_id).map(|(((id, url), client_id), app_id)| Self {
            app_id,
            client_id,
            secret,
            scopes,
            union_scope,
            issuer: Issuer::new(id, url, http.clone()),
            http,
        }))
    }
}

/// Returns the issuer as the text that ID tokens repeat exactly, and as an address.
fn issuer(checks: &mut Checks, given: Option<String>) -> Option<(String, Url)> {
    let Some(given) = given else {
        checks.note("issuer", "is missing");
        return None;
    };
    let url = checks.upstream("issuer", &given)?;
    Some((given, url))
}

/// RFC 6749 section 3.3: a scope is printable ASCII without blanks, quotes and backslashes.
fn scopes(checks: &mut Checks, given: Option<Vec<String>>) -> Vec<String> {
    let scopes = given.unwrap_or_else(|| ["openid", "profile"].map(str::to_owned).to_vec());
    let is_scope =
        |scope: &String| !scope.is_empty() && scope.bytes().all(|b| b.is_ascii_graphic() && b != b'"' && b != b'\\');
    if !scopes.iter().all(is_scope) {
        checks.note("scopes", "contains an invalid scope");
    }
    if !scopes.iter().any(|scope| scope == "openid") {
        checks.note("scopes", "must contain openid, or there is no ID token");
    }
    scopes
}

/// Builds the default app id: a client id is unique only within its issuer, and an issuer contains no `#`.
fn made_of(issuer: &Url, client_id: &str) -> String {
    let address = &issuer[url::Position::BeforeHost..];
    format!("{}#{client_id}", address.trim_end_matches('/'))
}
