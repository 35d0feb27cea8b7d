//! What a number tells about its line: the country and the type.

use std::fmt;
use std::str::FromStr;

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumber as Parsed, PhoneNumberType, Region};

use super::number::{PhoneNumber, is_chinese_mobile};

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
        let region = Region::from_code(text).ok().filter(|region| region.as_region_str().as_str() == text);
        let has_numbers = |region: &Region| PHONE_NUMBER_UTIL.get_country_code_for_region(*region).is_some();
        region.filter(|region| *region != Region::World).filter(has_numbers).map(Self).ok_or(BadCountry)
    }
}

impl fmt::Debug for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// The type of a line, as far as its number tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineType {
    /// A mobile phone.
    Mobile,
    /// A landline.
    FixedLine,
    /// A mobile phone or a landline: in North America the two cannot be told apart.
    FixedLineOrMobile,
    /// A line that a company is called on: toll-free (800), with shared cost (400), with a premium, or a universal access number.
    Service,
    /// Another type, such as a pager, or unknown.
    Other,
}

impl LineType {
    /// Returns whether the line may be a mobile phone.
    #[must_use]
    pub const fn may_be_mobile(self) -> bool {
        matches!(self, Self::Mobile | Self::FixedLineOrMobile)
    }
}

impl PhoneNumber {
    /// Returns the country of the number, or `None` for satellites, for services of the whole world, and for a number that only an
    /// older version accepted.
    #[must_use]
    pub fn country(&self) -> Option<Country> {
        if is_chinese_mobile(self.e164()) {
            return Some(Country(Region::CN));
        }
        self.parsed()?.get_region_code().filter(|region| *region != Region::World).map(Country)
    }

    /// Returns the type of the line.
    #[must_use]
    pub fn line_type(&self) -> LineType {
        // The metadata lacks the newest prefixes of mainland China.
        if is_chinese_mobile(self.e164()) {
            return LineType::Mobile;
        }
        match self.parsed().map(|number| number.get_type()) {
            Some(PhoneNumberType::Mobile) => LineType::Mobile,
            Some(PhoneNumberType::FixedLine) => LineType::FixedLine,
            Some(PhoneNumberType::FixedLineOrMobile) => LineType::FixedLineOrMobile,
            Some(
                PhoneNumberType::TollFree
                | PhoneNumberType::SharedCost
                | PhoneNumberType::PremiumRate
                | PhoneNumberType::UAN
                | PhoneNumberType::VoiceMail,
            ) => LineType::Service,
            Some(
                PhoneNumberType::VoIP
                | PhoneNumberType::PersonalNumber
                | PhoneNumberType::Pager
                | PhoneNumberType::Unknown,
            )
            | None => LineType::Other,
        }
    }

    fn parsed(&self) -> Option<Parsed> {
        Parsed::parse(self.e164(), None).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_type_of_a_line_is_known() {
        for (number, expected) in [
            ("+8613800000001", LineType::Mobile),
            ("+8616100000001", LineType::Mobile),
            ("+861062345678", LineType::FixedLine),
            ("+8675523456789", LineType::FixedLine),
            ("+864008208820", LineType::Service),
            ("+868008208820", LineType::Service),
            ("+14155552671", LineType::FixedLineOrMobile),
            ("+18005551234", LineType::Service),
            ("+85251234567", LineType::Mobile),
            ("+85221234567", LineType::FixedLine),
            ("+80012345678", LineType::Service),
            ("+861013024663300", LineType::Other),
        ] {
            let number = PhoneNumber::from_e164(number.to_owned()).expect("a number");

            assert_eq!(number.line_type(), expected, "{}", number.e164());
        }
    }

    #[test]
    fn a_country_is_two_letters() {
        for text in ["", "cn", "China", "86", "+86", "ZZ", "AA", "001"] {
            assert_eq!(text.parse::<Country>(), Err(BadCountry), "{text}");
        }
        assert_eq!(format!("{:?}", "HK".parse::<Country>()), "Ok(HK)");
    }
}
