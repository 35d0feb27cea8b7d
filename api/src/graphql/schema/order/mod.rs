//! Orders and their pages; their lines, refunds and deliveries in `parts`, their sums in `totals`, reports of orders in `report`,
//! corrections in `correction`, changes as they happen in `live`. See [`crate::usecase::order`].

mod correction;
mod live;
mod parts;
mod report;
mod totals;

use std::collections::BTreeSet;
use std::sync::Arc;

use async_graphql::connection::PageInfo;
use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use domain::order::{Delivery, Item, OrderNo, Refund};
use domain::{BadMoney, ServiceScope, UnionId, UserId};
use tokio::sync::OnceCell;

use crate::error::{ApiError, ErrorCode};
use crate::graphql::loader::{OrderPart, PartBatches};
use crate::graphql::order_cursor::OrderCursors;
use crate::graphql::{Alone, alone, alone_or_null, caller, service};
use crate::service::Service;
use crate::usecase::order::{OrderPage, OrderSums, PageRequest};
use crate::usecase::{self, Caller};

use correction::OrderCorrection;
pub(crate) use correction::OrderCorrectionMutations;
pub(crate) use live::OrderSubscriptions;
use parts::{OrderDelivery, OrderItem, OrderRefund, OrderStatusChange};
pub(crate) use report::OrderMutations;
use totals::OrderTotals;

/// The status of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::order::OrderStatus")]
pub(in crate::graphql) enum OrderStatus {
    /// Placed, not yet paid.
    Pending,
    /// Paid, not yet shipped.
    Paid,
    /// Shipped, not yet received.
    Shipped,
    /// Received and completed.
    Completed,
    /// Cancelled before payment or shipment.
    Cancelled,
    /// Refunded.
    Refunded,
}

/// An exact amount of money.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct Money {
    /// The decimal amount, with as many decimal places as the currency has: `128.50`. A unit price may have up to 6 more:
    /// `3.3333`.
    amount: String,
    /// The ISO 4217 currency code: `CNY`.
    currency: String,
}

impl From<domain::Money> for Money {
    fn from(money: domain::Money) -> Self {
        Self { amount: money.amount(), currency: money.currency.code().to_owned() }
    }
}

/// An order in one of the company's apps.
#[derive(Debug)]
pub(in crate::graphql) struct Order(pub(in crate::graphql) store::order::Order);

/// An order in one of the company's apps.
#[Object]
impl Order {
    /// The order's id: `ord_…`.
    pub(in crate::graphql) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// The shop's order number, unique within the app.
    async fn order_no(&self) -> &str {
        self.0.order_no.as_str()
    }

    /// The name of the app in which the order was placed; the provider's app id if the app is no longer configured.
    async fn app<'a>(&'a self, ctx: &Context<'a>) -> &'a str {
        usecase::app::name_of(service(ctx), &self.0.app)
    }

    /// The openId that placed the order.
    async fn open_id(&self) -> &str {
        self.0.open_id.as_str()
    }

    /// The status of the order.
    async fn status(&self) -> OrderStatus {
        self.0.status.into()
    }

    /// The total price.
    async fn total(&self) -> Money {
        self.0.total.into()
    }

    /// When the order was placed.
    async fn placed_at(&self) -> DateTime<Utc> {
        self.0.placed_at.into()
    }

    /// What was paid back: the sum of `refunds`; without any, the total of an order that is `REFUNDED`, else 0.
    async fn refunded(&self) -> Money {
        self.0.refunded.into()
    }

    /// The lines of the order.
    async fn items(&self, ctx: &Context<'_>) -> Alone<Vec<OrderItem>> {
        self.parts(ctx, |item: Item| OrderItem::new(item, self.0.total.currency)).await
    }

    /// The refunds that the shop listed.
    async fn refunds(&self, ctx: &Context<'_>) -> Alone<Vec<OrderRefund>> {
        self.parts(ctx, |refund: Refund| OrderRefund::new(&refund, self.0.total.currency)).await
    }

    /// The parcels that were sent.
    async fn deliveries(&self, ctx: &Context<'_>) -> Alone<Vec<OrderDelivery>> {
        self.parts(ctx, |delivery: Delivery| delivery.into()).await
    }

    /// The changes of the status that reports told, the first one first. Empty for an order that has had one status only.
    async fn status_changes(&self, ctx: &Context<'_>) -> Alone<Vec<OrderStatusChange>> {
        self.parts(ctx, |change: store::order::OrderStatusChange| change.into()).await
    }

    /// The corrections by operators, the first one first. Requires the scope `orders:read`: a correction may name the openId of another
    /// person.
    async fn corrections(&self, ctx: &Context<'_>) -> Alone<Vec<OrderCorrection>> {
        if let Err(refused) = caller(ctx).require(ServiceScope::OrdersRead) {
            return Some(Err(Arc::new(refused)));
        }
        self.parts(ctx, |correction: store::order::OrderCorrection| correction.into()).await
    }
}

impl Order {
    /// Loads a part of the order together with that of the other orders in the answer.
    async fn parts<P: OrderPart, T>(&self, ctx: &Context<'_>, show: impl Fn(P) -> T) -> Alone<Vec<T>> {
        let parts = ctx.data_unchecked::<PartBatches<P>>().load(self.0.id).await;
        Some(parts.map(|parts| parts.unwrap_or_default().into_iter().map(show).collect()))
    }
}

/// Selects orders. All given conditions must hold.
#[derive(Debug, Default, InputObject)]
pub(in crate::graphql) struct OrderFilter {
    /// Only orders of these apps, by name.
    apps: Option<Vec<String>>,
    /// Only orders with one of these statuses.
    statuses: Option<Vec<OrderStatus>>,
    /// Only orders placed at or after this time.
    placed_from: Option<DateTime<Utc>>,
    /// Only orders placed before this time.
    placed_until: Option<DateTime<Utc>>,
    /// Only orders of these amounts. Requires a sort by amount.
    amount: Option<AmountFilter>,
    /// Only the order with this number: at most one in each app.
    order_no: Option<String>,
    /// Only orders with this text in the title of a line, whatever its case: 1 to 64 characters. No index has the titles, so a page
    /// reads at most 2,000 orders of the list: it may have fewer orders than requested, or none, and `hasNextPage` all the same. Go
    /// on with its cursor, or narrow the list down by time, status or app.
    title: Option<String>,
}

/// The maximum length of a text that titles are searched for, in characters.
const MAX_TITLE: usize = 64;

/// Selects orders by their total.
#[derive(Debug, InputObject)]
pub(in crate::graphql) struct AmountFilter {
    /// The ISO 4217 currency code: `CNY`. Nothing is converted.
    currency: String,
    /// At least this decimal amount: `100.00`.
    min: Option<String>,
    /// At most this decimal amount.
    max: Option<String>,
}

impl AmountFilter {
    fn read(&self) -> Result<store::order::AmountFilter, ApiError> {
        let invalid = |field: &str| {
            let field = field.to_owned();
            move |bad: BadMoney| ApiError::detailed(ErrorCode::InvalidInput, format!("filter.amount.{field}: {bad}"))
        };
        let currency = self.currency.parse().map_err(invalid("currency"))?;
        let limit = |name, limit: &Option<String>| {
            let read = |text: &String| domain::Money::parse(text, currency).map(|money| money.minor);
            limit.as_ref().map(read).transpose().map_err(invalid(name))
        };
        Ok(store::order::AmountFilter { currency, min: limit("min", &self.min)?, max: limit("max", &self.max)? })
    }
}

/// The order of a list of orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "store::order::OrderSort")]
#[expect(clippy::enum_variant_names, reason = "each name says what comes first")]
pub(in crate::graphql) enum OrderSort {
    /// The latest first.
    NewestFirst,
    /// The earliest first.
    OldestFirst,
    /// The largest amount first. Requires `filter.amount`.
    LargestFirst,
    /// The smallest amount first. Requires `filter.amount`.
    SmallestFirst,
}

impl OrderFilter {
    /// Reads the filter. Duplicates are removed because the lists become part of an SQL statement.
    fn read(self, service: &Service) -> Result<store::order::OrderFilter, ApiError> {
        let apps = self
            .apps
            .map(|names| names.iter().map(|name| usecase::app::id_of(service, name)).collect::<Result<_, _>>());
        Ok(store::order::OrderFilter {
            apps: apps.transpose()?.map(once_each),
            statuses: self.statuses.map(|statuses| once_each(statuses.into_iter().map(Into::into).collect())),
            placed_from: self.placed_from.map(Into::into),
            placed_until: self.placed_until.map(Into::into),
            amount: self.amount.map(|amount| amount.read()).transpose()?,
            order_no: self
                .order_no
                .map(|number| OrderNo::parse(&number))
                .transpose()
                .map_err(|bad| ApiError::detailed(ErrorCode::InvalidInput, format!("filter.orderNo: {bad}")))?,
            title: self.title.map(|title| read_title(&title)).transpose()?,
        })
    }
}

fn read_title(text: &str) -> Result<String, ApiError> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > MAX_TITLE {
        let detail = format!("filter.title: 1 to {MAX_TITLE} characters");
        return Err(ApiError::detailed(ErrorCode::InvalidInput, detail));
    }
    Ok(text.to_owned())
}

/// The arguments of a list of orders: the four of a Relay connection, the filter and the order.
#[derive(Debug, Default)]
pub(in crate::graphql) struct OrderArguments {
    pub(in crate::graphql) first: Option<i32>,
    pub(in crate::graphql) after: Option<String>,
    pub(in crate::graphql) last: Option<i32>,
    pub(in crate::graphql) before: Option<String>,
    pub(in crate::graphql) filter: Option<OrderFilter>,
    pub(in crate::graphql) sort: Option<OrderSort>,
}

/// Sorts a list and removes duplicates.
pub(in crate::graphql) fn once_each<T: Ord>(list: Vec<T>) -> Vec<T> {
    list.into_iter().collect::<BTreeSet<T>>().into_iter().collect()
}

/// A page of orders (Relay connection).
#[derive(Debug)]
pub(in crate::graphql) struct OrderConnection {
    page: OrderPage,
    cursors: OrderCursors,
    /// The sums, read once for all fields that show them.
    sums: OnceCell<Result<OrderSums, Arc<ApiError>>>,
}

impl OrderConnection {
    pub(in crate::graphql) async fn load(
        (service, caller): (&Service, &Caller),
        user: UserId,
        arguments: OrderArguments,
    ) -> Result<Self, ApiError> {
        let OrderArguments { first, after, last, before, filter, sort } = arguments;
        let filter = filter.unwrap_or_default().read(service)?;
        let sort = sort.map(Into::into).unwrap_or_default();
        let cursors = OrderCursors::new(&filter, sort);
        let (after, before) = (cursors.read(after.as_deref())?, cursors.read(before.as_deref())?);
        let page = PageRequest { first, after, last, before, sort };
        let page = usecase::order::page(service, caller, (user, filter), page).await?;
        Ok(Self { page, cursors, sums: OnceCell::new() })
    }

    async fn sums(&self, service: &Service) -> Result<&OrderSums, Arc<ApiError>> {
        let read = || async { usecase::order::sums(service, &self.page.query).await.map_err(Arc::new) };
        self.sums.get_or_init(read).await.as_ref().map_err(Arc::clone)
    }
}

/// A page of orders (Relay connection).
#[Object]
impl OrderConnection {
    /// The orders with their cursors.
    async fn edges(&self) -> Vec<OrderEdge> {
        let edge =
            |order: &store::order::Order| OrderEdge { cursor: self.cursors.of(order), node: Order(order.clone()) };
        self.page.orders.iter().map(edge).collect()
    }

    /// The orders without cursors.
    async fn nodes(&self) -> Vec<Order> {
        self.page.orders.iter().cloned().map(Order).collect()
    }

    /// The position of the page in the list.
    async fn page_info(&self) -> PageInfo {
        let [first, last] = [self.page.orders.first(), self.page.orders.last()];
        let [start_cursor, end_cursor] = [first, last].map(|order| order.map(|order| self.cursors.of(order)));
        let searched_to = self.page.searched_to.map(|place| self.cursors.at(place));
        let (to_start, to_end) = if self.page.from_end { (searched_to, None) } else { (None, searched_to) };
        PageInfo {
            has_previous_page: self.page.has_previous,
            has_next_page: self.page.has_next,
            start_cursor: to_start.or(start_cursor),
            end_cursor: to_end.or(end_cursor),
        }
    }

    /// The number of orders on all pages.
    async fn total_count(&self, ctx: &Context<'_>) -> Alone<u64> {
        Some(self.sums(service(ctx)).await.map(|sums| sums.count))
    }

    /// The orders on all pages, added up for each currency.
    async fn totals(&self, ctx: &Context<'_>) -> Alone<Vec<OrderTotals>> {
        let totals = |sums: &OrderSums| sums.currencies.iter().cloned().map(OrderTotals).collect();
        Some(self.sums(service(ctx)).await.map(totals))
    }
}

/// An order with its cursor.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct OrderEdge {
    /// The order's position in the list, for `after` and `before`.
    cursor: String,
    /// The order.
    node: Order,
}

#[derive(Debug, Default)]
pub(crate) struct OrderQueries;

#[Object]
impl OrderQueries {
    /// The orders of the person with this unionId in all apps. For the person, or a service token with the scope
    /// `orders:read`. A unionId that is unknown or belongs to another person is `NOT_FOUND`.
    #[expect(
        clippy::too_many_arguments,
        reason = "Relay's four arguments, the unionId, the filter and the order are the field"
    )]
    async fn orders_by_union_id(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The person's unionId.")] union_id: String,
        #[graphql(desc = "The page size from the start: 1 to 100. Defaults to 20 if `last` is not given either.")]
        first: Option<i32>,
        #[graphql(desc = "Only orders after this cursor.")] after: Option<String>,
        #[graphql(desc = "The page size from the end: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only orders before this cursor.")] before: Option<String>,
        #[graphql(desc = "Conditions that the orders must meet.")] filter: Option<OrderFilter>,
        #[graphql(desc = "The order of the list. Defaults to `NEWEST_FIRST`.")] sort: Option<OrderSort>,
    ) -> Alone<OrderConnection> {
        let orders = async {
            // A malformed unionId gets the same answer as an unknown one.
            let union_id: UnionId = union_id.parse().map_err(|_| ApiError::refused(ErrorCode::NotFound))?;
            let user = usecase::order::owner_of_union_id(service(ctx), caller(ctx), &union_id).await?;
            let arguments = OrderArguments { first, after, last, before, filter, sort };
            OrderConnection::load((service(ctx), caller(ctx)), user, arguments).await
        };
        alone(orders.await)
    }

    /// The order with this number. For the person who placed it, or a service token with the scope `orders:read`. Null
    /// if there is none, or if it is another person's.
    async fn order(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The name of the app in which it was placed.")] app: String,
        #[graphql(desc = "The shop's order number.")] order_no: String,
    ) -> Alone<Order> {
        let found = usecase::order::find(service(ctx), caller(ctx), &app, &order_no).await;
        alone_or_null(found.map(|found| found.map(Order)))
    }
}
