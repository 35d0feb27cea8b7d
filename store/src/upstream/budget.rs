//! The number of requests that each app may send to its upstream per minute, counted across all replicas. The caller
//! classifies the requests and sets the budget.

use domain::{AppId, Timestamp};
use entities::upstream_budget::{self as budget, Column};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::{StoreError, Tx, View};

const MINUTE: i64 = 60_000;

/// The budget of an app.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UpstreamBudget {
    /// The maximum number of exchanges per minute.
    pub exchanges: u32,
    /// How many of them are available to strangers.
    pub of_strangers: u32,
}

/// The origin of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asker {
    /// The login demonstrably began here, or the request comes from an address from which others have signed in.
    Known,
    /// The request brings a code, and nothing else is known about it.
    Stranger,
}

/// Takes one exchange from an app's budget for this minute. Returns false if none is left for this kind of request.
///
/// Usually one statement. The row stays locked until the end of the transaction, so call this last.
pub async fn spend_exchange(
    tx: &Tx,
    app: &AppId,
    (limit, asker): (UpstreamBudget, Asker),
    now: Timestamp,
) -> Result<bool, StoreError> {
    spend(tx, app.as_str(), (limit, asker), now).await
}

/// Takes one call about followers from an app's budget for this minute, which is apart from that of logins. Returns false if none
/// is left.
pub async fn spend_follower_call(tx: &Tx, app: &AppId, per_minute: u32, now: Timestamp) -> Result<bool, StoreError> {
    let limit = UpstreamBudget { exchanges: per_minute, of_strangers: 0 };
    spend(tx, &of_followers(app), (limit, Asker::Known), now).await
}

/// What an app has used of its budgets in a minute.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SpentBudget {
    /// Exchanges of codes.
    pub exchanges: u32,
    /// How many of them were those of strangers.
    pub of_strangers: u32,
    /// Calls about followers.
    pub follower_calls: u32,
}

/// Returns what the apps have used of their budgets in the minute of `now`, across all replicas, in the order of the apps.
pub async fn spent_budgets(view: &View<'_>, apps: &[AppId], now: Timestamp) -> Result<Vec<SpentBudget>, StoreError> {
    let names = apps.iter().flat_map(|app| [app.to_string(), of_followers(app)]);
    let minute = now.millis() / MINUTE;
    let rows = budget::Entity::find().filter(Column::App.is_in(names)).filter(Column::Minute.gte(minute));
    let rows = rows.all(&view.db).await?;
    let of = |name: &str| rows.iter().find(|row| row.app == name);
    let count = |count: Option<i32>| count.and_then(|count| u32::try_from(count).ok()).unwrap_or_default();
    let spent = |app: &AppId| SpentBudget {
        exchanges: count(of(app.as_str()).map(|row| row.exchanges)),
        of_strangers: count(of(app.as_str()).map(|row| row.of_strangers)),
        follower_calls: count(of(&of_followers(app)).map(|row| row.exchanges)),
    };
    Ok(apps.iter().map(spent).collect())
}

/// The name of the row that counts an app's calls about followers.
fn of_followers(app: &AppId) -> String {
    format!("{app} followers")
}

async fn spend(
    tx: &Tx,
    app: &str,
    (limit, asker): (UpstreamBudget, Asker),
    now: Timestamp,
) -> Result<bool, StoreError> {
    let minute = now.millis() / MINUTE;
    if count_exchange(tx, app, (limit, asker), minute).await? || begin_minute(tx, app, asker, minute).await? {
        return Ok(true);
    }
    let known = budget::Entity::find_by_id(app).one(&tx.db).await?;
    if known.is_none() {
        // Of several concurrent first requests one wins; the others see a conflict.
        let of_strangers = of_strangers(asker);
        tx.insert(budget::Model { app: app.to_owned(), minute, exchanges: 1, of_strangers }).await?;
        return Ok(true);
    }
    // A concurrent request may have begun the minute.
    count_exchange(tx, app, (limit, asker), minute).await
}

async fn count_exchange(
    tx: &Tx,
    app: &str,
    (limit, asker): (UpstreamBudget, Asker),
    minute: i64,
) -> Result<bool, StoreError> {
    let count = budget::Entity::update_many()
        .col_expr(Column::Exchanges, Expr::col(Column::Exchanges).add(1))
        .col_expr(Column::OfStrangers, Expr::col(Column::OfStrangers).add(of_strangers(asker)))
        .filter(Column::App.eq(app))
        // A replica whose clock is behind counts in the minute that another one has begun.
        .filter(Column::Minute.gte(minute))
        .filter(Column::Exchanges.lt(limit.exchanges));
    let count = match asker {
        Asker::Known => count,
        Asker::Stranger => count.filter(Column::OfStrangers.lt(limit.of_strangers)),
    };
    tx.changes(count).await
}

/// Counts the first exchange of a minute.
async fn begin_minute(tx: &Tx, app: &str, asker: Asker, minute: i64) -> Result<bool, StoreError> {
    let begin = budget::Entity::update_many()
        .col_expr(Column::Minute, minute.into())
        .col_expr(Column::Exchanges, 1.into())
        .col_expr(Column::OfStrangers, of_strangers(asker).into())
        .filter(Column::App.eq(app))
        .filter(Column::Minute.lt(minute));
    Ok(begin.exec(&tx.db).await?.rows_affected > 0)
}

const fn of_strangers(asker: Asker) -> i32 {
    match asker {
        Asker::Known => 0,
        Asker::Stranger => 1,
    }
}
