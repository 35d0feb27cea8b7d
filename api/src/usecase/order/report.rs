//! Reads an order as a system reports it, in text, and says exactly what is wrong with it.
//! What the report changes is found out in `record_orders`.

use domain::order::{Item, OrderNo, OrderStatus, Report};
use domain::{Money, Timestamp};

use crate::error::{ApiError, ErrorCode};
use crate::service::Service;
use crate::usecase::app;

/// The most lines of one order.
const MAX_ITEMS: usize = 100;
/// The longest title or article number, in characters.
const MAX_TEXT: usize = 255;

/// An order as it is reported, before it is checked.
#[derive(Debug, Clone)]
pub struct ReportText {
    /// The app's name.
    pub app: String,
    /// The shop's number.
    pub order_no: String,
    /// Who placed it.
    pub open_id: String,
    /// Where it stands.
    pub status: OrderStatus,
    /// The total, a decimal amount.
    pub amount: String,
    /// Its currency.
    pub currency: String,
    /// When it was placed.
    pub placed_at: Timestamp,
    /// What was bought.
    pub items: Vec<ItemText>,
}

/// One line of an order, before it is checked.
#[derive(Debug, Clone)]
pub struct ItemText {
    /// The shop's number of the article.
    pub sku: Option<String>,
    /// What was bought.
    pub title: String,
    /// How many.
    pub quantity: u32,
    /// The price of one piece, a decimal amount.
    pub unit_price: String,
}

/// Checks a report.
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
