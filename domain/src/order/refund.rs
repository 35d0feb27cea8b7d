//! Refunds of an order, each with a number and a time of its own.

use std::collections::BTreeSet;

use super::{Money, OrderStatus, shop_number};
use crate::{BadKey, Timestamp};

/// The shop's number of a refund: unique within its order, at most 128 characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "sea-orm", derive(sea_orm::DeriveValueType))]
pub struct RefundNo(String);

impl RefundNo {
    /// Trims the number, and refuses one that is empty, overlong or unprintable, or a mark for no value (R9).
    pub fn parse(text: &str) -> Result<Self, BadKey> {
        shop_number("refund number", text).map(Self)
    }

    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Money that went back to the buyer: the whole order or a part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refund {
    /// The shop's number of the refund.
    pub number: RefundNo,
    /// The amount, in minor units of the order's currency.
    pub minor: i64,
    /// When the money went back.
    pub refunded_at: Timestamp,
}

/// Refunds that an order cannot have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadRefunds {
    /// A refund of nothing, or of less.
    #[error("the amount of a refund must be above 0")]
    Amount,
    /// Two refunds have one number.
    #[error("two refunds have the same number")]
    Twice,
    /// More went back than was paid.
    #[error("the refunds are more than the total of the order")]
    AboveTotal,
    /// The status says that nothing was paid.
    #[error(
        "an order that is PENDING or CANCELLED was not paid, so it has no refunds; report a cancelled order with refunds as REFUNDED"
    )]
    NotPaid,
}

/// Checks the refunds of an order against its status and its total.
pub fn check_refunds(status: OrderStatus, total: Money, refunds: &[Refund]) -> Result<(), BadRefunds> {
    if refunds.iter().any(|refund| refund.minor <= 0) {
        return Err(BadRefunds::Amount);
    }
    if refunds.iter().map(|refund| &refund.number).collect::<BTreeSet<_>>().len() < refunds.len() {
        return Err(BadRefunds::Twice);
    }
    let sum: i128 = refunds.iter().map(|refund| i128::from(refund.minor)).sum();
    if !refunds.is_empty() && sum > i128::from(total.minor) {
        return Err(BadRefunds::AboveTotal);
    }
    if !refunds.is_empty() && !status.is_bought() {
        return Err(BadRefunds::NotPaid);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refunds(minor: &[i64]) -> Vec<Refund> {
        let refund = |(at, minor): (usize, &i64)| Refund {
            number: RefundNo::parse(&format!("R-{at}")).expect("a number"),
            minor: *minor,
            refunded_at: Timestamp::from_millis(1),
        };
        minor.iter().enumerate().map(refund).collect()
    }

    fn check(status: OrderStatus, total: i64, minor: &[i64]) -> Result<(), BadRefunds> {
        let total = Money { minor: total, currency: "CNY".parse().expect("a currency") };
        check_refunds(status, total, &refunds(minor))
    }

    #[test]
    fn refunds_may_take_back_the_whole_total_and_no_more() {
        assert_eq!(check(OrderStatus::Completed, 100, &[40, 60]), Ok(()));
        assert_eq!(check(OrderStatus::Completed, 100, &[40, 61]), Err(BadRefunds::AboveTotal));
        assert_eq!(check(OrderStatus::Completed, -100, &[1]), Err(BadRefunds::AboveTotal));
        assert_eq!(check(OrderStatus::Completed, i64::MAX, &[i64::MAX, i64::MAX]), Err(BadRefunds::AboveTotal));
        assert_eq!(check(OrderStatus::Completed, -100, &[]), Ok(()));
    }

    #[test]
    fn a_refund_has_an_amount_and_a_number_of_its_own() {
        let mut twice = refunds(&[1, 2]);
        twice[1].number = twice[0].number.clone();
        let total = Money { minor: 100, currency: "CNY".parse().expect("a currency") };

        assert_eq!(check(OrderStatus::Paid, 100, &[0]), Err(BadRefunds::Amount));
        assert_eq!(check(OrderStatus::Paid, 100, &[-1]), Err(BadRefunds::Amount));
        assert_eq!(check_refunds(OrderStatus::Paid, total, &twice), Err(BadRefunds::Twice));
    }

    #[test]
    fn what_was_not_paid_cannot_go_back() {
        for status in OrderStatus::ALL {
            let expected = if status.is_bought() { Ok(()) } else { Err(BadRefunds::NotPaid) };

            assert_eq!(check(*status, 100, &[1]), expected, "{status:?}");
            assert_eq!(check(*status, 100, &[]), Ok(()));
        }
    }
}
