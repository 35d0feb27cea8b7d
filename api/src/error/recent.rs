//! Counts the errors of this process's answers, by hour and code, for operators. The metric `guiyi_errors_total` counts them for
//! longer, and over all replicas.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::Timestamp;

use super::ErrorCode;
use crate::clock::Clock;

/// An hour, in milliseconds.
const HOUR: i64 = 3_600_000;
/// How many hours are kept: those of a day, with the present one.
const KEPT: i64 = 24;

/// The errors of the last 24 hours. A hundred codes at most, so its size is bounded.
#[derive(Debug)]
pub struct RecentErrors {
    clock: Clock,
    /// By the number of the hour since 1970.
    hours: Mutex<BTreeMap<i64, HashMap<ErrorCode, u64>>>,
}

/// The errors of one code in one hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ErrorsOfHour {
    /// The beginning of the hour.
    pub hour: Timestamp,
    /// The code.
    pub code: ErrorCode,
    /// How many answers had it.
    pub count: u64,
}

impl RecentErrors {
    /// Creates a count without errors.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        Self { clock, hours: Mutex::default() }
    }

    /// Counts an error.
    pub fn count(&self, code: ErrorCode) {
        let hour = self.hour();
        let mut hours = self.kept(hour);
        *hours.entry(hour).or_default().entry(code).or_default() += 1;
    }

    /// Returns the errors of the last 24 hours, the earliest hour and in it the most frequent code first.
    #[must_use]
    pub fn of_a_day(&self) -> Vec<ErrorsOfHour> {
        let hours = self.kept(self.hour());
        let of_hour = |(hour, codes): (&i64, &HashMap<ErrorCode, u64>)| {
            let hour = Timestamp::from_millis(hour * HOUR);
            let mut codes: Vec<_> =
                codes.iter().map(|(code, count)| ErrorsOfHour { hour, code: *code, count: *count }).collect();
            codes.sort_by_key(|errors| (std::cmp::Reverse(errors.count), errors.code));
            codes
        };
        hours.iter().flat_map(of_hour).collect()
    }

    fn hour(&self) -> i64 {
        self.clock.now().millis().div_euclid(HOUR)
    }

    /// Forgets the hours that are too old.
    fn kept(&self, hour: i64) -> MutexGuard<'_, BTreeMap<i64, HashMap<ErrorCode, u64>>> {
        // No panic can leave a partial change.
        let mut hours = self.hours.lock().unwrap_or_else(PoisonError::into_inner);
        *hours = hours.split_off(&(hour - KEPT + 1));
        hours
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn errors_are_counted_by_hour_and_code_for_a_day() {
        let clock = Clock::frozen(Timestamp::from_millis(1_760_000_000_000));
        let errors = RecentErrors::new(clock.clone());
        let counted = || -> Vec<_> { errors.of_a_day().iter().map(|of| (of.code, of.count)).collect() };

        errors.count(ErrorCode::InvalidCode);
        clock.advance(TimeDelta::hours(1));
        for code in [ErrorCode::RateLimited, ErrorCode::InvalidCode, ErrorCode::RateLimited] {
            errors.count(code);
        }

        let (invalid, limited) = (ErrorCode::InvalidCode, ErrorCode::RateLimited);
        assert_eq!(counted(), [(invalid, 1), (limited, 2), (invalid, 1)]);
        assert_eq!(errors.of_a_day()[0].hour, Timestamp::from_millis(1_759_996_800_000));
        clock.advance(TimeDelta::hours(23));
        assert_eq!(counted(), [(limited, 2), (invalid, 1)]);
        clock.advance(TimeDelta::days(2));
        assert_eq!(counted(), []);
    }
}
