//! Phone numbers in E.164.

use std::fmt;
use std::str::FromStr;

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumber as Parsed, PhoneNumberFormat, Region};

/// The longest text that is parsed, in bytes; the longest spelling of a number is far shorter.
const MAX_TEXT: usize = 64;
/// The number of digits of a mobile number of mainland China, without the country code.
const CHINESE_MOBILE: usize = 11;
/// Country codes that people of Hong Kong, Macao and Taiwan write without `+`. A number of mainland China that begins with the same
/// digits is a landline, so no mobile number is ambiguous.
const NEIGHBOURS: [&str; 3] = ["852", "853", "886"];

/// Text that is not a valid phone number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a valid phone number, such as 13800000001 or +85251234567")]
pub struct BadPhone;

/// Text that is not a prefix of mobile numbers of mainland China.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not the beginning of mobile numbers of mainland China, such as +86160")]
pub struct BadPrefix;

/// A prefix of mobile numbers of mainland China in E.164: `+86160`.
///
/// New prefixes (号段) are assigned between two releases of the metadata, so operators may admit more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MobilePrefix(String);

impl MobilePrefix {
    /// Returns the prefix in E.164.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for MobilePrefix {
    type Err = BadPrefix;

    fn from_str(text: &str) -> Result<Self, BadPrefix> {
        let digits = text.strip_prefix("+86").ok_or(BadPrefix)?.as_bytes();
        let is_mobile = matches!(digits, [b'1', b'3'..=b'9', ..]) && digits.iter().all(u8::is_ascii_digit);
        if is_mobile && (3..=8).contains(&digits.len()) { Ok(Self(text.to_owned())) } else { Err(BadPrefix) }
    }
}

/// A valid number in E.164: `+8613800000001`. It does not print itself: see [`masked`](Self::masked). It is not a column type:
/// the tables have it sealed.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PhoneNumber(String);

impl PhoneNumber {
    /// Parses a number as people write it. Without a country code it is a number of mainland China, or one of Hong Kong, Macao or
    /// Taiwan that lacks only the `+`.
    ///
    /// # Errors
    ///
    /// [`BadPhone`] if no line can have the number: see [`parse_admitting`](Self::parse_admitting) for prefixes that the metadata
    /// lacks.
    pub fn parse(text: &str) -> Result<Self, BadPhone> {
        Self::parse_admitting(text, &[])
    }

    /// Parses a number like [`parse`](Self::parse), and admits mobile numbers of mainland China with these prefixes.
    ///
    /// # Errors
    ///
    /// [`BadPhone`] if no line can have the number and none of the prefixes fits.
    pub fn parse_admitting(text: &str, prefixes: &[MobilePrefix]) -> Result<Self, BadPhone> {
        read_admitting(text, |e164| {
            is_chinese_mobile(e164) && prefixes.iter().any(|prefix| e164.starts_with(prefix.as_str()))
        })
    }

    /// Parses a number that an upstream has verified. It admits all mobile numbers of mainland China, whatever their prefix.
    ///
    /// # Errors
    ///
    /// [`BadPhone`] if no line can have the number.
    pub fn parse_verified(text: &str) -> Result<Self, BadPhone> {
        read_admitting(text, is_chinese_mobile)
    }

    /// Restores a number that [`parse`](Self::parse) returned before, from its [`e164`](Self::e164) form. Only the form is
    /// checked.
    #[must_use]
    pub fn from_e164(text: String) -> Option<Self> {
        let digits = text.strip_prefix('+')?;
        let is_one = (1..=15).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit());
        is_one.then_some(Self(text))
    }

    /// Returns the number. Personal data: never log it.
    #[must_use]
    pub fn e164(&self) -> &str {
        &self.0
    }

    /// Returns the number with only its first three and last four characters: `+86*******0001`.
    #[must_use]
    pub fn masked(&self) -> String {
        let shown = |at: usize| at < 3 || at + 4 >= self.0.len();
        self.0.chars().enumerate().map(|(at, c)| if shown(at) { c } else { '*' }).collect()
    }
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

/// Parses a number that is valid, or that `admits` accepts in its E.164 form.
fn read_admitting(text: &str, admits: impl Fn(&str) -> bool) -> Result<PhoneNumber, BadPhone> {
    // The parser maps letters to the digits on their keys: `1.3800000E+10`, as a spreadsheet shows a number, would be another number.
    if text.len() > MAX_TEXT || text.bytes().any(|b| b.is_ascii_alphabetic()) {
        return Err(BadPhone);
    }
    let valid = |number: Parsed| {
        let e164 = number.format_as(PhoneNumberFormat::E164);
        (number.is_valid() || admits(&e164)).then(|| PhoneNumber(e164.into_owned()))
    };
    read(text).and_then(valid).or_else(|| read_neighbour(text).and_then(valid)).ok_or(BadPhone)
}

/// Parses a number without an extension.
fn read(text: &str) -> Option<Parsed> {
    Parsed::parse(text, Some(Region::CN)).ok().filter(|number| number.extension().is_empty())
}

/// Parses a number of Hong Kong, Macao or Taiwan that lacks its `+`.
fn read_neighbour(text: &str) -> Option<Parsed> {
    let digits = PHONE_NUMBER_UTIL.normalize_digits_only(text);
    let is_bare = !text.contains(['+', '＋']) && NEIGHBOURS.iter().any(|code| digits.starts_with(code));
    is_bare.then(|| read(&format!("+{}", text.trim())))?
}

/// Returns whether the number has the form of a mobile number of mainland China: 11 digits that begin with 13 to 19.
pub(super) fn is_chinese_mobile(e164: &str) -> bool {
    e164.strip_prefix("+86").is_some_and(|national| {
        national.len() == CHINESE_MOBILE && matches!(national.as_bytes(), [b'1', b'3'..=b'9', ..])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn e164(text: &str) -> Option<String> {
        PhoneNumber::parse(text).ok().map(|number| number.e164().to_owned())
    }

    #[test]
    fn a_number_is_the_same_however_it_is_written() {
        for text in [
            "13800000001",
            "138 0000 0001",
            "138-0000-0001",
            "+86 138 0000 0001",
            "008613800000001",
            "8613800000001",
            "１３８０００００００１",
            "＋８６　１３８－００００－０００１",
            "(+86) 138.0000.0001",
        ] {
            assert_eq!(e164(text).as_deref(), Some("+8613800000001"), "{text}");
        }
    }

    #[test]
    fn a_number_of_another_country_keeps_its_country() {
        assert_eq!(e164("+1 415 555 2671").as_deref(), Some("+14155552671"));
    }

    #[test]
    fn a_number_with_a_plus_keeps_its_digits() {
        // Mobile numbers of Malaysia, Brazil, the Ivory Coast, Gabon, Benin, Congo and the Virgin Islands.
        for text in [
            "+60123456789",
            "+601123456789",
            "+5511987654321",
            "+2250707123456",
            "+24106031234",
            "+2290195123456",
            "+242061234567",
            "+12843001234",
        ] {
            assert_eq!(e164(text).as_deref(), Some(text), "{text}");
        }
    }

    /// The metadata's example number of a type, for each country.
    #[test]
    fn the_example_of_every_country_and_type_is_a_number() {
        let mut count = 0;
        for region in PHONE_NUMBER_UTIL.get_supported_regions() {
            for line in PHONE_NUMBER_UTIL.get_supported_types_for_region(region).expect("types") {
                // Some types have a pattern but no example.
                let Ok(example) = PHONE_NUMBER_UTIL.get_example_number_for_type_and_region(region, line) else {
                    continue;
                };
                let expected = example.format_as(PhoneNumberFormat::E164);
                assert_eq!(e164(&expected).as_deref(), Some(expected.as_ref()), "{region:?} {line:?}");
                let spaced = example.format_as(PhoneNumberFormat::International);
                assert_eq!(e164(&spaced).as_deref(), Some(expected.as_ref()), "{region:?} {line:?}");
                count += 1;
            }
        }
        assert!(count > 1_100, "{count} examples");
    }

    #[test]
    fn a_number_with_too_many_or_too_few_digits_is_not_a_number() {
        for text in ["10130246633", "21187570629", "1380000000", "138000000011", "+85251234567890", "+639171234567890"]
        {
            assert_eq!(e164(text), None, "{text}");
        }
    }

    #[test]
    fn a_number_of_hong_kong_macao_or_taiwan_may_lack_its_plus() {
        for (text, expected) in [
            ("85298765432", "+85298765432"),
            ("852 9876 5432", "+85298765432"),
            ("852-98765432", "+85298765432"),
            ("８５２９８７６５４３２", "+85298765432"),
            ("85366123456", "+85366123456"),
            ("886912345678", "+886912345678"),
            ("8860912345678", "+886912345678"),
            ("0085298765432", "+85298765432"),
        ] {
            assert_eq!(e164(text).as_deref(), Some(expected), "{text}");
        }
        // Landlines of mainland China have a trunk prefix.
        for (text, expected) in [("0886-4630183", "+868864630183"), ("08864630183", "+868864630183")] {
            assert_eq!(e164(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn a_prefix_that_the_metadata_lacks_is_admitted_by_name() {
        let prefixes = ["+86160".parse().expect("a prefix")];

        for text in ["16000000001", "+86 160 0000 0001", "8616000000001", "００８６１６００００００００１"]
        {
            let admitted = PhoneNumber::parse_admitting(text, &prefixes).map(|number| number.e164().to_owned());
            assert_eq!(admitted.as_deref(), Ok("+8616000000001"), "{text}");
            assert_eq!(PhoneNumber::parse(text), Err(BadPhone), "{text}");
            let verified = PhoneNumber::parse_verified(text).map(|number| number.e164().to_owned());
            assert_eq!(verified.as_deref(), Ok("+8616000000001"), "{text}");
        }
        for text in ["16300000001", "1600000000", "160000000011", "+8516000000001", "16000000001 ext 5"] {
            assert_eq!(PhoneNumber::parse_admitting(text, &prefixes), Err(BadPhone), "{text}");
        }
    }

    #[test]
    fn a_prefix_is_the_beginning_of_chinese_mobile_numbers() {
        for text in
            ["", "161", "+86", "+861", "+8616", "+86261", "+86121", "+85161", "+8616a", "+86161 ", "+86161000000"]
        {
            assert_eq!(text.parse::<MobilePrefix>(), Err(BadPrefix), "{text}");
        }
    }

    #[test]
    fn nonsense_is_not_a_number() {
        for text in ["", "1", "12345678901234567890", "abc", "+86", "13800000001 ext. 5", &"1".repeat(1_000)] {
            assert_eq!(PhoneNumber::parse(text), Err(BadPhone), "{text}");
        }
    }

    #[test]
    fn r9_null_marks_and_damaged_values_are_no_number() {
        let marks = "null undefined \\N #N/A NaN 0 00000000000 +8600000000000 - 138****0001 1.38E+10 1.3800000E+10 1.380000001E+10 \
            13800000001.0 1380000000A";
        for text in marks.split_whitespace() {
            assert_eq!(PhoneNumber::parse(text), Err(BadPhone), "{text}");
        }
    }

    #[test]
    fn a_number_comes_back_as_it_was_kept() {
        let number = PhoneNumber::parse("13800000001").expect("a number");

        assert_eq!(PhoneNumber::from_e164(number.e164().to_owned()), Some(number));
        for text in ["", "+", "13800000001", "+138x", "+1234567890123456"] {
            assert_eq!(PhoneNumber::from_e164(text.to_owned()), None, "{text}");
        }
    }

    #[test]
    fn a_number_does_not_print() {
        let number = PhoneNumber::parse("13800000001").expect("a number");

        assert_eq!(format!("{number:?}"), "+86*******0001");
    }
}
