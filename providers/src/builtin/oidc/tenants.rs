//! The tenants of Microsoft, in whose names ID tokens are issued. See `microsoft` for the settings.

use domain::UnionId;

use crate::{ErrorKind, JsonAnswer, ProviderError};

/// The placeholder in the issuer of several tenants.
pub(super) const ANY: &str = "{tenantid}";

/// The tenant of all personal accounts.
pub(super) const PERSONAL: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";

/// The tenants whose people may sign in.
#[derive(Debug)]
pub(super) struct Tenants {
    /// These only; empty for all.
    pub(super) allowed: Vec<String>,
    /// Whether personal accounts may sign in.
    pub(super) personal: bool,
}

impl Tenants {
    /// Returns what `iss` must be for the tenant that the ID token names. `id` is the issuer, with a placeholder if it is of
    /// several tenants.
    pub(super) fn issuer(&self, claims: &JsonAnswer, id: &str) -> Result<String, ProviderError> {
        let tenant = claims.needed_text("tid")?;
        if !is_guid(&tenant) {
            return Err(claims.wrong("tid", "is not the id of a tenant"));
        }
        let is_listed = self.allowed.is_empty() || self.allowed.iter().any(|one| one.eq_ignore_ascii_case(&tenant));
        if !is_listed || (!self.personal && tenant.eq_ignore_ascii_case(PERSONAL)) {
            return Err(ProviderError::new(
                ErrorKind::PersonBlocked,
                "the ID token: `tid` is a tenant that the settings `tenant` and `tenants` do not allow",
            ));
        }
        Ok(id.replace(ANY, &tenant))
    }
}

/// Returns whether a key that is published for `issuer` may sign for the tenant of the ID token.
pub(super) fn is_of_tenant(issuer: &str, claims: &JsonAnswer) -> bool {
    let [told, tenant] = ["iss", "tid"].map(|name| claims.text(name).unwrap_or_default());
    issuer.replace(ANY, &tenant) == told
}

/// Builds the union id in the form of Microsoft's own libraries (`homeAccountId`): object id and tenant.
pub(super) fn union_id(claims: &JsonAnswer) -> Result<UnionId, ProviderError> {
    let [person, tenant] = [claims.needed_text("oid")?, claims.needed_text("tid")?];
    if !is_guid(&person) {
        return Err(claims.wrong("oid", "is not the id of a person"));
    }
    let told = format!("{person}.{tenant}").to_ascii_lowercase();
    told.parse().map_err(|error| claims.wrong("oid", format!("is not usable: {error}")))
}

/// Returns whether the text is the id of a tenant or of a person.
pub(super) fn is_guid(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let is_hex = parts.iter().all(|part| part.bytes().all(|b| b.is_ascii_hexdigit()));
    is_hex && parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12])
}
