//! Reads a page of a person's orders, at a cost that does not grow with the number of orders.

use std::collections::HashMap;

use domain::order::OrderStatus;
use domain::{AppId, LinkId, OpenId, OrderId, Timestamp, UserId};
use entities::{open_id, order};
use sea_orm::sea_query::{Asterisk, Cond, Condition, ExprTrait, Query, SelectStatement, UnionType};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QuerySelect};

use super::{COLUMNS, Order, Row};
use crate::{StoreError, View};

/// A filter for a person's orders. The default matches all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OrderFilter {
    /// Only orders in these apps.
    pub apps: Option<Vec<AppId>>,
    /// Only orders with these statuses.
    pub statuses: Option<Vec<OrderStatus>>,
    /// Only orders placed at or after this time.
    pub placed_from: Option<Timestamp>,
    /// Only orders placed before this time.
    pub placed_until: Option<Timestamp>,
}

/// The position of an order in a list: newest first, and on equal times the greater id first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// When it was placed.
    pub placed_at: Timestamp,
    /// The id.
    pub id: OrderId,
}

/// The requested part of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// Only orders after this position, that is, older ones.
    pub after: Option<Position>,
    /// Only orders before this position, that is, newer ones.
    pub before: Option<Position>,
    /// The maximum number of orders.
    pub limit: u64,
    /// Count the limit from the oldest end. The result is still newest first.
    pub from_end: bool,
}

/// Returns a page of a person's orders, newest first.
pub async fn page(
    view: &View<'_>,
    user: UserId,
    filter: &OrderFilter,
    range: &Range,
) -> Result<Vec<Order>, StoreError> {
    let links = links(view, user, filter).await?;
    let ids: Vec<LinkId> = links.keys().copied().collect();
    let Some(query) = select_page(&ids, filter, range) else { return Ok(Vec::new()) };
    let rows = view.db.query_all(&query).await?;
    let mut orders = Vec::with_capacity(rows.len());
    for row in &rows {
        let row = Row::from_query_result(row, "")?;
        let (app, open_id) = links
            .get(&row.link_id)
            .cloned()
            .ok_or_else(|| StoreError::corrupt("orders", format!("{} has a link that was not requested", row.id)))?;
        orders.push(row.into_order(app, open_id));
    }
    if range.from_end {
        orders.reverse();
    }
    Ok(orders)
}

/// Counts a person's orders that match the filter.
pub async fn count(view: &View<'_>, user: UserId, filter: &OrderFilter) -> Result<u64, StoreError> {
    let links = links(view, user, filter).await?;
    if links.is_empty() {
        return Ok(0);
    }
    let count: Option<i64> = order::Entity::find()
        .select_only()
        .column_as(order::Column::Id.count(), "orders")
        .filter(order::Column::LinkId.is_in(links.keys().copied()))
        .filter(passes(filter))
        .into_tuple()
        .one(&view.db)
        .await?;
    Ok(count.and_then(|count| u64::try_from(count).ok()).unwrap_or(0))
}

/// Returns the person's links in the requested apps.
async fn links(
    view: &View<'_>,
    user: UserId,
    filter: &OrderFilter,
) -> Result<HashMap<LinkId, (AppId, OpenId)>, StoreError> {
    let mut links = open_id::Entity::find()
        .select_only()
        .columns([open_id::Column::Id, open_id::Column::App, open_id::Column::OpenId])
        .filter(open_id::Column::UserId.eq(user));
    if let Some(apps) = &filter.apps {
        links = links.filter(open_id::Column::App.is_in(apps.clone()));
    }
    let links: Vec<(LinkId, AppId, OpenId)> = links.into_tuple().all(&view.db).await?;
    Ok(links.into_iter().map(|(id, app, open_id)| (id, (app, open_id))).collect())
}

/// Selects one bounded index range per link and merges them. A plain `link_id IN (…) ORDER BY … LIMIT` would read and
/// sort the whole history, because no index orders the orders of several links together.
pub(super) fn select_page(links: &[LinkId], filter: &OrderFilter, range: &Range) -> Option<SelectStatement> {
    let mut parts = links.iter().map(|link| select_part(*link, filter, range));
    let mut page = parts.next()?;
    for part in parts {
        page.union(UnionType::All, part);
    }
    let direction = direction(range);
    Some(page.order_by("placed_at", direction.clone()).order_by("id", direction).limit(range.limit).take())
}

/// Selects the part of one link. It is wrapped in a subquery, because SQLite allows no limit inside a union.
fn select_part(link: LinkId, filter: &OrderFilter, range: &Range) -> SelectStatement {
    let direction = direction(range);
    let part = Query::select()
        .columns(COLUMNS.map(|column| column.as_column_ref()))
        .from(order::Entity)
        .and_where(order::Column::LinkId.eq(link))
        .cond_where(passes(filter))
        .cond_where(lies_within(range))
        .order_by(order::Column::PlacedAt.as_column_ref(), direction.clone())
        .order_by(order::Column::Id.as_column_ref(), direction)
        .limit(range.limit)
        .take();
    Query::select().column(Asterisk).from_subquery(part, "part").take()
}

fn direction(range: &Range) -> sea_orm::Order {
    if range.from_end { sea_orm::Order::Asc } else { sea_orm::Order::Desc }
}

/// Matches the filter except for the apps, which the choice of links covers.
fn passes(filter: &OrderFilter) -> Condition {
    Cond::all()
        .add_option(filter.statuses.as_ref().map(|statuses| order::Column::Status.is_in(statuses.iter().copied())))
        .add_option(filter.placed_from.map(|from| order::Column::PlacedAt.gte(from)))
        .add_option(filter.placed_until.map(|until| order::Column::PlacedAt.lt(until)))
}

/// Matches the range. The condition starts with a plain range on the time, because MariaDB does not use its index for
/// row comparisons.
fn lies_within(range: &Range) -> Condition {
    let (placed_at, id) = (order::Column::PlacedAt, order::Column::Id);
    let older = |place: Position| placed_at.lte(place.placed_at).and(placed_at.lt(place.placed_at).or(id.lt(place.id)));
    let newer = |place: Position| placed_at.gte(place.placed_at).and(placed_at.gt(place.placed_at).or(id.gt(place.id)));
    Cond::all().add_option(range.after.map(older)).add_option(range.before.map(newer))
}
