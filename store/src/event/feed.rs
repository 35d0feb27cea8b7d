//! The order of events, and the feed. Events of concurrent transactions become visible in any order, so each gets its number
//! only after its commit, from one transaction at a time (ADR 0067): a reader that has seen a number never misses a smaller one.

use domain::{EventId, EventKind, Timestamp};
use entities::{event, event_mark, webhook_delivery};
use sea_orm::sea_query::{CaseStatement, Expr};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::Value;

use crate::database::CHUNK;
use crate::{StoreError, Tx, View};

const HEAD: &str = "head";
const PURGED: &str = "purged";

/// An event of the feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The place in the feed, from 1.
    pub seq: i64,
    /// The id.
    pub id: EventId,
    /// The kind.
    pub kind: EventKind,
    /// When it happened.
    pub at: Timestamp,
    /// The event's own fields. Contains no secrets, and phone numbers only masked.
    pub data: Value,
}

/// The ends of the feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Marks {
    /// The last number that was assigned.
    pub head: i64,
    /// The last number that was deleted. Smaller ones may be missing.
    pub purged: i64,
}

/// What a purge has deleted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Purged {
    /// The number of events.
    pub events: usize,
    /// The number of deliveries among them that were neither received nor given up.
    pub undelivered: u64,
}

/// Returns the events after a place, oldest first.
pub async fn page(view: &View<'_>, after: i64, limit: u64) -> Result<Vec<Event>, StoreError> {
    let events =
        event::Entity::find().filter(event::Column::Seq.gt(after)).order_by_asc(event::Column::Seq).limit(limit);
    events.all(&view.db).await?.into_iter().map(read_event).collect()
}

/// Returns the ends of the feed.
pub async fn marks(view: &View<'_>) -> Result<Marks, StoreError> {
    let rows = event_mark::Entity::find().all(&view.db).await?;
    let mark = |name: &str| rows.iter().find(|row| row.name == name).map_or(0, |row| row.seq);
    Ok(Marks { head: mark(HEAD), purged: mark(PURGED) })
}

/// Returns the number of events that have no place in the feed yet.
pub async fn count_unordered(view: &View<'_>) -> Result<u64, StoreError> {
    Ok(event::Entity::find().filter(event::Column::Seq.is_null()).count(&view.db).await?)
}

/// Assigns a batch of committed events their places in the feed and returns their number. Of several replicas one works and the
/// others wait for it.
///
/// Events of one account keep the order of their changes: the second change has waited for the lock of the first, so its event
/// has a larger position and is visible only together with the first one.
pub async fn order(tx: &Tx) -> Result<usize, StoreError> {
    number_rows::<event::Entity>(tx, HEAD, [event::Column::Position, event::Column::Seq]).await
}

/// Numbers a batch of committed rows after the mark, in the order of their positions, and returns how many there were. `columns` are the
/// position and the number, which is absent at first.
pub(crate) async fn number_rows<E: EntityTrait>(
    tx: &Tx,
    head: &str,
    [position, number]: [E::Column; 2],
) -> Result<usize, StoreError> {
    let last = lock_mark(tx, head).await?;
    // Read after the lock was taken, so that it sees what the previous holder has numbered.
    let waiting: Vec<i64> = E::find()
        .select_only()
        .column(position)
        .filter(number.is_null())
        .order_by_asc(position)
        .limit(CHUNK as u64)
        .into_tuple()
        .all(&tx.db)
        .await?;
    if waiting.is_empty() {
        return Ok(0);
    }
    let mut numbers = CaseStatement::new();
    for (at, next) in waiting.iter().zip(last + 1..) {
        numbers = numbers.case(position.eq(*at), Expr::val(next));
    }
    let count = waiting.len();
    let numbered = E::update_many()
        .col_expr(number, numbers.into())
        .filter(position.is_in(waiting))
        .filter(number.is_null())
        .exec(&tx.db)
        .await?;
    if numbered.rows_affected != count as u64 {
        // An erasure has deleted one of them.
        return Err(StoreError::changed(E::default().table_name()));
    }
    set_mark(tx, head, last + i64::try_from(count).unwrap_or_default()).await?;
    Ok(count)
}

/// Deletes a batch of the oldest events, up to and including `until`, with their deliveries.
pub async fn purge(tx: &Tx, until: Timestamp, batch: u64) -> Result<Purged, StoreError> {
    use webhook_delivery::Column::{Seq, State};
    let purged = lock_mark(tx, PURGED).await?;
    let oldest: Vec<(i64, Timestamp)> = event::Entity::find()
        .select_only()
        .columns([event::Column::Seq, event::Column::At])
        .filter(event::Column::Seq.gt(purged))
        .order_by_asc(event::Column::Seq)
        .limit(batch)
        .into_tuple()
        .all(&tx.db)
        .await?;
    let old: Vec<i64> = oldest.into_iter().take_while(|(_, at)| *at <= until).map(|(seq, _)| seq).collect();
    let Some(last) = old.last().copied() else { return Ok(Purged::default()) };
    let deliveries = || Seq.lte(last);
    let undelivered = webhook_delivery::Entity::find()
        .filter(deliveries())
        .filter(State.eq(webhook_delivery::State::Pending))
        .count(&tx.db)
        .await?;
    webhook_delivery::Entity::delete_many().filter(deliveries()).exec(&tx.db).await?;
    event::Entity::delete_many().filter(event::Column::Seq.lte(last)).exec(&tx.db).await?;
    set_mark(tx, PURGED, last).await?;
    Ok(Purged { events: old.len(), undelivered })
}

/// Returns the number of a mark; 0 if there is none yet.
pub(crate) async fn mark(view: &View<'_>, name: &str) -> Result<i64, StoreError> {
    Ok(event_mark::Entity::find_by_id(name).one(&view.db).await?.map_or(0, |row| row.seq))
}

/// Returns the last number that was assigned.
pub(crate) async fn head(tx: &Tx) -> Result<i64, StoreError> {
    Ok(marks(&tx.look()).await?.head)
}

/// Locks a mark until the end of the transaction, and returns its number.
pub(crate) async fn lock_mark(tx: &Tx, name: &str) -> Result<i64, StoreError> {
    let mark = event_mark::Entity::find_by_id(name);
    if let Some(row) = tx.locking(mark).one(&tx.db).await? {
        return Ok(row.seq);
    }
    // The first time. The primary key decides between two replicas.
    tx.insert(event_mark::Model { name: name.to_owned(), seq: 0 }).await?;
    Ok(0)
}

pub(crate) async fn set_mark(tx: &Tx, name: &str, seq: i64) -> Result<(), StoreError> {
    let change = event_mark::ActiveModel { seq: Set(seq), ..Default::default() };
    let mark = event_mark::Entity::update_many().set(change).filter(event_mark::Column::Name.eq(name));
    mark.exec(&tx.db).await?;
    Ok(())
}

pub(crate) fn read_event(row: event::Model) -> Result<Event, StoreError> {
    let event::Model { id, kind, at, data, seq, .. } = row;
    let corrupt = |what: &str| StoreError::corrupt("events", format!("{id} {what}"));
    let seq = seq.ok_or_else(|| corrupt("has no place in the feed"))?;
    let data = serde_json::from_str(&data).map_err(|_| corrupt("has malformed data"))?;
    Ok(Event { seq, id, kind, at, data })
}
