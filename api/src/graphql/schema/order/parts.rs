//! The parts of an order: lines, refunds, deliveries, and the changes of its status.

use async_graphql::SimpleObject;
use chrono::{DateTime, Utc};
use domain::order::{Delivery, Item, Refund};

use super::{Money, OrderStatus};

/// Money that went back to the buyer.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct OrderRefund {
    /// The shop's number of the refund, unique within the order.
    refund_no: String,
    /// The amount.
    amount: Money,
    /// When the money went back.
    refunded_at: DateTime<Utc>,
}

impl OrderRefund {
    pub(super) fn new(refund: &Refund, currency: domain::Currency) -> Self {
        let amount = domain::Money { minor: refund.minor, currency };
        let refund_no = refund.number.as_str().to_owned();
        Self { refund_no, amount: amount.into(), refunded_at: refund.refunded_at.into() }
    }
}

/// A parcel that was sent to the buyer.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct OrderDelivery {
    /// The carrier as the shop calls it.
    carrier: String,
    /// The carrier's tracking number.
    tracking_no: String,
    /// When it was sent, if the shop tells.
    shipped_at: Option<DateTime<Utc>>,
}

impl From<Delivery> for OrderDelivery {
    fn from(delivery: Delivery) -> Self {
        let Delivery { carrier, tracking_no, shipped_at } = delivery;
        Self { carrier, tracking_no, shipped_at: shipped_at.map(Into::into) }
    }
}

/// A change of an order's status.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct OrderStatusChange {
    /// The status before.
    from: OrderStatus,
    /// The status afterwards.
    to: OrderStatus,
    /// When the shop changed it (`shopUpdatedAt` of the report); when the report arrived, if it did not tell.
    changed_at: DateTime<Utc>,
}

impl From<store::order::OrderStatusChange> for OrderStatusChange {
    fn from(change: store::order::OrderStatusChange) -> Self {
        Self { from: change.from.into(), to: change.to.into(), changed_at: change.at.into() }
    }
}

/// One line of an order.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct OrderItem {
    /// The shop's article number.
    sku: Option<String>,
    /// The name of the article.
    title: String,
    /// The quantity: a decimal number without trailing zeros, `2`, or `1.5` of what is weighed.
    quantity: String,
    /// The price per unit. Quantity and price need not add up to the order's total: shops give discounts.
    unit_price: Money,
}

impl OrderItem {
    pub(super) fn new(item: Item, currency: domain::Currency) -> Self {
        let unit_price = Money { amount: item.unit_price.amount(currency), currency: currency.code().to_owned() };
        Self { sku: item.sku, title: item.title, quantity: item.quantity.to_string(), unit_price }
    }
}
