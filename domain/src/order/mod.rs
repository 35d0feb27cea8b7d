//! Orders as the company's systems report them, and what a second report of the same order changes.
//! Whose an order is follows from the open id that placed it: see `linking`.

mod money;

use crate::words::words;
use crate::{AppId, BadKey, OpenId, Timestamp};

pub use money::{BadMoney, Currency, Money};

words! {
    /// Where an order stands.
    OrderStatus {
        /// Placed, not paid yet.
        Pending = "PENDING",
        /// Paid, not sent yet.
        Paid = "PAID",
        /// On its way.
        Shipped = "SHIPPED",
        /// Received; nothing is left to do.
        Completed = "COMPLETED",
        /// Given up before it was paid or sent.
        Cancelled = "CANCELLED",
        /// The money went back.
        Refunded = "REFUNDED",
    }
}

/// The shop's number of an order: unique within its app, at most 128 characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "sea-orm", derive(sea_orm::DeriveValueType))]
pub struct OrderNo(String);

impl OrderNo {
    /// The most characters an order number may have.
    pub const MAX_LEN: usize = 128;

    /// Trims the number and refuses an empty, overlong or unprintable one.
    pub fn parse(text: &str) -> Result<Self, BadKey> {
        let text = text.trim();
        if text.is_empty() {
            return Err(BadKey::Empty("order number"));
        }
        if text.chars().count() > Self::MAX_LEN {
            return Err(BadKey::TooLong { what: "order number", limit: Self::MAX_LEN });
        }
        if text.chars().any(char::is_control) {
            return Err(BadKey::Character("order number"));
        }
        Ok(Self(text.to_owned()))
    }

    /// The text inside.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One line of an order. Its price is in minor units of the order's currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The shop's number of the article.
    pub sku: Option<String>,
    /// What was bought.
    pub title: String,
    /// How many, at least one.
    pub quantity: u32,
    /// Minor units for one piece.
    pub unit_minor: i64,
}

/// An order as a company's system reports it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The app it was placed in.
    pub app: AppId,
    /// The shop's number.
    pub order_no: OrderNo,
    /// Who placed it; perhaps nobody we know yet.
    pub open_id: OpenId,
    /// Where it stands.
    pub status: OrderStatus,
    /// What it costs in all.
    pub total: Money,
    /// When it was placed.
    pub placed_at: Timestamp,
    /// What was bought.
    pub items: Vec<Item>,
}

/// What a report changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// The order was not known.
    Created,
    /// Its status, total or items changed.
    Updated,
    /// It says what we knew.
    Unchanged,
}

/// A report that contradicts what an order can never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Clash {
    /// An order belongs to the open id that placed it, for ever.
    #[error("the order was placed by another open id")]
    OpenId,
    /// The time of an order is its place in every list.
    #[error("the order was placed at another time")]
    PlacedAt,
    /// A total of another currency is another order.
    #[error("the order is in another currency")]
    Currency,
}

/// Compares a report with the order as known: status, total and items may change, the rest may not.
pub fn reconcile(known: Option<&Report>, report: &Report) -> Result<Effect, Clash> {
    let Some(known) = known else { return Ok(Effect::Created) };
    if known.open_id != report.open_id {
        return Err(Clash::OpenId);
    }
    if known.placed_at != report.placed_at {
        return Err(Clash::PlacedAt);
    }
    if known.total.currency != report.total.currency {
        return Err(Clash::Currency);
    }
    let same = known.status == report.status && known.total == report.total && known.items == report.items;
    Ok(if same { Effect::Unchanged } else { Effect::Updated })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        Report {
            app: "wx01".parse().expect("an app id"),
            order_no: OrderNo::parse("A-1").expect("an order number"),
            open_id: "oLan".parse().expect("an open id"),
            status: OrderStatus::Paid,
            total: Money::parse("10", "CNY".parse().expect("a currency")).expect("an amount"),
            placed_at: Timestamp::from_millis(1),
            items: vec![],
        }
    }

    #[test]
    fn a_new_order_is_created_and_the_same_report_again_changes_nothing() {
        assert_eq!(reconcile(None, &report()), Ok(Effect::Created));
        assert_eq!(reconcile(Some(&report()), &report()), Ok(Effect::Unchanged));
    }

    #[test]
    fn another_status_is_an_update() {
        let shipped = Report { status: OrderStatus::Shipped, ..report() };

        assert_eq!(reconcile(Some(&report()), &shipped), Ok(Effect::Updated));
    }

    #[test]
    fn an_order_never_changes_hands_time_or_currency() {
        let of_another = Report { open_id: "oWei".parse().expect("an open id"), ..report() };
        let later = Report { placed_at: Timestamp::from_millis(2), ..report() };
        let in_yen =
            Report { total: Money::parse("10", "JPY".parse().expect("a currency")).expect("an amount"), ..report() };

        assert_eq!(reconcile(Some(&report()), &of_another), Err(Clash::OpenId));
        assert_eq!(reconcile(Some(&report()), &later), Err(Clash::PlacedAt));
        assert_eq!(reconcile(Some(&report()), &in_yen), Err(Clash::Currency));
    }
}
