//! The orders of a batch in memory, updated by each of its reports. `record` reads the rows before and writes them
//! afterwards.

use std::collections::BTreeMap;

use chrono::{DateTime, SecondsFormat, Utc};
use domain::order::{Clash, Effect, Item, OrderNo, Report, reconcile};
use domain::{AppId, LinkId, Money, OpenId, OrderId, OrderItemId, Timestamp};
use entities::{order, order_item};
use serde_json::{Value, json};

use super::Recorded;
use super::totals::{Changes, Counted};

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
}

impl Ledger {
    /// Adds an order that is in the database.
    pub(super) fn know(&mut self, row: order::Model, open_id: OpenId, items: Vec<Item>) {
        let key = (row.app.clone(), row.order_no.clone());
        let total = Money { minor: row.total_minor, currency: row.currency };
        let counted = Counted { link: row.link_id, placed_at: row.placed_at, status: row.status, total };
        let report = Report {
            app: row.app,
            order_no: row.order_no,
            open_id,
            status: row.status,
            total,
            placed_at: row.placed_at,
            shop_updated_at: row.shop_updated_at,
            items,
        };
        self.lines.insert(key, Line { id: row.id, report, change: None, counted: Some(counted) });
    }

    /// Applies a report after all earlier ones.
    pub(super) fn enter(&mut self, report: &Report, now: Timestamp) -> Result<Recorded, Clash> {
        let key = (report.app.clone(), report.order_no.clone());
        let Some(line) = self.lines.get_mut(&key) else {
            let effect = reconcile(None, report)?;
            let id = OrderId::new(now);
            self.lines.insert(key, Line { id, report: report.clone(), change: Some(effect), counted: None });
            return Ok(Recorded { id, effect });
        };
        // The shop may still know the openId of a person who was erased here. Its order stays without it.
        let of_erased = Report { open_id: line.report.open_id.clone(), ..report.clone() };
        let report = if line.report.open_id.is_erased() { &of_erased } else { report };
        let effect = reconcile(Some(&line.report), report)?;
        if effect == Effect::Updated {
            let shop_updated_at = report.shop_updated_at.or(line.report.shop_updated_at);
            line.report = Report { shop_updated_at, ..report.clone() };
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

impl Line {
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
        changes.add(Counted { link, placed_at, status, total });
    }

    /// Returns the data of the event about the order.
    pub(super) fn event(&self) -> Value {
        let Report { app, order_no, open_id, status, total, placed_at, .. } = &self.report;
        json!({
            "orderId": self.id.to_string(),
            "app": app.as_str(),
            "orderNo": order_no.as_str(),
            "openId": open_id.as_str(),
            "change": if self.change == Some(Effect::Created) { "created" } else { "updated" },
            "status": status.as_str(),
            "total": { "amount": total.amount(), "currency": total.currency.code() },
            "placedAt": DateTime::<Utc>::from(*placed_at).to_rfc3339_opts(SecondsFormat::Millis, true),
        })
    }

    pub(super) fn order_row(&self, link_id: LinkId, now: Timestamp) -> order::Model {
        order::Model {
            id: self.id,
            link_id,
            app: self.report.app.clone(),
            order_no: self.report.order_no.clone(),
            status: self.report.status,
            total_minor: self.report.total.minor,
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
}
