//! One meter: a minute's worth can be had at once, and comes back evenly (the generic cell rate algorithm).
//! What is metered is told in `gate`.

use std::time::Duration;

use domain::Timestamp;

/// A minute, in microseconds.
const MINUTE: i64 = 60_000_000;

/// How fast a meter runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rate {
    /// What one costs, in microseconds.
    each: i64,
    /// How far ahead of the present a meter may be, in microseconds.
    ahead: i64,
}

impl Rate {
    /// So many a minute.
    pub(super) fn per_minute(count: u32) -> Self {
        Self { each: MINUTE / i64::from(count.max(1)), ahead: MINUTE }
    }

    /// The same, for those who have to leave a share to others; one is always theirs.
    pub(super) fn leaving(self, percent: u32) -> Self {
        let share = MINUTE * i64::from(100 - percent.min(100)) / 100;
        Self { ahead: share.max(self.each), ..self }
    }
}

/// The time up to which is paid for, in microseconds since 1970; in the past when nothing is owed.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Meter(i64);

impl Meter {
    /// How long to wait for one more; none if there is one now.
    pub(super) fn wait(self, rate: Rate, now: Timestamp) -> Option<Duration> {
        let over = self.0.max(micros(now)) + rate.each - micros(now) - rate.ahead;
        u64::try_from(over).ok().filter(|over| *over > 0).map(Duration::from_micros)
    }

    /// One more.
    pub(super) fn pay(&mut self, rate: Rate, now: Timestamp) {
        self.0 = self.0.max(micros(now)) + rate.each;
    }

    /// One less.
    pub(super) fn give_back(&mut self, rate: Rate) {
        self.0 -= rate.each;
    }

    /// Is it as if it had never been used?
    pub(super) fn is_at_rest(self, now: Timestamp) -> bool {
        self.0 <= micros(now)
    }
}

fn micros(time: Timestamp) -> i64 {
    time.millis() * 1_000
}
