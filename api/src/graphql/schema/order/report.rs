//! Reports of orders from the company's systems, and their outcomes.

use async_graphql::{
    Context, Enum, ID, InputObject, InputValueError, InputValueResult, Object, Scalar, ScalarType, SimpleObject, Value,
};
use chrono::{DateTime, Utc};
use domain::order::{Effect, Report};
use domain::{ServiceScope, Timestamp};
use store::order::Recorded;

use super::OrderStatus;
use crate::error::{ApiError, ErrorCode};
use crate::graphql::input::{Checked, Optional};
use crate::graphql::{caller, present, service};
use crate::service::Service;
use crate::text::text;
use crate::usecase;
use crate::usecase::order::{BadReport, DeliveryText, ItemText, RefundText, ReportText, decimal_of};

/// An order as reported by one of the company's systems.
#[derive(Debug, InputObject)]
pub(in crate::graphql) struct OrderInput {
    /// The name of the app in which the order was placed.
    app: String,
    /// The shop's order number: unique within the app, at most 128 characters.
    order_no: String,
    /// The openId that placed the order. The person need not have signed in yet.
    open_id: String,
    /// The status of the order.
    status: OrderStatus,
    /// The total price.
    total: MoneyInput,
    /// When the order was placed.
    placed_at: Checked<DateTime<Utc>>,
    /// When the shop last changed the order, by its own clock. If reports can overtake each other, send it with all of them: a
    /// report with an earlier time than the recorded one is `OUTDATED`. Reports without it count in the order in which they arrive.
    shop_updated_at: Option<Checked<DateTime<Utc>>>,
    /// The lines of the order: at most 100. Null is none.
    items: Option<Vec<OrderItemInput>>,
    /// All refunds of the order: at most 100. Null or left out, the recorded ones stay; an empty list removes them.
    refunds: Option<Vec<OrderRefundInput>>,
    /// All deliveries of the order: at most 100. Null or left out, the recorded ones stay; an empty list removes them.
    deliveries: Option<Vec<OrderDeliveryInput>>,
}

/// Money that went back to the buyer. The refunds of an order are at most its total. An order with refunds is `PAID`, `SHIPPED`,
/// `COMPLETED` or `REFUNDED`.
#[derive(Debug, InputObject)]
pub(in crate::graphql) struct OrderRefundInput {
    /// The shop's number of the refund: unique within the order, at most 128 characters.
    refund_no: String,
    /// A decimal amount above 0 in the order's currency: `28.50`.
    amount: String,
    /// When the money went back.
    refunded_at: Checked<DateTime<Utc>>,
}

/// A parcel that was sent to the buyer.
#[derive(Debug, InputObject)]
pub(in crate::graphql) struct OrderDeliveryInput {
    /// The carrier as the shop calls it: `SF`, `顺丰速运`. 1 to 64 characters.
    carrier: String,
    /// The carrier's tracking number: 1 to 64 characters.
    tracking_no: String,
    /// When it was sent.
    shipped_at: Option<Checked<DateTime<Utc>>>,
}

/// An exact amount of money.
#[derive(Debug, InputObject)]
pub(in crate::graphql) struct MoneyInput {
    /// A decimal amount: `128.50`. An amount with more decimal places than the currency has is refused.
    amount: String,
    /// The ISO 4217 currency code: `CNY`.
    currency: String,
}

/// One line of an order.
#[derive(Debug, InputObject)]
pub(in crate::graphql) struct OrderItemInput {
    /// The shop's article number. Empty text is none.
    sku: Optional<String>,
    /// The name of the article.
    title: String,
    /// The quantity.
    quantity: QuantityInput,
    /// The price per unit: a decimal amount in the order's currency. It may have up to 6 decimal places more than the
    /// currency has: `3.3333`. One with still more places is refused.
    unit_price: String,
}

/// A quantity as it came, unchecked.
#[derive(Debug)]
pub(in crate::graphql) struct QuantityInput(String);

/// A quantity above 0 and below 2147483648, with at most 6 decimal places: a number, or a decimal number as text. `2`,
/// `1.5` and `"1.500"` are quantities. One with more places is refused.
#[Scalar(name = "Quantity")]
impl ScalarType for QuantityInput {
    fn parse(value: Value) -> InputValueResult<Self> {
        match value {
            Value::Number(number) => Ok(Self(decimal_of(&number))),
            Value::String(text) => Ok(Self(text)),
            other => Err(InputValueError::expected_type(other)),
        }
    }

    fn is_valid(value: &Value) -> bool {
        matches!(value, Value::Number(_) | Value::String(_))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}

impl OrderInput {
    /// Reads an order. The paths in errors are those of this input.
    fn read(self, service: &Service) -> Result<Report, BadReport> {
        let placed_at = read_time("placedAt", self.placed_at)?;
        let shop_updated_at = self.shop_updated_at.map(|time| read_time("shopUpdatedAt", time)).transpose()?;
        let refunds = self.refunds.map(read_refunds).transpose()?;
        let deliveries = self.deliveries.map(read_deliveries).transpose()?;
        let items = self.items.unwrap_or_default().into_iter().map(|item| ItemText {
            sku: item.sku.0,
            title: item.title,
            quantity: item.quantity.0,
            unit_price: item.unit_price,
        });
        let text = ReportText {
            app: self.app,
            order_no: self.order_no,
            open_id: self.open_id,
            status: self.status.into(),
            amount: self.total.amount,
            currency: self.total.currency,
            placed_at,
            shop_updated_at,
            items: items.collect(),
            refunds,
            deliveries,
        };
        usecase::order::read_report(service, text).map_err(|bad| match bad.field.as_str() {
            "amount" | "currency" => BadReport { field: format!("total.{}", bad.field), ..bad },
            _ => bad,
        })
    }
}

fn read_time(field: &str, Checked(time): Checked<DateTime<Utc>>) -> Result<Timestamp, BadReport> {
    let expected = text!(
        "must be a time with its offset from UTC (RFC 3339): 2026-05-01T10:00:00+08:00",
        "应为带 UTC 偏移的时间（RFC 3339）：2026-05-01T10:00:00+08:00"
    );
    time.map(Into::into).ok_or_else(|| BadReport::invalid(field, expected))
}

fn read_refunds(refunds: Vec<OrderRefundInput>) -> Result<Vec<RefundText>, BadReport> {
    let read = |(at, refund): (usize, OrderRefundInput)| {
        let refunded_at = read_time(&format!("refunds[{at}].refundedAt"), refund.refunded_at)?;
        Ok(RefundText { refund_no: refund.refund_no, amount: refund.amount, refunded_at })
    };
    refunds.into_iter().enumerate().map(read).collect()
}

fn read_deliveries(deliveries: Vec<OrderDeliveryInput>) -> Result<Vec<DeliveryText>, BadReport> {
    let read = |(at, delivery): (usize, OrderDeliveryInput)| {
        let OrderDeliveryInput { carrier, tracking_no, shipped_at } = delivery;
        let field = format!("deliveries[{at}].shippedAt");
        let shipped_at = shipped_at.map(|time| read_time(&field, time)).transpose()?;
        Ok(DeliveryText { carrier, tracking_no, shipped_at })
    };
    deliveries.into_iter().enumerate().map(read).collect()
}

/// The effect of a report on an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(in crate::graphql) enum OrderEffect {
    /// The order was created.
    Created,
    /// Its status, total, items, refunds or deliveries changed.
    Updated,
    /// The report equals the recorded order.
    Unchanged,
    /// A report with a later `shopUpdatedAt` came before, so this one changes nothing.
    Outdated,
}

impl From<Effect> for OrderEffect {
    fn from(effect: Effect) -> Self {
        match effect {
            Effect::Created => Self::Created,
            Effect::Updated => Self::Updated,
            Effect::Unchanged => Self::Unchanged,
            Effect::Outdated => Self::Outdated,
        }
    }
}

/// One recorded order.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct RecordedOrder {
    /// The order's id: `ord_…`.
    id: ID,
    /// What the report changed.
    effect: OrderEffect,
}

/// The reason why one order was not recorded.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct RecordOrderError {
    /// The code: `INVALID_INPUT`, `UNKNOWN_APP`, or `ORDER_CLASH` for an order that contradicts the recorded one.
    code: ErrorCode,
    /// The path of the field within the order: `items[0].unitPrice`.
    field: String,
    /// What is wrong with it, or what was expected. For developers, in English.
    detail: String,
}

impl From<BadReport> for RecordOrderError {
    fn from(bad: BadReport) -> Self {
        Self { code: bad.code, detail: present::detail_in_data(bad.code, &bad.reason.to_string()), field: bad.field }
    }
}

/// The outcome of one order: it has either `order` or `error`.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct RecordOrderResult {
    /// The recorded order. Null if it was not recorded.
    order: Option<RecordedOrder>,
    /// The reason why it was not recorded. Null if it was.
    error: Option<RecordOrderError>,
}

impl From<Result<Recorded, BadReport>> for RecordOrderResult {
    fn from(outcome: Result<Recorded, BadReport>) -> Self {
        match outcome {
            Ok(Recorded { id, effect }) => {
                let order = RecordedOrder { id: id.to_string().into(), effect: effect.into() };
                Self { order: Some(order), error: None }
            }
            Err(bad) => Self { order: None, error: Some(bad.into()) },
        }
    }
}

/// The result of `recordOrders`.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct RecordOrdersPayload {
    /// One entry for each order of the input, in the order of the input.
    results: Vec<RecordOrderResult>,
    /// How many orders were created.
    created: usize,
    /// How many orders were changed.
    updated: usize,
    /// How many orders were as reported.
    unchanged: usize,
    /// How many reports were older than what is recorded.
    outdated: usize,
    /// How many orders were not recorded.
    refused: usize,
}

impl From<Vec<Result<Recorded, BadReport>>> for RecordOrdersPayload {
    fn from(outcomes: Vec<Result<Recorded, BadReport>>) -> Self {
        let count = |effect| outcomes.iter().flatten().filter(|recorded| recorded.effect == effect).count();
        let effects = [Effect::Created, Effect::Updated, Effect::Unchanged, Effect::Outdated];
        let [created, updated, unchanged, outdated] = effects.map(count);
        let refused = outcomes.iter().filter(|outcome| outcome.is_err()).count();
        Self { results: outcomes.into_iter().map(Into::into).collect(), created, updated, unchanged, outdated, refused }
    }
}

#[derive(Debug, Default)]
pub(crate) struct OrderMutations;

#[Object]
impl OrderMutations {
    /// Records a batch of at most 1,000 orders. Requires the scope `orders:write`. An order is
    /// identified by app and number. A repeated report changes nothing; status, total, items, refunds and
    /// deliveries may change.
    ///
    /// Each order has its own outcome: one that cannot be recorded does not stop the others. Check `refused`.
    async fn record_orders(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The orders.")] input: Vec<OrderInput>,
        #[graphql(
            default_with = "Some(false)",
            desc = "All or nothing: one order that cannot be recorded fails the request, and none is recorded."
        )]
        atomic: Option<bool>,
    ) -> Result<RecordOrdersPayload, ApiError> {
        let service = service(ctx);
        caller(ctx).require(ServiceScope::OrdersWrite)?;
        let reports = input.into_iter().map(|order| order.read(service)).collect();
        Ok(usecase::order::record(service, caller(ctx), reports, atomic.unwrap_or(false)).await?.into())
    }
}
