//! Passes pushes on to the company's own receiver, byte for byte, and returns its answer.

use std::time::Duration;

use ::metrics::counter;
use providers::deps::http::{Request, StatusCode, header};
use tokio::time::timeout;
use tracing::warn;

use crate::config::Relay;
use crate::service::Service;

/// How long the company's receiver may take: WeChat waits for five seconds in all.
const PATIENCE: Duration = Duration::from_secs(4);
/// The largest answer that is passed back.
const LARGEST_ANSWER: usize = 64 * 1024;

/// A push as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Forwarded {
    /// The query of the address, with the original signatures.
    pub(crate) query: String,
    pub(crate) content_type: Option<Vec<u8>>,
    pub(crate) body: Vec<u8>,
}

/// The answer of the company's receiver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RelayAnswer {
    pub(crate) content_type: Option<Vec<u8>>,
    pub(crate) body: Vec<u8>,
}

/// Passes a push on. `None` if the receiver does not answer with 200 in time: the push is then answered without it.
pub(crate) async fn forward(service: &Service, app: &str, relay: &Relay, push: Forwarded) -> Option<RelayAnswer> {
    let answer =
        timeout(PATIENCE, send(service, relay, push)).await.unwrap_or(Err("it did not answer in time".to_owned()));
    let outcome = if answer.is_ok() { "answered" } else { "failed" };
    counter!("guiyi_push_relays_total", "app" => app.to_owned(), "outcome" => outcome).increment(1);
    answer.inspect_err(|reason| warn!(app, "the company's receiver of pushes failed: {reason}")).ok()
}

async fn send(service: &Service, relay: &Relay, push: Forwarded) -> Result<RelayAnswer, String> {
    let mut url = relay.url.clone();
    // The receiver's own parameters come first; those of the push stay as they were.
    let own = url.query().filter(|query| !query.is_empty()).map(|query| format!("{query}&")).unwrap_or_default();
    url.set_query(Some(&format!("{own}{}", push.query)));
    let mut request = Request::post(url.as_str());
    if let Some(content_type) = push.content_type {
        request = request.header(header::CONTENT_TYPE, content_type);
    }
    let request = request.body(push.body).map_err(|_| "the request cannot be made".to_owned())?;
    let answer = service.http.execute(request).await.map_err(|error| error.to_string())?;
    if answer.status() != StatusCode::OK {
        return Err(format!("it answered {}", answer.status().as_u16()));
    }
    let content_type = answer.headers().get(header::CONTENT_TYPE).map(|value| value.as_bytes().to_vec());
    let body = answer.into_body();
    if body.len() > LARGEST_ANSWER {
        return Err("its answer is too large".to_owned());
    }
    Ok(RelayAnswer { content_type, body })
}
