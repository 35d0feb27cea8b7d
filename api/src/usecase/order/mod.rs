//! Orders: pages of a person's orders over all apps, reports from the company's systems, corrections by operators, and changes as they
//! happen.

mod correct;
mod live;
mod record;
mod report;
mod totals;

use std::collections::HashMap;

use domain::order::{Delivery, Item, OrderNo, Refund};
use domain::{LinkId, OrderId, ServiceScope, UnionId, UnionKey, UserId};
use store::order::{Links, Order, OrderCorrection, OrderFilter, OrderSort, OrderStatusChange, Position, Range};

use crate::error::{ApiError, ErrorCode};
use crate::service::Service;
use crate::usecase::Caller;
use crate::usecase::page::page_size;

pub use correct::{CorrectionText, correct};
pub(crate) use live::OrderFeed;
pub use live::{OrderNews, follow};
pub use record::record;
pub use report::{BadReport, DeliveryText, ItemText, RefundText, ReportText, decimal_of, read_report};
pub use totals::{CurrencySums, OrderSums, sums};

/// The place of an order in a list: what a cursor stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrderPlace {
    /// The position.
    pub position: Position,
    /// The link of the openId that placed the order. A list without it is another person's.
    pub link: LinkId,
}

/// The pagination arguments of a Relay connection.
#[derive(Debug, Clone, Default)]
pub struct PageRequest {
    /// The page size from the start.
    pub first: Option<i32>,
    /// Only orders after this place.
    pub after: Option<OrderPlace>,
    /// The page size from the end.
    pub last: Option<i32>,
    /// Only orders before this place.
    pub before: Option<OrderPlace>,
    /// The order of the list.
    pub sort: OrderSort,
}

/// A checked query for orders of one person.
#[derive(Debug, Clone)]
pub struct OrderQuery {
    /// The person's openIds.
    pub links: Links,
    /// The conditions.
    pub filter: OrderFilter,
}

/// A page of orders.
#[derive(Debug)]
pub struct OrderPage {
    /// The query, for [`sums()`].
    pub query: OrderQuery,
    /// The page, in the order of the list.
    pub orders: Vec<Order>,
    /// Whether orders follow.
    pub has_next: bool,
    /// Whether orders precede.
    pub has_previous: bool,
    /// How far a search for titles has read, if it stopped before the page was full: the end of the page, towards which the list
    /// is read.
    pub searched_to: Option<OrderPlace>,
    /// Whether the page was read from the end of the list.
    pub from_end: bool,
}

/// Returns the items of orders with one query.
pub async fn items(service: &Service, orders: &[OrderId]) -> Result<HashMap<OrderId, Vec<Item>>, ApiError> {
    Ok(store::order::items(&service.store.view(), orders).await?)
}

/// Returns the refunds of orders with one query.
pub async fn refunds(service: &Service, orders: &[OrderId]) -> Result<HashMap<OrderId, Vec<Refund>>, ApiError> {
    Ok(store::order::refunds(&service.store.view(), orders).await?)
}

/// Returns the deliveries of orders with one query.
pub async fn deliveries(service: &Service, orders: &[OrderId]) -> Result<HashMap<OrderId, Vec<Delivery>>, ApiError> {
    Ok(store::order::deliveries(&service.store.view(), orders).await?)
}

/// Returns the changes of orders' statuses with one query.
pub async fn status_changes(
    service: &Service,
    orders: &[OrderId],
) -> Result<HashMap<OrderId, Vec<OrderStatusChange>>, ApiError> {
    Ok(store::order::status_changes(&service.store.view(), orders).await?)
}

/// Returns the corrections of orders with one query. Requires the scope `orders:read`: a correction names the openId of another person.
pub async fn corrections(
    service: &Service,
    orders: &[OrderId],
) -> Result<HashMap<OrderId, Vec<OrderCorrection>>, ApiError> {
    Ok(store::order::corrections(&service.store.view(), orders).await?)
}

/// Returns the account whose orders the caller may read by this unionId. Unknown unionIds and those of other people get
/// the same answer.
pub async fn owner_of_union_id(service: &Service, caller: &Caller, union_id: &UnionId) -> Result<UserId, ApiError> {
    if !caller.may(ServiceScope::OrdersRead) {
        // Searches the person's own unionIds, so that another person's unionId takes no longer than an unknown one.
        let own = caller.person()?.user.id;
        let is_in = |keys: &[UnionKey]| keys.iter().any(|key| &key.union_id == union_id);
        let is_own = match caller.links_of(own) {
            Some(links) => is_in(&links.union_ids),
            None => is_in(&store::user::union_ids(&service.store.view(), own).await?),
        };
        return is_own.then_some(own).ok_or_else(|| ApiError::refused(ErrorCode::NotFound));
    }
    match store::user::of_union_id(&service.store.view(), union_id).await?[..] {
        [owner] => Ok(owner),
        [] => Err(ApiError::refused(ErrorCode::NotFound)),
        _ => Err(ApiError::detailed(ErrorCode::InvalidInput, "several union scopes have this unionId")),
    }
}

/// Refuses a filter that no order can match because its limits are reversed, and one that no index serves in this order.
fn check(filter: &OrderFilter, sort: OrderSort) -> Result<(), ApiError> {
    let OrderFilter { placed_from, placed_until, amount, .. } = filter;
    let refuse = |detail| Err(ApiError::detailed(ErrorCode::InvalidInput, detail));
    if placed_from.zip(*placed_until).is_some_and(|(from, until)| from >= until) {
        return refuse("filter: `placedFrom` is not before `placedUntil`");
    }
    if amount.is_some_and(|amount| amount.min.zip(amount.max).is_some_and(|(min, max)| min > max)) {
        return refuse("filter: `amount.min` is more than `amount.max`");
    }
    match (sort.is_by_amount(), amount) {
        (true, None) => refuse("a sort by amount needs `filter.amount`: amounts in two currencies have no order"),
        (false, Some(_)) => refuse("a filter by amount needs `sort: LARGEST_FIRST` or `SMALLEST_FIRST`"),
        (true, Some(_)) if placed_from.or(*placed_until).is_some() => {
            refuse("a list by amount has no `placedFrom` and no `placedUntil`")
        }
        (true, Some(_)) | (false, None) => Ok(()),
    }
}

/// Returns the order with this number. Null if it does not exist or is another person's.
pub async fn find(service: &Service, caller: &Caller, app: &str, number: &str) -> Result<Option<Order>, ApiError> {
    let owner = if caller.may(ServiceScope::OrdersRead) { None } else { Some(caller.person()?.user.id) };
    let app = super::app::id_of(service, app)?;
    // No order has a number that cannot be recorded.
    let Ok(number) = OrderNo::parse(number) else { return Ok(None) };
    Ok(store::order::find_by_number(&service.store.view(), (&app, &number), owner).await?)
}

/// Returns a page of a person's orders.
pub async fn page(
    service: &Service,
    caller: &Caller,
    (user, filter): (UserId, OrderFilter),
    page: PageRequest,
) -> Result<OrderPage, ApiError> {
    let (size, from_end) = match (page.first, page.last) {
        (Some(_), Some(_)) => return Err(ApiError::detailed(ErrorCode::InvalidPage, "both `first` and `last`")),
        (None, Some(last)) => (Some(last), true),
        (first, None) => (first, false),
    };
    let size = page_size(size)?;
    check(&filter, page.sort)?;
    let (was_after, was_before) = (page.after.is_some(), page.before.is_some());
    let view = service.store.view();
    let links = match caller.links_of(user) {
        Some(links) => links.into(),
        None => store::order::links(&view, user).await?,
    };
    let query = OrderQuery { links, filter };
    if [page.after, page.before].iter().flatten().any(|place| !query.links.contains(place.link)) {
        return Err(ApiError::refused(ErrorCode::InvalidCursor));
    }
    let [after, before] = [page.after, page.before].map(|place| place.map(|place| place.position));
    // One more than requested shows whether there are more.
    let range = Range { sort: page.sort, after, before, limit: size as u64 + 1, from_end };
    let (mut orders, stopped_at) = match &query.filter.title {
        Some(text) => {
            let wanted = (&query.filter, text.as_str());
            let found = store::order::find_titles(&view, &query.links, wanted, &range).await?;
            (found.orders, found.stopped_at)
        }
        None => (store::order::page(&view, &query.links, &query.filter, &range).await?, None),
    };
    let more = orders.len() > size;
    if more && from_end {
        orders.remove(0);
    }
    orders.truncate(size);
    let searched_to = stopped_at.map(|(position, link)| OrderPlace { position, link });
    let more = more || searched_to.is_some();
    let (has_next, has_previous) = if from_end { (was_before, more) } else { (more, was_after) };
    Ok(OrderPage { query, orders, has_next, has_previous, searched_to, from_end })
}
