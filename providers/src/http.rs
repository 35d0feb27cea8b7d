//! The HTTP client for upstream calls: timeouts, no redirects, bounded bodies, errors without addresses.

use std::time::Duration;

use http::header::{ACCEPT, AUTHORIZATION, RETRY_AFTER};
use http::{HeaderValue, StatusCode};
use reqwest::redirect::Policy;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::{ErrorKind, ProviderError};

/// The largest body that is read, in bytes. The largest known answer is a page of 10,000 followers, with 31 bytes each.
const MAX_BODY: usize = 1024 * 1024;

/// The media type of the answers that are requested.
const JSON: &str = "application/json";

/// The timeouts of an upstream call.
#[derive(Debug, Clone, Copy)]
pub struct HttpLimits {
    /// For connecting.
    pub connect: Duration,
    /// For the whole call.
    pub total: Duration,
}

impl Default for HttpLimits {
    fn default() -> Self {
        Self { connect: Duration::from_secs(3), total: Duration::from_secs(5) }
    }
}

/// The client for upstream calls. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Http(reqwest::Client);

impl Http {
    /// Creates the client; certificates are verified against the system's roots.
    pub fn new(limits: HttpLimits) -> Result<Self, ProviderError> {
        // The first caller in a process installs the crypto provider; a later attempt changes nothing.
        let _ = rustls::crypto::ring::default_provider().install_default();
        reqwest::Client::builder()
            .connect_timeout(limits.connect)
            .timeout(limits.total)
            .redirect(Policy::none())
            // A proxy from the environment would see the secret and the code of calls to the sandbox.
            .no_proxy()
            .user_agent(concat!("guiyi/", env!("CARGO_PKG_VERSION")))
            .build()
            .map(Self)
            .map_err(|e| ProviderError::new(ErrorKind::Misconfigured, "the HTTP client cannot be created").caused_by(e))
    }

    /// Sends GET `url` with `query` and returns the body, regardless of its content type. For upstreams whose refusals have
    /// the status 200.
    pub async fn get(&self, url: &Url, query: &[(&str, &str)]) -> Result<Vec<u8>, ProviderError> {
        body_of(url, self.send(url, self.0.get(url.clone()).query(query)).await?)
    }

    /// Sends `body` as a JSON POST to `url` with `query` and returns the body, regardless of its content type. For upstreams
    /// whose refusals have the status 200; see [`post_json_response`](Self::post_json_response) for others.
    pub async fn post_json(
        &self,
        url: &Url,
        query: &[(&str, &str)],
        body: &impl serde::Serialize,
    ) -> Result<Vec<u8>, ProviderError> {
        body_of(url, self.send(url, self.0.post(url.clone()).query(query).json(body)).await?)
    }

    /// Sends `body` as a JSON POST to `url` and returns the response with any status, for upstreams that explain a refusal
    /// in the body of another status than 200.
    pub async fn post_json_response(
        &self,
        url: &Url,
        body: &impl serde::Serialize,
    ) -> Result<http::Response<Vec<u8>>, ProviderError> {
        self.send(url, self.0.post(url.clone()).header(ACCEPT, JSON).json(body)).await
    }

    /// Sends `form` as a POST to `url` and returns the response with any status. This is the token request of OAuth 2 (RFC
    /// 6749 section 4.1.3), whose refusals have the status 400.
    pub async fn post_form_response(
        &self,
        url: &Url,
        form: &[(&str, &str)],
    ) -> Result<http::Response<Vec<u8>>, ProviderError> {
        self.send(url, self.0.post(url.clone()).header(ACCEPT, JSON).form(form)).await
    }

    /// Sends GET `url` with an access token as its bearer token (RFC 6750 section 2.1) and returns the response with any
    /// status.
    pub async fn get_with_token(
        &self,
        url: &Url,
        token: &SecretString,
    ) -> Result<http::Response<Vec<u8>>, ProviderError> {
        // The library's method panics on a token that no header can hold.
        let bearer = HeaderValue::try_from(format!("Bearer {}", token.expose_secret()));
        let mut bearer = bearer.map_err(|_| {
            ProviderError::new(ErrorKind::UnexpectedAnswer, "the access token has characters that no token has")
        })?;
        bearer.set_sensitive(true);
        self.send(url, self.0.get(url.clone()).header(ACCEPT, JSON).header(AUTHORIZATION, bearer)).await
    }

    /// Sends a request unchanged and returns the response with any status, for upstreams that need other headers. Errors do
    /// not contain the request.
    pub async fn execute(&self, request: http::Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>, ProviderError> {
        let unusable = |e| ProviderError::new(ErrorKind::Misconfigured, "a request cannot be made").caused_by(e);
        let request = reqwest::Request::try_from(request).map_err(|e| unusable(e.without_url()))?;
        let url = request.url().clone();
        self.send(&url, reqwest::RequestBuilder::from_parts(self.0.clone(), request)).await
    }

    async fn send(
        &self,
        url: &Url,
        request: reqwest::RequestBuilder,
    ) -> Result<http::Response<Vec<u8>>, ProviderError> {
        let mut answer = request.send().await.map_err(|e| unreachable_upstream(url, e))?;
        let mut whole = http::Response::new(Vec::new());
        *whole.status_mut() = answer.status();
        *whole.headers_mut() = std::mem::take(answer.headers_mut());
        while let Some(chunk) = answer.chunk().await.map_err(|e| unreachable_upstream(url, e))? {
            if whole.body().len() + chunk.len() > MAX_BODY {
                let detail = format!("the answer of {} is too large", url.path());
                return Err(ProviderError::new(ErrorKind::UnexpectedAnswer, detail));
            }
            whole.body_mut().extend_from_slice(&chunk);
        }
        Ok(whole)
    }
}

fn body_of(url: &Url, answer: http::Response<Vec<u8>>) -> Result<Vec<u8>, ProviderError> {
    if answer.status().is_success() { Ok(answer.into_body()) } else { Err(bad_status(url.path(), &answer)) }
}

/// Maps a status that the upstream's own words do not explain: 5xx is a failure of the upstream, 429 a rate limit, and
/// any other an unexpected answer.
#[must_use]
pub fn bad_status<B>(path: &str, answer: &http::Response<B>) -> ProviderError {
    let status = answer.status();
    let kind = match status {
        StatusCode::TOO_MANY_REQUESTS => ErrorKind::RateLimited,
        _ if status.is_server_error() => ErrorKind::Unavailable,
        _ => ErrorKind::UnexpectedAnswer,
    };
    let error = ProviderError::new(kind, format!("{path} answered {}", status.as_u16()));
    let seconds = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    match seconds {
        Some(seconds) => error.retry_after(Duration::from_secs(seconds)),
        None => error,
    }
}

/// Converts a `reqwest::Error` without its address, which for WeChat contains the app secret and the code.
fn unreachable_upstream(url: &Url, error: reqwest::Error) -> ProviderError {
    let what = if error.is_timeout() { "took too long" } else { "could not be reached" };
    let unsent = error.is_connect();
    let failed =
        ProviderError::new(ErrorKind::Unavailable, format!("{} {what}", url.path())).caused_by(error.without_url());
    // Without a connection nothing was sent, so a code in the request is unspent.
    if unsent { failed.unspent() } else { failed }
}
