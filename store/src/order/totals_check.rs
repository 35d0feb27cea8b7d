//! Compares the sums of orders with the orders, and corrects them. An older version of the service, which did not keep them, may
//! have run beside the present one during an upgrade.

use std::sync::Arc;

use domain::LinkId;
use domain::order::{Month, OrderStatus, Sum};
use entities::open_id;
use sea_orm::{ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Statement};
use uuid::Uuid;

use super::totals::{BEYOND, Change, Key, Row, write};
use crate::{Store, StoreError, Tx, View};

/// How many openIds one statement reads with all their orders.
const BATCH: u64 = 100;

/// A row of the sums that does not equal its orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Difference {
    /// The openId.
    pub link: LinkId,
    /// The month in which the orders were placed.
    pub month: Month,
    /// The status of the orders.
    pub status: OrderStatus,
    /// How many orders the sums lack; negative if they have too many.
    pub orders: i64,
    /// What the sum lacks; negative if it is too large.
    pub sum: Sum,
    /// What the sum of refunds lacks, in minor units; negative if it is too large.
    pub refunds: i128,
}

impl Store {
    /// Compares the sums of all openIds with their orders, calls `found` for each difference, and returns how many openIds there
    /// are. Corrects the differences if it is told to, in a transaction for each hundred openIds. The service may run meanwhile.
    pub async fn check_totals(&self, correct: bool, mut found: impl FnMut(Difference)) -> Result<u64, StoreError> {
        let (mut count, mut after) = (0, LinkId::from_uuid(Uuid::nil()));
        loop {
            let view = self.view();
            let ids: Vec<LinkId> = open_id::Entity::find()
                .select_only()
                .column(open_id::Column::Id)
                .filter(open_id::Column::Id.gt(after))
                .order_by_asc(open_id::Column::Id)
                .limit(BATCH)
                .into_tuple()
                .all(&view.db)
                .await?;
            let Some(last) = ids.last().copied() else { return Ok(count) };
            count += ids.len() as u64;
            let mut differences = differences(&view, after, last).await?;
            if correct && !differences.is_empty() {
                let correct = |tx: Arc<Tx>| async move { correct_range(&tx, after, last).await };
                differences = self.write("correct_order_totals", correct).await?;
            }
            differences.into_iter().map(difference).for_each(&mut found);
            after = last;
        }
    }
}

/// Corrects the sums of a range of openIds. The difference is added, not written over: an order that is recorded meanwhile
/// changes the orders and the sums alike, so what the sums lack stays the same.
async fn correct_range(tx: &Tx, after: LinkId, last: LinkId) -> Result<Vec<(Key, Change)>, StoreError> {
    // Of two corrections at once, the second one waits here and then finds no difference.
    let range = open_id::Entity::find().filter(open_id::Column::Id.gt(after)).filter(open_id::Column::Id.lte(last));
    tx.locking(range.order_by_asc(open_id::Column::Id)).all(&tx.db).await?;
    let mut differences = differences(&tx.look(), after, last).await?;
    differences.sort_unstable_by_key(|(key, _)| *key);
    write(tx, &differences).await?;
    Ok(differences)
}

fn difference((key, change): (Key, Change)) -> Difference {
    let Key { link, month, status, currency } = key;
    let sum = Sum::from_parts((change.billions, change.minor), currency);
    let refunds = Sum::from_parts((change.beyond_billions, change.beyond_minor), currency).minor;
    Difference { link, month, status, orders: change.orders, sum, refunds }
}

/// Returns the orders less the sums, of the openIds in a range of ids. One statement sees one state of both.
async fn differences(view: &View<'_>, after: LinkId, last: LinkId) -> Result<Vec<(Key, Change)>, StoreError> {
    let backend = view.db.get_database_backend();
    let limits = [after, last, after, last].map(|link| link.uuid().into());
    let statement = Statement::from_sql_and_values(backend, sql(backend), limits);
    view.db.query_all_raw(statement).await?.iter().map(Row::read).collect()
}

/// Computes [`Month::of`] in SQL: see there for the calendar. 62,162,064,000,000 milliseconds lie between 0000-03-01 in Beijing and
/// 1970 in UTC.
fn sql(backend: DbBackend) -> String {
    let (div, integer, wide) = match backend {
        DbBackend::MySql => ("DIV", "SIGNED", "SIGNED"),
        DbBackend::Postgres => ("/", "INTEGER", "BIGINT"),
        _ => ("/", "INTEGER", "INTEGER"),
    };
    let places = if backend == DbBackend::Postgres { ["$1", "$2", "$3", "$4"] } else { ["?"; 4] };
    let range = |[after, last]: [&str; 2]| format!("link_id > {after} AND link_id <= {last}");
    let (of_orders, of_totals) = (range([places[0], places[1]]), range([places[2], places[3]]));
    let kept = "link_id, status, currency, total_minor, beyond";
    let raw = format!("link_id, status, currency, total_minor, {BEYOND} AS beyond");
    let days =
        format!("SELECT {raw}, (placed_at + 62162064000000) {div} 86400000 AS days FROM orders WHERE {of_orders}");
    let eras = format!("SELECT {kept}, days {div} 146097 AS era, days % 146097 AS day FROM ({days}) a");
    let years = format!(
        "SELECT {kept}, era, day, (day - day {div} 1460 + day {div} 36524 - day {div} 146096) {div} 365 AS y FROM ({eras}) b"
    );
    let of_year =
        format!("SELECT {kept}, era * 400 + y AS y, day - (365 * y + y {div} 4 - y {div} 100) AS day FROM ({years}) c");
    let months = format!("SELECT {kept}, y * 12 + (5 * day + 2) {div} 153 + 2 AS m FROM ({of_year}) d");
    let counted = format!(
        "SELECT link_id, m {div} 12 * 100 + m % 12 + 1 AS m, status, currency, 1 AS n, \
         total_minor {div} 1000000000 AS billions, total_minor % 1000000000 AS rest, \
         beyond {div} 1000000000 AS beyond_billions, beyond % 1000000000 AS beyond_rest FROM ({months}) e"
    );
    let kept_sums = format!(
        "SELECT link_id, month, status, currency, -orders, -total_billions, -total_minor, -beyond_billions, -beyond_minor \
         FROM order_totals WHERE {of_totals}"
    );
    format!(
        "SELECT link_id, CAST(m AS {integer}) AS month, status, currency, CAST(SUM(n) AS {wide}) AS orders, \
         CAST(SUM(billions) AS {wide}) AS total_billions, CAST(SUM(rest) AS {wide}) AS total_minor, \
         CAST(SUM(beyond_billions) AS {wide}) AS beyond_billions, CAST(SUM(beyond_rest) AS {wide}) AS beyond_minor \
         FROM ({counted} UNION ALL {kept_sums}) f GROUP BY link_id, m, status, currency \
         HAVING SUM(n) <> 0 OR SUM(billions) <> 0 OR SUM(rest) <> 0 \
         OR SUM(beyond_billions) <> 0 OR SUM(beyond_rest) <> 0"
    )
}
