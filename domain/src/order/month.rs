//! The calendar months by which orders are summed up.

use std::fmt;

use crate::Timestamp;

/// A month of Beijing time (UTC+08:00), whatever the zone of the server, the database and the shop.
///
/// Stored as a number of six digits: 202605.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "sea-orm", derive(sea_orm::DeriveValueType))]
pub struct Month(i32);

const DAY: i64 = 86_400_000;
/// Beijing time is ahead of UTC by this many milliseconds. It has had no summer time since 1991, and has none here before.
const AHEAD: i64 = 8 * 3_600_000;
/// Days from 0000-03-01 to 1970-01-01. Years that begin in March end with the leap day.
const DAYS_TO_1970: i64 = 719_468;
/// Days of 400 years, after which the calendar repeats itself.
const DAYS_OF_ERA: i64 = 146_097;

impl Month {
    /// Returns the month of a time. A time before the year 0 counts as its first month, one after the year 99999 as its last.
    #[must_use]
    pub fn of(time: Timestamp) -> Self {
        let days = time.millis().saturating_add(AHEAD).div_euclid(DAY) + DAYS_TO_1970;
        let (era, day_of_era) = (days.div_euclid(DAYS_OF_ERA), days.rem_euclid(DAYS_OF_ERA));
        let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        // Of a year that begins in March: 0 is March.
        let month = (5 * day_of_year + 2) / 153;
        Self::from_index((era * 400 + year_of_era) * 12 + month + 2)
    }

    /// Returns the first moment of the month.
    #[must_use]
    pub fn begin(self) -> Timestamp {
        // March is 0 again.
        let months = self.index() - 2;
        let (year, month) = (months.div_euclid(12), months.rem_euclid(12));
        let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
        let day_of_year = (153 * month + 2) / 5;
        let day_of_era = 365 * year_of_era + year_of_era / 4 - year_of_era / 100 + day_of_year;
        Timestamp::from_millis((era * DAYS_OF_ERA + day_of_era - DAYS_TO_1970) * DAY - AHEAD)
    }

    /// Returns the month after this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self::from_index(self.index() + 1)
    }

    /// Returns the months since the beginning of the year 0.
    fn index(self) -> i64 {
        i64::from(self.0 / 100 * 12 + self.0 % 100 - 1)
    }

    fn from_index(index: i64) -> Self {
        let index = index.clamp(0, 99_999 * 12 + 11);
        Self(i32::try_from(index / 12 * 100 + index % 12 + 1).unwrap_or_default())
    }
}

/// `2026-05`.
impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.0 / 100, self.0 % 100)
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, FixedOffset, Utc};
    use proptest::prelude::{prop_assert, prop_assert_eq, proptest};

    use super::*;

    fn month(time: &str) -> String {
        Month::of(time.parse::<DateTime<Utc>>().expect("a time").into()).to_string()
    }

    #[test]
    fn a_month_begins_at_midnight_in_beijing() {
        assert_eq!(month("2026-04-30T15:59:59.999Z"), "2026-04");
        assert_eq!(month("2026-04-30T16:00:00Z"), "2026-05");
        assert_eq!(month("2024-02-29T23:59:59+08:00"), "2024-02");
        assert_eq!(month("2024-03-01T00:00:00+08:00"), "2024-03");
        assert_eq!(month("9999-12-31T23:59:59Z"), "10000-01");
    }

    #[test]
    fn times_that_no_calendar_has_are_of_the_first_or_the_last_month() {
        assert_eq!(Month::of(Timestamp::from_millis(i64::MIN)).to_string(), "0000-01");
        assert_eq!(Month::of(Timestamp::from_millis(i64::MAX)).to_string(), "99999-12");
    }

    proptest! {
        #[test]
        fn a_month_is_that_of_the_calendar(millis in -62_000_000_000_000_i64..=253_402_300_799_999) {
            let time = Timestamp::from_millis(millis);
            let beijing = DateTime::<Utc>::from(time).with_timezone(&FixedOffset::east_opt(8 * 3_600).expect("an offset"));
            let expected = if millis < 253_402_272_000_000 { beijing.format("%Y-%m").to_string() } else { "10000-01".to_owned() };
            prop_assert_eq!(Month::of(time).to_string(), expected);
        }

        #[test]
        fn a_month_has_the_times_from_its_beginning_to_the_next_one(millis in -62_000_000_000_000_i64..=253_402_300_799_999) {
            let time = Timestamp::from_millis(millis);
            let month = Month::of(time);
            prop_assert!(month.begin() <= time && time < month.next().begin());
            prop_assert_eq!(Month::of(month.begin()), month);
            prop_assert_eq!(Month::of(month.next().begin()), month.next());
        }
    }
}
