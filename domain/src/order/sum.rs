//! Sums of amounts of money. A sum is exact however many amounts there are and however large each of them is.

use super::{Currency, Money, OrderStatus, decimal};

/// An exact sum of amounts in one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sum {
    /// Whole minor units. Wider than an amount, so that no sum of recorded orders overflows.
    pub minor: i128,
    /// The currency.
    pub currency: Currency,
}

impl Sum {
    /// The minor units in one unit of the upper column.
    const BILLION: i64 = 1_000_000_000;

    /// Divides an amount into the two numbers by which a database adds it up: billions, and the rest with the same sign. Each of
    /// the two sums fits 64 bits for nine hundred million orders of the largest amount.
    #[must_use]
    pub const fn parts(minor: i64) -> (i64, i64) {
        (minor / Self::BILLION, minor % Self::BILLION)
    }

    /// Puts the two sums together.
    #[must_use]
    pub fn from_parts((billions, rest): (i64, i64), currency: Currency) -> Self {
        Self { minor: i128::from(billions) * i128::from(Self::BILLION) + i128::from(rest), currency }
    }

    /// Returns the decimal amount with exactly the places of the currency: `128.50`.
    #[must_use]
    pub fn amount(self) -> String {
        decimal::write(self.minor, self.currency.places(), self.currency.places())
    }
}

impl From<Money> for Sum {
    fn from(money: Money) -> Self {
        Self { minor: money.minor.into(), currency: money.currency }
    }
}

/// Returns what was paid back of an order, in minor units: the sum of its listed refunds; without any, the total of a refunded order.
#[must_use]
pub fn refunded(status: OrderStatus, total: i64, listed: Option<i64>) -> i64 {
    listed.unwrap_or(if status == OrderStatus::Refunded { total } else { 0 })
}

/// Returns what the listed refunds of an order differ by from what its status says is refunded: the total of a refunded order,
/// and nothing of any other. It is 0 for an order without listed refunds, so the sums of orders that no report ever told of a
/// refund need none of it.
#[must_use]
pub fn refund_beyond_status(status: OrderStatus, total: i64, listed: Option<i64>) -> i64 {
    // A listed refund is positive, and at most the total; without one the two are equal, also if the total is negative.
    refunded(status, total, listed).saturating_sub(refunded(status, total, None))
}

/// Orders in one currency, added up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Totals {
    /// The number of orders, whatever their status.
    pub count: u64,
    /// The sum of the orders that were paid for, including those that were refunded later.
    pub gross: Sum,
    /// What was paid back: of an order with listed refunds their sum, of another one that is refunded its total.
    pub refunded: Sum,
}

impl Totals {
    /// Begins with no orders.
    #[must_use]
    pub const fn none(currency: Currency) -> Self {
        let zero = Sum { minor: 0, currency };
        Self { count: 0, gross: zero, refunded: zero }
    }

    /// Adds orders of one status: their number, the sum of their totals, and the sum of [`refund_beyond_status`].
    pub fn add(&mut self, status: OrderStatus, count: u64, (minor, beyond): (i128, i128)) {
        self.count += count;
        if status.is_bought() {
            self.gross.minor += minor;
        }
        if status == OrderStatus::Refunded {
            self.refunded.minor += minor;
        }
        self.refunded.minor += beyond;
    }

    /// Returns what the company keeps: gross less refunded.
    #[must_use]
    pub const fn net(&self) -> Sum {
        Sum { minor: self.gross.minor - self.refunded.minor, currency: self.gross.currency }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};

    use super::*;

    fn cny() -> Currency {
        "CNY".parse().expect("a currency")
    }

    #[test]
    fn a_sum_of_the_largest_amounts_is_exact() {
        let (billions, rest) = Sum::parts(i64::MAX);
        let sum = Sum::from_parts((billions * 900_000_000, rest * 900_000_000), cny());

        assert_eq!(sum.minor, i128::from(i64::MAX) * 900_000_000);
        assert_eq!(sum.amount(), "83010348331692982263000000.00");
    }

    #[test]
    fn what_was_not_paid_for_is_counted_and_not_added() {
        let mut totals = Totals::none(cny());
        for status in OrderStatus::ALL {
            totals.add(*status, 2, (100, 0));
        }

        assert_eq!((totals.count, totals.gross.minor, totals.refunded.minor, totals.net().minor), (12, 400, 100, 300));
    }

    #[test]
    fn listed_refunds_count_instead_of_the_status() {
        for (status, listed, refunded) in [
            (OrderStatus::Completed, None, 0),
            (OrderStatus::Completed, Some(30), 30),
            (OrderStatus::Refunded, None, 100),
            (OrderStatus::Refunded, Some(30), 30),
            (OrderStatus::Refunded, Some(100), 100),
        ] {
            let mut totals = Totals::none(cny());
            totals.add(status, 1, (100, refund_beyond_status(status, 100, listed).into()));

            assert_eq!((totals.gross.minor, totals.refunded.minor), (100, refunded), "{status:?} {listed:?}");
        }
    }

    proptest! {
        #[test]
        fn the_parts_of_amounts_add_up_to_their_sum(amounts: Vec<i64>) {
            let (mut billions, mut rest) = (0, 0);
            for amount in &amounts {
                let parts = Sum::parts(*amount);
                prop_assert!(parts.1.abs() < Sum::BILLION);
                billions += parts.0;
                rest += parts.1;
            }
            let expected: i128 = amounts.iter().map(|amount| i128::from(*amount)).sum();
            prop_assert_eq!(Sum::from_parts((billions, rest), cny()).minor, expected);
        }

        #[test]
        fn a_sum_of_one_amount_reads_like_the_amount(minor in any::<i64>()) {
            let money = Money { minor, currency: cny() };
            prop_assert_eq!(Sum::from(money).amount(), money.amount());
        }
    }
}
