//! Sends the messages of the outbox: claims what is due, sends it, and settles it. Any replica may send any message.

mod notice;

use std::sync::Arc;
use std::time::Duration;

use ::metrics::{counter, gauge};
use chrono::TimeDelta;
use domain::MessageId;
use store::outbox::{ClaimedMessage, Delivery, Message};

pub use store::outbox::MessageState;
use store::{Backlog, StoreError, Tx};
use tokio::time::timeout;
use tracing::{error, info, warn};

use crate::error::ApiError;
use crate::notify::{NotifyError, Recipient};
use crate::service::Service;
use crate::sms::Notice;
use crate::usecase::page::{FrontRequest, Page};

pub(crate) use notice::{
    app_title, next_attempt, phone_before, post, post_for_binding, post_for_given_phone, post_for_merge, post_to, wake,
};

/// How often a process polls for messages of other processes and for retries.
const POLL: Duration = Duration::from_secs(5);
/// The lease of a claimed message. After it another worker may send the message.
const LEASE: TimeDelta = TimeDelta::minutes(2);
/// The timeout of one attempt. A whole batch fits into the lease.
const PATIENCE: Duration = Duration::from_secs(10);
/// The maximum number of attempts of a message whose workers do not finish.
const MOST_ATTEMPTS: u32 = 10;
/// The number of messages in one claim.
const BATCH: u64 = 10;

/// Sends messages as they become due, for as long as the process runs.
pub async fn run(service: &Arc<Service>) {
    loop {
        if let Err(error) = deliver_due(service).await {
            warn!("the outbox could not be read: {error}");
        }
        // Woken by a write of this process, or by the timeout.
        let _ = timeout(POLL, service.outbox.notified()).await;
    }
}

/// Sends all messages that are due. Returns the number of attempts.
///
/// # Errors
///
/// When the database fails. Claimed messages are due again when their lease ends.
pub async fn deliver_due(service: &Arc<Service>) -> Result<usize, StoreError> {
    let mut attempted = 0;
    while !service.is_stopping() && store::outbox::has_due(&service.store.view(), service.clock.now()).await? {
        let now = service.clock.now();
        let claim = |tx: Arc<Tx>| async move { store::outbox::claim(&tx, BATCH, (now, now.plus(LEASE))).await };
        let claimed = service.store.write("claim_messages", claim).await?;
        attempted += claimed.len();
        for message in claimed {
            let service_of_task = service.clone();
            // In its own task, so that a panic of the notifier does not stop the other messages.
            match service.track(async move { deliver(&service_of_task, message).await }).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => warn!("a notice could not be settled and will be retried: {error}"),
                Err(_) => error!("a notifier panicked; its notice will be retried when its lease ends"),
            }
        }
    }
    count_messages(service).await?;
    Ok(attempted)
}

async fn deliver(service: &Service, claimed: ClaimedMessage) -> Result<(), StoreError> {
    let ClaimedMessage { message, payload, number, is_readable } = claimed;
    let message = &message;
    let sent = match serde_json::from_str::<Notice>(&payload) {
        Ok(_) if !is_readable => {
            Err(NotifyError { reason: "its phone number cannot be decrypted".to_owned(), can_retry: false })
        }
        // All its workers ended before they finished.
        Ok(_) if message.attempts > MOST_ATTEMPTS => {
            Err(NotifyError { reason: "its workers did not finish".to_owned(), can_retry: false })
        }
        Ok(notice) => {
            let to = Recipient::new(message.id, message.user, number.into_iter().collect());
            let late = || NotifyError { reason: "the carrier does not answer".to_owned(), can_retry: false };
            timeout(PATIENCE, service.notifier.notify(&to, &notice)).await.unwrap_or_else(|_| Err(late()))
        }
        Err(_) => Err(NotifyError { reason: "this version cannot read the notice".to_owned(), can_retry: true }),
    };
    let now = service.clock.now();
    let delivery = &match sent {
        Ok(()) => Delivery::Sent,
        Err(NotifyError { reason, can_retry }) => match next_attempt(message.attempts, now) {
            Some(at) if can_retry => Delivery::Retry { at, error: reason },
            Some(_) | None => Delivery::Failed { error: reason },
        },
    };
    report(message, delivery);
    let settle = |tx: Arc<Tx>| async move { store::outbox::settle(&tx, message, delivery, now).await };
    if !service.store.write("settle_message", settle).await? {
        warn!(message.id = %message.id, "another worker has sent the message, because this one took longer than its lease");
    }
    Ok(())
}

async fn count_messages(service: &Service) -> Result<(), StoreError> {
    let Backlog { pending, failed, oldest: _ } = store::outbox::backlog(&service.store.view()).await?;
    for (count, name) in [(pending, "pending"), (failed, "failed")] {
        gauge!("guiyi_outbox_messages", "state" => name).set(u32::try_from(count).unwrap_or(u32::MAX));
    }
    Ok(())
}

/// Returns a page of the messages in a state, oldest first.
pub async fn list(service: &Service, state: MessageState, page: FrontRequest) -> Result<Page<Message>, ApiError> {
    page.page(store::outbox::list(&service.store.view(), state, &page.front()?).await?)
}

/// Makes a failed message, or all of them, due again. Returns their number.
pub async fn retry(service: &Service, id: Option<MessageId>) -> Result<u64, ApiError> {
    let now = service.clock.now();
    let retry = |tx: Arc<Tx>| async move { store::outbox::retry(&tx, id, now).await };
    let retried = service.store.write("retry_messages", retry).await?;
    wake(service);
    Ok(retried)
}

fn report(message: &Message, delivery: &Delivery) {
    let Message { id, kind, attempts, .. } = message;
    let outcome = match delivery {
        Delivery::Sent => {
            info!(message.id = %id, kind, attempts, "a notice was sent");
            "sent"
        }
        Delivery::Retry { error, .. } => {
            warn!(message.id = %id, kind, attempts, "a notice was not sent and will be retried: {error}");
            "retry"
        }
        Delivery::Failed { error } => {
            error!(message.id = %id, kind, attempts, "a notice failed permanently: {error}");
            "failed"
        }
    };
    counter!("guiyi_outbox_deliveries_total", "kind" => kind.clone(), "outcome" => outcome).increment(1);
}
