//! Notices of changes to people's accounts: the [`Notifier`] trait, and its implementation by SMS.
//!
//! See [`crate::usecase::outbox`] for delivery and retries, and `sms::Notice` for the texts.

use std::sync::Arc;

use async_trait::async_trait;
use domain::{MessageId, PhoneNumber, UserId};
use store::sms::Purpose;
use store::{Store, StoreError, Tx};

use crate::clock::Clock;
use crate::config;
use crate::sms::budget::Budget;
use crate::sms::{self, Kind, Message, Notice, SmsError, SmsSender};

/// The recipient of a notice. More channels may come.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Recipient {
    /// The notice's id in the outbox: the same in each attempt, for channels that recognise a repeat.
    pub message: MessageId,
    /// The account that the notice is about, for channels that an embedding program knows.
    pub user: UserId,
    /// The phone numbers that receive the notice. Never includes a number that has gone to another person.
    pub phones: Vec<PhoneNumber>,
}

impl Recipient {
    /// The recipient of a message.
    #[must_use]
    pub fn new(message: MessageId, user: UserId, phones: Vec<PhoneNumber>) -> Self {
        Self { message, user, phones }
    }
}

/// Why a notice was not sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct NotifyError {
    /// What failed; free of numbers and texts.
    pub reason: String,
    /// Whether a retry may succeed without sending a notice twice.
    pub can_retry: bool,
}

/// Sends notices through the channels that a person has.
///
/// A worker calls it after the change is committed, outside any request, and retries failures that have `can_retry`.
/// Delivery is at least once: a notice may be sent twice if the process is killed during delivery.
#[async_trait]
pub trait Notifier: Send + Sync + std::fmt::Debug {
    /// Returns whether notices of this kind can be sent. Others are not added to the outbox.
    fn carries(&self, _: Kind) -> bool {
        true
    }

    /// Sends `notice` to `to`, once on each channel.
    ///
    /// # Errors
    ///
    /// When the notice was not sent, or the outcome is unknown.
    async fn notify(&self, to: &Recipient, notice: &Notice) -> Result<(), NotifyError>;
}

/// Sends nothing.
#[derive(Debug)]
pub(crate) struct Silent;

#[async_trait]
impl Notifier for Silent {
    fn carries(&self, _: Kind) -> bool {
        false
    }

    async fn notify(&self, _: &Recipient, _: &Notice) -> Result<(), NotifyError> {
        Ok(())
    }
}

/// Sends notices by SMS. Notices count towards the SMS budget, but an exhausted budget stops only codes.
#[derive(Debug)]
pub(crate) struct BySms {
    pub(crate) sender: Arc<dyn SmsSender>,
    pub(crate) store: Store,
    pub(crate) clock: Clock,
    pub(crate) budget: Budget,
    pub(crate) phone: config::Phone,
}

#[async_trait]
impl Notifier for BySms {
    fn carries(&self, kind: Kind) -> bool {
        self.sender.carries(kind)
    }

    async fn notify(&self, to: &Recipient, notice: &Notice) -> Result<(), NotifyError> {
        let message = Message::Notice(notice.clone());
        for number in &to.phones {
            // An imported account may have a landline or a foreign number.
            if let Err(reason) = self.phone.takes_sms(number) {
                tracing::debug!(user.id = %to.user, "a notice was not sent: {reason}");
                continue;
            }
            self.send(number, &message).await?;
        }
        Ok(())
    }
}

impl BySms {
    async fn send(&self, number: &PhoneNumber, message: &Message) -> Result<(), NotifyError> {
        let now = self.clock.now();
        let pay = |tx: Arc<Tx>| async move {
            let mut bill = self.budget.pay(&tx, Purpose::Notice, now).await?;
            bill.raise_alarm(&tx).await?;
            Ok(bill)
        };
        let bill = self.store.write("pay_notice", pay).await.map_err(|error| unpaid(&error))?;
        bill.announce();
        let Err(error) = sms::send(&*self.sender, number, message).await else { return Ok(()) };
        if error.nothing_was_sent() {
            let bill = &bill;
            let take_back = |tx: Arc<Tx>| async move { bill.take_back(&tx).await };
            self.store.write("take_back_notice", take_back).await.map_err(|error| unpaid(&error))?;
        }
        Err(not_sent(&error))
    }
}

fn unpaid(error: &StoreError) -> NotifyError {
    NotifyError { reason: format!("charging the SMS failed: {error}"), can_retry: true }
}

fn not_sent(error: &SmsError) -> NotifyError {
    let can_retry = match error {
        // The carrier refuses the number or the text every time.
        SmsError::Rejected(_) => false,
        SmsError::RateLimited { .. } | SmsError::Misconfigured(_) => true,
        SmsError::Unavailable { unsent, .. } => *unsent,
    };
    NotifyError { reason: error.to_string(), can_retry }
}
