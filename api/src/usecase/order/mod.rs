//! Orders: pages of a person's orders over all apps, and reports from the company's systems.

mod record;
mod report;

use std::collections::HashMap;

use domain::order::Item;
use domain::{OrderId, ServiceScope, UnionId, UserId};
use store::order::{Order, OrderFilter, Position, Range};

use crate::error::{ApiError, ErrorCode};
use crate::service::Service;
use crate::usecase::Caller;
use crate::usecase::page::page_size;

pub use record::record;
pub use report::{BadReport, ItemText, ReportText, decimal_of, read_report};

/// The pagination arguments of a Relay connection.
#[derive(Debug, Clone, Default)]
pub struct PageRequest {
    /// The page size from the start.
    pub first: Option<i32>,
    /// Only orders after this position.
    pub after: Option<Position>,
    /// The page size from the end.
    pub last: Option<i32>,
    /// Only orders before this position.
    pub before: Option<Position>,
}

/// A checked query for orders of one person.
#[derive(Debug, Clone)]
pub struct OrderQuery {
    /// The account.
    pub user: UserId,
    /// The conditions.
    pub filter: OrderFilter,
}

/// A page of orders.
#[derive(Debug)]
pub struct OrderPage {
    /// The query, for [`count()`].
    pub query: OrderQuery,
    /// The page, newest first.
    pub orders: Vec<Order>,
    /// Whether older orders follow.
    pub has_next: bool,
    /// Whether newer orders precede.
    pub has_previous: bool,
}

/// Returns the items of orders with one query.
pub async fn items(service: &Service, orders: &[OrderId]) -> Result<HashMap<OrderId, Vec<Item>>, ApiError> {
    Ok(store::order::items(&service.store.view(), orders).await?)
}

/// Returns the account whose orders the caller may read by this unionId. Unknown unionIds and those of other people get
/// the same answer.
pub async fn owner_of_union_id(service: &Service, caller: &Caller, union_id: &UnionId) -> Result<UserId, ApiError> {
    if !caller.may(ServiceScope::OrdersRead) {
        // Searches the person's own unionIds, so that another person's unionId takes no longer than an unknown one.
        let own = caller.person()?.user.id;
        let is_own =
            store::user::union_ids(&service.store.view(), own).await?.iter().any(|key| &key.union_id == union_id);
        return is_own.then_some(own).ok_or_else(|| ApiError::refused(ErrorCode::NotFound));
    }
    match store::user::of_union_id(&service.store.view(), union_id).await?[..] {
        [owner] => Ok(owner),
        [] => Err(ApiError::refused(ErrorCode::NotFound)),
        _ => Err(ApiError::detailed(ErrorCode::InvalidInput, "several union scopes have this unionId")),
    }
}

/// Returns a page of a person's orders.
pub async fn page(service: &Service, query: OrderQuery, page: PageRequest) -> Result<OrderPage, ApiError> {
    let (size, from_end) = match (page.first, page.last) {
        (Some(_), Some(_)) => return Err(ApiError::detailed(ErrorCode::InvalidPage, "both `first` and `last`")),
        (None, Some(last)) => (Some(last), true),
        (first, None) => (first, false),
    };
    let size = page_size(size)?;
    let (was_after, was_before) = (page.after.is_some(), page.before.is_some());
    // One more than requested shows whether there are more.
    let range = Range { after: page.after, before: page.before, limit: size as u64 + 1, from_end };
    let mut orders = store::order::page(&service.store.view(), query.user, &query.filter, &range).await?;
    let more = orders.len() > size;
    if more && from_end {
        orders.remove(0);
    }
    orders.truncate(size);
    let (has_next, has_previous) = if from_end { (was_before, more) } else { (more, was_after) };
    Ok(OrderPage { query, orders, has_next, has_previous })
}

/// Counts the orders of a query.
pub async fn count(service: &Service, query: &OrderQuery) -> Result<u64, ApiError> {
    Ok(store::order::count(&service.store.view(), query.user, &query.filter).await?)
}
