//! Which numbers get an SMS: by country and kind of line. An SMS to any other number costs money and reaches no person.

use std::fmt;
use std::str::FromStr;

use phonenumber::country::Id as Region;
use phonenumber::metadata::DATABASE;
use phonenumber::{Metadata, Type};

use crate::PhoneNumber;

/// The number of digits of a mobile number of mainland China, without the country code.
const CHINESE_MOBILE: usize = 11;

/// Text that is not a country code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not the code of a country with phone numbers, such as CN (ISO 3166-1 alpha-2)")]
pub struct BadCountry;

/// A country or another area with its own numbering plan: `CN`, `HK`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Country(Region);

impl FromStr for Country {
    type Err = BadCountry;

    fn from_str(text: &str) -> Result<Self, BadCountry> {
        text.parse().map(Self).map_err(|_| BadCountry)
    }
}

impl fmt::Debug for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_ref())
    }
}

/// Why a number gets no SMS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoSms {
    /// Its country is not on the list.
    #[error("SMS are not sent to this country")]
    Country,
    /// It is not a mobile number.
    #[error("only a mobile phone can receive an SMS")]
    NotMobile,
}

impl PhoneNumber {
    /// Checks that an SMS may be sent to this number: it belongs to one of these countries, is a mobile number, and begins with none
    /// of these prefixes. Only the number itself is examined.
    pub fn takes_sms(&self, countries: &[Country], without: &[String]) -> Result<(), NoSms> {
        let (country, is_mobile) = self.line().ok_or(NoSms::NotMobile)?;
        if !countries.contains(&country) {
            return Err(NoSms::Country);
        }
        let excluded = without.iter().any(|prefix| self.e164().starts_with(prefix.as_str()));
        if is_mobile && !excluded { Ok(()) } else { Err(NoSms::NotMobile) }
    }

    /// Returns the country of a number, and whether it is a mobile number.
    fn line(&self) -> Option<(Country, bool)> {
        // No other country code begins with 86. The library knows fewer of these numbers.
        if let Some(national) = self.e164().strip_prefix("+86") {
            return Some((Country(Region::CN), is_chinese_mobile(national)));
        }
        let number = phonenumber::parse(None, self.e164()).ok()?;
        let metadata = number.metadata(&DATABASE)?;
        let is_mobile = match number.number_type(&DATABASE) {
            // In North America the two cannot be told apart.
            Type::Mobile | Type::FixedLineOrMobile => has_length_of_mobile(metadata, number.national().value()),
            _ => false,
        };
        Some((Country(number.country().id()?), is_mobile))
    }
}

fn is_chinese_mobile(national: &str) -> bool {
    national.len() == CHINESE_MOBILE && national.starts_with('1') && matches!(national.as_bytes()[1], b'3'..=b'9')
}

/// The library compares the beginning of a number with its patterns, so a number with too many digits may pass.
fn has_length_of_mobile(metadata: &Metadata, national: u64) -> bool {
    let descriptors = metadata.descriptors();
    let own = descriptors.mobile().map(phonenumber::metadata::Descriptor::possible_length).unwrap_or_default();
    let lengths = if own.is_empty() { descriptors.general().possible_length() } else { own };
    let digits = national.to_string().len();
    lengths.iter().any(|length| usize::from(*length) == digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn takes(number: &str, countries: &[&str]) -> Result<(), NoSms> {
        let countries: Vec<Country> = countries.iter().map(|code| code.parse().expect("a country")).collect();
        let without = ["+861349", "+86174"].map(str::to_owned);
        // As the database has it, whatever the library would make of it.
        let number = PhoneNumber::from_e164(number.to_owned()).expect("a number");
        number.takes_sms(&countries, &without)
    }

    #[test]
    fn a_mobile_phone_of_mainland_china_takes_sms() {
        for number in ["+8613800000001", "+8615912345678", "+8616600000001", "+8617012345678", "+8619912345678"] {
            assert_eq!(takes(number, &["CN"]), Ok(()), "{number}");
        }
        // A segment that the library does not know yet.
        assert_eq!(takes("+8616100000001", &["CN"]), Ok(()));
    }

    #[test]
    fn nothing_else_of_mainland_china_does() {
        for number in [
            "+861062345678",    // a landline
            "+864008208820",    // a company's number
            "+868008208820",    // toll-free
            "+8616812345",      // premium
            "+861064812345678", // a machine's
            "+8613491234567",   // satellite
            "+8617401234567",   // satellite
            "+861013024663",    // what a library makes of 10130246633
            "+86138000000011",  // a digit too many
            "+861380000000",    // a digit too few
            "+8612345678901",
        ] {
            assert_eq!(takes(number, &["CN"]), Err(NoSms::NotMobile), "{number}");
        }
    }

    #[test]
    fn other_countries_take_sms_when_they_are_listed() {
        for (number, country) in [
            ("+85251234567", "HK"),
            ("+85366123456", "MO"),
            ("+886912345678", "TW"),
            ("+447400123456", "GB"),
            ("+14155552671", "US"),
        ] {
            assert_eq!(takes(number, &["CN"]), Err(NoSms::Country), "{number}");
            assert_eq!(takes(number, &["CN", country]), Ok(()), "{number}");
        }
    }

    #[test]
    fn their_landlines_and_their_expensive_numbers_take_none() {
        for (number, country) in [
            ("+85221234567", "HK"),
            ("+85290012345678", "HK"),
            ("+85280012345", "HK"),
            ("+442079460000", "GB"),
            ("+449098790000", "GB"),
            ("+18005551234", "US"),
            ("+19005551234", "US"),
            ("+852512345678", "HK"),
        ] {
            assert!(matches!(takes(number, &["CN", country]), Err(NoSms::NotMobile)), "{number}");
        }
    }

    #[test]
    fn satellites_and_international_services_are_of_no_country() {
        let everywhere = ["CN", "HK", "MO", "TW", "US", "GB"];

        for number in ["+881612345678", "+870773111632", "+8835100012345", "+80012345678", "+979123456789"] {
            assert!(takes(number, &everywhere).is_err(), "{number}");
        }
    }

    #[test]
    fn a_country_is_two_letters() {
        for text in ["", "cn", "China", "86", "+86", "ZZ", "001"] {
            assert_eq!(text.parse::<Country>(), Err(BadCountry), "{text}");
        }
    }
}
