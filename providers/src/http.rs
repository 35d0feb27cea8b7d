//! The one HTTP client for upstream calls: time-outs, no redirects, bounded bodies, errors without addresses.
//! What is called, and what an answer means, stands in each provider's file.

use std::time::Duration;

use reqwest::Url;
use reqwest::redirect::Policy;

use crate::{ErrorKind, ProviderError};

/// The largest answer that any upstream gives to a login call, with room to spare.
const MAX_BODY: usize = 256 * 1024;

/// How long an upstream call may take.
#[derive(Debug, Clone, Copy)]
pub struct HttpLimits {
    /// For the connection.
    pub connect: Duration,
    /// In all.
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
    /// Makes the client; certificates are checked against the system's roots.
    pub fn new(limits: HttpLimits) -> Result<Self, ProviderError> {
        // The first caller in a process sets the provider; a second attempt changes nothing.
        let _ = rustls::crypto::ring::default_provider().install_default();
        reqwest::Client::builder()
            .connect_timeout(limits.connect)
            .timeout(limits.total)
            .redirect(Policy::none())
            // A proxy of the surroundings would see the secret and the code of calls to the sandbox.
            .no_proxy()
            .user_agent(concat!("guiyi/", env!("CARGO_PKG_VERSION")))
            .build()
            .map(Self)
            .map_err(|e| ProviderError::new(ErrorKind::Misconfigured, "the HTTP client cannot start").caused_by(e))
    }

    /// Gets `url` with `query` and answers the body, whatever its content type says.
    pub async fn get(&self, url: &Url, query: &[(&str, &str)]) -> Result<Vec<u8>, ProviderError> {
        send(url, self.0.get(url.clone()).query(query)).await
    }

    /// Posts `body` as JSON to `url` and answers the body, whatever its content type says.
    pub async fn post_json(&self, url: &Url, body: &impl serde::Serialize) -> Result<Vec<u8>, ProviderError> {
        send(url, self.0.post(url.clone()).json(body)).await
    }
}

async fn send(url: &Url, request: reqwest::RequestBuilder) -> Result<Vec<u8>, ProviderError> {
    let answer = request.send().await.map_err(|e| unreachable_upstream(url, e))?;
    let status = answer.status();
    if !status.is_success() {
        return Err(bad_status(url, status));
    }
    read_body(url, answer).await
}

async fn read_body(url: &Url, mut answer: reqwest::Response) -> Result<Vec<u8>, ProviderError> {
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|e| unreachable_upstream(url, e))? {
        if body.len() + chunk.len() > MAX_BODY {
            return Err(ProviderError::new(ErrorKind::UnexpectedAnswer, format!("{} answered too much", url.path())));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn bad_status(url: &Url, status: reqwest::StatusCode) -> ProviderError {
    let kind = if status.is_server_error() { ErrorKind::Unavailable } else { ErrorKind::UnexpectedAnswer };
    ProviderError::new(kind, format!("{} answered {}", url.path(), status.as_u16()))
}

/// `reqwest::Error` prints its address, which for WeChat carries the app secret and the code: strip it.
fn unreachable_upstream(url: &Url, error: reqwest::Error) -> ProviderError {
    let what = if error.is_timeout() { "took too long" } else { "could not be reached" };
    ProviderError::new(ErrorKind::Unavailable, format!("{} {what}", url.path())).caused_by(error.without_url())
}
