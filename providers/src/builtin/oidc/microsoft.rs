//! Microsoft Entra ID (work and school accounts) and personal Microsoft accounts, version 2.0 of the endpoints.
//!
//! <https://learn.microsoft.com/en-us/entra/identity-platform/v2-protocols-oidc>
//!
//! - The address of several tenants (`common`, `organizations`) publishes `https://login.microsoftonline.com/{tenantid}/v2.0`
//!   as its issuer, with the braces. An ID token has the person's tenant in this place, and again as `tid`; any tenant of
//!   the world can be there. So the provider checks that both agree, that the key may sign for this tenant, and that the
//!   tenant is one of the allowed ones.
//! - `sub` is pairwise: "The subject is a pairwise identifier and is unique to an application ID." `oid` is the same for all
//!   apps of a tenant, so that `oid` and `tid` together are the union id.
//! - The `picture` of the userinfo endpoint is an address of Microsoft Graph that answers only to the access token, so that no
//!   browser can show it: it is not read.
//! - Keys have no `alg`, and the key set has the fields `issuer` and `x5t`.

use std::sync::Arc;

use secrecy::SecretString;
use serde::Deserialize;

use super::OpenIdConnect;
use super::config::{Client, Credential, OpenIdApp, client_id};
use super::dialect::Dialect;
use super::issuer::Issuer;
use super::tenants::{ANY, PERSONAL, Tenants, is_guid};
use crate::{Checks, Factory, Problem, Settings, read_table};

/// Builds Microsoft providers.
pub(in crate::builtin) const FACTORY: Factory =
    Factory { kind: "microsoft", build: |settings| Ok(Arc::new(OpenIdConnect(read(settings)?))) };

const AUTHORITY: &str = "https://login.microsoftonline.com";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    tenant: Option<String>,
    tenants: Option<Vec<String>>,
    client_id: Option<String>,
    client_secret: Option<SecretString>,
    app_id: Option<String>,
    groups_claim: Option<String>,
    scopes: Option<Vec<String>>,
    union_scope: Option<String>,
    authority: Option<String>,
}

fn read(settings: Settings) -> Result<OpenIdApp, Vec<Problem>> {
    let table: Table = read_table(settings.table)?;
    let mut checks = Checks::default();
    let is_one_tenant = table.tenant.as_deref().is_some_and(is_guid);
    let of = tenants(&mut checks, table.tenant.as_deref(), table.tenants);
    let id = client_id(&mut checks, table.client_id);
    let credential = checks.secret("client_secret", table.client_secret).map(Credential::Secret);
    let authority = table.authority.unwrap_or_else(|| AUTHORITY.to_owned());
    let url = checks.upstream("authority", &authority);
    let base = authority.trim_end_matches('/');
    let (issuer, tenants) = match of.zip(url) {
        Some(((place, named, tenants), _)) => {
            let url = checks.upstream("authority", &format!("{base}/{place}/v2.0"));
            (url.map(|url| Issuer::new(format!("{base}/{named}/v2.0"), url, settings.http)), tenants)
        }
        // A mistake is noted; the other settings are checked as well.
        None => (None, Tenants { allowed: Vec::new(), personal: false }),
    };
    let Table { app_id, scopes, union_scope, groups_claim, .. } = table;
    if groups_claim.is_some() && !is_one_tenant {
        // The administrator of a tenant names its groups.
        checks.note("groups_claim", "is possible only with one tenant: set `tenant` to its id");
    }
    let client = Client { id, credential, scopes, union_scope, app_id, groups_claim };
    OpenIdApp::checked(checks, client, issuer, Dialect::Microsoft(tenants))
}

/// Returns the tenant in the address, the tenant in the issuer, and the tenants that may sign in.
fn tenants(
    checks: &mut Checks,
    tenant: Option<&str>,
    tenants: Option<Vec<String>>,
) -> Option<(String, String, Tenants)> {
    let allowed = tenants.unwrap_or_default();
    let all_are_ids = allowed.iter().all(|one| is_guid(one));
    if !all_are_ids {
        checks.note("tenants", "contains something that is not the id of a tenant");
    }
    let (place, named, personal) = match tenant {
        Some("common") => ("common", ANY, true),
        Some("organizations") => ("organizations", ANY, false),
        // Its discovery document names the tenant of personal accounts.
        Some("consumers") => ("consumers", PERSONAL, true),
        Some(one) if is_guid(one) => (one, one, true),
        Some(_) => {
            // With a domain, Microsoft answers in the name of the id, which cannot be compared.
            checks.note("tenant", "must be the id of a tenant, \"organizations\", \"consumers\" or \"common\"");
            return None;
        }
        None => {
            checks.note("tenant", "is missing");
            return None;
        }
    };
    if named != ANY && !allowed.is_empty() {
        checks.note("tenants", "is possible only with the tenant \"organizations\" or \"common\"");
    }
    all_are_ids.then(|| (place.to_owned(), named.to_owned(), Tenants { allowed, personal }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_of_a_tenant_is_a_guid() {
        assert!(is_guid(PERSONAL) && is_guid("9188040D-6C67-4C5B-B112-36A304B66DAD"));
        for text in
            ["", "common", "9188040d6c674c5bb11236a304b66dad", "9188040d-6c67-4c5b-b112-36a304b66da", "{tenantid}"]
        {
            assert!(!is_guid(text), "{text}");
        }
    }
}
