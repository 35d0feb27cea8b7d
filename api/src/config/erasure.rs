//! `[erasure]`: when people are erased.

use chrono::TimeDelta;
use domain::ErasurePolicy;
use serde::de::Error;
use serde::{Deserialize, Deserializer};

/// `[erasure]`
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "every key is documented in config.default.toml, which is the reference")]
pub struct Erasure {
    #[serde(deserialize_with = "time_or_never")]
    pub after: Option<TimeDelta>,
    #[serde(deserialize_with = "time")]
    pub cooling: TimeDelta,
}

impl Erasure {
    /// Returns the part that the rules use.
    #[must_use]
    pub fn policy(&self) -> ErasurePolicy {
        ErasurePolicy { after: self.after, cooling: self.cooling }
    }
}

/// The longest time: ten years.
const MOST_DAYS: u32 = 3_650;

/// Reads `30d` or `12h`.
fn read(text: &str) -> Option<TimeDelta> {
    let (count, hours) = match (text.strip_suffix('d'), text.strip_suffix('h')) {
        (Some(days), _) => (days, 24),
        (None, Some(hours)) => (hours, 1),
        (None, None) => return None,
    };
    let is_plain = !count.is_empty() && count.bytes().all(|byte| byte.is_ascii_digit());
    let hours = count.parse::<u32>().ok().filter(|_| is_plain)?.checked_mul(hours)?;
    (hours <= MOST_DAYS * 24).then(|| TimeDelta::hours(hours.into()))
}

fn time<'de, D: Deserializer<'de>>(from: D) -> Result<TimeDelta, D::Error> {
    let text = String::deserialize(from)?;
    read(&text).ok_or_else(|| D::Error::custom("must be a number of days or hours, as 7d or 12h, at most 3650d"))
}

fn time_or_never<'de, D: Deserializer<'de>>(from: D) -> Result<Option<TimeDelta>, D::Error> {
    let text = String::deserialize(from)?;
    if text == "never" {
        return Ok(None);
    }
    let bad = || D::Error::custom("must be \"never\", or a number of days or hours, as 30d or 12h, at most 3650d");
    read(&text).map(Some).ok_or_else(bad)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_a_number_of_days_or_hours() {
        assert_eq!(read("30d"), Some(TimeDelta::days(30)));
        assert_eq!(read("12h"), Some(TimeDelta::hours(12)));
        assert_eq!(read("0d"), Some(TimeDelta::zero()));
        for bad in ["", "d", "30", "-1d", "+1d", "1.5d", "30 d", "30days", "never", "3651d", "99999999999d", "1m"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
