//! Where the issuers of known vendors deviate from the specification. See `google`, `microsoft` and `apple` for their
//! settings.

use domain::{BadKey, OpenId, UnionId};
use url::{Position, Url};

use super::client_secret::ISSUERS;
use super::tenants::{self, Tenants};
use crate::{JsonAnswer, ProviderError};

/// Which rules an issuer follows.
#[derive(Debug)]
pub(super) enum Dialect {
    /// Those of the specification.
    Standard,
    /// Google writes its identifier with or without `https://`.
    Google,
    /// Microsoft issues an ID token in the name of the person's tenant, and each app gets another `sub`.
    Microsoft(Tenants),
    /// Apple has two names, no PKCE, and no profile.
    Apple,
}

impl Dialect {
    /// Checks that the ID token is of the issuer `id`.
    pub(super) fn check_issuer(&self, claims: &JsonAnswer, id: &str) -> Result<(), ProviderError> {
        let told = claims.needed_text("iss")?;
        let is_known = match self {
            Self::Standard => told == id,
            Self::Google => told == id || id.split_once("://").is_some_and(|(_, bare)| told == bare),
            Self::Microsoft(allowed) => told == allowed.issuer(claims, id)?,
            Self::Apple => ISSUERS.contains(&told.as_str()),
        };
        if is_known { Ok(()) } else { Err(claims.wrong("iss", "is another issuer")) }
    }

    /// Returns whether a key that the issuer publishes for `published_for` may sign this ID token. Only Microsoft says so.
    pub(super) fn may_sign(&self, published_for: Option<&str>, claims: &JsonAnswer) -> bool {
        match self {
            Self::Microsoft(_) => published_for.is_none_or(|issuer| tenants::is_of_tenant(issuer, claims)),
            Self::Standard | Self::Google | Self::Apple => true,
        }
    }

    /// Returns the id that all apps of a union scope get for the person.
    pub(super) fn union_id(&self, claims: &JsonAnswer, open_id: &OpenId) -> Result<UnionId, ProviderError> {
        let unusable = |error: BadKey| claims.wrong("sub", format!("is not usable: {error}"));
        match self {
            Self::Microsoft(_) => tenants::union_id(claims),
            Self::Standard | Self::Google | Self::Apple => open_id.as_str().parse().map_err(unusable),
        }
    }

    /// Returns the scopes of a login that asks for an open id only, or for none; `unified` if it needs a union id.
    pub(super) fn base_scopes(&self, unified: bool) -> Option<&'static str> {
        match self {
            // "The profile scope is required to receive this claim", which is `oid`.
            Self::Microsoft(_) if unified => Some("openid profile"),
            Self::Standard | Self::Google | Self::Microsoft(_) => Some("openid"),
            Self::Apple => None,
        }
    }

    /// Returns whether PKCE (RFC 7636) ties the code to the login; otherwise only state and nonce do.
    pub(super) fn has_pkce(&self) -> bool {
        !matches!(self, Self::Apple)
    }

    /// Returns whether a login shows a name or a picture.
    pub(super) fn has_profile(&self) -> bool {
        !matches!(self, Self::Apple)
    }

    /// Returns whether a browser can show the picture of a profile.
    pub(super) fn has_pictures(&self) -> bool {
        matches!(self, Self::Standard | Self::Google)
    }

    /// Returns the beginning of the default app id, which a client id follows: a client id is unique only within its issuer.
    pub(super) fn place(&self, issuer: &Url) -> String {
        let until = match self {
            // A client id of Microsoft is the same in every tenant.
            Self::Microsoft(_) => Position::BeforePath,
            Self::Standard | Self::Google | Self::Apple => Position::AfterPath,
        };
        issuer[Position::BeforeHost..until].trim_end_matches('/').to_owned()
    }
}
