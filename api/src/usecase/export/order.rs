//! The orders in an export.

use domain::order::{Delivery, Item, Refund};
use serde::Serialize;
use store::order::{Order, OrderStatusChange};

use super::document::{Time, maybe, time};

/// An order with its parts. Amounts are in minor units.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OrderOfPerson {
    id: String,
    app_id: String,
    open_id: String,
    order_no: String,
    status: &'static str,
    total_minor: i64,
    refunded_minor: i64,
    currency: String,
    placed_at: Time,
    items: Vec<Line>,
    refunds: Vec<RefundOfOrder>,
    deliveries: Vec<DeliveryOfOrder>,
    status_changes: Vec<ChangeOfOrder>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RefundOfOrder {
    refund_no: String,
    amount_minor: i64,
    refunded_at: Time,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DeliveryOfOrder {
    carrier: String,
    tracking_no: String,
    shipped_at: Option<Time>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ChangeOfOrder {
    from: &'static str,
    to: &'static str,
    changed_at: Time,
}

/// The parts of an order.
#[derive(Debug, Default)]
pub(super) struct Parts {
    pub(super) items: Vec<Item>,
    pub(super) refunds: Vec<Refund>,
    pub(super) deliveries: Vec<Delivery>,
    pub(super) status_changes: Vec<OrderStatusChange>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    sku: Option<String>,
    title: String,
    quantity: String,
    unit_minor: i64,
    unit_micros: i32,
}

impl OrderOfPerson {
    pub(super) fn of(order: &Order, parts: Parts) -> Self {
        Self {
            id: order.id.to_string(),
            app_id: order.app.to_string(),
            open_id: order.open_id.to_string(),
            order_no: order.order_no.as_str().to_owned(),
            status: order.status.as_str(),
            total_minor: order.total.minor,
            refunded_minor: order.refunded.minor,
            currency: order.total.currency.to_string(),
            placed_at: time(order.placed_at),
            items: parts.items.into_iter().map(Line::from).collect(),
            refunds: parts.refunds.into_iter().map(RefundOfOrder::from).collect(),
            deliveries: parts.deliveries.into_iter().map(DeliveryOfOrder::from).collect(),
            status_changes: parts.status_changes.into_iter().map(ChangeOfOrder::from).collect(),
        }
    }
}

impl From<Refund> for RefundOfOrder {
    fn from(refund: Refund) -> Self {
        let refund_no = refund.number.as_str().to_owned();
        Self { refund_no, amount_minor: refund.minor, refunded_at: time(refund.refunded_at) }
    }
}

impl From<Delivery> for DeliveryOfOrder {
    fn from(delivery: Delivery) -> Self {
        let Delivery { carrier, tracking_no, shipped_at } = delivery;
        Self { carrier, tracking_no, shipped_at: maybe(shipped_at) }
    }
}

impl From<OrderStatusChange> for ChangeOfOrder {
    fn from(change: OrderStatusChange) -> Self {
        Self { from: change.from.as_str(), to: change.to.as_str(), changed_at: time(change.at) }
    }
}

impl From<Item> for Line {
    fn from(item: Item) -> Self {
        let (unit_minor, unit_micros) = item.unit_price.parts();
        let quantity = item.quantity.to_string();
        Self { sku: item.sku, title: item.title, quantity, unit_minor, unit_micros }
    }
}
