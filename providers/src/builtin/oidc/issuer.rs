//! An issuer's discovery document and keys, fetched at first use and cached. A stale copy costs time, never a wrong login.
//!
//! <https://openid.net/specs/openid-connect-discovery-1_0.html>

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use openidconnect::core::{CoreJsonWebKeySet, CoreProviderMetadata};
use openidconnect::{AsyncHttpClient, DiscoveryError, HttpRequest, HttpResponse, IssuerUrl, TokenUrl, UserInfoUrl};
use tokio::sync::Mutex;
use tokio::time::Instant;
use url::Url;

use crate::settings::{is_inside, is_protected, is_this_machine};
use crate::{ErrorKind, Http, ProviderError, bad_status};

/// How long a discovery document and its keys are cached.
const BELIEVED: Duration = Duration::from_hours(1);
/// The minimum interval between two refreshes for unknown keys.
const BETWEEN_SEARCHES: Duration = Duration::from_mins(1);

/// An issuer with its cached metadata.
#[derive(Debug)]
pub(super) struct Issuer {
    url: IssuerUrl,
    http: Http,
    // Held during a request, so that many first logins cause one request.
    last: Mutex<Last>,
}

#[derive(Debug, Default)]
struct Last {
    said: Option<(Arc<CoreProviderMetadata>, Instant)>,
    failed: Option<(ProviderError, Instant)>,
    searched: Option<Instant>,
}

impl Issuer {
    pub(super) fn new(url: IssuerUrl, http: Http) -> Self {
        Self { url, http, last: Mutex::default() }
    }

    /// The issuer identifier, unchanged.
    pub(super) fn url(&self) -> &IssuerUrl {
        &self.url
    }

    /// The issuer's host name.
    pub(super) fn host(&self) -> &str {
        self.url.url().host_str().unwrap_or_default()
    }

    /// Returns the discovery document with the keys, at most an hour old. Callers that wait for a failing request get its
    /// error; later callers send a new request.
    pub(super) async fn metadata(&self) -> Result<Arc<CoreProviderMetadata>, ProviderError> {
        let came = Instant::now();
        let mut last = self.last.lock().await;
        if let Some((said, when)) = &last.said
            && when.elapsed() < BELIEVED
        {
            return Ok(said.clone());
        }
        if let Some((error, when)) = &last.failed
            && *when > came
        {
            return Err(again(error));
        }
        match self.discover().await {
            Ok(said) => {
                let said = Arc::new(said);
                *last = Last { said: Some((said.clone(), Instant::now())), failed: None, searched: last.searched };
                Ok(said)
            }
            Err(error) => {
                last.failed = Some((again(&error), Instant::now()));
                Err(error)
            }
        }
    }

    /// Returns metadata whose keys were fetched after `seen`; `None` if a refresh was attempted moments ago.
    pub(super) async fn renewed(
        &self,
        seen: &Arc<CoreProviderMetadata>,
    ) -> Result<Option<Arc<CoreProviderMetadata>>, ProviderError> {
        let mut last = self.last.lock().await;
        if let Some((said, _)) = &last.said
            && !Arc::ptr_eq(said, seen)
        {
            return Ok(Some(said.clone()));
        }
        if last.searched.is_some_and(|when| when.elapsed() < BETWEEN_SEARCHES) {
            return Ok(None);
        }
        let keys = CoreJsonWebKeySet::fetch_async(seen.jwks_uri(), &Client(&self.http)).await.map_err(undiscovered)?;
        last.searched = Some(Instant::now());
        let renewed = Arc::new(CoreProviderMetadata::clone(seen).set_jwks(keys));
        if let Some((said, _)) = &mut last.said {
            *said = renewed.clone();
        }
        Ok(Some(renewed))
    }

    async fn discover(&self) -> Result<CoreProviderMetadata, ProviderError> {
        let client = Client(&self.http);
        let said = CoreProviderMetadata::discover_async(self.url.clone(), &client).await.map_err(undiscovered)?;
        let required = [said.authorization_endpoint().url(), said.jwks_uri().url()];
        let optional = [said.token_endpoint().map(TokenUrl::url), said.userinfo_endpoint().map(UserInfoUrl::url)];
        let why_not = required.into_iter().chain(optional.into_iter().flatten()).find_map(|url| self.why_not(url));
        match why_not {
            Some(detail) => Err(ProviderError::new(ErrorKind::Misconfigured, detail)),
            None => Ok(said),
        }
    }
}

impl Issuer {
    /// Returns why an address of the discovery document must not be called, or `None` if it may be.
    ///
    /// The provider sends the client's secret to the addresses that an issuer publishes. An issuer on loopback, which
    /// production refuses, may name loopback addresses; any other may name no address in an internal network except its
    /// own host. Host names are not resolved: https, with a certificate for the name, protects those.
    fn why_not(&self, url: &Url) -> Option<&'static str> {
        let issuer = self.url.url();
        if is_this_machine(issuer) {
            return (!is_protected(url)).then_some("the discovery document names an address that is not https");
        }
        if url.scheme() != "https" {
            return Some("the discovery document names an address that is not https");
        }
        let is_foreign = is_inside(url) && url.host() != issuer.host();
        is_foreign.then_some("the discovery document names an address inside our own network")
    }
}

/// The HTTP client for `openidconnect`, which handles neither 5xx nor 429 itself.
pub(super) struct Client<'a>(pub(super) &'a Http);

impl<'c> AsyncHttpClient<'c> for Client<'_> {
    type Error = ProviderError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, ProviderError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async move {
            let path = request.uri().path().to_owned();
            let answer = self.0.execute(request).await?;
            match answer.status() {
                StatusCode::TOO_MANY_REQUESTS => Err(bad_status(&path, &answer)),
                status if status.is_server_error() => Err(bad_status(&path, &answer)),
                _ => Ok(answer),
            }
        })
    }
}

/// Maps a failed discovery or key request to an error, without its body.
fn undiscovered(error: DiscoveryError<ProviderError>) -> ProviderError {
    match error {
        DiscoveryError::Request(error) => error,
        DiscoveryError::Response(status, _, _) => {
            let detail = format!("the issuer's metadata request was answered with {} and no JSON", status.as_u16());
            ProviderError::new(ErrorKind::UnexpectedAnswer, detail)
        }
        DiscoveryError::Validation(_) => {
            let detail = "the discovery document's issuer is not exactly the configured `issuer`";
            ProviderError::new(ErrorKind::Misconfigured, detail)
        }
        // What it does not parse, and errors that later versions of the crate add.
        _ => ProviderError::new(ErrorKind::UnexpectedAnswer, "the issuer's metadata cannot be parsed"),
    }
}

/// Copies the failure for the next caller that waited for it.
fn again(error: &ProviderError) -> ProviderError {
    let told = ProviderError::new(error.kind, error.detail.clone());
    match error.retry_after {
        Some(wait) => told.retry_after(wait),
        None => told,
    }
}

impl std::fmt::Debug for Client<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Client")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::HttpLimits;

    fn refuses(issuer: &str, named: &str) -> bool {
        let http = Http::new(HttpLimits::default()).expect("a client");
        let issuer = Issuer::new(IssuerUrl::new(issuer.to_owned()).expect("an issuer"), http);
        issuer.why_not(&named.parse().expect("an address")).is_some()
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
