//! Claims deliveries under a lease, and settles them. A delivery waits for the earlier ones of its lanes; a worker that stops
//! before it has settled a delivery leaves it to another one when the lease ends.

use std::cmp::min;
use std::collections::HashMap;

use chrono::TimeDelta;
use domain::Timestamp;
use entities::webhook_delivery::{self, State};
use entities::{event, webhook_endpoint};
use sea_orm::sea_query::{Condition, Expr, ExprTrait, Order, Query, SelectStatement};
use sea_orm::{
    ActiveEnum, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, Iterable, QueryFilter,
    QuerySelect,
};
use uuid::Uuid;

use super::{lock, update};
use crate::event::{Event, read_event};
use crate::{StoreError, Tx, View};

/// The number of failures in a row after which an endpoint counts as down: then one attempt at a time is made, with pauses.
pub const DOWN_AFTER: i32 = 5;
/// The pause after the first failure of an endpoint that is down. It doubles with each, up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: TimeDelta = TimeDelta::seconds(10);
const LONGEST_PAUSE: TimeDelta = TimeDelta::minutes(5);

/// A delivery that this worker makes before its lease ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    /// The event.
    pub event: Event,
    /// The number of attempts, with this one.
    pub attempts: u32,
    /// When the delivery was made, or an operator asked for it again.
    pub created_at: Timestamp,
    id: Uuid,
    /// Whether earlier attempts at the endpoint have failed.
    was_failing: bool,
}

/// The result of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The endpoint has received the event.
    Received,
    /// The attempt failed and is repeated.
    Retry {
        /// When the next attempt is due.
        at: Timestamp,
        /// The error.
        error: String,
    },
    /// The attempt failed and is not repeated.
    Failed {
        /// The error.
        error: String,
    },
    /// The endpoint says that it is gone. Nothing more is sent to it until an operator asks for it.
    Gone {
        /// The error.
        error: String,
    },
}

/// Returns whether the endpoint has a delivery that is due, in order or not.
pub async fn has_due(view: &View<'_>, name: &str, now: Timestamp) -> Result<bool, StoreError> {
    let due = webhook_delivery::Entity::find()
        .select_only()
        .column(webhook_delivery::Column::Seq)
        .filter(is_due(name, now))
        .limit(1);
    let found: Option<i64> = due.into_tuple().one(&view.db).await?;
    Ok(found.is_some())
}

/// Claims deliveries of an endpoint that are due and first in their lanes. Each is claimed by exactly one worker.
pub async fn claim(
    tx: &Tx,
    (name, limit): (&str, u64),
    (now, lease_ends): (Timestamp, Timestamp),
) -> Result<Vec<Claimed>, StoreError> {
    let Some(endpoint) = webhook_endpoint::Entity::find_by_id(name).one(&tx.db).await? else { return Ok(Vec::new()) };
    if endpoint.gone_at.is_some() || endpoint.paused_until.is_some_and(|until| now < until) {
        return Ok(Vec::new());
    }
    let is_down = endpoint.failures >= DOWN_AFTER;
    let rows = tx.db.query_all(&first_in_lanes(name, now, if is_down { 1 } else { limit })).await?;
    let mut claimed = Vec::with_capacity(rows.len());
    for row in rows {
        let row = webhook_delivery::Model::from_query_result(&row, "")?;
        let lease = webhook_delivery::ActiveModel {
            lease_until: Set(Some(lease_ends)),
            attempts: Set(row.attempts + 1),
            ..Default::default()
        };
        let mine = webhook_delivery::Entity::update_many()
            .set(lease)
            .filter(is_still(row.id, row.attempts))
            .filter(is_free(now))
            .exec(&tx.db)
            .await?;
        if mine.rows_affected > 0 {
            claimed.push(row);
        }
    }
    if is_down && !claimed.is_empty() && !probes(tx, &endpoint, lease_ends).await? {
        // Another replica makes the attempt.
        return Err(StoreError::changed("webhook_endpoints"));
    }
    with_events(tx, claimed, endpoint.failures > 0).await
}

/// Reserves the one attempt at an endpoint that is down. Returns whether no other worker has it.
async fn probes(tx: &Tx, endpoint: &webhook_endpoint::Model, until: Timestamp) -> Result<bool, StoreError> {
    use webhook_endpoint::Column::{Name, PausedUntil};
    let pause = webhook_endpoint::ActiveModel { paused_until: Set(Some(until)), ..Default::default() };
    let seen = endpoint.paused_until.map_or_else(|| PausedUntil.is_null(), |at| PausedUntil.eq(at));
    let reserve =
        webhook_endpoint::Entity::update_many().set(pause).filter(Name.eq(endpoint.name.as_str())).filter(seen);
    Ok(reserve.exec(&tx.db).await?.rows_affected > 0)
}

async fn with_events(
    tx: &Tx,
    rows: Vec<webhook_delivery::Model>,
    was_failing: bool,
) -> Result<Vec<Claimed>, StoreError> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let seqs = rows.iter().map(|row| row.seq);
    let events = event::Entity::find().filter(event::Column::Seq.is_in(seqs)).all(&tx.db).await?;
    let mut events: HashMap<i64, Event> =
        events.into_iter().map(|row| read_event(row).map(|event| (event.seq, event))).collect::<Result<_, _>>()?;
    // An event without a row was erased, and its delivery with it.
    let claimed = rows.into_iter().filter_map(|row| {
        Some(Claimed {
            event: events.remove(&row.seq)?,
            attempts: u32::try_from(row.attempts + 1).unwrap_or_default(),
            created_at: row.created_at,
            id: row.id,
            was_failing,
        })
    });
    Ok(claimed.collect())
}

/// Selects deliveries that are due and for whose lanes no earlier one is pending, also one that another worker is making.
fn first_in_lanes(name: &str, now: Timestamp, limit: u64) -> SelectStatement {
    let pending = || State::Pending.to_value();
    let earlier = |of_earlier: &'static str, of_this: &'static str| {
        let select = Query::select()
            .expr(Expr::val(1))
            .from_as(webhook_delivery::Entity, "e")
            .and_where(Expr::col(("e", of_earlier)).equals(("d", of_this)))
            .and_where(Expr::col(("e", "endpoint")).eq(name))
            .and_where(Expr::col(("e", "state")).eq(pending()))
            .and_where(Expr::col(("e", "seq")).lt(Expr::col(("d", "seq"))))
            .take();
        Expr::exists(select).not()
    };
    let lease = || Expr::col(("d", "lease_until"));
    let mut select = Query::select();
    for column in webhook_delivery::Column::iter() {
        select.column(("d", column));
    }
    select
        .from_as(webhook_delivery::Entity, "d")
        .and_where(Expr::col(("d", "endpoint")).eq(name))
        .and_where(Expr::col(("d", "state")).eq(pending()))
        .and_where(Expr::col(("d", "due_at")).lte(now))
        .cond_where(Condition::any().add(lease().is_null()).add(lease().lte(now)));
    for (of_earlier, of_this) in
        [("lane", "lane"), ("lane", "other_lane"), ("other_lane", "lane"), ("other_lane", "other_lane")]
    {
        select.and_where(earlier(of_earlier, of_this));
    }
    select
        .order_by(("d", webhook_delivery::Column::DueAt), Order::Asc)
        .order_by(("d", webhook_delivery::Column::Seq), Order::Asc)
        .limit(limit)
        .take()
}

/// Settles a claimed delivery. Returns false if another worker has claimed it since.
pub async fn settle(
    tx: &Tx,
    name: &str,
    (claimed, outcome): (&Claimed, &Outcome),
    now: Timestamp,
) -> Result<bool, StoreError> {
    let mut change = webhook_delivery::ActiveModel { lease_until: Set(None), ..Default::default() };
    match outcome {
        Outcome::Received => {
            change.state = Set(State::Sent);
            change.settled_at = Set(Some(now));
            change.last_error = Set(None);
        }
        Outcome::Retry { at, error } => {
            change.due_at = Set(*at);
            change.last_error = Set(Some(error.clone()));
        }
        Outcome::Failed { error } => {
            change.state = Set(State::Failed);
            change.settled_at = Set(Some(now));
            change.last_error = Set(Some(error.clone()));
        }
        Outcome::Gone { error } => change.last_error = Set(Some(error.clone())),
    }
    let attempts = i32::try_from(claimed.attempts).unwrap_or(i32::MAX);
    let settle = webhook_delivery::Entity::update_many().set(change).filter(is_still(claimed.id, attempts));
    let is_mine = settle.exec(&tx.db).await?.rows_affected > 0;
    match outcome {
        Outcome::Received if claimed.was_failing => recovered(tx, name, now).await?,
        Outcome::Received => {}
        Outcome::Retry { error, .. } | Outcome::Failed { error } => failed(tx, (name, error), false, now).await?,
        Outcome::Gone { error } => failed(tx, (name, error), true, now).await?,
    }
    Ok(is_mine)
}

/// Counts a failure of the endpoint.
async fn failed(tx: &Tx, (name, error): (&str, &str), is_gone: bool, now: Timestamp) -> Result<(), StoreError> {
    let Some(endpoint) = lock(tx, name).await? else { return Ok(()) };
    let failures = endpoint.failures.saturating_add(1);
    let beyond = u32::try_from(failures - DOWN_AFTER).ok();
    let pause = beyond.map(|beyond| min(FIRST_PAUSE * 2_i32.pow(min(beyond, 10)), LONGEST_PAUSE));
    let change = webhook_endpoint::ActiveModel {
        failures: Set(failures),
        paused_until: Set(pause.map(|pause| now.plus(pause))),
        gone_at: Set(if is_gone { Some(now) } else { endpoint.gone_at }),
        last_error: Set(Some(error.to_owned())),
        failed_at: Set(Some(now)),
        ..Default::default()
    };
    update(tx, name, change).await
}

/// Ends the pause of an endpoint that answers again. If it was down, what has waited for a retry is due now.
async fn recovered(tx: &Tx, name: &str, now: Timestamp) -> Result<(), StoreError> {
    let Some(endpoint) = lock(tx, name).await? else { return Ok(()) };
    let up = webhook_endpoint::ActiveModel { failures: Set(0), paused_until: Set(None), ..Default::default() };
    update(tx, name, up).await?;
    if endpoint.failures < DOWN_AFTER {
        return Ok(());
    }
    let due = webhook_delivery::ActiveModel { due_at: Set(now), ..Default::default() };
    let waiting = webhook_delivery::Entity::update_many()
        .set(due)
        .filter(webhook_delivery::Column::Endpoint.eq(name))
        .filter(webhook_delivery::Column::State.eq(State::Pending))
        .filter(webhook_delivery::Column::DueAt.gt(now));
    waiting.exec(&tx.db).await?;
    Ok(())
}

fn is_due(name: &str, now: Timestamp) -> Condition {
    use webhook_delivery::Column::{DueAt, Endpoint};
    let pending = webhook_delivery::Column::State.eq(State::Pending);
    Condition::all().add(Endpoint.eq(name)).add(pending).add(DueAt.lte(now)).add(is_free(now))
}

/// Matches a delivery that no worker is making.
fn is_free(now: Timestamp) -> Condition {
    use webhook_delivery::Column::LeaseUntil;
    Condition::any().add(LeaseUntil.is_null()).add(LeaseUntil.lte(now))
}

/// Matches the delivery if no other worker has claimed it since.
fn is_still(id: Uuid, attempts: i32) -> Condition {
    use webhook_delivery::Column::{Attempts, Id};
    let pending = webhook_delivery::Column::State.eq(State::Pending);
    Condition::all().add(Id.eq(id)).add(Attempts.eq(attempts)).add(pending)
}
