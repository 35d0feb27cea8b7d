//! The sandbox's clock, the only reader of the system time. Tests move it.

use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};

/// Unix seconds.
pub(crate) type Seconds = i64;

/// The furthest that the clock can be moved: about a hundred years.
const LIMIT: Seconds = 100 * 366 * 86_400;

/// A clock that can be moved forward, or stopped.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    hands: Mutex<Hands>,
}

#[derive(Debug, Default, Clone, Copy)]
struct Hands {
    /// The time at which the clock was stopped; `None` while it runs.
    stopped_at: Option<Seconds>,
    ahead: Seconds,
}

impl Clock {
    pub(crate) fn now(&self) -> Seconds {
        let hands = *self.hands.lock().unwrap_or_else(PoisonError::into_inner);
        hands.stopped_at.unwrap_or_else(wall_clock) + hands.ahead
    }

    /// Returns whether only [`Clock::advance`] moves it.
    pub(crate) fn is_stopped(&self) -> bool {
        self.hands.lock().unwrap_or_else(PoisonError::into_inner).stopped_at.is_some()
    }

    pub(crate) fn now_text(&self) -> String {
        DateTime::from_timestamp(self.now(), 0).unwrap_or_default().to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
    }

    /// Moves the clock forward; returns `false`, without effect, if the distance is out of range.
    pub(crate) fn advance(&self, by: Seconds) -> bool {
        let mut hands = self.hands.lock().unwrap_or_else(PoisonError::into_inner);
        let ahead = hands.ahead.saturating_add(by);
        let possible = by >= 0 && ahead <= LIMIT;
        if possible {
            hands.ahead = ahead;
        }
        possible
    }

    /// Restarts the clock, from the system time.
    pub(crate) fn run(&self) {
        *self.hands.lock().unwrap_or_else(PoisonError::into_inner) = Hands::default();
    }

    /// Stops the clock at a moment; from then on only [`Clock::advance`] moves it.
    pub(crate) fn stop_at(&self, moment: Seconds) -> bool {
        let possible = (0..=LIMIT).contains(&moment);
        if possible {
            *self.hands.lock().unwrap_or_else(PoisonError::into_inner) = Hands { stopped_at: Some(moment), ahead: 0 };
        }
        possible
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the injected clock")]
fn wall_clock() -> Seconds {
    Utc::now().timestamp()
}
