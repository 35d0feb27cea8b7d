//! The time zone of times that are written without an offset.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, FixedOffset, LocalResult, NaiveDateTime, TimeZone, Utc};
use chrono_tz::Tz;

use crate::text::{Text, text};

/// A time zone: a place, or an offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli::import) enum Zone {
    Place(Tz),
    Offset(FixedOffset),
}

impl Zone {
    /// Returns the time at which the clocks of the zone show this, or why there is no such time.
    pub(super) fn time(self, shown: NaiveDateTime) -> Result<DateTime<Utc>, Text> {
        let local = match self {
            Self::Place(place) => place.from_local_datetime(&shown).map(|time| time.to_utc()),
            Self::Offset(offset) => offset.from_local_datetime(&shown).map(|time| time.to_utc()),
        };
        match local {
            LocalResult::Single(time) => Ok(time),
            LocalResult::Ambiguous(..) => Err(text!(
                "comes twice, since the clocks were set back: add its offset, such as +08:00",
                "因夏令时结束而出现两次：请加上时区偏移，例如 +08:00"
            )),
            LocalResult::None => {
                Err(text!("does not exist, since the clocks were set forward", "因夏令时开始而不存在"))
            }
        }
    }
}

impl FromStr for Zone {
    type Err = Text;

    fn from_str(text: &str) -> Result<Self, Text> {
        let offset = || text.parse::<FixedOffset>().ok().filter(|_| text.starts_with(['+', '-']));
        let place = text.parse::<Tz>().ok().map(Self::Place);
        let zone = place.or_else(|| offset().map(Self::Offset));
        zone.ok_or_else(|| {
            text!(
                "{text:?} is no time zone: expected a place such as Asia/Shanghai, or an offset such as +08:00",
                "{text:?} 不是时区：应为 Asia/Shanghai 这样的地区，或 +08:00 这样的偏移"
            )
        })
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Place(place) => f.write_str(place.name()),
            Self::Offset(offset) => offset.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_is_a_place_or_an_offset() {
        for text in ["Asia/Shanghai", "Asia/Taipei", "UTC", "+08:00", "-05:30"] {
            assert_eq!(text.parse::<Zone>().map(|zone| zone.to_string()).as_deref(), Ok(text));
        }
        for text in ["", "Shanghai", "08:00", "Asia/Peking", "+25:00"] {
            assert!(text.parse::<Zone>().is_err(), "{text}");
        }
    }
}
