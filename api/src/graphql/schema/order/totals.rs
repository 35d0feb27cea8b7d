//! A person's orders, added up. See [`crate::usecase::order::sums`].

use async_graphql::{Context, Object, SimpleObject};
use domain::AppId;
use domain::order::{Sum, Totals};

use super::{Money, OrderStatus};
use crate::graphql::service;
use crate::usecase;
use crate::usecase::order::CurrencySums;

impl From<Sum> for Money {
    fn from(sum: Sum) -> Self {
        Self { amount: sum.amount(), currency: sum.currency.code().to_owned() }
    }
}

/// The orders in one currency, added up.
#[derive(Debug)]
pub(in crate::graphql) struct OrderTotals(pub(super) CurrencySums);

/// The orders in one currency, added up. Nothing is converted.
#[Object]
impl OrderTotals {
    /// The ISO 4217 currency code: `CNY`.
    async fn currency(&self) -> &'static str {
        self.0.totals.gross.currency.code()
    }

    /// The number of orders, whatever their status.
    async fn count(&self) -> u64 {
        self.0.totals.count
    }

    /// The sum of the orders that were paid for: `PAID`, `SHIPPED`, `COMPLETED` and `REFUNDED`.
    async fn gross(&self) -> Money {
        self.0.totals.gross.into()
    }

    /// The sum of the orders that are `REFUNDED`.
    async fn refunded(&self) -> Money {
        self.0.totals.refunded.into()
    }

    /// `gross` less `refunded`.
    async fn net(&self) -> Money {
        self.0.totals.net().into()
    }

    /// The same for each app.
    async fn by_app(&self) -> Vec<OrderTotalsOfApp> {
        self.0.by_app.iter().map(|(app, totals)| OrderTotalsOfApp { app: app.clone(), totals: *totals }).collect()
    }

    /// The same for each month in which orders were placed, the latest first.
    async fn by_month(&self) -> Vec<OrderTotalsOfMonth> {
        let of_month = |(month, totals): (&domain::order::Month, &Totals)| OrderTotalsOfMonth {
            month: month.to_string(),
            count: totals.count,
            gross: totals.gross.into(),
            refunded: totals.refunded.into(),
            net: totals.net().into(),
        };
        self.0.by_month.iter().rev().map(of_month).collect()
    }

    /// The number and the sum of the orders of each status, also of those that were not paid for.
    async fn by_status(&self) -> Vec<OrderTotalsOfStatus> {
        let of_status = |(status, (count, sum)): (&domain::order::OrderStatus, &(u64, Sum))| OrderTotalsOfStatus {
            status: (*status).into(),
            count: *count,
            total: (*sum).into(),
        };
        self.0.by_status.iter().map(of_status).collect()
    }
}

/// The orders in one app and one currency, added up.
#[derive(Debug)]
pub(in crate::graphql) struct OrderTotalsOfApp {
    app: AppId,
    totals: Totals,
}

/// The orders in one app and one currency, added up.
#[Object]
impl OrderTotalsOfApp {
    /// The name of the app; the provider's app id if the app is no longer configured.
    async fn app<'a>(&'a self, ctx: &Context<'a>) -> &'a str {
        usecase::app::name_of(service(ctx), &self.app)
    }

    /// The number of orders, whatever their status.
    async fn count(&self) -> u64 {
        self.totals.count
    }

    /// The sum of the orders that were paid for.
    async fn gross(&self) -> Money {
        self.totals.gross.into()
    }

    /// What was paid back: of an order with listed refunds their sum, of another one that is `REFUNDED` its total.
    async fn refunded(&self) -> Money {
        self.totals.refunded.into()
    }

    /// `gross` less `refunded`.
    async fn net(&self) -> Money {
        self.totals.net().into()
    }
}

/// The orders of one month in one currency, added up.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct OrderTotalsOfMonth {
    /// The month in which they were placed, in Beijing time: `2026-05`.
    month: String,
    /// The number of orders, whatever their status.
    count: u64,
    /// The sum of the orders that were paid for.
    gross: Money,
    /// What was paid back: of an order with listed refunds their sum, of another one that is `REFUNDED` its total.
    refunded: Money,
    /// `gross` less `refunded`.
    net: Money,
}

/// The orders of one status in one currency, added up.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct OrderTotalsOfStatus {
    /// The status.
    status: OrderStatus,
    /// The number of orders.
    count: u64,
    /// The sum of their totals.
    total: Money,
}
