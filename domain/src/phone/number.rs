//! Phone numbers in E.164.

use std::fmt;

use phonenumber::country::Id as Region;

/// Text that is not a valid phone number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a valid phone number")]
pub struct BadPhone;

/// A valid number in E.164: `+8613800000001`. It does not print itself: see [`masked`](Self::masked). It is not a column type:
/// the tables have it sealed.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PhoneNumber(String);

impl PhoneNumber {
    /// Parses a number as people write it. Without a country code it is a number of mainland China.
    pub fn parse(text: &str) -> Result<Self, BadPhone> {
        // The longest spelling of a number, with an extension, is far shorter. The parser maps letters to the digits on their
        // keys: `1.3800000E+10`, as a spreadsheet shows a number, would be another number.
        if text.len() > 64 || text.bytes().any(|b| b.is_ascii_alphabetic()) {
            return Err(BadPhone);
        }
        let number = phonenumber::parse(Some(Region::CN), text).map_err(|_| BadPhone)?;
        if !number.is_valid() || number.extension().is_some() {
            return Err(BadPhone);
        }
        Ok(Self(number.format().mode(phonenumber::Mode::E164).to_string()))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_the_same_however_it_is_written() {
        let expected = PhoneNumber::parse("+8613800000001").expect("a number");

        for text in ["13800000001", "138 0000 0001", "138-0000-0001", "+86 138 0000 0001", "008613800000001"] {
            assert_eq!(PhoneNumber::parse(text), Ok(expected.clone()), "{text}");
        }
    }

    #[test]
    fn a_number_of_another_country_keeps_its_country() {
        assert_eq!(PhoneNumber::parse("+1 415 555 2671").expect("a number").e164(), "+14155552671");
    }

    #[test]
    fn nonsense_is_not_a_number() {
        for text in ["", "1", "12345678901234567890", "abc", "+86", "13800000001 ext. 5", &"1".repeat(1_000)] {
            assert_eq!(PhoneNumber::parse(text), Err(BadPhone), "{text}");
        }
    }

    #[test]
    fn r9_null_marks_and_damaged_values_are_nobodys_number() {
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
