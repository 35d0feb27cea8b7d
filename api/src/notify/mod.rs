//! Notices of changes to people's accounts: the [`Notifier`] trait and its implementations.
//!
//! See [`crate::usecase::outbox`] for delivery and retries, `sms::Notice` for the texts, and `docs/plugins.md` for how to
//! write one.

mod by_sms;

use async_trait::async_trait;
use domain::{MessageId, PhoneNumber, UserId};

use crate::sms::{Kind, Notice};

pub(crate) use by_sms::BySms;

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
