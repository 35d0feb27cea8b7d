//! Which numbers get an SMS: by country and kind of line. An SMS to any other number costs money and reaches no person.

use crate::PhoneNumber;
use crate::phone::Country;

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
        let country = self.country().ok_or(NoSms::NotMobile)?;
        if !countries.contains(&country) {
            return Err(NoSms::Country);
        }
        let excluded = without.iter().any(|prefix| self.e164().starts_with(prefix.as_str()));
        if self.line_type().may_be_mobile() && !excluded { Ok(()) } else { Err(NoSms::NotMobile) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn takes(number: &str, countries: &[&str]) -> Result<(), NoSms> {
        let countries: Vec<Country> = countries.iter().map(|code| code.parse().expect("a country")).collect();
        let without = ["+861349", "+86174"].map(str::to_owned);
        // As it is in the database, even if the library would format it differently.
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
}
