//! One attempt to deliver an event, and what its answer means.

use std::sync::Arc;

use ::metrics::counter;
use chrono::TimeDelta;
use domain::Timestamp;
use store::webhook::{Claimed, Outcome};
use store::{StoreError, Tx};
use tracing::{error, info, warn};

use crate::service::Service;
use crate::webhook::{Endpoint, body};

/// How long an event is sent, from its first attempt on.
pub(super) const LIFE: TimeDelta = TimeDelta::days(3);

/// Sends a claimed delivery and settles it.
pub(super) async fn make(service: &Service, endpoint: &Endpoint, claimed: Claimed) -> Result<(), StoreError> {
    let (id, body) = (claimed.event.id.to_string(), body(&service.apps, &claimed.event).to_string());
    let answer = endpoint.send(&id, body, service.clock.now()).await;
    let now = service.clock.now();
    let outcome = match answer.map(|answer| answer.status) {
        Ok(200..=299) => Outcome::Received,
        Ok(410) => Outcome::Gone { error: "answered 410".to_owned() },
        // Also 4xx: a wrong secret or a missing route is a mistake of a release, which the next one mends.
        Ok(status) => again(&claimed, format!("answered {status}"), now),
        Err(error) => again(&claimed, error.to_string(), now),
    };
    report(endpoint, &claimed, &outcome);
    let settlement = (&claimed, &outcome);
    let settle = |tx: Arc<Tx>| async move { store::webhook::settle(&tx, &endpoint.name, settlement, now).await };
    if !service.store.write("settle_delivery", settle).await? {
        warn!(webhook = endpoint.name, event.id = %id, "another worker has sent the event, because this one took longer than its lease");
    }
    Ok(())
}

fn again(claimed: &Claimed, error: String, now: Timestamp) -> Outcome {
    match next_attempt(claimed, now) {
        Some(at) => Outcome::Retry { at, error },
        None => Outcome::Failed { error },
    }
}

/// Returns the time of the next attempt, or `None` after three days. The last attempt is at their end.
fn next_attempt(claimed: &Claimed, now: Timestamp) -> Option<Timestamp> {
    const PAUSES: [TimeDelta; 9] = [
        TimeDelta::seconds(5),
        TimeDelta::seconds(30),
        TimeDelta::minutes(2),
        TimeDelta::minutes(5),
        TimeDelta::minutes(15),
        TimeDelta::minutes(30),
        TimeDelta::hours(1),
        TimeDelta::hours(2),
        TimeDelta::hours(4),
    ];
    const LONGEST: TimeDelta = TimeDelta::hours(8);
    let end = claimed.created_at.plus(LIFE);
    let nth = usize::try_from(claimed.attempts.saturating_sub(1)).unwrap_or(usize::MAX);
    let pause = PAUSES.get(nth).copied().unwrap_or(LONGEST);
    (now < end).then(|| now.plus(pause).min(end))
}

fn report(endpoint: &Endpoint, claimed: &Claimed, outcome: &Outcome) {
    let (webhook, attempts, id, kind) = (&endpoint.name, claimed.attempts, claimed.event.id, claimed.event.kind);
    let word = match outcome {
        Outcome::Received => {
            info!(webhook, event.id = %id, %kind, attempts, "an event was received");
            "received"
        }
        Outcome::Retry { error, .. } => {
            warn!(webhook, event.id = %id, %kind, attempts, "an event was not received and will be sent again: {error}");
            "retry"
        }
        Outcome::Failed { error } => {
            error!(webhook, event.id = %id, %kind, attempts, "an event was given up: {error}");
            "failed"
        }
        Outcome::Gone { error } => {
            error!(webhook, event.id = %id, %kind, attempts, "a webhook is gone, nothing more is sent to it: {error}");
            "gone"
        }
    };
    counter!("guiyi_webhook_deliveries_total", "webhook" => webhook.clone(), "outcome" => word).increment(1);
}
