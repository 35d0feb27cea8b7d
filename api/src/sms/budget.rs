//! The daily SMS budget: every message is charged in the database before it is sent, and each alarm is raised once.

use std::time::Duration;

use ::metrics::{counter, gauge};
use chrono::{DateTime, TimeDelta, Utc};
use domain::Timestamp;
use store::sms::{MessagePurpose, Spending};
use store::{StoreError, Tx};

use crate::config;

/// The alarm levels, in per cent of the budget, the highest first.
pub(crate) const ALARMS: [u8; 3] = [100, 80, 50];
const DAY: TimeDelta = TimeDelta::days(1);

/// The budget of a day.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Budget(config::Budget);

/// One message that was charged within a transaction that is not yet committed.
#[derive(Debug)]
#[must_use = "alarms are announced after the commit"]
pub(crate) struct Bill {
    day: String,
    purpose: MessagePurpose,
    cents: u32,
    /// What messages of the purpose have cost on the day.
    on_purpose: u64,
    /// What all messages have cost on the day.
    total: u64,
    daily: u64,
    alarm: Option<u8>,
}

impl Budget {
    pub(crate) fn new(settings: config::Budget) -> Self {
        Self(settings)
    }

    /// Charges one message. Locks the day's row until the end of the transaction, so this comes first.
    pub(crate) async fn pay(self, tx: &Tx, purpose: MessagePurpose, now: Timestamp) -> Result<Bill, StoreError> {
        let day = self.day(now);
        let cents = self.0.price_cents;
        let Spending { on_purpose, total } = store::sms::spend(tx, &day, purpose, cents).await?;
        Ok(Bill { day, purpose, cents, on_purpose, total, daily: self.0.daily_cents.into(), alarm: None })
    }

    /// Returns the name of the day at this time.
    pub(crate) fn day(self, now: Timestamp) -> String {
        DateTime::<Utc>::from(self.local(now)).format("%Y-%m-%d").to_string()
    }

    /// Returns the budget of a day, in hundredths of the currency; 0 for no limit.
    pub(crate) const fn daily_cents(self) -> u32 {
        self.0.daily_cents
    }

    /// Returns how long the day lasts.
    pub(crate) fn rest_of_day(self, now: Timestamp) -> Duration {
        let day = DAY.num_milliseconds();
        let rest = day - self.local(now).millis().rem_euclid(day);
        Duration::from_millis(u64::try_from(rest).unwrap_or(0))
    }

    fn local(self, now: Timestamp) -> Timestamp {
        now.plus(TimeDelta::minutes(self.0.utc_offset_minutes.into()))
    }
}

impl Bill {
    /// Whether messages of this purpose cost more than the budget, of which `leaves` per cent are left to others. What notices cost
    /// refuses no code.
    pub(crate) fn is_too_much(&self, leaves: u32) -> bool {
        self.daily > 0 && self.on_purpose * 100 > self.daily * u64::from(100 - leaves)
    }

    /// Raises the alarm that is due. The database ensures that only one replica raises it.
    pub(crate) async fn raise_alarm(&mut self, tx: &Tx) -> Result<(), StoreError> {
        if let Some(level) = alarm_due(self.total, self.daily)
            && store::sms::raise_alarm(tx, &self.day, level).await?
        {
            self.alarm = Some(level);
        }
        Ok(())
    }

    /// Refunds the message: nothing was sent.
    pub(crate) async fn take_back(&self, tx: &Tx) -> Result<(), StoreError> {
        store::sms::take_back(tx, &self.day, self.purpose, self.cents).await
    }

    /// Logs and counts the alarm after the commit.
    pub(crate) fn announce(&self) {
        #[expect(clippy::cast_precision_loss, reason = "money of a day is far below what a float can count")]
        gauge!("guiyi_sms_spent_cents").set(self.total as f64);
        let Some(level) = self.alarm else { return };
        counter!("guiyi_sms_budget_alarms_total", "level" => level.to_string()).increment(1);
        let (spent_cents, daily_cents) = (self.total, self.daily);
        if level == 100 {
            tracing::error!(percent = level, spent_cents, daily_cents, "the SMS budget of the day is used up");
        } else {
            tracing::warn!(percent = level, spent_cents, daily_cents, "{level} % of the daily SMS budget is used");
        }
    }
}

/// Returns the highest level reached, if the budget has a limit.
fn alarm_due(total: u64, daily: u64) -> Option<u8> {
    ALARMS.into_iter().find(|level| daily > 0 && total * 100 >= daily * u64::from(*level))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2025-10-09T08:53:20Z
    const NOW: Timestamp = Timestamp::from_millis(1_760_000_000_000);

    fn budget(utc_offset_minutes: i32) -> Budget {
        Budget(config::Budget { price_cents: 5, daily_cents: 100, utc_offset_minutes })
    }

    #[test]
    fn a_day_begins_at_midnight_of_its_offset() {
        let seconds = |offset| budget(offset).rest_of_day(NOW).as_secs();

        assert_eq!((budget(0).day(NOW).as_str(), seconds(0)), ("2025-10-09", 54_400));
        assert_eq!((budget(480).day(NOW).as_str(), seconds(480)), ("2025-10-09", 25_600));
        assert_eq!((budget(840).day(NOW.plus(TimeDelta::hours(2))).as_str(), seconds(840)), ("2025-10-10", 4_000));
    }

    #[test]
    fn alarms_are_due_at_half_at_four_fifths_and_at_all() {
        let due = [49, 50, 79, 80, 99, 100, 130].map(|total| alarm_due(total, 100));

        assert_eq!(due, [None, Some(50), Some(50), Some(80), Some(80), Some(100), Some(100)]);
        assert_eq!(alarm_due(1_000, 0), None);
    }
}
