//! The endpoints of webhooks: each signs and sends as Standard Webhooks says. See `usecase::webhook` for when.
//! <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>

mod body;
mod signature;

use std::collections::BTreeSet;
use std::time::Duration;

use domain::{EventKind, Timestamp};
use http::Request;
use http::header::CONTENT_TYPE;
use providers::{HttpLimits, Outward, PostError, ProviderError};
use secrecy::ExposeSecret;
use tokio::sync::Notify;
use url::Url;

use crate::config::Webhook;

pub(crate) use body::{body, data};
pub use signature::SigningSecret;

/// The time limit of an attempt.
const PATIENCE: Duration = Duration::from_secs(10);
const PATIENCE_TO_CONNECT: Duration = Duration::from_secs(5);
/// How much of an answer is read, in bytes.
const MOST_OF_ANSWER: usize = 4 * 1024;

/// An endpoint of the configuration.
#[derive(Debug)]
pub(crate) struct Endpoint {
    pub(crate) name: String,
    pub(crate) kinds: BTreeSet<EventKind>,
    /// Wakes the worker of the endpoint.
    pub(crate) wake: Notify,
    url: Url,
    secrets: Vec<SigningSecret>,
    outward: Outward,
}

/// The answer of an endpoint.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The status code of HTTP.
    pub(crate) status: u16,
    /// Its beginning.
    pub(crate) body: Vec<u8>,
}

impl Endpoint {
    /// Builds the endpoint of a webhook whose settings were checked.
    pub(crate) fn new(webhook: &Webhook) -> Result<Self, ProviderError> {
        let limits = HttpLimits { connect: PATIENCE_TO_CONNECT, total: PATIENCE };
        let secrets = webhook.secrets.iter().filter_map(|secret| SigningSecret::parse(secret.expose_secret()));
        Ok(Self {
            name: webhook.name.clone(),
            kinds: webhook.events.clone(),
            wake: Notify::new(),
            url: webhook.url.clone(),
            secrets: secrets.collect(),
            outward: Outward::new(limits, webhook.allow_private)?,
        })
    }

    /// Sends a message, signed with all secrets.
    pub(crate) async fn send(&self, id: &str, body: String, now: Timestamp) -> Result<Answer, PostError> {
        let seconds = now.millis().div_euclid(1_000).to_string();
        let signatures: Vec<String> =
            self.secrets.iter().map(|secret| secret.sign(id, &seconds, body.as_bytes())).collect();
        let request = Request::post(self.url.as_str())
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", &seconds)
            .header("webhook-signature", signatures.join(" "))
            .body(body.into_bytes())
            .map_err(|_| PostError::Interrupted)?;
        let (status, body) = self.outward.send(request, MOST_OF_ANSWER).await?;
        Ok(Answer { status: status.as_u16(), body })
    }
}
