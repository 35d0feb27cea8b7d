//! Acts on the events that are stored: claims what is due, carries it out, and settles it in the same transaction. Any
//! replica may act on any event; the events of one person in one app are acted on one after the other.

use std::sync::Arc;
use std::time::Duration;

use ::metrics::{counter, gauge};
use chrono::TimeDelta;
use domain::PushId;
use store::person_event::{PersonEvent, ProfileFields, Telling};
use store::push::{ClaimedPush, Outcome, Push, PushState};
use store::{Backlog, StoreError, Tx};
use tokio::time::timeout;
use tracing::{error, info, warn};

use super::StoredEvent;
use crate::error::ApiError;
use crate::service::Service;
use crate::usecase::outbox::next_attempt;
use crate::usecase::page::{FrontRequest, Page};
use crate::usecase::person_event::{EventOfPerson, apply};

/// How often a process polls for events that other processes have stored, and for retries.
const POLL: Duration = Duration::from_secs(5);
/// The lease of a claimed event. After it another worker may act on it.
const LEASE: TimeDelta = TimeDelta::seconds(30);
/// The maximum number of attempts of an event whose workers do not finish.
const MOST_ATTEMPTS: u32 = 10;
/// The number of events in one claim. They are acted on at the same time.
const BATCH: u64 = 16;

/// Acts on events as they become due, for as long as the process runs.
pub async fn run(service: &Arc<Service>) {
    loop {
        if let Err(error) = act_on_due(service).await {
            warn!("the stored pushes could not be read: {error}");
        }
        // Woken by a push to this process, or by the timeout.
        let _ = timeout(POLL, service.pushes.notified()).await;
    }
}

/// Acts on all events that are due. Returns the number of attempts.
///
/// # Errors
///
/// When the database fails. Claimed events are due again when their lease ends.
pub async fn act_on_due(service: &Arc<Service>) -> Result<usize, StoreError> {
    let mut attempted = 0;
    while !service.is_stopping() && store::push::has_due(&service.store.view(), service.clock.now()).await? {
        let now = service.clock.now();
        let claim = |tx: Arc<Tx>| async move { store::push::claim(&tx, BATCH, (now, now.plus(LEASE))).await };
        let claimed = service.store.write("claim_pushes", claim).await?;
        attempted += claimed.len();
        let start = |claimed| {
            let service_of_task = service.clone();
            service.track(async move { act(&service_of_task, claimed).await })
        };
        // All at the same time, each in its own task, so that a panic does not stop the others.
        for task in claimed.into_iter().map(start).collect::<Vec<_>>() {
            match task.await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => warn!("a push could not be settled and will be retried: {error}"),
                Err(_) => error!("acting on a push panicked; it will be retried when its lease ends"),
            }
        }
    }
    let Backlog { pending, failed, oldest: _ } = store::push::backlog(&service.store.view()).await?;
    for (count, name) in [(pending, "pending"), (failed, "failed")] {
        gauge!("guiyi_pushes", "state" => name).set(u32::try_from(count).unwrap_or(u32::MAX));
    }
    Ok(attempted)
}

/// What an attempt came to.
enum Acted {
    /// The event was carried out; whether it changed anything, or `None` if the person is unknown.
    Done(Option<bool>),
    /// Another worker has claimed it.
    Lost,
}

async fn act(service: &Service, claimed: ClaimedPush) -> Result<(), StoreError> {
    let push = &claimed.push;
    let failure = match carry_out(service, &claimed).await {
        Ok(Acted::Done(changed)) => {
            let outcome = match changed {
                Some(true) => "changed",
                Some(false) => "unchanged",
                None => "unknown_person",
            };
            info!(push.id = %push.id, event = push.event, outcome, "acted on a push");
            count(push, outcome);
            return Ok(());
        }
        Ok(Acted::Lost) => {
            warn!(push.id = %push.id, "another worker has acted on the push, because this one took longer than its lease");
            return Ok(());
        }
        Err(failure) => failure,
    };
    let now = service.clock.now();
    let error = failure.to_string();
    let outcome = &match next_attempt(push.attempts, now) {
        Some(at) if failure.can_retry() => Outcome::Retry { at, error },
        Some(_) | None => Outcome::Failed { error },
    };
    report(push, outcome);
    let settle = |tx: Arc<Tx>| async move { store::push::settle(&tx, push, outcome, now).await };
    service.store.write("settle_push", settle).await?;
    Ok(())
}

/// Why an attempt failed.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("this version cannot read the event")]
    Unreadable,
    #[error("its workers did not finish")]
    Unfinished,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Failure {
    /// A newer version may be able to read the event, and a database may come back.
    const fn can_retry(&self) -> bool {
        match self {
            Self::Unreadable | Self::Store(_) => true,
            Self::Unfinished => false,
        }
    }
}

async fn carry_out(service: &Service, claimed: &ClaimedPush) -> Result<Acted, Failure> {
    if claimed.push.attempts > MOST_ATTEMPTS {
        return Err(Failure::Unfinished);
    }
    let stored: StoredEvent = serde_json::from_str(&claimed.payload).map_err(|_| Failure::Unreadable)?;
    let event = EventOfPerson { key: claimed.key.clone(), event: person_event(&stored), at: claimed.happened_at };
    let (event, push) = (&event, &claimed.push);
    let attempt = |tx: Arc<Tx>| async move {
        let now = service.clock.now();
        // First, so that an event that another worker has settled is not acted on again.
        if !store::push::settle(&tx, push, &Outcome::Done, now).await? {
            return Ok::<_, StoreError>(Acted::Lost);
        }
        let telling = Telling { by: None, at: event.at };
        Ok(Acted::Done(apply(service, &tx, event, telling).await?))
    };
    Ok(service.store.write("act_on_push", attempt).await?)
}

/// A scan says that the person follows the account. A profile that the upstream has cleared is cleared here too.
fn person_event(stored: &StoredEvent) -> PersonEvent {
    match stored {
        StoredEvent::Followed { .. } | StoredEvent::Scanned { .. } => PersonEvent::Follows(true),
        StoredEvent::Unfollowed => PersonEvent::Follows(false),
        StoredEvent::ProfileCleared => PersonEvent::Revoked(ProfileFields { nickname: true, avatar_url: true }),
        StoredEvent::Revoked { nickname, avatar_url } => {
            PersonEvent::Revoked(ProfileFields { nickname: *nickname, avatar_url: *avatar_url })
        }
        StoredEvent::Cancelled => PersonEvent::Cancelled,
    }
}

/// Returns a page of the events in a state, oldest first.
pub async fn list(service: &Service, state: PushState, page: FrontRequest) -> Result<Page<Push>, ApiError> {
    page.page(store::push::list(&service.store.view(), state, &page.front()?).await?)
}

/// Makes a failed event, or all of them, due again. Returns their number.
pub async fn retry(service: &Service, id: Option<PushId>) -> Result<u64, ApiError> {
    let now = service.clock.now();
    let retry = |tx: Arc<Tx>| async move { store::push::retry(&tx, id, now).await };
    let retried = service.store.write("retry_pushes", retry).await?;
    service.pushes.notify_one();
    Ok(retried)
}

fn report(push: &Push, outcome: &Outcome) {
    let Push { id, event, attempts, .. } = push;
    match outcome {
        Outcome::Done => {}
        Outcome::Retry { error, .. } => {
            warn!(push.id = %id, event, attempts, "a push was not acted on and will be retried: {error}");
            count(push, "retry");
        }
        Outcome::Failed { error } => {
            error!(push.id = %id, event, attempts, "a push failed permanently: {error}");
            count(push, "failed");
        }
    }
}

fn count(push: &Push, outcome: &'static str) {
    counter!("guiyi_pushes_acted_on_total", "event" => push.event.clone(), "outcome" => outcome).increment(1);
}
