//! Parses order reports, with exact error messages.

use domain::order::{Item, OrderNo, OrderStatus, Report};
use domain::{Money, Timestamp};

use crate::error::{ApiError, ErrorCode};
use crate::service::Service;
use crate::usecase::app;

/// The maximum number of lines in an order.
const MAX_ITEMS: usize = 100;
/// The maximum length of a title or article number in characters.
const MAX_TEXT: usize = 255;

/// A reported order, unchecked.
#[derive(Debug, Clone)]
pub struct ReportText {
    /// The app's name.
    pub app: String,
    /// The shop's order number.
    pub order_no: String,
    /// The openId that placed the order.
    pub open_id: String,
    /// The status.
    pub status: OrderStatus,
    /// The total, a decimal amount.
    pub amount: String,
    /// Its currency.
    pub currency: String,
    /// When the order was placed.
    pub placed_at: Timestamp,
    /// The lines of the order.
    pub items: Vec<ItemText>,
}

/// One line of an order, unchecked.
#[derive(Debug, Clone)]
pub struct ItemText {
    /// The shop's article number.
    pub sku: Option<String>,
    /// The name of the article.
    pub title: String,
    /// The quantity.
    pub quantity: u32,
    /// The price per unit, a decimal amount.
    pub unit_price: String,
}

/// Parses a report.
pub fn read_report(service: &Service, text: ReportText) -> Result<Report, ApiError> {
    if text.items.len() > MAX_ITEMS {
        return Err(bad(format!("items: more than {MAX_ITEMS}")));
    }
    let currency = text.currency.parse().map_err(|e| bad(format!("currency: {e}")))?;
    let item = |(at, item)| read_item(item, currency).map_err(|reason| bad(format!("items[{at}]: {reason}")));
    Ok(Report {
        app: app::id_of(service, &text.app)?,
        order_no: OrderNo::parse(&text.order_no)?,
        open_id: text.open_id.parse()?,
        status: text.status,
        total: Money::parse(&text.amount, currency).map_err(|e| bad(format!("amount: {e}")))?,
        placed_at: text.placed_at,
        items: text.items.into_iter().enumerate().map(item).collect::<Result<_, _>>()?,
    })
}

fn bad(reason: String) -> ApiError {
    ApiError::detailed(ErrorCode::InvalidInput, reason)
}

fn read_item(item: ItemText, currency: domain::Currency) -> Result<Item, String> {
    // Shops send empty text for no article number.
    let item = ItemText { sku: item.sku.filter(|sku| !sku.trim().is_empty()), ..item };
    if item.quantity == 0 || i32::try_from(item.quantity).is_err() {
        return Err("quantity: must be at least 1 and less than 2147483648".to_owned());
    }
    for (what, value) in [("title", Some(&item.title)), ("sku", item.sku.as_ref())] {
        let bad = |value: &String| {
            value.trim().is_empty() || value.chars().count() > MAX_TEXT || value.chars().any(char::is_control)
        };
        if value.is_some_and(bad) {
            return Err(format!("{what}: must have 1 to {MAX_TEXT} characters, and no control characters"));
        }
    }
    let unit = Money::parse(&item.unit_price, currency).map_err(|e| format!("unitPrice: {e}"))?;
    Ok(Item { sku: item.sku, title: item.title, quantity: item.quantity, unit_minor: unit.minor })
}
