//! Notices by SMS.

use std::sync::Arc;

use async_trait::async_trait;
use domain::PhoneNumber;
use store::sms::MessagePurpose;
use store::{Store, StoreError, Tx};

use super::{Notifier, NotifyError, Recipient};
use crate::clock::Clock;
use crate::config;
use crate::sms::budget::Budget;
use crate::sms::{self, Kind, Message, Notice, SmsError, SmsSender};

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
        let (mut is_sent, mut failure) = (false, None);
        for number in &to.phones {
            // An imported account may have a landline or a foreign number.
            if let Err(reason) = self.phone.takes_sms(number) {
                tracing::debug!(user.id = %to.user, "a notice was not sent: {reason}");
                continue;
            }
            match self.send(number, &message).await {
                Ok(()) => is_sent = true,
                Err(error) => failure = Some(worse(failure, error)),
            }
        }
        // A retry would send it a second time to the numbers that have it.
        failure.map_or(Ok(()), |error| Err(NotifyError { can_retry: error.can_retry && !is_sent, ..error }))
    }
}

impl BySms {
    async fn send(&self, number: &PhoneNumber, message: &Message) -> Result<(), NotifyError> {
        let now = self.clock.now();
        let pay = |tx: Arc<Tx>| async move {
            let mut bill = self.budget.pay(&tx, MessagePurpose::Notice, now).await?;
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

/// Returns the one of two failures that excludes a retry, or else the first.
fn worse(first: Option<NotifyError>, second: NotifyError) -> NotifyError {
    match first {
        Some(first) if second.can_retry || !first.can_retry => first,
        Some(_) | None => second,
    }
}

fn unpaid(error: &StoreError) -> NotifyError {
    NotifyError { reason: format!("charging the SMS failed: {error}"), can_retry: true }
}

fn not_sent(error: &SmsError) -> NotifyError {
    let can_retry = match error {
        // The carrier refuses the number or the text every time; or nothing is known, and the notice may have been sent.
        SmsError::Rejected(_) | SmsError::UnexpectedAnswer(_) => false,
        SmsError::RateLimited { .. } | SmsError::Misconfigured(_) => true,
        SmsError::Unavailable { unsent, .. } => *unsent,
    };
    NotifyError { reason: error.to_string(), can_retry }
}
