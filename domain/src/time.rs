//! Points in time, in whole milliseconds. The caller passes the present time to the rules.

use chrono::{DateTime, TimeDelta, Utc};

/// Milliseconds since 1970-01-01T00:00:00Z.
///
/// Stored as a plain number, so that every database orders, compares and keeps it exactly alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "sea-orm", derive(sea_orm::DeriveValueType))]
pub struct Timestamp(i64);

impl Timestamp {
    /// Returns the time this many milliseconds after 1970.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Returns the milliseconds since 1970.
    #[must_use]
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Returns this time moved by `delta`. Saturates at the ends of the range.
    #[must_use]
    pub const fn plus(self, delta: TimeDelta) -> Self {
        Self(self.0.saturating_add(delta.num_milliseconds()))
    }

    /// Returns this time moved back by `delta`. Saturates at the ends of the range.
    #[must_use]
    pub const fn minus(self, delta: TimeDelta) -> Self {
        Self(self.0.saturating_sub(delta.num_milliseconds()))
    }

    /// Returns the seconds and nanoseconds since 1970. An earlier time counts as 1970.
    #[must_use]
    pub fn unix_parts(self) -> (u64, u32) {
        let millis = u64::try_from(self.0).unwrap_or(0);
        let nanos = u32::try_from(millis % 1_000 * 1_000_000).unwrap_or(0);
        (millis / 1_000, nanos)
    }
}

impl From<DateTime<Utc>> for Timestamp {
    fn from(time: DateTime<Utc>) -> Self {
        Self(time.timestamp_millis())
    }
}

impl From<Timestamp> for DateTime<Utc> {
    fn from(time: Timestamp) -> Self {
        // Chrono's range is narrower than i64 milliseconds, and far wider than any stored time.
        DateTime::from_timestamp_millis(time.0).unwrap_or_default()
    }
}
