//! Orders and their pages; reports of orders in `report`. See [`crate::usecase::order`].

mod report;

use std::collections::BTreeSet;

use async_graphql::connection::PageInfo;
use async_graphql::dataloader::DataLoader;
use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use domain::order::Item;
use domain::{UnionId, UserId};

use crate::error::{ApiError, ErrorCode};
use crate::graphql::loader::ItemLoader;
use crate::graphql::{Alone, alone, caller, cursor, service};
use crate::service::Service;
use crate::usecase;
use crate::usecase::order::{OrderPage, OrderQuery, PageRequest};

pub(crate) use report::OrderMutations;

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

    /// The lines of the order.
    async fn items(&self, ctx: &Context<'_>) -> Alone<Vec<OrderItem>> {
        let of_item = |item| OrderItem::new(item, self.0.total.currency);
        let items = ctx.data_unchecked::<DataLoader<ItemLoader>>().load_one(self.0.id).await;
        Some(items.map(|items| items.unwrap_or_default().into_iter().map(of_item).collect()))
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
    fn new(item: Item, currency: domain::Currency) -> Self {
        let unit_price = Money { amount: item.unit_price.amount(currency), currency: currency.code().to_owned() };
        Self { sku: item.sku, title: item.title, quantity: item.quantity.to_string(), unit_price }
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
        })
    }
}

/// Reads the four pagination arguments of a Relay connection: `first` and `last`, `after` and `before`.
pub(in crate::graphql) fn read_page(
    (first, last): (Option<i32>, Option<i32>),
    (after, before): (Option<String>, Option<String>),
) -> Result<PageRequest, ApiError> {
    let [after, before] = [after, before].map(|cursor| cursor::read(cursor.as_deref()));
    Ok(PageRequest { first, after: after?, last, before: before? })
}

/// Sorts a list and removes duplicates.
pub(in crate::graphql) fn once_each<T: Ord>(list: Vec<T>) -> Vec<T> {
    list.into_iter().collect::<BTreeSet<T>>().into_iter().collect()
}

/// A page of orders, newest first (Relay connection).
#[derive(Debug)]
pub(in crate::graphql) struct OrderConnection(OrderPage);

impl OrderConnection {
    pub(in crate::graphql) async fn load(
        service: &Service,
        user: UserId,
        filter: Option<OrderFilter>,
        page: PageRequest,
    ) -> Result<Self, ApiError> {
        let filter = filter.unwrap_or_default().read(service)?;
        usecase::order::page(service, OrderQuery { user, filter }, page).await.map(Self)
    }
}

/// A page of orders, newest first (Relay connection).
#[Object]
impl OrderConnection {
    /// The orders with their cursors.
    async fn edges(&self) -> Vec<OrderEdge> {
        let edge = |order: &store::order::Order| OrderEdge { cursor: cursor::of(order), node: Order(order.clone()) };
        self.0.orders.iter().map(edge).collect()
    }

    /// The orders without cursors.
    async fn nodes(&self) -> Vec<Order> {
        self.0.orders.iter().cloned().map(Order).collect()
    }

    /// The position of the page in the list.
    async fn page_info(&self) -> PageInfo {
        PageInfo {
            has_previous_page: self.0.has_previous,
            has_next_page: self.0.has_next,
            start_cursor: self.0.orders.first().map(cursor::of),
            end_cursor: self.0.orders.last().map(cursor::of),
        }
    }

    /// The number of orders on all pages. Counted only if requested.
    async fn total_count(&self, ctx: &Context<'_>) -> Alone<u64> {
        alone(usecase::order::count(service(ctx), &self.0.query).await)
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
    /// The orders of the person with this unionId in all apps, newest first. For the person, or a service token with
    /// the scope `orders:read`. A unionId that is unknown or belongs to another person is `NOT_FOUND`.
    #[expect(clippy::too_many_arguments, reason = "Relay's four arguments, the unionId and the filter are the field")]
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
    ) -> Alone<OrderConnection> {
        let orders = async {
            // A malformed unionId gets the same answer as an unknown one.
            let union_id: UnionId = union_id.parse().map_err(|_| ApiError::refused(ErrorCode::NotFound))?;
            let user = usecase::order::owner_of_union_id(service(ctx), caller(ctx), &union_id).await?;
            let page = read_page((first, last), (after, before))?;
            OrderConnection::load(service(ctx), user, filter, page).await
        };
        alone(orders.await)
    }
}
