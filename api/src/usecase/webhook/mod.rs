//! Delivers events to webhooks: makes deliveries of what is new, claims those that are due, sends them, and settles them. Any
//! replica may make any delivery. Each endpoint has a task of its own, so that a slow one does not hold up the others.

mod attempt;
mod operate;

use std::sync::Arc;
use std::time::Duration;

use ::metrics::gauge;
use chrono::TimeDelta;
use futures::future::join_all;
use store::webhook::Claimed;
use store::{StoreError, Tx};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tracing::{error, warn};

use crate::service::Service;
use crate::usecase::event;
use crate::webhook::Endpoint;

pub use operate::{Listed, Tested, list, resend, test};
pub use store::webhook::Which;

/// How often a process polls for events of other processes and for retries.
const POLL: Duration = Duration::from_secs(5);
/// The lease of a claimed delivery: longer than an attempt with its settlement.
const LEASE: TimeDelta = TimeDelta::minutes(1);
/// The number of attempts that a process makes at an endpoint at once.
const AT_ONCE: usize = 8;

/// Orders events and delivers them, for as long as the process runs. Does nothing if no events are recorded.
pub async fn run(service: &Arc<Service>) {
    if service.recording.is_off() {
        std::future::pending::<()>().await;
    }
    let endpoints = join_all(service.webhooks.iter().map(|endpoint| run_endpoint(service, endpoint)));
    tokio::select! {
        () = run_feed(service) => {}
        _ = endpoints, if !service.webhooks.is_empty() => {}
    }
}

async fn run_feed(service: &Arc<Service>) {
    loop {
        if let Err(error) = event::order(service).await {
            warn!("events could not be ordered: {error}");
        }
        for endpoint in &service.webhooks {
            endpoint.wake.notify_one();
        }
        // Woken by a write of this process, or by the timeout.
        let _ = timeout(POLL, service.recording.written()).await;
    }
}

async fn run_endpoint(service: &Arc<Service>, endpoint: &Arc<Endpoint>) {
    loop {
        if let Err(error) = deliver(service, endpoint).await {
            warn!(webhook = endpoint.name, "the deliveries of a webhook could not be read: {error}");
        }
        let _ = timeout(POLL, endpoint.wake.notified()).await;
    }
}

/// Orders all events and makes all deliveries that are due. Returns the number of attempts.
///
/// # Errors
///
/// When the database fails. Claimed deliveries are due again when their lease ends.
pub async fn deliver_due(service: &Arc<Service>) -> Result<usize, StoreError> {
    event::order(service).await?;
    let attempts = join_all(service.webhooks.iter().map(|endpoint| deliver(service, endpoint))).await;
    attempts.into_iter().sum()
}

/// Adds the webhooks of the configuration that are new: they get the events from now on.
pub async fn register(service: &Service) -> Result<(), StoreError> {
    if service.webhooks.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = service.webhooks.iter().map(|endpoint| endpoint.name.as_str()).collect();
    let names = names.as_slice();
    service
        .store
        .write("register_webhooks", |tx: Arc<Tx>| async move { store::webhook::register(&tx, names).await })
        .await
}

/// Makes the deliveries of an endpoint until none is due.
async fn deliver(service: &Arc<Service>, endpoint: &Arc<Endpoint>) -> Result<usize, StoreError> {
    let (mut running, mut attempts) = (JoinSet::new(), 0);
    loop {
        fan_out(service, endpoint).await?;
        let free = AT_ONCE - running.len();
        let claimed =
            if free == 0 || service.is_stopping() { Vec::new() } else { claim(service, endpoint, free).await? };
        attempts += claimed.len();
        for claimed in claimed {
            let (service, endpoint) = (service.clone(), endpoint.clone());
            running.spawn(async move {
                let shared = service.clone();
                // Tracked, so that a process that stops finishes its attempts.
                service.track(async move { attempt::make(&shared, &endpoint, claimed).await }).await
            });
        }
        let done = tokio::select! {
            done = running.join_next() => done,
            // New events need not wait for an attempt that takes long.
            () = endpoint.wake.notified(), if !running.is_empty() => continue,
        };
        match done {
            None => break,
            Some(Ok(Ok(Ok(())))) => {}
            Some(Ok(Ok(Err(error)))) => warn!("a delivery could not be settled and will be repeated: {error}"),
            Some(Ok(Err(_)) | Err(_)) => error!("a delivery panicked; it will be repeated when its lease ends"),
        }
    }
    count(service, endpoint).await?;
    Ok(attempts)
}

/// Makes the deliveries of events that are new to the endpoint.
async fn fan_out(service: &Service, endpoint: &Endpoint) -> Result<(), StoreError> {
    if !store::webhook::is_behind(&service.store.view(), &endpoint.name).await? {
        return Ok(());
    }
    let now = service.clock.now();
    let fan_out = |tx: Arc<Tx>| async move { store::webhook::fan_out(&tx, &endpoint.name, &endpoint.kinds, now).await };
    while service.store.write("fan_out_events", fan_out).await? {}
    Ok(())
}

async fn claim(service: &Service, endpoint: &Endpoint, free: usize) -> Result<Vec<Claimed>, StoreError> {
    let now = service.clock.now();
    if !store::webhook::has_due(&service.store.view(), &endpoint.name, now).await? {
        return Ok(Vec::new());
    }
    let what = (endpoint.name.as_str(), free as u64);
    let claim = |tx: Arc<Tx>| async move { store::webhook::claim(&tx, what, (now, now.plus(LEASE))).await };
    service.store.write("claim_deliveries", claim).await
}

async fn count(service: &Service, endpoint: &Endpoint) -> Result<(), StoreError> {
    let found = store::webhook::endpoints(&service.store.view(), &[&endpoint.name]).await?;
    let store::webhook::Endpoint { backlog, gone_at, .. } = found.into_iter().next().unwrap_or_default();
    let name = endpoint.name.clone();
    for (state, count) in [("pending", backlog.pending), ("failed", backlog.failed)] {
        gauge!("guiyi_webhook_messages", "webhook" => name.clone(), "state" => state)
            .set(u32::try_from(count).unwrap_or(u32::MAX));
    }
    let age = backlog.oldest.map_or(0, |oldest| service.clock.now().millis().saturating_sub(oldest.millis()) / 1_000);
    gauge!("guiyi_webhook_oldest_seconds", "webhook" => name.clone()).set(u32::try_from(age).unwrap_or(u32::MAX));
    let stopped = if gone_at.is_some() { 1.0 } else { 0.0 };
    gauge!("guiyi_webhook_stopped", "webhook" => name).set(stopped);
    Ok(())
}
