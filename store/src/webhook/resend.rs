//! What an operator sends again: given-up deliveries, one event, or all events since a time.

use std::collections::BTreeSet;

use domain::{EventId, EventKind, Timestamp};
use entities::webhook_delivery::{self, State};
use entities::{event, webhook_endpoint};
use sea_orm::sea_query::IntoCondition;
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::{deliver, lock, update};
use crate::database::CHUNK;
use crate::{StoreError, Tx};

/// What is sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// What was given up. What waits for a retry is due now.
    Failed,
    /// One event, also one that the endpoint has received, or that its filter leaves out.
    Event(EventId),
    /// All events since a time that the endpoint's filter lets pass, also those that it has received.
    Since(Timestamp),
}

/// Makes deliveries due, and ends a pause of the endpoint. Returns the number of events that are sent again, or `None` if no
/// such endpoint was ever served.
pub async fn resend(
    tx: &Tx,
    (name, kinds): (&str, &BTreeSet<EventKind>),
    which: Which,
    now: Timestamp,
) -> Result<Option<u64>, StoreError> {
    if lock(tx, name).await?.is_none() {
        return Ok(None);
    }
    let change = webhook_endpoint::ActiveModel {
        failures: Set(0),
        paused_until: Set(None),
        gone_at: Set(None),
        ..Default::default()
    };
    update(tx, name, change).await?;
    let due = webhook_delivery::ActiveModel { due_at: Set(now), ..Default::default() };
    let pending = webhook_delivery::Column::State.eq(State::Pending);
    of_endpoint(name, due).filter(pending).exec(&tx.db).await?;
    match which {
        Which::Failed => again(tx, name, webhook_delivery::Column::State.eq(State::Failed).into_condition(), now).await,
        Which::Event(id) => {
            let found = event::Entity::find().filter(event::Column::Id.eq(id)).filter(event::Column::Seq.is_not_null());
            let Some(event) = found.one(&tx.db).await? else { return Ok(Some(0)) };
            deliver(tx, name, vec![event], now).await?;
            again(tx, name, webhook_delivery::Column::EventId.eq(id).into_condition(), now).await
        }
        Which::Since(since) => since_then(tx, (name, kinds), since, now).await,
    }
    .map(Some)
}

async fn since_then(
    tx: &Tx,
    (name, kinds): (&str, &BTreeSet<EventKind>),
    since: Timestamp,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let (mut count, mut after) = (0, 0);
    loop {
        let events = event::Entity::find()
            .filter(event::Column::Seq.gt(after))
            .filter(event::Column::At.gte(since))
            .filter(event::Column::Kind.is_in(kinds.iter().copied()))
            .order_by_asc(event::Column::Seq)
            .limit(CHUNK as u64)
            .all(&tx.db)
            .await?;
        let Some(last) = events.last().and_then(|event| event.seq) else { return Ok(count) };
        after = last;
        let seqs: Vec<i64> = events.iter().filter_map(|event| event.seq).collect();
        deliver(tx, name, events, now).await?;
        count += again(tx, name, Condition::all().add(webhook_delivery::Column::Seq.is_in(seqs)), now).await?;
    }
}

/// Makes these deliveries as if they were new. One that a worker is making keeps its lease.
async fn again(tx: &Tx, name: &str, which: Condition, now: Timestamp) -> Result<u64, StoreError> {
    let change = webhook_delivery::ActiveModel {
        state: Set(State::Pending),
        attempts: Set(0),
        created_at: Set(now),
        due_at: Set(now),
        settled_at: Set(None),
        ..Default::default()
    };
    Ok(of_endpoint(name, change).filter(which).exec(&tx.db).await?.rows_affected)
}

fn of_endpoint(name: &str, change: webhook_delivery::ActiveModel) -> sea_orm::UpdateMany<webhook_delivery::Entity> {
    webhook_delivery::Entity::update_many().set(change).filter(webhook_delivery::Column::Endpoint.eq(name))
}
