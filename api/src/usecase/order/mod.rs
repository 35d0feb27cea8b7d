//! A person's orders, newest first, over all apps.
//! How a page is read without reading the whole history is `store`'s business.

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
pub use report::{ItemText, ReportText, read_report};

/// A page as a client asks for it: Relay's four arguments.
#[derive(Debug, Clone, Default)]
pub struct PageRequest {
    /// How many from the front.
    pub first: Option<i32>,
    /// Only what comes after this.
    pub after: Option<Position>,
    /// How many from the back.
    pub last: Option<i32>,
    /// Only what comes before this.
    pub before: Option<Position>,
}

/// A checked question for orders of one person.
#[derive(Debug, Clone)]
pub struct OrderQuery {
    /// Whose.
    pub user: UserId,
    /// Which.
    pub filter: OrderFilter,
}

/// One page of orders.
#[derive(Debug)]
pub struct OrderPage {
    /// What was asked; `count_orders` answers how many there are in all.
    pub query: OrderQuery,
    /// The page, newest first.
    pub orders: Vec<Order>,
    /// Whether older ones follow.
    pub has_next: bool,
    /// Whether newer ones come before.
    pub has_previous: bool,
}

/// The items of orders, in one query.
pub async fn items(service: &Service, orders: &[OrderId]) -> Result<HashMap<OrderId, Vec<Item>>, ApiError> {
    Ok(store::order::items(&service.store.view(), orders).await?)
}

/// Whose orders a caller may read by this unionId. Unknown and not one's own give the same answer.
pub async fn owner_of_union_id(service: &Service, caller: &Caller, union_id: &UnionId) -> Result<UserId, ApiError> {
    if !caller.may(ServiceScope::OrdersRead) {
        // Asked of the person's own unionIds, so that a unionId of another's takes no longer than one that is unknown.
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

/// One page of a person's orders.
pub async fn page(service: &Service, query: OrderQuery, page: PageRequest) -> Result<OrderPage, ApiError> {
    let (size, from_end) = match (page.first, page.last) {
        (Some(_), Some(_)) => return Err(ApiError::detailed(ErrorCode::InvalidPage, "both `first` and `last`")),
        (None, Some(last)) => (Some(last), true),
        (first, None) => (first, false),
    };
    let size = page_size(size)?;
    let (was_after, was_before) = (page.after.is_some(), page.before.is_some());
    // One more than asked for tells whether there is more.
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

/// How many orders answer a question.
pub async fn count(service: &Service, query: &OrderQuery) -> Result<u64, ApiError> {
    Ok(store::order::count(&service.store.view(), query.user, &query.filter).await?)
}
