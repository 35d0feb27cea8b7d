//! Adds up a person's orders, by currency.

use std::collections::BTreeMap;

use domain::order::{Month, OrderStatus, Sum, Totals};
use domain::{AppId, Currency};
use store::order::{AmountFilter, OrderTotal};

use super::OrderQuery;
use crate::error::{ApiError, ErrorCode};
use crate::service::Service;

/// The orders of a query, added up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OrderSums {
    /// The number of orders.
    pub count: u64,
    /// By currency, in the order of the codes.
    pub currencies: Vec<CurrencySums>,
}

/// The orders in one currency, added up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CurrencySums {
    /// All of them.
    pub totals: Totals,
    /// By app.
    pub by_app: BTreeMap<AppId, Totals>,
    /// By month.
    pub by_month: BTreeMap<Month, Totals>,
    /// By status: their number, and the sum of their totals.
    pub by_status: BTreeMap<OrderStatus, (u64, Sum)>,
}

/// Adds up the orders of a query, unless it has a filter that the sums do not know. The cost grows with openIds × months, not with
/// the number of orders.
pub async fn sums(service: &Service, query: &OrderQuery) -> Result<OrderSums, ApiError> {
    let is_limited = |amount: AmountFilter| amount.min.is_some() || amount.max.is_some();
    let is_searched = query.filter.order_no.is_some() || query.filter.title.is_some();
    if is_searched || query.filter.amount.is_some_and(is_limited) {
        let detail = "`totalCount` and `totals` know no filter by `orderNo`, `title`, `amount.min` and `amount.max`";
        return Err(ApiError::detailed(ErrorCode::NoTotals, detail));
    }
    Ok(add_up(&store::order::totals(&service.store.view(), &query.links, &query.filter).await?))
}

fn add_up(rows: &[OrderTotal<'_>]) -> OrderSums {
    let mut count = 0;
    let mut currencies: BTreeMap<Currency, CurrencySums> = BTreeMap::new();
    for OrderTotal { app, month, status, count: orders, sum, beyond } in rows {
        let none = Totals::none(sum.currency);
        let sums = currencies.entry(sum.currency).or_insert_with(|| CurrencySums {
            totals: none,
            by_app: BTreeMap::new(),
            by_month: BTreeMap::new(),
            by_status: BTreeMap::new(),
        });
        let of_app = match sums.by_app.get_mut(app) {
            Some(totals) => totals,
            None => sums.by_app.entry((*app).clone()).or_insert(none),
        };
        for totals in [&mut sums.totals, of_app, sums.by_month.entry(*month).or_insert(none)] {
            totals.add(*status, *orders, (sum.minor, *beyond));
        }
        let of_status = sums.by_status.entry(*status).or_insert((0, none.gross));
        of_status.0 += orders;
        of_status.1.minor += sum.minor;
        count += orders;
    }
    OrderSums { count, currencies: currencies.into_values().collect() }
}
