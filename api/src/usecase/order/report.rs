//! Parses order reports, with exact error messages.

use domain::order::{
    BadQuantity, Clash, Delivery, Item, OrderNo, OrderStatus, Quantity, Refund, RefundNo, Report, UnitPrice,
    check_refunds,
};
use domain::{BadKey, BadMoney, Currency, Money, Timestamp};
use serde_json::Number;

use crate::error::{ApiError, ErrorCode};
use crate::service::Service;
use crate::text::{Text, text};
use crate::usecase::app;
use crate::usecase::import::is_future;

/// The maximum number of lines in an order.
const MAX_ITEMS: usize = 100;
/// The maximum number of refunds, and of deliveries, of an order.
const MAX_PARTS: usize = 100;
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
    /// When the shop last changed it.
    pub shop_updated_at: Option<Timestamp>,
    /// The lines of the order.
    pub items: Vec<ItemText>,
    /// The refunds. `None` leaves those that are known.
    pub refunds: Option<Vec<RefundText>>,
    /// The deliveries. `None` leaves those that are known.
    pub deliveries: Option<Vec<DeliveryText>>,
}

/// One refund of an order, unchecked.
#[derive(Debug, Clone)]
pub struct RefundText {
    /// The shop's number of the refund.
    pub refund_no: String,
    /// The amount, decimal, in the order's currency.
    pub amount: String,
    /// When the money went back.
    pub refunded_at: Timestamp,
}

/// One delivery of an order, unchecked.
#[derive(Debug, Clone)]
pub struct DeliveryText {
    /// The carrier as the shop calls it.
    pub carrier: String,
    /// The carrier's tracking number.
    pub tracking_no: String,
    /// When it was sent, if the shop tells.
    pub shipped_at: Option<Timestamp>,
}

/// One line of an order, unchecked.
#[derive(Debug, Clone)]
pub struct ItemText {
    /// The shop's article number. Shops send empty text for none.
    pub sku: Option<String>,
    /// The name of the article.
    pub title: String,
    /// The quantity, a decimal number. [`decimal_of`] returns the text of a number.
    pub quantity: String,
    /// The price per unit, a decimal amount.
    pub unit_price: String,
}

/// The reason why an order is not recorded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {reason}")]
pub struct BadReport {
    /// The code of the error.
    pub code: ErrorCode,
    /// The path of the field in the report: `items[0].unitPrice`.
    pub field: String,
    /// What is wrong with the field, or what was expected.
    pub reason: Text,
}

impl BadReport {
    /// Creates an error for a value that is not valid.
    pub fn invalid(field: impl Into<String>, reason: impl Into<Text>) -> Self {
        Self { code: ErrorCode::InvalidInput, field: field.into(), reason: reason.into() }
    }

    /// Returns the error of a batch that is refused because of this order.
    pub(super) fn at(&self, index: usize) -> ApiError {
        ApiError::detailed(self.code, format!("input[{index}].{self}"))
    }
}

impl From<Clash> for BadReport {
    fn from(clash: Clash) -> Self {
        let field = match clash {
            Clash::OpenId => "openId",
            Clash::PlacedAt => "placedAt",
            Clash::Currency => "total.currency",
            Clash::Refunds(_) => "refunds",
        };
        Self { code: ErrorCode::OrderClash, ..Self::invalid(field, clash) }
    }
}

/// Returns the decimal text of a number, which for a quantity loses no digit.
#[must_use]
pub fn decimal_of(number: &Number) -> String {
    match number.as_f64() {
        // Never in the notation with an exponent, unlike the number's own text.
        Some(fraction) if number.is_f64() => fraction.to_string(),
        Some(_) | None => number.to_string(),
    }
}

/// Parses a report.
pub fn read_report(service: &Service, text: ReportText) -> Result<Report, BadReport> {
    if text.items.len() > MAX_ITEMS {
        return Err(BadReport::invalid("items", text!("more than {MAX_ITEMS}", "超过 {MAX_ITEMS} 条")));
    }
    if text.placed_at.millis() <= 0 {
        let reason = text!(
            "must be after 1970-01-01: this is a program's time for none",
            "必须晚于 1970-01-01：程序用这个时间表示没有时间"
        );
        return Err(BadReport::invalid("placedAt", reason));
    }
    if text.shop_updated_at.is_some_and(|time| is_future(service, time)) {
        // It would make every later report look old.
        return Err(BadReport::invalid("shopUpdatedAt", text!("in the future", "晚于当前时间")));
    }
    let currency = text.currency.parse().map_err(|e: BadMoney| BadReport::invalid("currency", e))?;
    let item = |(at, item)| {
        let within = |bad: BadReport| BadReport { field: format!("items[{at}].{}", bad.field), ..bad };
        read_item(item, currency).map_err(within)
    };
    let total = Money::parse(&text.amount, currency).map_err(|e| BadReport::invalid("amount", e))?;
    let refunds = text.refunds.map(|refunds| read_parts("refunds", &refunds, |refund| read_refund(refund, currency)));
    let refunds = refunds.transpose()?;
    check_refunds(text.status, total, refunds.as_deref().unwrap_or_default())
        .map_err(|bad| BadReport::invalid("refunds", bad))?;
    let deliveries = text.deliveries.map(|deliveries| read_parts("deliveries", &deliveries, read_delivery));
    let unknown_app = |error: ApiError| BadReport {
        code: error.code(),
        ..BadReport::invalid("app", text!("no app has this name", "没有此名称的应用"))
    };
    Ok(Report {
        app: app::id_of(service, &text.app).map_err(unknown_app)?,
        order_no: OrderNo::parse(&text.order_no).map_err(|e| BadReport::invalid("orderNo", e))?,
        open_id: text.open_id.parse().map_err(|e: BadKey| BadReport::invalid("openId", e))?,
        status: text.status,
        total,
        placed_at: text.placed_at,
        shop_updated_at: text.shop_updated_at,
        items: text.items.into_iter().enumerate().map(item).collect::<Result<_, _>>()?,
        refunds,
        deliveries: deliveries.transpose()?,
    })
}

/// Reads the refunds or the deliveries of an order.
fn read_parts<T, U>(name: &str, parts: &[T], read: impl Fn(&T) -> Result<U, BadReport>) -> Result<Vec<U>, BadReport> {
    if parts.len() > MAX_PARTS {
        return Err(BadReport::invalid(name, text!("more than {MAX_PARTS}", "超过 {MAX_PARTS} 条")));
    }
    let within = |at, bad: BadReport| BadReport { field: format!("{name}[{at}].{}", bad.field), ..bad };
    parts.iter().enumerate().map(|(at, part)| read(part).map_err(|bad| within(at, bad))).collect()
}

fn read_refund(refund: &RefundText, currency: Currency) -> Result<Refund, BadReport> {
    let number = RefundNo::parse(&refund.refund_no).map_err(|e| BadReport::invalid("refundNo", e))?;
    let amount = Money::parse(&refund.amount, currency).map_err(|e| BadReport::invalid("amount", e))?;
    Ok(Refund { number, minor: amount.minor, refunded_at: refund.refunded_at })
}

fn read_delivery(delivery: &DeliveryText) -> Result<Delivery, BadReport> {
    Delivery::parse(&delivery.carrier, &delivery.tracking_no, delivery.shipped_at)
        .map_err(|bad| BadReport::invalid(if bad.is_number { "trackingNo" } else { "carrier" }, bad))
}

fn read_item(item: ItemText, currency: Currency) -> Result<Item, BadReport> {
    let sku = item.sku.filter(|sku| !sku.trim().is_empty());
    for (field, value) in [("title", Some(&item.title)), ("sku", sku.as_ref())] {
        let bad = |value: &String| {
            value.trim().is_empty() || value.chars().count() > MAX_TEXT || value.chars().any(char::is_control)
        };
        if value.is_some_and(bad) {
            let expected = text!(
                "must have 1 to {MAX_TEXT} characters, and no control characters",
                "长度应为 1 到 {MAX_TEXT} 个字符，且不能含有控制字符"
            );
            return Err(BadReport::invalid(field, expected));
        }
    }
    let quantity = Quantity::parse(&item.quantity).map_err(|e: BadQuantity| BadReport::invalid("quantity", e))?;
    let unit_price = UnitPrice::parse(&item.unit_price, currency).map_err(|e| BadReport::invalid("unitPrice", e))?;
    Ok(Item { sku, title: item.title, quantity, unit_price })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_as_the_decimal_that_it_was_written_as() {
        for (json, text) in [
            ("2", "2"),
            ("1.500", "1.5"),
            ("0.000001", "0.000001"),
            ("2147483647.999999", "2147483647.999999"),
            ("1.5e2", "150"),
            ("-3", "-3"),
            ("18446744073709551615", "18446744073709551615"),
        ] {
            let number: Number = serde_json::from_str(json).expect("a number");

            assert_eq!(decimal_of(&number), text, "{json}");
        }
    }
}
