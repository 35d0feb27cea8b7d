//! The orders of a batch in memory, updated by each of its reports. `record` reads the rows before and writes them
//! afterwards.

use std::collections::BTreeMap;

use chrono::{DateTime, SecondsFormat, Utc};
use domain::order::{Clash, Delivery, Effect, Former, Item, OrderNo, Refund, Report, reconcile, refunded};
use domain::{AppId, LinkId, Money, OpenId, OrderDeliveryId, OrderId, OrderItemId, OrderRefundId, Timestamp};
use entities::{order, order_change, order_delivery, order_item, order_refund};
use sea_orm::ActiveValue::{NotSet, Set};
use serde_json::{Value, json};

use super::totals::{Changes, Counted};
use super::{OrderStatusChange, Recorded};

/// The orders of a batch.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    /// Sorted, so that two batches with the same orders queue for their locks and do not deadlock.
    lines: BTreeMap<(AppId, OrderNo), Line>,
}

/// The current state of one order.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) id: OrderId,
    pub(super) report: Report,
    /// The effect of the whole batch on it.
    pub(super) change: Option<Effect>,
    /// How the order was counted before the batch, if it was recorded.
    counted: Option<Counted>,
    /// What it had before operators corrected it, if a report of the batch may name that.
    former: Option<Former>,
    /// The changes of its status that the batch makes, in sequence.
    statuses: Vec<OrderStatusChange>,
    /// Whether a report of the batch told its refunds.
    pub(super) has_new_refunds: bool,
    /// Whether a report of the batch told its deliveries.
    pub(super) has_new_deliveries: bool,
}

/// The parts of a recorded order that `know` needs.
#[derive(Debug, Default)]
pub(super) struct Parts {
    pub(super) items: Vec<Item>,
    pub(super) refunds: Vec<Refund>,
    /// `None` if no report of the batch tells deliveries: then they were not read.
    pub(super) deliveries: Option<Vec<Delivery>>,
    /// What the order had before it was corrected. `None` if it was not, or if no report of the batch contradicts it.
    pub(super) former: Option<Former>,
}

impl Ledger {
    /// Adds an order that is in the database.
    pub(super) fn know(&mut self, row: order::Model, open_id: OpenId, parts: Parts) {
        let key = (row.app.clone(), row.order_no.clone());
        let counted = Counted::of(&row);
        let report = Report {
            app: row.app,
            order_no: row.order_no,
            open_id,
            status: row.status,
            total: counted.total,
            placed_at: row.placed_at,
            shop_updated_at: row.shop_updated_at,
            items: parts.items,
            refunds: Some(parts.refunds),
            deliveries: parts.deliveries,
        };
        let former = parts.former;
        self.lines.insert(key, Line { former, ..Line::new(row.id, report, Some(counted)) });
    }

    /// Applies a report after all earlier ones.
    pub(super) fn enter(&mut self, report: &Report, now: Timestamp) -> Result<Recorded, Clash> {
        let key = (report.app.clone(), report.order_no.clone());
        let Some(line) = self.lines.get_mut(&key) else {
            let effect = reconcile(None, report)?;
            let id = OrderId::new(now);
            let mut line = Line::new(id, report.clone(), None);
            line.change = Some(effect);
            line.has_new_refunds = report.refunded().is_some();
            line.has_new_deliveries = report.deliveries.as_ref().is_some_and(|deliveries| !deliveries.is_empty());
            self.lines.insert(key, line);
            return Ok(Recorded { id, effect });
        };
        // The shop may still know the openId of a person who was erased here. Its order stays without it, and without tracking
        // numbers, which lead to the person.
        let of_erased = Report { open_id: line.report.open_id.clone(), deliveries: None, ..report.clone() };
        let report = if line.report.open_id.is_erased() { &of_erased } else { report };
        let corrected = line.former.as_ref().map(|former| former.corrected(&line.report, report));
        let report = corrected.as_ref().unwrap_or(report);
        let effect = reconcile(Some(&line.report), report)?;
        if effect == Effect::Updated {
            line.update(report, now);
            // An order that this batch creates remains created, however often the batch changes it.
            line.change = line.change.or(Some(effect));
        }
        Ok(Recorded { id: line.id, effect })
    }

    /// Returns the orders to be written.
    pub(super) fn changed(&self) -> impl Iterator<Item = &Line> {
        self.lines.values().filter(|line| line.change.is_some())
    }
}

/// Returns the data of an event about an order.
pub(super) fn event_of(row: &order::Model, open_id: &OpenId, change: &str) -> Value {
    let total = Money { minor: row.total_minor, currency: row.currency };
    let refunded = Money { minor: refunded(row.status, total.minor, row.refunded_minor), ..total };
    json!({
        "orderId": row.id.to_string(),
        "app": row.app.as_str(),
        "orderNo": row.order_no.as_str(),
        "openId": open_id.as_str(),
        "change": change,
        "status": row.status.as_str(),
        "total": { "amount": total.amount(), "currency": total.currency.code() },
        "refunded": { "amount": refunded.amount(), "currency": total.currency.code() },
        "placedAt": DateTime::<Utc>::from(row.placed_at).to_rfc3339_opts(SecondsFormat::Millis, true),
    })
}

impl Line {
    fn new(id: OrderId, report: Report, counted: Option<Counted>) -> Self {
        let (has_new_refunds, has_new_deliveries) = (false, false);
        let (former, statuses) = (None, Vec::new());
        Self { id, report, change: None, counted, former, statuses, has_new_refunds, has_new_deliveries }
    }

    /// Applies a report that changes the order. What it does not tell stays.
    fn update(&mut self, report: &Report, now: Timestamp) {
        let known = &mut self.report;
        if known.status != report.status {
            let at = report.shop_updated_at.unwrap_or(now);
            self.statuses.push(OrderStatusChange { from: known.status, to: report.status, at });
        }
        self.has_new_refunds |= report.refunds.is_some() && report.refunds != known.refunds;
        self.has_new_deliveries |= report.deliveries.is_some() && report.deliveries != known.deliveries;
        *known = Report {
            shop_updated_at: report.shop_updated_at.or(known.shop_updated_at),
            refunds: report.refunds.clone().or_else(|| known.refunds.take()),
            deliveries: report.deliveries.clone().or_else(|| known.deliveries.take()),
            ..report.clone()
        };
    }

    /// Returns the link of an order that was recorded before the batch.
    pub(super) fn link(&self) -> Option<LinkId> {
        self.counted.map(|counted| counted.link)
    }

    /// Adds what the batch changes in the sums: the order leaves the row in which it was counted.
    pub(super) fn count(&self, link: LinkId, changes: &mut Changes) {
        if let Some(counted) = self.counted {
            changes.remove(counted);
        }
        let Report { placed_at, status, total, .. } = self.report;
        changes.add(Counted { link, placed_at, status, total, refunded: self.report.refunded() });
    }

    /// Returns the data of the event about the order, whose row this is.
    pub(super) fn event(&self, row: &order::Model) -> Value {
        event_of(row, &self.report.open_id, if self.change == Some(Effect::Created) { "created" } else { "updated" })
    }

    pub(super) fn order_row(&self, link_id: LinkId, now: Timestamp) -> order::Model {
        order::Model {
            id: self.id,
            link_id,
            app: self.report.app.clone(),
            order_no: self.report.order_no.clone(),
            status: self.report.status,
            total_minor: self.report.total.minor,
            refunded_minor: self.report.refunded(),
            currency: self.report.total.currency,
            placed_at: self.report.placed_at,
            shop_updated_at: self.report.shop_updated_at,
            created_at: now,
            updated_at: now,
        }
    }

    pub(super) fn item_rows(&self, now: Timestamp) -> impl Iterator<Item = order_item::Model> {
        self.report.items.iter().zip(0..).map(move |(item, position)| {
            let (quantity, quantity_micros) = item.quantity.parts();
            let (unit_minor, unit_micros) = item.unit_price.parts();
            order_item::Model {
                id: OrderItemId::new(now),
                order_id: self.id,
                position,
                sku: item.sku.clone(),
                title: item.title.clone(),
                quantity,
                quantity_micros,
                unit_minor,
                unit_micros,
            }
        })
    }

    pub(super) fn refund_rows(&self, now: Timestamp) -> impl Iterator<Item = order_refund::Model> {
        let refunds = self.report.refunds.as_deref().filter(|_| self.has_new_refunds).unwrap_or_default();
        refunds.iter().zip(0..).map(move |(refund, position)| order_refund::Model {
            id: OrderRefundId::new(now),
            order_id: self.id,
            position,
            refund_no: refund.number.clone(),
            amount_minor: refund.minor,
            refunded_at: refund.refunded_at,
        })
    }

    pub(super) fn delivery_rows(&self, now: Timestamp) -> impl Iterator<Item = order_delivery::Model> {
        let deliveries = self.report.deliveries.as_deref().filter(|_| self.has_new_deliveries).unwrap_or_default();
        deliveries.iter().zip(0..).map(move |(delivery, position)| order_delivery::Model {
            id: OrderDeliveryId::new(now),
            order_id: self.id,
            position,
            carrier: delivery.carrier.clone(),
            tracking_no: delivery.tracking_no.clone(),
            shipped_at: delivery.shipped_at,
        })
    }

    pub(super) fn change_rows(&self) -> impl Iterator<Item = order_change::ActiveModel> {
        self.statuses.iter().map(|change| order_change::ActiveModel {
            position: NotSet,
            order_id: Set(self.id),
            from_status: Set(change.from),
            to_status: Set(change.to),
            changed_at: Set(change.at),
        })
    }
}
