//! What operators do with webhooks: list them, test one, and send events again.

use std::sync::Arc;

use chrono::{DateTime, SecondsFormat, Utc};
use domain::EventId;
use serde_json::json;
use store::Tx;
use store::webhook::{Endpoint as Deliveries, Which};

use crate::error::{ApiError, ErrorCode};
use crate::service::Service;
use crate::webhook::Endpoint;

/// A webhook of the configuration, with its deliveries.
#[derive(Debug)]
pub struct Listed {
    /// The name.
    pub name: String,
    /// Its deliveries.
    pub deliveries: Deliveries,
}

/// The answer to a test event.
#[derive(Debug)]
pub struct Tested {
    /// The status, or why there was none.
    pub status: Result<u16, String>,
    /// The beginning of the body, as text.
    pub body: String,
}

impl Tested {
    /// Returns whether the endpoint has received the event.
    #[must_use]
    pub fn is_received(&self) -> bool {
        self.status.as_ref().is_ok_and(|status| (200..300).contains(status))
    }
}

/// Returns all webhooks of the configuration. Runs two statements.
pub async fn list(service: &Service) -> Result<Vec<Listed>, ApiError> {
    let names: Vec<&str> = service.webhooks.iter().map(|endpoint| endpoint.name.as_str()).collect();
    let found = store::webhook::endpoints(&service.store.view(), &names).await?;
    let listed = |(name, deliveries): (&&str, Deliveries)| Listed { name: (*name).to_owned(), deliveries };
    Ok(names.iter().zip(found).map(listed).collect())
}

/// Sends a test event to a webhook now, once. It is not recorded.
pub async fn test(service: &Service, name: &str) -> Result<Tested, ApiError> {
    let endpoint = find(service, name)?;
    let now = service.clock.now();
    let id = EventId::new(now).to_string();
    let timestamp = DateTime::<Utc>::from(now).to_rfc3339_opts(SecondsFormat::Millis, true);
    let body = json!({ "id": id, "type": "test", "timestamp": timestamp, "sequence": "0", "data": {} });
    let answer = endpoint.send(&id, body.to_string(), now).await;
    Ok(match answer {
        Ok(answer) => Tested { status: Ok(answer.status), body: String::from_utf8_lossy(&answer.body).into_owned() },
        Err(error) => Tested { status: Err(error.to_string()), body: String::new() },
    })
}

/// Makes deliveries of a webhook due again. Returns the number of events that are sent again.
pub async fn resend(service: &Service, name: &str, which: Which) -> Result<u64, ApiError> {
    let endpoint = find(service, name)?;
    let now = service.clock.now();
    let what = (endpoint.name.as_str(), &endpoint.kinds);
    let resend = |tx: Arc<Tx>| async move { store::webhook::resend(&tx, what, which, now).await };
    let count = service.store.write("resend_events", resend).await?;
    endpoint.wake.notify_one();
    Ok(count.unwrap_or_default())
}

fn find<'a>(service: &'a Service, name: &str) -> Result<&'a Endpoint, ApiError> {
    let found = service.webhooks.iter().find(|endpoint| endpoint.name == name);
    found.map(|endpoint| &**endpoint).ok_or_else(|| ApiError::refused(ErrorCode::NotFound))
}
