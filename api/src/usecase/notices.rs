//! Which notice follows from which change. Notices are posted in the transaction of the change, and sent by the outbox.

use chrono::TimeDelta;
use domain::binding::{Binding, Request};
use domain::{AppId, PhoneId, Timestamp, UserId};
use store::{NewMessage, Tx};

use crate::error::ApiError;
use crate::service::Service;
use crate::sms::Notice;

const DAY: TimeDelta = TimeDelta::days(1);
/// How many notices of a kind are posted about an account within a day.
const MOST_A_DAY: u64 = 10;

/// The phones that a proven number may take away from their accounts, read before it does.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct PhonesBefore {
    /// The phone that the caller had.
    of_caller: Option<PhoneId>,
}

impl Service {
    /// Posts a notice to a phone. Without a phone, a channel of an embedding program may still know the account.
    pub(super) async fn post_notice(
        &self,
        tx: &Tx,
        (user, phone): (UserId, Option<PhoneId>),
        notice: &Notice,
    ) -> Result<(), ApiError> {
        let kind = notice.kind();
        if !self.notifier.carries(kind) {
            return Ok(());
        }
        let posted = tx.look().count_messages_about(user, kind.name(), self.clock.now().minus(DAY)).await?;
        if posted >= MOST_A_DAY {
            // Changes that are made again and again are not to use up what messages may cost.
            tracing::warn!(user.id = %user, kind = kind.name(), "a notice was not posted: the account has had many of its kind today");
            return Ok(());
        }
        let payload = serde_json::to_string(notice).map_err(|_| ApiError::Internal("a notice is not JSON"))?;
        Ok(tx.post(vec![NewMessage { user, phone, kind: kind.name(), payload }], self.clock.now()).await?)
    }

    /// Posts a notice to the phone that the account has now.
    pub(super) async fn post_notice_to(&self, tx: &Tx, user: UserId, notice: &Notice) -> Result<(), ApiError> {
        let phone = tx.look().phone_id(user).await?;
        self.post_notice(tx, (user, phone), notice).await
    }

    /// Reads the phones that a proven number may take away.
    pub(super) async fn phones_before(&self, tx: &Tx, request: &Request) -> Result<PhonesBefore, ApiError> {
        let of_caller = match request.caller.phone {
            Some(_) => tx.look().phone_id(request.caller.id).await?,
            None => None,
        };
        Ok(PhonesBefore { of_caller })
    }

    /// Posts what follows from a proven number.
    pub(super) async fn post_notices_of_binding(
        &self,
        tx: &Tx,
        (binding, request): (&Binding, &Request),
        before: PhonesBefore,
    ) -> Result<(), ApiError> {
        let caller = request.caller.id;
        let changed = (caller, before.of_caller);
        match binding {
            // A code by SMS has told the owner of the number; a quick code of WeChat's has not.
            Binding::Bind if request.proof.is_weak() => self.post_notice_to(tx, caller, &Notice::PhoneBound).await,
            Binding::Bind | Binding::Renew { .. } | Binding::Refuse { .. } => Ok(()),
            Binding::Change => self.post_notice(tx, changed, &Notice::PhoneChanged).await,
            Binding::Join { into, .. } => self.post_notice_to(tx, *into, &Notice::AccountsMerged).await,
            Binding::TakeOver { from } => {
                // The number is the caller's now. The account has another phone if the number was only kept for it.
                self.post_notice_to(tx, *from, &Notice::PhoneLeft).await?;
                match before.of_caller {
                    Some(_) => self.post_notice(tx, changed, &Notice::PhoneChanged).await,
                    None => Ok(()),
                }
            }
        }
    }

    /// Posts the notice of a merge to the phones of both accounts as they were before it.
    pub(super) async fn post_merge_notices(
        &self,
        tx: &Tx,
        survivor: UserId,
        phones: &[Option<PhoneId>],
    ) -> Result<(), ApiError> {
        let mut known = phones.iter().copied().flatten().peekable();
        if known.peek().is_none() {
            return self.post_notice(tx, (survivor, None), &Notice::AccountsMerged).await;
        }
        for phone in known {
            self.post_notice(tx, (survivor, Some(phone)), &Notice::AccountsMerged).await?;
        }
        Ok(())
    }

    /// Posts what follows when an operator gives one account's number to another, which may have had another phone.
    pub(super) async fn post_notices_of_given_phone(
        &self,
        tx: &Tx,
        (from, to): (UserId, UserId),
        before: Option<PhoneId>,
    ) -> Result<(), ApiError> {
        self.post_notice_to(tx, from, &Notice::PhoneLeft).await?;
        self.post_notice_to(tx, to, &Notice::PhoneBound).await?;
        match before {
            Some(_) => self.post_notice(tx, (to, before), &Notice::PhoneChanged).await,
            None => Ok(()),
        }
    }

    /// What people are told that an app is called.
    pub(super) fn app_title(&self, app: &AppId) -> String {
        self.apps.by_id(app).map_or(app.as_str(), |app| &app.title).to_owned()
    }

    /// Lets the outbox of this process look for messages at once.
    pub(super) fn wake_outbox(&self) {
        self.outbox.notify_one();
    }
}

/// How long to wait before the next attempt; `None` after the last one, which is a day after the first.
pub(super) fn next_attempt(attempts: u32, now: Timestamp) -> Option<Timestamp> {
    const PAUSES: [TimeDelta; 8] = [
        TimeDelta::seconds(10),
        TimeDelta::minutes(1),
        TimeDelta::minutes(5),
        TimeDelta::minutes(15),
        TimeDelta::hours(1),
        TimeDelta::hours(3),
        TimeDelta::hours(8),
        TimeDelta::hours(12),
    ];
    let at = usize::try_from(attempts).ok()?.checked_sub(1)?;
    PAUSES.get(at).map(|pause| now.plus(*pause))
}
