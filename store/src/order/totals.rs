//! The sums of orders by openId, month, status and currency. `record` keeps them in its transaction, so no query counts orders.
//! A row belongs to the openId, as the orders do: a merge, its undo and a late unionId change no row.

use std::collections::BTreeMap;

use domain::order::{Month, OrderStatus, Sum, refund_beyond_status};
use domain::{AppId, Currency, LinkId, Money, Timestamp};
use entities::{order, order_total};
use sea_orm::sea_query::{Expr, OnConflict, Query, SelectStatement};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DbBackend, EntityTrait, FromQueryResult, QueryResult,
};

use super::{Links, OrderFilter};
use crate::database::CHUNK;
use crate::{StoreError, Tx, View};

/// The orders of one app and one month that have one status and one currency, added up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrderTotal<'a> {
    /// The app.
    pub app: &'a AppId,
    /// The month in which they were placed.
    pub month: Month,
    /// Their status.
    pub status: OrderStatus,
    /// Their number, never 0.
    pub count: u64,
    /// The sum of their totals.
    pub sum: Sum,
    /// The sum of what their listed refunds differ by from what their status says is refunded, in minor units.
    pub beyond: i128,
}

/// The key of a row. Sorted, so that two batches that change the same rows queue for their locks and do not deadlock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) link: LinkId,
    pub(super) month: Month,
    pub(super) status: OrderStatus,
    pub(super) currency: Currency,
}

/// What is added to a row: a number of orders, and the two parts of both sums. Negative for what leaves it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) orders: i64,
    pub(super) billions: i64,
    pub(super) minor: i64,
    pub(super) beyond_billions: i64,
    pub(super) beyond_minor: i64,
}

/// The changes that a batch makes.
#[derive(Debug, Default)]
pub(super) struct Changes(BTreeMap<Key, Change>);

/// What decides to which row an order belongs, and what it adds to it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Counted {
    pub(super) link: LinkId,
    pub(super) placed_at: Timestamp,
    pub(super) status: OrderStatus,
    pub(super) total: Money,
    /// The sum of the listed refunds.
    pub(super) refunded: Option<i64>,
}

impl Counted {
    /// Returns how an order is counted.
    pub(super) fn of(row: &order::Model) -> Self {
        let order::Model { link_id, placed_at, status, total_minor, refunded_minor, currency, .. } = *row;
        let total = Money { minor: total_minor, currency };
        Self { link: link_id, placed_at, status, total, refunded: refunded_minor }
    }
}

impl Changes {
    /// Adds an order.
    pub(super) fn add(&mut self, order: Counted) {
        self.change(order, 1);
    }

    /// Takes an order away.
    pub(super) fn remove(&mut self, order: Counted) {
        self.change(order, -1);
    }

    fn change(&mut self, order: Counted, orders: i64) {
        let Counted { link, placed_at, status, total, refunded } = order;
        let key = Key { link, month: Month::of(placed_at), status, currency: total.currency };
        let (billions, minor) = Sum::parts(total.minor);
        let (beyond_billions, beyond_minor) = Sum::parts(refund_beyond_status(status, total.minor, refunded));
        let change = self.0.entry(key).or_default();
        change.orders += orders;
        change.billions += orders * billions;
        change.minor += orders * minor;
        change.beyond_billions += orders * beyond_billions;
        change.beyond_minor += orders * beyond_minor;
    }

    /// Writes the changes, with one statement for each 500 rows.
    pub(super) async fn write(self, tx: &Tx) -> Result<(), StoreError> {
        let changed = self.0.into_iter().filter(|(_, change)| *change != Change::default());
        write(tx, changed.collect::<Vec<_>>().as_slice()).await
    }
}

/// Adds changes, which are sorted by key, to the rows, and inserts the missing ones. The database adds, so that concurrent
/// transactions on the same row lose nothing.
pub(super) async fn write(tx: &Tx, changes: &[(Key, Change)]) -> Result<(), StoreError> {
    use order_total::Column::{
        BeyondBillions, BeyondMinor, Currency, LinkId, Month, Orders, Status, TotalBillions, TotalMinor,
    };
    // The name of what the statement would have inserted.
    let add = |name: &str| match tx.db.get_database_backend() {
        DbBackend::MySql => Expr::cust(format!("`order_totals`.`{name}` + VALUES(`{name}`)")),
        _ => Expr::cust(format!(r#""order_totals"."{name}" + "excluded"."{name}""#)),
    };
    let sum = OnConflict::columns([LinkId, Month, Status, Currency])
        .value(Orders, add("orders"))
        .value(TotalBillions, add("total_billions"))
        .value(TotalMinor, add("total_minor"))
        .value(BeyondBillions, add("beyond_billions"))
        .value(BeyondMinor, add("beyond_minor"))
        .to_owned();
    for chunk in changes.chunks(CHUNK) {
        let rows = chunk.iter().map(|(key, change)| order_total::ActiveModel {
            link_id: Set(key.link),
            month: Set(key.month),
            status: Set(key.status),
            currency: Set(key.currency),
            orders: Set(change.orders),
            total_billions: Set(change.billions),
            total_minor: Set(change.minor),
            beyond_billions: Set(change.beyond_billions),
            beyond_minor: Set(change.beyond_minor),
        });
        order_total::Entity::insert_many(rows).on_conflict(sum.clone()).exec_without_returning(&tx.db).await?;
    }
    Ok(())
}

/// A row, or what a statement makes of orders.
#[derive(Debug, FromQueryResult)]
pub(super) struct Row {
    link_id: LinkId,
    month: Month,
    status: OrderStatus,
    currency: Currency,
    orders: i64,
    total_billions: i64,
    total_minor: i64,
    beyond_billions: i64,
    beyond_minor: i64,
}

impl Row {
    pub(super) fn read(row: &QueryResult) -> Result<(Key, Change), StoreError> {
        let row = Self::from_query_result(row, "")?;
        let key = Key { link: row.link_id, month: row.month, status: row.status, currency: row.currency };
        let change = Change {
            orders: row.orders,
            billions: row.total_billions,
            minor: row.total_minor,
            beyond_billions: row.beyond_billions,
            beyond_minor: row.beyond_minor,
        };
        Ok((key, change))
    }
}

/// The columns of [`Row`].
const COLUMNS: [order_total::Column; 9] = {
    use order_total::Column::{
        BeyondBillions, BeyondMinor, Currency, LinkId, Month, Orders, Status, TotalBillions, TotalMinor,
    };
    [LinkId, Month, Status, Currency, Orders, TotalBillions, TotalMinor, BeyondBillions, BeyondMinor]
};

/// [`refund_beyond_status`] of a row of `orders`.
pub(super) const BEYOND: &str = "(CASE WHEN refunded_minor IS NULL THEN 0 WHEN status = 'REFUNDED' THEN refunded_minor - total_minor ELSE refunded_minor END)";

/// Adds up the orders that match the filter, which has no limits of amounts and no order number. Whole months are read from the
/// sums; of a month that the filter cuts in two, the orders of its part are read. The cost grows with openIds × months.
pub async fn totals<'a>(
    view: &View<'_>,
    links: &'a Links,
    filter: &OrderFilter,
) -> Result<Vec<OrderTotal<'a>>, StoreError> {
    let mut totals = Vec::new();
    let wanted: Vec<LinkId> = links.of_apps(filter).into_iter().map(|(link, _)| link).collect();
    for query in select(&wanted, filter, view.db.get_database_backend(), view.db.most_united()) {
        for row in view.db.query_all(&query).await? {
            let (Key { link, month, status, currency }, change) = Row::read(&row)?;
            let orders = change.orders;
            let (app, _) = links.find(link)?;
            let count = u64::try_from(orders)
                .map_err(|_| StoreError::corrupt("order_totals", format!("{link} has {orders} orders in {month}")))?;
            if count > 0 {
                let sum = Sum::from_parts((change.billions, change.minor), currency);
                let beyond = Sum::from_parts((change.beyond_billions, change.beyond_minor), currency).minor;
                totals.push(OrderTotal { app, month, status, count, sum, beyond });
            }
        }
    }
    Ok(totals)
}

/// Counts the orders that match the filter, at the cost of [`totals`].
pub async fn count(view: &View<'_>, links: &Links, filter: &OrderFilter) -> Result<u64, StoreError> {
    Ok(totals(view, links, filter).await?.iter().map(|total| total.count).sum())
}

/// Selects the rows of the whole months, and adds up the orders of the others: as a rule in one statement.
pub(super) fn select(
    links: &[LinkId],
    filter: &OrderFilter,
    backend: DbBackend,
    most_united: usize,
) -> Vec<SelectStatement> {
    if links.is_empty() {
        return Vec::new();
    }
    let times = Times::of(filter);
    let edges = links.iter().flat_map(|link| times.edges.iter().map(|edge| (*link, *edge)));
    let edges = edges.map(|(link, edge)| select_edge((link, edge), filter, backend));
    super::page::unite(std::iter::once(select_months(links, filter, &times)).chain(edges), most_united)
}

fn select_months(links: &[LinkId], filter: &OrderFilter, times: &Times) -> SelectStatement {
    use order_total::Column::{Currency, LinkId, Month, Status};
    let filtered = Condition::all()
        .add(LinkId.is_in(links.iter().copied()))
        .add_option(filter.statuses.as_ref().map(|statuses| Status.is_in(statuses.iter().copied())))
        .add_option(filter.amount.map(|amount| Currency.eq(amount.currency)))
        .add_option(times.from.map(|from| Month.gte(from)))
        .add_option(times.until.map(|until| Month.lt(until)));
    Query::select()
        .columns(COLUMNS.map(|column| column.as_column_ref()))
        .from(order_total::Entity)
        .cond_where(filtered)
        .take()
}

fn select_edge((link, edge): (LinkId, Edge), filter: &OrderFilter, backend: DbBackend) -> SelectStatement {
    use order::Column::{Currency, LinkId, PlacedAt, Status, TotalMinor};
    let (div, integer) = match backend {
        DbBackend::MySql => ("DIV", "SIGNED"),
        DbBackend::Postgres => ("/", "BIGINT"),
        _ => ("/", "INTEGER"),
    };
    // The sums of PostgreSQL and MariaDB are decimal numbers.
    let sum = |of: &str, parts: &str| Expr::cust(format!("CAST(SUM({of} {parts} 1000000000) AS {integer})"));
    let filtered = Condition::all()
        .add(LinkId.eq(link))
        .add(PlacedAt.gte(edge.from))
        .add(PlacedAt.lt(edge.until))
        .add_option(filter.amount.map(|amount| Currency.eq(amount.currency)))
        .add_option(filter.statuses.as_ref().map(|statuses| Status.is_in(statuses.iter().copied())));
    Query::select()
        .column(LinkId.as_column_ref())
        .expr_as(Expr::val(edge.month), "month")
        .columns([Status.as_column_ref(), Currency.as_column_ref()])
        .expr_as(TotalMinor.count(), "orders")
        .expr_as(sum("total_minor", div), "total_billions")
        .expr_as(sum("total_minor", "%"), "total_minor")
        .expr_as(sum(BEYOND, div), "beyond_billions")
        .expr_as(sum(BEYOND, "%"), "beyond_minor")
        .from(order::Entity)
        .cond_where(filtered)
        .group_by_columns([LinkId.as_column_ref(), Status.as_column_ref(), Currency.as_column_ref()])
        .take()
}

/// The times of a filter: whole months, and the parts of at most two others.
#[derive(Debug, PartialEq, Eq)]
struct Times {
    /// The first whole month, if there is a limit.
    from: Option<Month>,
    /// The first month that is not whole any more.
    until: Option<Month>,
    edges: Vec<Edge>,
}

/// A part of a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Edge {
    month: Month,
    from: Timestamp,
    until: Timestamp,
}

impl Times {
    fn of(filter: &OrderFilter) -> Self {
        let (from, until) = (filter.placed_from, filter.placed_until);
        let mut times = Self { from: from.map(Month::of), until: until.map(Month::of), edges: Vec::new() };
        if let Some(from) = from {
            let month = Month::of(from);
            if month.begin() < from {
                let end = month.next().begin();
                times.edges.push(Edge { month, from, until: until.map_or(end, |until| until.min(end)) });
                times.from = Some(month.next());
            }
        }
        if let Some(until) = until {
            let month = Month::of(until);
            // Not if the first edge is of the same month and goes as far.
            let from = from.map_or(month.begin(), |from| from.max(month.begin()));
            if month.begin() < until && !times.edges.iter().any(|edge| edge.month == month) {
                times.edges.push(Edge { month, from, until });
            }
        }
        times.edges.retain(|edge| edge.from < edge.until);
        times
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert_eq, proptest};

    use super::*;

    proptest! {
        /// About three years around 2026.
        #[test]
        fn whole_months_and_their_edges_are_the_times_of_the_filter(
            from: Option<u16>, until: Option<u16>, at in -100_000_i64..200_000, is_at_a_beginning: [bool; 2],
        ) {
            let hour = |hours: i64| Timestamp::from_millis(1_760_000_000_000 + hours * 1_800_000);
            let limit = |hours: Option<u16>, is_at_a_beginning: bool| {
                let time = hours.map(|hours| hour(hours.into()));
                time.map(|time| if is_at_a_beginning { Month::of(time).begin() } else { time })
            };
            let (placed_from, placed_until) = (limit(from, is_at_a_beginning[0]), limit(until, is_at_a_beginning[1]));
            let time = hour(at);
            let times = Times::of(&OrderFilter { placed_from, placed_until, ..OrderFilter::default() });

            let expected = placed_from.is_none_or(|from| from <= time) && placed_until.is_none_or(|until| time < until);
            let month = Month::of(time);
            let whole = times.from.is_none_or(|from| from <= month) && times.until.is_none_or(|until| month < until);
            let edges = times.edges.iter().filter(|edge| edge.from <= time && time < edge.until);
            let edges = edges.inspect(|edge| assert_eq!(edge.month, month)).count();
            prop_assert_eq!(usize::from(whole) + edges, usize::from(expected));
        }
    }
}
