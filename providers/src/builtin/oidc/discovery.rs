//! What an issuer publishes about itself: the fields of its discovery document that a login needs. Others are not read,
//! and sparse documents are common: even of the required fields many issuers leave some out.
//!
//! <https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata>

use serde_json::Value;
use url::Url;

use super::keys::Key;
use crate::settings::{is_inside, is_protected, is_this_machine};
use crate::{ErrorKind, JsonAnswer, ProviderError};

/// An issuer's endpoints and keys.
#[derive(Debug, Clone)]
pub(super) struct Metadata {
    pub(super) authorization_endpoint: Url,
    pub(super) token_endpoint: Url,
    /// `None` if the issuer has none, or names something that is not an address.
    pub(super) userinfo_endpoint: Option<Url>,
    pub(super) jwks_uri: Url,
    /// Whether the token endpoint takes the client's secret in the body only; HTTP Basic is the default (section 3).
    pub(super) takes_secret_in_body: bool,
    pub(super) keys: Vec<Key>,
}

impl Metadata {
    /// Reads the discovery document of an issuer, without its keys.
    ///
    /// # Errors
    ///
    /// [`Misconfigured`](ErrorKind::Misconfigured) for the document of another issuer, and for an address that must not be
    /// called; [`UnexpectedAnswer`](ErrorKind::UnexpectedAnswer), which names the field, for any other mistake.
    pub(super) fn read(document: &JsonAnswer, issuer: &str, address: &Url) -> Result<Self, ProviderError> {
        if document.needed_text("issuer")? != issuer {
            return Err(misconfigured(document.wrong("issuer", "is not exactly the configured one")));
        }
        let url = |name| allowed(document, (name, document.needed(name)?), address);
        Ok(Self {
            authorization_endpoint: url("authorization_endpoint")?,
            token_endpoint: url("token_endpoint")?,
            userinfo_endpoint: match document.text("userinfo_endpoint").and_then(|told| told.parse().ok()) {
                Some(url) => Some(allowed(document, ("userinfo_endpoint", url), address)?),
                None => None,
            },
            jwks_uri: url("jwks_uri")?,
            takes_secret_in_body: takes_secret_in_body(document),
            keys: Vec::new(),
        })
    }
}

/// Returns an address of the document if it may be called.
fn allowed(document: &JsonAnswer, (name, url): (&str, Url), issuer: &Url) -> Result<Url, ProviderError> {
    match why_not(issuer, &url) {
        None => Ok(url),
        Some(problem) => Err(misconfigured(document.wrong(name, problem))),
    }
}

/// Returns why an address of the discovery document must not be called, or `None` if it may be.
///
/// The provider sends the client's secret to the addresses that an issuer publishes. An issuer on loopback, which
/// production refuses, may name loopback addresses; any other may name no address in an internal network except its
/// own host. Host names are not resolved: https, with a certificate for the name, protects those.
fn why_not(issuer: &Url, url: &Url) -> Option<&'static str> {
    const IN_THE_OPEN: &str = "is an address that is not https";
    if is_this_machine(issuer) {
        return (!is_protected(url)).then_some(IN_THE_OPEN);
    }
    if url.scheme() != "https" {
        return Some(IN_THE_OPEN);
    }
    let is_foreign = is_inside(url) && url.host() != issuer.host();
    is_foreign.then_some("is an address inside our own network")
}

fn misconfigured(mut error: ProviderError) -> ProviderError {
    error.kind = ErrorKind::Misconfigured;
    error
}

fn takes_secret_in_body(document: &JsonAnswer) -> bool {
    let supported = document.value("token_endpoint_auth_methods_supported");
    let methods = supported.as_ref().and_then(Value::as_array);
    let has = |method: &str| methods.is_some_and(|methods| methods.iter().any(|one| one == method));
    !has("client_secret_basic") && has("client_secret_post")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refuses(issuer: &str, named: &str) -> bool {
        why_not(&issuer.parse().expect("an issuer"), &named.parse().expect("an address")).is_some()
    }

    #[test]
    fn an_issuer_elsewhere_names_no_plain_http_and_nothing_inside_our_network() {
        for named in [
            "http://id.example.com/token",
            "http://127.0.0.1/token",
            "https://127.0.0.1/token",
            "https://127.1/token",
            "https://2130706433/token",
            "https://0.0.0.0/token",
            "https://localhost/token",
            "https://localhost./token",
            "https://id.localhost/token",
            "https://[::1]/token",
            "https://[::]/token",
            "https://[::ffff:127.0.0.1]/token",
            "https://[::ffff:169.254.169.254]/token",
            "https://10.0.0.7/token",
            "https://172.16.0.7/token",
            "https://192.168.0.7/token",
            "https://100.100.100.200/token",
            "https://169.254.169.254/latest/meta-data",
            "https://[fe80::1]/token",
            "https://[fd00::1]/token",
            "ftp://id.example.com/token",
        ] {
            assert!(refuses("https://id.example.com", named), "{named}");
        }
    }

    #[test]
    fn an_issuer_names_other_hosts_and_itself() {
        for (issuer, named) in [
            ("https://id.example.com", "https://id.example.com/token"),
            ("https://id.example.com", "https://oauth2.example.net:8443/token"),
            ("https://id.example.com", "https://203.0.113.7/token"),
            // A company's own issuer inside its network.
            ("https://10.0.0.7", "https://10.0.0.7:8443/token"),
            // A developer's issuer, which production refuses.
            ("http://127.0.0.1:9000", "http://127.0.0.1:9000/token"),
            ("http://127.0.0.1:9000", "http://localhost:9001/token"),
        ] {
            assert!(!refuses(issuer, named), "{issuer} {named}");
        }
        assert!(refuses("https://10.0.0.7", "https://10.0.0.8/token"));
        assert!(refuses("http://127.0.0.1:9000", "http://id.example.com/token"));
    }
}
