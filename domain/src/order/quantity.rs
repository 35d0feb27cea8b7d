//! Quantities of articles: counted, weighed or measured.

use std::fmt;

use super::decimal;

/// Text that is not a quantity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a decimal number above 0 and below 2147483648, with at most 6 decimal places: 2, 1.5")]
pub struct BadQuantity;

/// How much of an article a line has: `2`, or `1.5` of what is weighed. Above 0, and exact to a millionth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Quantity {
    /// Millionths, so that a quantity is a whole number.
    millionths: i64,
}

impl Quantity {
    /// The number of decimal places: more than scales (3), and the widest columns of shop systems (4 and 5) have.
    pub const PLACES: u32 = 6;

    const ONE: i64 = 1_000_000;
    /// The end of the range: the whole part has 31 bits, as it had before quantities had decimal places.
    const END: i64 = (1 << 31) * Self::ONE;

    /// Parses a decimal number such as `2` or `1.500`. More places are refused, not rounded.
    pub fn parse(text: &str) -> Result<Self, BadQuantity> {
        let millionths = decimal::read(text, Self::PLACES).map_err(|_| BadQuantity)?;
        i64::try_from(millionths).map_err(|_| BadQuantity).and_then(Self::of_millionths)
    }

    /// Puts a quantity together from its whole part and the rest in millionths.
    pub fn from_parts(whole: i64, millionths: i32) -> Result<Self, BadQuantity> {
        if !(0..Self::ONE).contains(&millionths.into()) {
            return Err(BadQuantity);
        }
        let all = whole.checked_mul(Self::ONE).and_then(|all| all.checked_add(millionths.into()));
        all.ok_or(BadQuantity).and_then(Self::of_millionths)
    }

    fn of_millionths(millionths: i64) -> Result<Self, BadQuantity> {
        if (1..Self::END).contains(&millionths) { Ok(Self { millionths }) } else { Err(BadQuantity) }
    }

    /// Returns the whole part, and the rest in millionths.
    #[must_use]
    pub fn parts(self) -> (i64, i32) {
        let rest = i32::try_from(self.millionths % Self::ONE).unwrap_or_default();
        (self.millionths / Self::ONE, rest)
    }
}

/// The decimal number without trailing zeros: `2`, `1.5`.
impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&decimal::write(self.millionths.into(), Self::PLACES, 0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::{prop_assert_eq, proptest};

    #[test]
    fn a_quantity_is_counted_weighed_or_measured() {
        for (text, parts, shown) in [
            ("1", (1, 0), "1"),
            ("2.0", (2, 0), "2"),
            ("1.500", (1, 500_000), "1.5"),
            ("0.0625", (0, 62_500), "0.0625"),
            ("007", (7, 0), "7"),
            ("0.000001", (0, 1), "0.000001"),
            ("2147483647.999999", (2_147_483_647, 999_999), "2147483647.999999"),
        ] {
            let quantity = Quantity::parse(text).expect(text);

            assert_eq!((quantity.parts(), quantity.to_string().as_str()), (parts, shown), "{text}");
        }
    }

    #[test]
    fn nothing_less_than_nothing_and_what_would_be_rounded_is_no_quantity() {
        for text in [
            "0",
            "0.0",
            "-1",
            "0.0000001",
            "2147483648",
            "",
            ".",
            "1.",
            ".5",
            "1e3",
            "1,5",
            "１",
            "99999999999999999999",
        ] {
            assert_eq!(Quantity::parse(text), Err(BadQuantity), "{text}");
        }
        for parts in [(0, 0), (-1, 0), (1, -1), (1, 1_000_000), (i64::MAX, 0), (1 << 31, 0)] {
            assert_eq!(Quantity::from_parts(parts.0, parts.1), Err(BadQuantity), "{parts:?}");
        }
    }

    proptest! {
        #[test]
        fn every_quantity_survives_its_text_and_its_parts(millionths in 1..Quantity::END) {
            let quantity = Quantity { millionths };
            let (whole, rest) = quantity.parts();

            prop_assert_eq!(Quantity::parse(&quantity.to_string()), Ok(quantity));
            prop_assert_eq!(Quantity::from_parts(whole, rest), Ok(quantity));
        }

        /// A client may send a number instead of a string. No digit is lost.
        #[test]
        fn every_quantity_survives_a_64_bit_floating_point_number(millionths in 1..Quantity::END) {
            let quantity = Quantity { millionths };
            let number: f64 = quantity.to_string().parse().expect("a number");

            prop_assert_eq!(Quantity::parse(&number.to_string()), Ok(quantity));
        }
    }
}
