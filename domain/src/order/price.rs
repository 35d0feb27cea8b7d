//! Prices per unit. Shops divide: three for ten yuan are 3.3333 each, which no fen can say.

use super::decimal::{self, BadDecimal};
use super::{BadMoney, Currency};

/// A price per unit, in the currency of its order. Exact to a millionth of a minor unit, and negative for credits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct UnitPrice {
    /// The whole minor units, rounded towards negative infinity.
    minor: i64,
    /// The rest, in millionths of a minor unit: never negative.
    millionths: i32,
}

impl UnitPrice {
    /// The number of decimal places beyond those of the currency.
    pub const MORE_PLACES: u32 = 6;

    const ONE: i32 = 1_000_000;

    /// Parses a decimal price such as `3.3333`. More places than those of the currency and
    /// [`MORE_PLACES`](Self::MORE_PLACES) are refused, not rounded.
    pub fn parse(price: &str, currency: Currency) -> Result<Self, BadMoney> {
        let places = currency.places() + Self::MORE_PLACES;
        let all = decimal::read(price, places).map_err(|bad| match bad {
            BadDecimal::Text => BadMoney::Amount(price.to_owned()),
            BadDecimal::Places => BadMoney::PricePlaces { currency, places },
            BadDecimal::TooLarge => BadMoney::TooLarge,
        })?;
        let one = i128::from(Self::ONE);
        let rest = i32::try_from(all.rem_euclid(one)).map_err(|_| BadMoney::TooLarge)?;
        let minor = i64::try_from(all.div_euclid(one)).map_err(|_| BadMoney::TooLarge)?;
        Ok(Self { minor, millionths: rest })
    }

    /// Puts a price together from its whole minor units and the rest in millionths of one. `None` if the rest is none.
    #[must_use]
    pub fn from_parts(minor: i64, millionths: i32) -> Option<Self> {
        (0..Self::ONE).contains(&millionths).then_some(Self { minor, millionths })
    }

    /// Returns the whole minor units, rounded towards negative infinity, and the rest in millionths of one.
    #[must_use]
    pub fn parts(self) -> (i64, i32) {
        (self.minor, self.millionths)
    }

    /// Returns the decimal price: the places of the currency, and more only as needed: `128.50`, `3.3333`.
    #[must_use]
    pub fn amount(self, currency: Currency) -> String {
        let all = i128::from(self.minor) * i128::from(Self::ONE) + i128::from(self.millionths);
        decimal::write(all, currency.places() + Self::MORE_PLACES, currency.places())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::{prop_assert_eq, proptest};

    fn currency(code: &str) -> Currency {
        code.parse().expect("a currency")
    }

    #[test]
    fn a_unit_price_has_the_places_of_its_currency_and_more_if_it_needs_them() {
        for (code, text, parts, shown) in [
            ("CNY", "128.5", (12_850, 0), "128.50"),
            ("CNY", "3.3333", (333, 330_000), "3.3333"),
            ("CNY", "3.33000000", (333, 0), "3.33"),
            ("CNY", "0.00000001", (0, 1), "0.00000001"),
            ("CNY", "-0.005", (-1, 500_000), "-0.005"),
            ("CNY", "-2.5", (-250, 0), "-2.50"),
            ("CNY", "0", (0, 0), "0.00"),
            ("JPY", "33.333333", (33, 333_333), "33.333333"),
            ("JPY", "300", (300, 0), "300"),
            ("KWD", "1.23456", (1_234, 560_000), "1.23456"),
        ] {
            let price = UnitPrice::parse(text, currency(code)).expect(text);

            assert_eq!((price.parts(), price.amount(currency(code)).as_str()), (parts, shown), "{code} {text}");
        }
    }

    #[test]
    fn what_would_be_rounded_or_is_no_number_is_no_price() {
        let cny = currency("CNY");

        let bad = BadMoney::PricePlaces { currency: cny, places: 8 };
        assert_eq!(bad.to_string(), "a unit price in CNY has at most 8 decimal places");
        assert_eq!(UnitPrice::parse("3.333333333", cny), Err(bad));
        assert_eq!(UnitPrice::parse("3,33", cny), Err(BadMoney::Amount("3,33".to_owned())));
        for text in ["92233720368547758.08", "-92233720368547758.09", &"9".repeat(60)] {
            assert_eq!(UnitPrice::parse(text, cny), Err(BadMoney::TooLarge), "{text}");
        }
        assert_eq!(UnitPrice::from_parts(1, -1), None);
        assert_eq!(UnitPrice::from_parts(1, 1_000_000), None);
    }

    proptest! {
        #[test]
        fn every_price_survives_its_text_and_its_parts(minor: i64, millionths in 0..UnitPrice::ONE) {
            let price = UnitPrice { minor, millionths };

            prop_assert_eq!(UnitPrice::from_parts(minor, millionths), Some(price));
            for code in ["CNY", "JPY", "KWD"] {
                let text = price.amount(currency(code));
                prop_assert_eq!(UnitPrice::parse(&text, currency(code)), Ok(price), "{} {}", code, text);
            }
        }
    }
}
