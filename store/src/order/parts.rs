//! The parts of orders: lines, refunds, deliveries, and the changes of their status. Each is read for many orders in one query.

use std::collections::HashMap;

use domain::order::{Delivery, Item, OrderStatus, Quantity, Refund, UnitPrice};
use domain::{OrderId, Timestamp};
use entities::{order_change, order_delivery, order_item, order_refund};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::{StoreError, View};

/// A change of an order's status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrderStatusChange {
    /// The status before.
    pub from: OrderStatus,
    /// The status afterwards.
    pub to: OrderStatus,
    /// When the shop changed it, by the shop's clock; when the report arrived, if it does not tell.
    pub at: Timestamp,
}

/// Returns the items of several orders in one query. Orders without items are not in the map.
pub async fn items(view: &View<'_>, orders: &[OrderId]) -> Result<HashMap<OrderId, Vec<Item>>, StoreError> {
    if orders.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = order_item::Entity::find()
        .filter(order_item::Column::OrderId.is_in(orders.iter().copied()))
        .order_by_asc(order_item::Column::Position)
        .all(&view.db)
        .await?;
    let mut items: HashMap<OrderId, Vec<Item>> = HashMap::new();
    for row in rows {
        items.entry(row.order_id).or_default().push(read_item(row)?);
    }
    Ok(items)
}

fn read_item(row: order_item::Model) -> Result<Item, StoreError> {
    let corrupt = |what| StoreError::corrupt("order_items", format!("{} has an invalid {what}", row.id));
    let quantity = Quantity::from_parts(row.quantity, row.quantity_micros).map_err(|_| corrupt("quantity"))?;
    let unit_price = UnitPrice::from_parts(row.unit_minor, row.unit_micros).ok_or_else(|| corrupt("price"))?;
    Ok(Item { sku: row.sku, title: row.title, quantity, unit_price })
}

/// Returns the refunds of several orders in one query. Orders without listed refunds are not in the map.
pub async fn refunds(view: &View<'_>, orders: &[OrderId]) -> Result<HashMap<OrderId, Vec<Refund>>, StoreError> {
    if orders.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = order_refund::Entity::find()
        .filter(order_refund::Column::OrderId.is_in(orders.iter().copied()))
        .order_by_asc(order_refund::Column::Position)
        .all(&view.db)
        .await?;
    let refund = |row: order_refund::Model| {
        (row.order_id, Refund { number: row.refund_no, minor: row.amount_minor, refunded_at: row.refunded_at })
    };
    Ok(by_order(rows.into_iter().map(refund)))
}

/// Returns the deliveries of several orders in one query. Orders without deliveries are not in the map.
pub async fn deliveries(view: &View<'_>, orders: &[OrderId]) -> Result<HashMap<OrderId, Vec<Delivery>>, StoreError> {
    if orders.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = order_delivery::Entity::find()
        .filter(order_delivery::Column::OrderId.is_in(orders.iter().copied()))
        .order_by_asc(order_delivery::Column::Position)
        .all(&view.db)
        .await?;
    let delivery = |row: order_delivery::Model| {
        let order_delivery::Model { order_id, carrier, tracking_no, shipped_at, .. } = row;
        (order_id, Delivery { carrier, tracking_no, shipped_at })
    };
    Ok(by_order(rows.into_iter().map(delivery)))
}

/// Returns the changes of the status of several orders in one query, in the order in which they were recorded. Orders that have had
/// one status only are not in the map.
pub async fn status_changes(
    view: &View<'_>,
    orders: &[OrderId],
) -> Result<HashMap<OrderId, Vec<OrderStatusChange>>, StoreError> {
    if orders.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = order_change::Entity::find()
        .filter(order_change::Column::OrderId.is_in(orders.iter().copied()))
        .order_by_asc(order_change::Column::Position)
        .all(&view.db)
        .await?;
    let change = |row: order_change::Model| {
        (row.order_id, OrderStatusChange { from: row.from_status, to: row.to_status, at: row.changed_at })
    };
    Ok(by_order(rows.into_iter().map(change)))
}

fn by_order<T>(parts: impl Iterator<Item = (OrderId, T)>) -> HashMap<OrderId, Vec<T>> {
    let mut orders: HashMap<OrderId, Vec<T>> = HashMap::new();
    for (order, part) in parts {
        orders.entry(order).or_default().push(part);
    }
    orders
}
