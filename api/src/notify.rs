//! Tells people of changes to their accounts: the [`Notifier`] trait, by SMS, and not at all.
//! Which change is worth telling is decided in `usecase`; the words are in `sms::Notice`.

use std::sync::Arc;

use ::metrics::counter;
use async_trait::async_trait;
use domain::{PhoneNumber, UserId};
use store::{Purpose, Store, StoreError};

use crate::clock::Clock;
use crate::config;
use crate::sms::budget::Budget;
use crate::sms::{self, Message, Notice, SmsSender};

/// Who is told, and where. More channels may come.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Recipient {
    /// Whose account it is about, for channels that an embedding program knows.
    pub user: UserId,
    /// Every number that is to be told. A number that went to somebody else is not among them.
    pub phones: Vec<PhoneNumber>,
}

impl Recipient {
    /// The person of this account, with these numbers.
    #[must_use]
    pub fn new(user: UserId, phones: Vec<PhoneNumber>) -> Self {
        Self { user, phones }
    }
}

/// Tells a person of a change, through the channels they have.
///
/// Called after the change is committed. Nothing is answered: that somebody could not be told does not undo the change,
/// and an implementation logs and counts it itself.
#[async_trait]
pub trait Notifier: Send + Sync + std::fmt::Debug {
    /// Tells `to` of `notice`, once on each channel.
    async fn notify(&self, to: &Recipient, notice: &Notice);
}

/// Tells nobody.
#[derive(Debug)]
pub(crate) struct Silent;

#[async_trait]
impl Notifier for Silent {
    async fn notify(&self, _: &Recipient, _: &Notice) {}
}

/// Tells by SMS. Notices are paid for, and sent also when the budget is used up: that stops codes only.
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
    async fn notify(&self, to: &Recipient, notice: &Notice) {
        if !self.sender.carries(notice.kind()) {
            return;
        }
        let message = Message::Notice(notice.clone());
        for number in &to.phones {
            // A company's old table has landlines and foreign numbers, too.
            if let Err(reason) = self.phone.takes_sms(number) {
                tracing::debug!(user.id = %to.user, "a notice was not sent: {reason}");
                continue;
            }
            // Every sending is logged and counted where it happens.
            if let Err(error) = self.tell(number, &message).await {
                counter!("guiyi_notices_unpaid_total", "kind" => notice.kind().name()).increment(1);
                tracing::warn!("a notice could not be paid for, and was not sent: {error}");
            }
        }
    }
}

impl BySms {
    async fn tell(&self, number: &PhoneNumber, message: &Message) -> Result<(), StoreError> {
        let now = self.clock.now();
        let tx = self.store.begin().await?;
        let mut bill = self.budget.pay(&tx, Purpose::Notice, now).await?;
        bill.raise_alarm(&tx).await?;
        tx.commit().await?;
        bill.announce();
        if let Err(error) = sms::send(&*self.sender, number, message).await
            && error.nothing_was_sent()
        {
            let tx = self.store.begin().await?;
            bill.take_back(&tx).await?;
            tx.commit().await?;
        }
        Ok(())
    }
}
