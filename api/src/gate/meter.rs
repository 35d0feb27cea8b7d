//! A rate limiter (generic cell rate algorithm): allows a burst of one minute's worth and refills evenly.

use std::time::Duration;

use domain::Timestamp;

/// A minute, in microseconds.
const MINUTE: i64 = 60_000_000;

/// The rate of a meter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rate {
    /// Cost of one unit, in microseconds.
    each: i64,
    /// How far ahead of the present a meter may be, in microseconds.
    ahead: i64,
}

impl Rate {
    /// Returns the rate of `count` units a minute.
    pub(super) fn per_minute(count: u32) -> Self {
        Self { each: MINUTE / i64::from(count.max(1)), ahead: MINUTE }
    }

    /// Returns this rate reduced by `percent`, and at least one unit, to leave a share to others.
    pub(super) fn leaving(self, percent: u32) -> Self {
        let share = MINUTE * i64::from(100 - percent.min(100)) / 100;
        Self { ahead: share.max(self.each), ..self }
    }
}

/// The time up to which units are used, in microseconds since 1970; in the past when the meter is full.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Meter(i64);

impl Meter {
    /// Returns how long to wait for the next unit; `None` if one is available.
    pub(super) fn wait(self, rate: Rate, now: Timestamp) -> Option<Duration> {
        let over = self.0.max(micros(now)) + rate.each - micros(now) - rate.ahead;
        u64::try_from(over).ok().filter(|over| *over > 0).map(Duration::from_micros)
    }

    /// Takes one unit.
    pub(super) fn pay(&mut self, rate: Rate, now: Timestamp) {
        self.0 = self.0.max(micros(now)) + rate.each;
    }

    /// Gives one unit back.
    pub(super) fn give_back(&mut self, rate: Rate) {
        self.0 -= rate.each;
    }

    /// Returns whether the meter equals an unused one.
    pub(super) fn is_at_rest(self, now: Timestamp) -> bool {
        self.0 <= micros(now)
    }
}

fn micros(time: Timestamp) -> i64 {
    time.millis() * 1_000
}
