//! Reads a page of a person's orders, at a cost that does not grow with the number of orders.
//!
//! Each openId has a range of an index, limited to the page; `UNION ALL` combines them. Where the index has the status before the
//! order of the list, each status has a range of its own, so that a rare status reads no other one.

use std::cmp::Ordering;

use domain::order::{OrderNo, OrderStatus};
use domain::{AppId, Currency, LinkId, OrderId, Timestamp};
use entities::order;
use sea_orm::sea_query::{Asterisk, Condition, Expr, ExprTrait, Func, Query, SelectStatement, UnionType};
use sea_orm::{ColumnTrait, ConnectionTrait, DbBackend, FromQueryResult, Value};

use super::{COLUMNS, Links, Order, Row};
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
    /// Only orders of these amounts.
    pub amount: Option<AmountFilter>,
    /// Only the order with this number: one in each app.
    pub order_no: Option<OrderNo>,
    /// Only orders with this text in the title of a line, whatever its case. For [`find_titles`](super::find_titles), because no
    /// index serves it: a page does not look at it.
    pub title: Option<String>,
}

/// A filter by currency and amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AmountFilter {
    /// Only orders in this currency.
    pub currency: Currency,
    /// Only orders of at least so many minor units.
    pub min: Option<i64>,
    /// Only orders of at most so many minor units.
    pub max: Option<i64>,
}

/// The order of a list. On equal times or amounts, the ids decide, in the same direction.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OrderSort {
    /// By time, the latest first.
    #[default]
    NewestFirst,
    /// By time, the earliest first.
    OldestFirst,
    /// By amount, the largest first. For filters by amount only, because amounts in two currencies have no order.
    LargestFirst,
    /// By amount, the smallest first. For filters by amount only.
    SmallestFirst,
}

impl OrderSort {
    /// Returns whether amounts decide, and not times.
    #[must_use]
    pub const fn is_by_amount(self) -> bool {
        match self {
            Self::NewestFirst | Self::OldestFirst => false,
            Self::LargestFirst | Self::SmallestFirst => true,
        }
    }

    const fn is_descending(self) -> bool {
        match self {
            Self::NewestFirst | Self::LargestFirst => true,
            Self::OldestFirst | Self::SmallestFirst => false,
        }
    }

    const fn column(self) -> order::Column {
        if self.is_by_amount() { order::Column::TotalMinor } else { order::Column::PlacedAt }
    }

    /// Returns the position of an order in a list of this order.
    #[must_use]
    pub const fn position(self, order: &Order) -> Position {
        let key = if self.is_by_amount() { order.total.minor } else { order.placed_at.millis() };
        Position { key, id: order.id }
    }

    fn compare(self, one: &Order, other: &Order) -> Ordering {
        let ascending = self.position(one).cmp(&self.position(other));
        if self.is_descending() { ascending.reverse() } else { ascending }
    }
}

/// The position of an order in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The milliseconds or the minor units by which the list is sorted.
    pub key: i64,
    /// The id.
    pub id: OrderId,
}

/// The requested part of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// The order of the list.
    pub sort: OrderSort,
    /// Only orders after this position.
    pub after: Option<Position>,
    /// Only orders before this position.
    pub before: Option<Position>,
    /// The maximum number of orders.
    pub limit: u64,
    /// Count the limit from the end of the list. The result is in the order of the list all the same.
    pub from_end: bool,
}

/// Returns a page of the orders of these openIds.
///
/// The caller has checked that a list by amount has a filter by amount and none by time, and the other way round: no index serves
/// another one.
pub async fn page(
    view: &View<'_>,
    links: &Links,
    filter: &OrderFilter,
    range: &Range,
) -> Result<Vec<Order>, StoreError> {
    let mut orders = Vec::new();
    let (backend, most_united) = (view.db.get_database_backend(), view.db.most_united());
    for query in select_page(&links.of_apps(filter), (filter, range), backend, most_united) {
        for row in view.db.query_all(&query).await? {
            let row = Row::from_query_result(&row, "")?;
            let (app, open_id) = links.find(row.link_id)?.clone();
            orders.push(row.into_order(app, open_id));
        }
    }
    // They are sorted unless there were several statements, or the limit counts from the end.
    orders.sort_by(|one, other| range.sort.compare(one, other));
    let more = orders.len().saturating_sub(usize::try_from(range.limit).unwrap_or(usize::MAX));
    if range.from_end {
        orders.drain(..more);
    } else {
        orders.truncate(orders.len() - more);
    }
    Ok(orders)
}

/// Selects bounded index ranges and merges them: as a rule in one statement. A plain `link_id IN (…) ORDER BY … LIMIT` would read
/// and sort the whole history, because no index orders the orders of several links together.
pub(super) fn select_page(
    links: &[(LinkId, &AppId)],
    (filter, range): (&OrderFilter, &Range),
    backend: DbBackend,
    most_united: usize,
) -> Vec<SelectStatement> {
    let direction = direction(range);
    // Wrapped, because SQLite allows no limit inside a union.
    let wrapped = |part| Query::select().column(Asterisk).from_subquery(part, "part").take();
    let mut pages = unite(select_parts(links, (filter, range), backend).map(wrapped), most_united);
    for page in &mut pages {
        let key = if range.sort.is_by_amount() { "total_minor" } else { "placed_at" };
        page.order_by(key, direction.clone()).order_by("id", direction.clone()).limit(range.limit);
    }
    pages
}

/// Unites selections, at most so many in a statement.
pub(super) fn unite(parts: impl Iterator<Item = SelectStatement>, most: usize) -> Vec<SelectStatement> {
    let mut united: Vec<SelectStatement> = Vec::new();
    for (at, part) in parts.enumerate() {
        match united.last_mut() {
            Some(last) if at % most != 0 => {
                last.union(UnionType::All, part);
            }
            _ => united.push(part),
        }
    }
    united
}

/// The statuses that have a range of their own. The index of times without status serves a list of all of them; the index of
/// amounts always begins with the status.
fn statuses(filter: &OrderFilter, sort: OrderSort) -> Vec<Option<OrderStatus>> {
    let all = || OrderStatus::ALL.iter().copied().map(Some).collect();
    match &filter.statuses {
        Some(statuses) if sort.is_by_amount() || statuses.len() < OrderStatus::ALL.len() => {
            statuses.iter().copied().map(Some).collect()
        }
        None if sort.is_by_amount() => all(),
        Some(_) | None => vec![None],
    }
}

/// Selects the orders of each link, and of each status that has a range of its own.
pub(super) fn select_parts(
    links: &[(LinkId, &AppId)],
    list: (&OrderFilter, &Range),
    backend: DbBackend,
) -> impl Iterator<Item = SelectStatement> {
    let statuses = statuses(list.0, list.1.sort);
    let parts = links.iter().flat_map(move |link| statuses.clone().into_iter().map(move |status| (*link, status)));
    parts.map(move |part| select_part(part, list, backend))
}

fn select_part(
    ((link, app), status): ((LinkId, &AppId), Option<OrderStatus>),
    (filter, range): (&OrderFilter, &Range),
    backend: DbBackend,
) -> SelectStatement {
    let direction = direction(range);
    let amount = filter.amount;
    let filtered = Condition::all()
        .add_option(status.map(|status| has_status(status, backend)))
        .add_option(amount.map(|amount| order::Column::Currency.eq(amount.currency)));
    let mut part = Query::select()
        .columns(COLUMNS.map(|column| column.as_column_ref()))
        .from(order::Entity)
        .and_where(order::Column::LinkId.eq(link))
        .cond_where(filtered)
        .cond_where(lies_within(filter, range))
        .take();
    if let Some(number) = &filter.order_no {
        // At most one, by the unique key of app and number.
        return part
            .and_where(order::Column::App.eq(app.clone()))
            .and_where(order::Column::OrderNo.eq(number.clone()))
            .take();
    }
    part.order_by(range.sort.column().as_column_ref(), direction.clone())
        .order_by(order::Column::Id.as_column_ref(), direction)
        .limit(range.limit)
        .take()
}

/// Matches a status. SQLite has no statistics, and with both ends of a range of times it would take the index without the status: it is
/// told that few orders have this one.
fn has_status(status: OrderStatus, backend: DbBackend) -> Expr {
    let has_status = order::Column::Status.eq(status);
    if backend == DbBackend::Sqlite { Func::cust("unlikely").arg(has_status).into() } else { has_status }
}

fn direction(range: &Range) -> sea_orm::Order {
    if range.sort.is_descending() == range.from_end { sea_orm::Order::Asc } else { sea_orm::Order::Desc }
}

/// Matches the range and the limits of the filter. Each end is one plain comparison with the key, whether the filter or the position
/// limits it: MariaDB uses no index for comparisons of rows.
fn lies_within(filter: &OrderFilter, range: &Range) -> Condition {
    let (key, id) = (range.sort.column(), order::Column::Id);
    let (below, above) =
        if range.sort.is_descending() { (range.after, range.before) } else { (range.before, range.after) };
    let (least, most) = limits(filter, range.sort);
    let place = |place: Option<Position>| place.map(|place| place.key);
    let least = least.into_iter().chain(place(above)).max();
    let most = most.into_iter().chain(place(below)).min();
    let less = |place: Position| key.lt(Value::from(place.key)).or(id.lt(place.id));
    let more = |place: Position| key.gt(Value::from(place.key)).or(id.gt(place.id));
    Condition::all()
        .add_option(least.map(|least| key.gte(Value::from(least))))
        .add_option(most.map(|most| key.lte(Value::from(most))))
        .add_option(below.map(less))
        .add_option(above.map(more))
}

/// The smallest and the largest key that the filter lets through: times of a list by time, amounts of one by amount.
fn limits(filter: &OrderFilter, sort: OrderSort) -> (Option<i64>, Option<i64>) {
    if sort.is_by_amount() {
        return (filter.amount.and_then(|amount| amount.min), filter.amount.and_then(|amount| amount.max));
    }
    let last = |until: Timestamp| until.millis().saturating_sub(1);
    (filter.placed_from.map(Timestamp::millis), filter.placed_until.map(last))
}
