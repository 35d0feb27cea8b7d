//! Exact amounts of money: whole minor units and an ISO 4217 currency. Nothing is converted or rounded.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use super::decimal::{self, BadDecimal};

/// Text that is not an exact amount of money.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadMoney {
    /// Not a currency code of ISO 4217.
    #[error("`{0}` is not a currency of ISO 4217")]
    Currency(String),
    /// Not a decimal number.
    #[error("`{0}` is not a decimal amount such as 128.50")]
    Amount(String),
    /// More decimal places than the currency has.
    #[error("{currency} has {places} decimal places")]
    Places {
        /// The currency.
        currency: Currency,
        /// Its number of decimal places.
        places: u32,
    },
    /// More decimal places than a unit price has.
    #[error("a unit price in {currency} has at most {places} decimal places")]
    PricePlaces {
        /// The currency.
        currency: Currency,
        /// The number of decimal places of a unit price in it.
        places: u32,
    },
    /// More than 64 bits of minor units.
    #[error("the amount is too large")]
    TooLarge,
}

/// An ISO 4217 currency.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "sea-orm", derive(sea_orm::DeriveValueType))]
#[cfg_attr(feature = "sea-orm", sea_orm(value_type = "String"))]
pub struct Currency(iso_currency::Currency);

/// In the order of the codes.
impl Ord for Currency {
    fn cmp(&self, other: &Self) -> Ordering {
        self.code().cmp(other.code())
    }
}

impl PartialOrd for Currency {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// For primary keys of several columns, which the database never numbers.
#[cfg(feature = "sea-orm")]
impl sea_orm::TryFromU64 for Currency {
    fn try_from_u64(_: u64) -> Result<Self, sea_orm::DbErr> {
        Err(sea_orm::DbErr::ConvertFromU64("Currency"))
    }
}

impl Currency {
    /// Returns the number of decimal places: 2 for CNY, 0 for JPY, 3 for KWD.
    #[must_use]
    pub fn places(self) -> u32 {
        u32::from(self.0.exponent().unwrap_or(0))
    }

    /// Returns the three-letter code.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.0.code()
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for Currency {
    type Err = BadMoney;

    fn from_str(code: &str) -> Result<Self, BadMoney> {
        iso_currency::Currency::from_code(code).map(Self).ok_or_else(|| BadMoney::Currency(code.to_owned()))
    }
}

/// An exact amount in minor units (fen, cents) of a currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    /// Whole minor units; negative for credits.
    pub minor: i64,
    /// The currency.
    pub currency: Currency,
}

impl Money {
    /// Parses a decimal amount such as `128.50`. More places than the currency has are refused, not rounded.
    pub fn parse(amount: &str, currency: Currency) -> Result<Self, BadMoney> {
        let places = currency.places();
        let minor = decimal::read(amount, places).map_err(|bad| match bad {
            BadDecimal::Text => BadMoney::Amount(amount.to_owned()),
            BadDecimal::Places => BadMoney::Places { currency, places },
            BadDecimal::TooLarge => BadMoney::TooLarge,
        })?;
        Ok(Self { minor: i64::try_from(minor).map_err(|_| BadMoney::TooLarge)?, currency })
    }

    /// Returns the decimal amount with exactly the places of the currency: `128.50`.
    #[must_use]
    pub fn amount(self) -> String {
        decimal::write(self.minor.into(), self.currency.places(), self.currency.places())
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
    fn amounts_have_the_places_of_their_currency() {
        for (code, text, minor, shown) in [
            ("CNY", "128.5", 12_850, "128.50"),
            ("CNY", "0", 0, "0.00"),
            ("CNY", "-0.05", -5, "-0.05"),
            ("JPY", "300", 300, "300"),
            ("KWD", "1.234", 1_234, "1.234"),
        ] {
            let money = Money::parse(text, currency(code)).expect(text);

            assert_eq!((money.minor, money.amount().as_str()), (minor, shown), "{code} {text}");
        }
    }

    #[test]
    fn a_third_place_of_yuan_is_refused_not_rounded() {
        let cny = currency("CNY");

        assert_eq!(Money::parse("1.005", cny), Err(BadMoney::Places { currency: cny, places: 2 }));
    }

    #[test]
    fn nonsense_is_not_an_amount() {
        for text in ["", "-", ".", "1.", ".5", "1e3", "+1", "1,000", "NaN", "١"] {
            assert!(Money::parse(text, currency("CNY")).is_err(), "{text}");
        }
        assert_eq!(Money::parse("99999999999999999999", currency("CNY")), Err(BadMoney::TooLarge));
    }

    proptest! {
        #[test]
        fn every_amount_survives_its_text_form(minor in -i64::MAX..i64::MAX) {
            for code in ["CNY", "JPY", "KWD"] {
                let money = Money { minor, currency: currency(code) };
                prop_assert_eq!(Money::parse(&money.amount(), money.currency), Ok(money));
            }
        }
    }
}
