//! The settings of an `OpenID` Connect client, and its app id. What the issuer publishes is discovered: see `issuer`.

use domain::{AppId, UnionScope};
use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

use super::client_secret::SigningKey;
use super::dialect::Dialect;
use super::issuer::Issuer;
use crate::{Checks, Problem, ProviderError, Settings, read_table};

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
    groups_claim: Option<String>,
}

/// One client of an issuer.
#[derive(Debug)]
pub(super) struct OpenIdApp {
    pub(super) app_id: AppId,
    pub(super) client_id: String,
    pub(super) credential: Credential,
    /// The scopes of a login; `openid` is among them.
    pub(super) scopes: Vec<String>,
    pub(super) union_scope: Option<UnionScope>,
    /// The claim that has the groups of a person.
    pub(super) groups_claim: Option<String>,
    pub(super) issuer: Issuer,
    pub(super) dialect: Dialect,
}

/// How a client authenticates at the token endpoint.
#[derive(Debug)]
pub(super) enum Credential {
    /// Not at all: only PKCE protects a public client.
    Public,
    /// With a secret.
    Secret(SecretString),
    /// With a secret that it signs for each request.
    Signed(Box<SigningKey>),
}

impl Credential {
    /// Returns the secret for a request now; `None` for a public client.
    pub(super) fn secret(&self, client_id: &str) -> Result<Option<SecretString>, ProviderError> {
        match self {
            Self::Public => Ok(None),
            Self::Secret(secret) => Ok(Some(secret.clone())),
            Self::Signed(key) => key.secret(client_id).map(Some),
        }
    }
}

/// The settings of a client that are alike at all issuers. Id and credential are checked, with `None` for a mistake.
pub(super) struct Client {
    pub(super) id: Option<String>,
    pub(super) credential: Option<Credential>,
    pub(super) scopes: Option<Vec<String>>,
    pub(super) union_scope: Option<String>,
    pub(super) app_id: Option<String>,
    pub(super) groups_claim: Option<String>,
}

impl OpenIdApp {
    /// Reads the app's table and reports every mistake in it.
    pub(super) fn read(settings: Settings) -> Result<Self, Vec<Problem>> {
        let table: Table = read_table(settings.table)?;
        let mut checks = Checks::default();
        let issuer = issuer(&mut checks, table.issuer);
        let id = client_id(&mut checks, table.client_id);
        // A public client must be declared: a forgotten secret would otherwise show only at the first login.
        let credential = match (table.public.unwrap_or_default(), table.client_secret) {
            (true, None) => Some(Credential::Public),
            (true, Some(_)) => {
                checks.note("client_secret", "must be absent for a public client");
                None
            }
            (false, given) => checks.secret("client_secret", given).map(Credential::Secret),
        };
        let Table { scopes, union_scope, app_id, groups_claim, .. } = table;
        let client = Client { id, credential, scopes, union_scope, app_id, groups_claim };
        let issuer = issuer.map(|(id, url)| Issuer::new(id, url, settings.http));
        Self::checked(checks, client, issuer, Dialect::Standard)
    }

    /// Checks the settings of a client and reports them with the mistakes that were found before.
    pub(super) fn checked(
        mut checks: Checks,
        client: Client,
        issuer: Option<Issuer>,
        dialect: Dialect,
    ) -> Result<Self, Vec<Problem>> {
        let scopes = scopes(&mut checks, client.scopes);
        let union_scope: Option<UnionScope> = checks.optional("union_scope", client.union_scope.as_deref());
        if matches!(dialect, Dialect::Microsoft(_)) && union_scope.is_some() && !scopes.iter().any(|s| s == "profile") {
            checks.note("scopes", "must contain profile, or there is no `oid`, of which the union id is made");
        }
        if client.groups_claim.as_ref().is_some_and(|claim| claim.trim().is_empty()) {
            checks.note("groups_claim", "must not be blank");
        }
        let groups_claim = client.groups_claim;
        let known = issuer.zip(client.id);
        let app_id = known.as_ref().and_then(|(issuer, client_id)| {
            let told = client.app_id.unwrap_or_else(|| format!("{}#{client_id}", dialect.place(issuer.url())));
            told.parse()
                .map_err(|error| checks.note("app_id", format!("{error}; the default is ISSUER#CLIENT_ID")))
                .ok()
        });
        let made = known.zip(client.credential).zip(app_id);
        checks.finish(made.map(|(((issuer, client_id), credential), app_id)| Self {
            app_id,
            client_id,
            credential,
            scopes,
            union_scope,
            groups_claim,
            issuer,
            dialect,
        }))
    }
}

/// Returns the issuer's id of the client, which is any text.
pub(super) fn client_id(checks: &mut Checks, given: Option<String>) -> Option<String> {
    let given = given.filter(|id| !id.trim().is_empty());
    if given.is_none() {
        checks.note("client_id", "is missing");
    }
    given
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
