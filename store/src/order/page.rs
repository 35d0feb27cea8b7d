//! One page of a person's orders, whose cost does not grow with the person's history.
//! Single orders and their lines are read in the parent module.

use std::collections::HashMap;

use domain::order::OrderStatus;
use domain::{AppId, LinkId, OpenId, OrderId, Timestamp, UserId};
use entities::{open_id, order};
use sea_orm::sea_query::{Asterisk, Cond, Condition, ExprTrait, Query, SelectStatement, UnionType};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QuerySelect};

use super::{COLUMNS, Order, Row};
use crate::{StoreError, View};

/// Which of a person's orders are wanted. The default is all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OrderFilter {
    /// Only those placed in these apps.
    pub apps: Option<Vec<AppId>>,
    /// Only those that stand there.
    pub statuses: Option<Vec<OrderStatus>>,
    /// Only those placed at this time or later.
    pub placed_from: Option<Timestamp>,
    /// Only those placed before this time.
    pub placed_until: Option<Timestamp>,
}

/// An order's place in every list: the newest first, and of two equally new ones the greater id first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// When it was placed.
    pub placed_at: Timestamp,
    /// Its id.
    pub id: OrderId,
}

/// Which part of the list is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// Only what follows this place, that is, what is older.
    pub after: Option<Position>,
    /// Only what precedes this place, that is, what is newer.
    pub before: Option<Position>,
    /// At most so many.
    pub limit: u64,
    /// Count the limit from the oldest end. The answer still comes newest first.
    pub from_end: bool,
}

/// A page of a person's orders, newest first.
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
            .ok_or_else(|| StoreError::corrupt("orders", format!("{} came from an unasked open id", row.id)))?;
        orders.push(row.into_order(app, open_id));
    }
    if range.from_end {
        orders.reverse();
    }
    Ok(orders)
}

/// How many of a person's orders pass the filter.
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

/// The person's open ids in the wanted apps.
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

/// One bounded range of the index per open id, merged. A plain `link_id IN (…) ORDER BY … LIMIT` would read and sort
/// the whole history: no index has the orders of several open ids in one order.
pub(super) fn select_page(links: &[LinkId], filter: &OrderFilter, range: &Range) -> Option<SelectStatement> {
    let mut parts = links.iter().map(|link| select_part(*link, filter, range));
    let mut page = parts.next()?;
    for part in parts {
        page.union(UnionType::All, part);
    }
    let direction = direction(range);
    Some(page.order_by("placed_at", direction.clone()).order_by("id", direction).limit(range.limit).take())
}

/// Wrapped, because SQLite allows no limit inside a union.
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

/// All of the filter but the apps, which the choice of open ids has seen to.
fn passes(filter: &OrderFilter) -> Condition {
    Cond::all()
        .add_option(filter.statuses.as_ref().map(|statuses| order::Column::Status.is_in(statuses.iter().copied())))
        .add_option(filter.placed_from.map(|from| order::Column::PlacedAt.gte(from)))
        .add_option(filter.placed_until.map(|until| order::Column::PlacedAt.lt(until)))
}

/// Written with a range of times first, because MariaDB finds no range of its index in a comparison of rows.
fn lies_within(range: &Range) -> Condition {
    let (placed_at, id) = (order::Column::PlacedAt, order::Column::Id);
    let older = |place: Position| placed_at.lte(place.placed_at).and(placed_at.lt(place.placed_at).or(id.lt(place.id)));
    let newer = |place: Position| placed_at.gte(place.placed_at).and(placed_at.gt(place.placed_at).or(id.gt(place.id)));
    Cond::all().add_option(range.after.map(older)).add_option(range.before.map(newer))
}
