//! An issuer's metadata and keys, fetched at first use and cached. A stale copy costs time, never a wrong login.
//!
//! <https://openid.net/specs/openid-connect-discovery-1_0.html>

use std::sync::Arc;
use std::time::Duration;

use http::Request;
use http::header::ACCEPT;
use tokio::sync::Mutex;
use tokio::time::Instant;
use url::Url;

use super::discovery::Metadata;
use super::keys::Key;
use crate::{ErrorKind, Http, JsonAnswer, ProviderError, bad_status};

/// How long a discovery document and its keys are cached.
const BELIEVED: Duration = Duration::from_hours(1);
/// The minimum interval between two refreshes for unknown keys.
const BETWEEN_SEARCHES: Duration = Duration::from_mins(1);

/// An issuer with its cached metadata.
#[derive(Debug)]
pub(super) struct Issuer {
    id: String,
    url: Url,
    http: Http,
    /// The endpoints of an issuer whose discovery document is not read.
    fixed: Option<Metadata>,
    // Held during a request, so that many first logins cause one request.
    last: Mutex<Last>,
}

#[derive(Debug, Default)]
struct Last {
    said: Option<(Arc<Metadata>, Instant)>,
    failed: Option<(ProviderError, Instant)>,
    searched: Option<Instant>,
}

impl Issuer {
    /// Creates an issuer from its identifier, which its discovery document repeats, and from the address below which that
    /// document is. These differ only where an issuer writes a placeholder into its identifier.
    pub(super) fn new(id: String, url: Url, http: Http) -> Self {
        Self { id, url, http, fixed: None, last: Mutex::default() }
    }

    /// Creates an issuer with known endpoints.
    pub(super) fn fixed(url: Url, endpoints: Metadata, http: Http) -> Self {
        Self { fixed: Some(endpoints), ..Self::new(url.to_string(), url, http) }
    }

    /// The client for calls to the issuer.
    pub(super) fn http(&self) -> &Http {
        &self.http
    }

    /// The issuer's address.
    pub(super) fn url(&self) -> &Url {
        &self.url
    }

    /// The issuer identifier, unchanged.
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// The issuer's host name.
    pub(super) fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    /// Returns the discovery document with the keys, at most an hour old. Callers that wait for a failing request get its
    /// error; later callers send a new request.
    pub(super) async fn metadata(&self) -> Result<Arc<Metadata>, ProviderError> {
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
            return Err(error.for_another());
        }
        match self.discover().await {
            Ok(said) => {
                let said = Arc::new(said);
                *last = Last { said: Some((said.clone(), Instant::now())), failed: None, searched: last.searched };
                Ok(said)
            }
            Err(error) => {
                last.failed = Some((error.for_another(), Instant::now()));
                Err(error)
            }
        }
    }

    /// Returns metadata whose keys were fetched after `seen`; `None` if a refresh was attempted moments ago.
    pub(super) async fn renewed(&self, seen: &Arc<Metadata>) -> Result<Option<Arc<Metadata>>, ProviderError> {
        let mut last = self.last.lock().await;
        if let Some((said, _)) = &last.said
            && !Arc::ptr_eq(said, seen)
        {
            return Ok(Some(said.clone()));
        }
        if last.searched.is_some_and(|when| when.elapsed() < BETWEEN_SEARCHES) {
            return Ok(None);
        }
        // Before the request: while it fails, not every login repeats it.
        last.searched = Some(Instant::now());
        let keys = self.keys(&seen.jwks_uri).await?;
        let renewed = Arc::new(Metadata { keys, ..Metadata::clone(seen) });
        if let Some((said, _)) = &mut last.said {
            *said = renewed.clone();
        }
        Ok(Some(renewed))
    }

    async fn discover(&self) -> Result<Metadata, ProviderError> {
        if let Some(fixed) = &self.fixed {
            return Ok(Metadata { keys: self.keys(&fixed.jwks_uri).await?, ..fixed.clone() });
        }
        // Section 4.1: a terminating slash is removed first.
        let document = format!("{}/.well-known/openid-configuration", self.url.as_str().trim_end_matches('/'));
        let document = document.parse().map_err(|e| {
            ProviderError::new(ErrorKind::Misconfigured, "the issuer has no discovery document").caused_by(e)
        })?;
        let document = self.fetch(&document, "the discovery document").await?;
        let said = Metadata::read(&document, &self.id, &self.url)?;
        Ok(Metadata { keys: self.keys(&said.jwks_uri).await?, ..said })
    }

    /// Fetches the keys that can verify an ID token. Others, and those of unknown types, are skipped.
    async fn keys(&self, url: &Url) -> Result<Vec<Key>, ProviderError> {
        let set = self.fetch(url, "the issuer's key set").await?;
        Ok(set.needed_objects("keys")?.iter().filter_map(Key::read).collect())
    }

    async fn fetch(&self, url: &Url, what: &str) -> Result<JsonAnswer, ProviderError> {
        let request = Request::get(url.as_str()).header(ACCEPT, "application/json").body(Vec::new());
        let request = request.map_err(|e| {
            ProviderError::new(ErrorKind::Misconfigured, format!("{what} has no usable address")).caused_by(e)
        })?;
        let answer = self.http.execute(request).await?;
        if answer.status().is_success() {
            JsonAnswer::read(what, answer.body())
        } else {
            Err(bad_status(url.path(), &answer))
        }
    }
}
