//! When an account is erased: by the person's wish, after its cancellation at the upstream (R12), or by an operator.

use chrono::TimeDelta;

use crate::Timestamp;
use crate::words::words;

words! {
    /// Why an account is erased.
    ErasureCause {
        /// The person asked for it.
        Person = "PERSON",
        /// R12: every login that opened it was cancelled at its upstream.
        Cancelled = "CANCELLED",
        /// An operator decided it.
        Operator = "OPERATOR",
    }
}

/// The company's policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ErasurePolicy {
    /// R12: how long after its cancellation an account is erased. Without it only operators decide.
    pub after: Option<TimeDelta>,
    /// How long a person may change their mind.
    pub cooling: TimeDelta,
}

impl ErasurePolicy {
    /// Returns when an account may be erased that is asked for now.
    #[must_use]
    pub fn due(&self, cause: ErasureCause, now: Timestamp) -> Timestamp {
        match cause {
            ErasureCause::Person => now.plus(self.cooling),
            // The search for cancelled accounts finds them when their time has come.
            ErasureCause::Cancelled | ErasureCause::Operator => now,
        }
    }

    /// R12: returns before which time an account must have been cancelled to be erased now.
    #[must_use]
    pub fn cancelled_before(&self, now: Timestamp) -> Option<Timestamp> {
        self.after.map(|after| now.minus(after))
    }
}
