//! What each app may ask of its upstream within a minute, counted across all replicas.
//! Who is a stranger, and how much there is, is decided in `api`.

use domain::{AppId, Timestamp};
use entities::upstream_budget::{self as budget, Column};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::{StoreError, Tx};

const MINUTE: i64 = 60_000;

/// What an app may ask of its upstream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UpstreamBudget {
    /// Exchanges a minute.
    pub exchanges: u32,
    /// How many of them strangers may have.
    pub of_strangers: u32,
}

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asker {
    /// It has shown to have begun here, or comes from where others have signed in.
    Known,
    /// It brings a code, and nothing else is known.
    Stranger,
}

/// Takes one exchange out of what an app has this minute; false when there is none left for such an asker.
///
/// One statement as a rule. From here to the end of the transaction nobody else can take one for this app: so this comes
/// last.
pub async fn spend_exchange(
    tx: &Tx,
    app: &AppId,
    (limit, asker): (UpstreamBudget, Asker),
    now: Timestamp,
) -> Result<bool, StoreError> {
    let minute = now.millis() / MINUTE;
    if count_exchange(tx, app, (limit, asker), minute).await? || begin_minute(tx, app, asker, minute).await? {
        return Ok(true);
    }
    let known = budget::Entity::find_by_id(app.as_str()).one(&tx.db).await?;
    if known.is_none() {
        // Of several that are the first of all, one wins; for the others it is a lost race.
        let of_strangers = of_strangers(asker);
        tx.insert(budget::Model { app: app.as_str().to_owned(), minute, exchanges: 1, of_strangers }).await?;
        return Ok(true);
    }
    // Another may have begun the minute since.
    count_exchange(tx, app, (limit, asker), minute).await
}

async fn count_exchange(
    tx: &Tx,
    app: &AppId,
    (limit, asker): (UpstreamBudget, Asker),
    minute: i64,
) -> Result<bool, StoreError> {
    let count = budget::Entity::update_many()
        .col_expr(Column::Exchanges, Expr::col(Column::Exchanges).add(1))
        .col_expr(Column::OfStrangers, Expr::col(Column::OfStrangers).add(of_strangers(asker)))
        .filter(Column::App.eq(app.as_str()))
        // A clock that is behind counts in the minute that another has begun.
        .filter(Column::Minute.gte(minute))
        .filter(Column::Exchanges.lt(limit.exchanges));
    let count = match asker {
        Asker::Known => count,
        Asker::Stranger => count.filter(Column::OfStrangers.lt(limit.of_strangers)),
    };
    Ok(count.exec(&tx.db).await?.rows_affected > 0)
}

/// Counts the first exchange of a minute.
async fn begin_minute(tx: &Tx, app: &AppId, asker: Asker, minute: i64) -> Result<bool, StoreError> {
    let begin = budget::Entity::update_many()
        .col_expr(Column::Minute, minute.into())
        .col_expr(Column::Exchanges, 1.into())
        .col_expr(Column::OfStrangers, of_strangers(asker).into())
        .filter(Column::App.eq(app.as_str()))
        .filter(Column::Minute.lt(minute));
    Ok(begin.exec(&tx.db).await?.rows_affected > 0)
}

const fn of_strangers(asker: Asker) -> i32 {
    match asker {
        Asker::Known => 0,
        Asker::Stranger => 1,
    }
}
