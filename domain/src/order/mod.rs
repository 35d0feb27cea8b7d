//! Orders as the company's systems report them, and what a second report of the same order may change. An order belongs to the
//! openId that placed it, and so to that openId's account.

mod correction;
mod decimal;
mod delivery;
mod money;
mod month;
mod price;
mod quantity;
mod refund;
mod sum;

use crate::key::refuse_unusable;
use crate::text::{is_invisible, is_joiner};
use crate::words::words;
use crate::{AppId, BadKey, OpenId, Timestamp};

pub use correction::{Correction, Former};
pub use delivery::{BadDelivery, Delivery};
pub use money::{BadMoney, Currency, Money};
pub use month::Month;
pub use price::UnitPrice;
pub use quantity::{BadQuantity, Quantity};
pub use refund::{BadRefunds, Refund, RefundNo, check_refunds};
pub use sum::{Sum, Totals, refund_beyond_status, refunded};

words! {
    /// The status of an order.
    OrderStatus {
        /// Placed, not yet paid.
        Pending = "PENDING",
        /// Paid, not yet shipped.
        Paid = "PAID",
        /// Shipped.
        Shipped = "SHIPPED",
        /// Received: nothing is left to do.
        Completed = "COMPLETED",
        /// Cancelled before it was paid or shipped.
        Cancelled = "CANCELLED",
        /// Refunded.
        Refunded = "REFUNDED",
    }
}

impl OrderStatus {
    /// Returns whether the order was paid for, also if the money went back later.
    #[must_use]
    pub const fn is_bought(self) -> bool {
        match self {
            Self::Paid | Self::Shipped | Self::Completed | Self::Refunded => true,
            Self::Pending | Self::Cancelled => false,
        }
    }
}

/// The shop's number of an order: unique within its app, at most 128 characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "sea-orm", derive(sea_orm::DeriveValueType))]
pub struct OrderNo(String);

impl OrderNo {
    /// The maximum length of an order number, in characters.
    pub const MAX_LEN: usize = 128;

    /// Trims the number, and refuses one that is empty, overlong or unprintable, or a mark for no value (R9).
    pub fn parse(text: &str) -> Result<Self, BadKey> {
        shop_number("order number", text).map(Self)
    }

    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Reads a number that a shop gives: of an order or of a refund.
fn shop_number(what: &'static str, text: &str) -> Result<String, BadKey> {
    let text = text.trim();
    if text.is_empty() {
        return Err(BadKey::Empty(what));
    }
    if text.chars().count() > OrderNo::MAX_LEN {
        return Err(BadKey::TooLong { what, limit: OrderNo::MAX_LEN });
    }
    if text.chars().any(|c| is_invisible(c) || is_joiner(c)) {
        return Err(BadKey::Character(what));
    }
    refuse_unusable(what, text)?;
    Ok(text.to_owned())
}

/// A line of an order. Its quantity times its price need not add up to the total of the order: shops give discounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The shop's article number.
    pub sku: Option<String>,
    /// The name of the article.
    pub title: String,
    /// The quantity.
    pub quantity: Quantity,
    /// The price per unit, in the currency of the order.
    pub unit_price: UnitPrice,
}

/// An order as a company's system reports it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The app in which it was placed.
    pub app: AppId,
    /// The shop's order number.
    pub order_no: OrderNo,
    /// The openId that placed it, which need not belong to an account yet.
    pub open_id: OpenId,
    /// The status.
    pub status: OrderStatus,
    /// The total price.
    pub total: Money,
    /// When it was placed.
    pub placed_at: Timestamp,
    /// When the shop last changed it, by the shop's clock. Tells which of two reports is the newer one.
    pub shop_updated_at: Option<Timestamp>,
    /// The lines.
    pub items: Vec<Item>,
    /// What was paid back, in the order of the report. `None` if the report does not tell: what is known stays.
    pub refunds: Option<Vec<Refund>>,
    /// What was sent, in the order of the report. `None` if the report does not tell: what is known stays.
    pub deliveries: Option<Vec<Delivery>>,
}

impl Report {
    /// Returns the sum of the listed refunds, in minor units. `None` if none is listed.
    #[must_use]
    pub fn refunded(&self) -> Option<i64> {
        let refunds = self.refunds.as_deref().filter(|refunds| !refunds.is_empty())?;
        Some(refunds.iter().fold(0, |sum, refund| refund.minor.saturating_add(sum)))
    }
}

/// The effect of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// The order was not known.
    Created,
    /// Its status, total, items, refunds or deliveries changed.
    Updated,
    /// The report equals the recorded order.
    Unchanged,
    /// A report with a later `shop_updated_at` came before, so this one changes nothing.
    Outdated,
}

/// A report that contradicts a property which no report changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Clash {
    /// An order belongs to the openId that placed it. Only an operator corrects it.
    #[error("the order was placed by another openId")]
    OpenId,
    /// The time of an order is its position in every list. Only an operator corrects it.
    #[error("the order was placed at another time")]
    PlacedAt,
    /// The currency of an order never changes.
    #[error("the order is in another currency")]
    Currency,
    /// The refunds that are known do not fit the status or the total of this report.
    #[error(transparent)]
    Refunds(#[from] BadRefunds),
}

/// Compares a report with the recorded order: status, total, items, refunds and deliveries may change, the rest may not. Reports
/// without a `shop_updated_at` count in the order in which they arrive. Refunds and deliveries that a report does not tell stay as
/// they are.
pub fn reconcile(known: Option<&Report>, report: &Report) -> Result<Effect, Clash> {
    let refunds = report.refunds.as_deref().or_else(|| known?.refunds.as_deref()).unwrap_or_default();
    let fitting = || check_refunds(report.status, report.total, refunds).map_err(Clash::Refunds);
    let Some(known) = known else { return fitting().map(|()| Effect::Created) };
    if known.open_id != report.open_id {
        return Err(Clash::OpenId);
    }
    if known.placed_at != report.placed_at {
        return Err(Clash::PlacedAt);
    }
    if known.total.currency != report.total.currency {
        return Err(Clash::Currency);
    }
    if report.shop_updated_at.is_some_and(|told| known.shop_updated_at.is_some_and(|newer| told < newer)) {
        return Ok(Effect::Outdated);
    }
    fitting()?;
    // A later time is recorded, even if it is all that is new: it decides about the reports that follow.
    let same_time = report.shop_updated_at.is_none() || report.shop_updated_at == known.shop_updated_at;
    let same = known.status == report.status
        && known.total == report.total
        && known.items == report.items
        && (report.refunds.is_none() || known.refunds == report.refunds)
        && (report.deliveries.is_none() || known.deliveries == report.deliveries);
    Ok(if same && same_time { Effect::Unchanged } else { Effect::Updated })
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
            shop_updated_at: None,
            items: vec![],
            refunds: None,
            deliveries: None,
        }
    }

    #[test]
    fn a_report_of_what_an_order_had_before_its_correction_neither_clashes_nor_undoes_it() {
        let [old, new, other] = ["oOld", "oLan", "oWei"].map(|id| id.parse().expect("an open id"));
        let [before, now] = [1, 9].map(Timestamp::from_millis);
        let known = Report { open_id: new, placed_at: now, ..report() };
        let former = Former { open_ids: vec![old], placed_at: vec![before] };
        let told = |open_id: &str, placed_at, status| {
            let open_id = open_id.parse().expect("an open id");
            let told = Report { open_id, status, placed_at, ..report() };
            reconcile(Some(&known), &former.corrected(&known, &told))
        };

        for (open_id, placed_at) in [("oOld", before), ("oLan", before), ("oOld", now), ("oLan", now)] {
            assert_eq!(told(open_id, placed_at, OrderStatus::Paid), Ok(Effect::Unchanged));
            assert_eq!(told(open_id, placed_at, OrderStatus::Shipped), Ok(Effect::Updated));
        }
        assert_eq!(told("oWei", before, OrderStatus::Paid), Err(Clash::OpenId));
        assert_eq!(told("oOld", Timestamp::from_millis(5), OrderStatus::Paid), Err(Clash::PlacedAt));
        let of_erased = Former { open_ids: vec![OpenId::erased([7; 16])], ..former.clone() };
        let told = Report { open_id: other, ..report() };
        assert_eq!(reconcile(Some(&known), &of_erased.corrected(&known, &told)), Ok(Effect::Unchanged));
    }

    fn refund(number: &str, minor: i64) -> Refund {
        let number = RefundNo::parse(number).expect("a refund number");
        Refund { number, minor, refunded_at: Timestamp::from_millis(2) }
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
    fn a_report_that_another_one_has_overtaken_changes_nothing() {
        let at = |millis, status| Report { shop_updated_at: Some(Timestamp::from_millis(millis)), status, ..report() };
        let shipped = at(5, OrderStatus::Shipped);

        assert_eq!(reconcile(Some(&shipped), &at(4, OrderStatus::Paid)), Ok(Effect::Outdated));
        assert_eq!(reconcile(Some(&shipped), &at(4, OrderStatus::Shipped)), Ok(Effect::Outdated));
        assert_eq!(reconcile(Some(&shipped), &shipped), Ok(Effect::Unchanged));
        assert_eq!(reconcile(Some(&shipped), &at(5, OrderStatus::Completed)), Ok(Effect::Updated));
        assert_eq!(reconcile(Some(&shipped), &at(6, OrderStatus::Shipped)), Ok(Effect::Updated));
        assert_eq!(reconcile(Some(&shipped), &report()), Ok(Effect::Updated));
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

    #[test]
    fn a_report_that_tells_no_refunds_and_deliveries_keeps_those_that_are_known() {
        let delivery = Delivery::parse("SF", "SF100", None).expect("a delivery");
        let known = Report { refunds: Some(vec![refund("R-1", 300)]), deliveries: Some(vec![delivery]), ..report() };

        assert_eq!(reconcile(Some(&known), &report()), Ok(Effect::Unchanged));
        assert_eq!(reconcile(Some(&known), &known), Ok(Effect::Unchanged));
        assert_eq!(reconcile(Some(&known), &Report { refunds: Some(vec![]), ..report() }), Ok(Effect::Updated));
        assert_eq!(reconcile(Some(&known), &Report { deliveries: Some(vec![]), ..report() }), Ok(Effect::Updated));
    }

    #[test]
    fn known_refunds_must_fit_the_total_and_the_status_of_a_later_report() {
        let known = Report { refunds: Some(vec![refund("R-1", 300)]), ..report() };
        let cheaper = Report { total: Money { minor: 299, ..report().total }, ..report() };
        let cancelled = Report { status: OrderStatus::Cancelled, ..report() };

        assert_eq!(reconcile(Some(&known), &cheaper), Err(Clash::Refunds(BadRefunds::AboveTotal)));
        assert_eq!(reconcile(Some(&known), &cancelled), Err(Clash::Refunds(BadRefunds::NotPaid)));
        assert_eq!(
            reconcile(None, &Report { total: cheaper.total, ..known.clone() }),
            Err(Clash::Refunds(BadRefunds::AboveTotal))
        );
        assert_eq!(reconcile(Some(&known), &Report { refunds: Some(vec![]), ..cancelled }), Ok(Effect::Updated));
    }

    #[test]
    fn the_refunded_sum_is_that_of_the_listed_refunds() {
        let of = |refunds| Report { refunds, ..report() }.refunded();

        assert_eq!(of(None), None);
        assert_eq!(of(Some(vec![])), None);
        assert_eq!(of(Some(vec![refund("R-1", 300), refund("R-2", 50)])), Some(350));
    }
}
