//! A single HTTP call in the way that WeChat makes it: headers, timeout, no redirects.

use std::error::Error;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{ACCEPT, HeaderMap, HeaderValue, PRAGMA};
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, Request, Response};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// The number of bytes of an answer that are kept.
const KEPT: usize = 4096;

/// An answer of an app's server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The first 4096 bytes of the body.
    pub body: String,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The answer was not complete in time.
    #[error("timed out after {}", words(*.0))]
    TimedOut(Duration),
    /// The connection was refused.
    #[error("refused")]
    Refused,
    /// Any other error, in its own words.
    #[error("{0}")]
    Broken(String),
}

/// Sends one request over a new connection, and reads as much of the answer as is kept.
pub(crate) async fn send(request: Request, patience: Duration) -> Result<Answer, Failure> {
    let client = client(request.url().scheme()).map_err(Failure::of)?;
    let answer = async { read(client.execute(request).await?).await };
    match tokio::time::timeout(patience, answer).await {
        Ok(answer) => answer.map_err(Failure::of),
        Err(_) => Err(Failure::TimedOut(patience)),
    }
}

fn client(scheme: &str) -> reqwest::Result<Client> {
    let headers = [(ACCEPT, HeaderValue::from_static("*/*")), (PRAGMA, HeaderValue::from_static("no-cache"))];
    let builder = Client::builder()
        .user_agent("Mozilla/4.0")
        .default_headers(HeaderMap::from_iter(headers))
        .redirect(Policy::none())
        // A proxy from the environment must not be used between two servers on one machine.
        .no_proxy();
    if scheme == "https" { certified(builder).build() } else { builder.tls_backend_preconfigured(no_tls()).build() }
}

/// Verifies certificates against the system's roots; reqwest requires a process-wide crypto provider for that.
fn certified(builder: ClientBuilder) -> ClientBuilder {
    // The first caller in a process installs the provider; a later attempt changes nothing.
    let _ = ring::default_provider().install_default();
    builder
}

/// The TLS configuration of a client for plain HTTP, so that it works without installed root certificates.
fn no_tls() -> ClientConfig {
    ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring has the cipher suites of TLS 1.2 and 1.3")
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth()
}

async fn read(mut response: Response) -> reqwest::Result<Answer> {
    let status = response.status().as_u16();
    let mut body = Vec::new();
    while body.len() < KEPT
        && let Some(chunk) = response.chunk().await?
    {
        body.extend_from_slice(&chunk);
    }
    body.truncate(KEPT);
    Ok(Answer { status, body: String::from_utf8_lossy(&body).into_owned() })
}

impl Failure {
    fn of(error: reqwest::Error) -> Self {
        // The address contains the signature, and the caller knows it.
        let error = error.without_url();
        let mut root: &(dyn Error + 'static) = &error;
        while let Some(cause) = root.source() {
            root = cause;
        }
        let refused = root.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::ConnectionRefused);
        if refused { Self::Refused } else { Self::Broken(root.to_string()) }
    }
}

fn words(patience: Duration) -> String {
    if patience.subsec_millis() == 0 {
        format!("{} s", patience.as_secs())
    } else {
        format!("{} ms", patience.as_millis())
    }
}
