//! Events that other systems are told about. They are written in the transaction of their change, and only if a webhook or the
//! feed wants their kind. See `feed` for their order, and [`webhook`](crate::webhook) for their deliveries.

mod feed;
mod of_journal;
mod recording;

use domain::{
    AppId, ConflictId, ConflictKind, EventId, EventKind, LinkEventId, LinkId, Resolution, SessionId, Timestamp, UserId,
};
use entities::{event, open_id, webhook_delivery};
use sea_orm::sea_query::ExprTrait;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect, Value as Column};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::database::{CHUNK, Deferred};
use crate::history::Entry;
use crate::{StoreError, Tx};

use of_journal::of_entry;

pub use feed::{Event, Marks, Purged, count_unordered, marks, order, page, purge};
pub(crate) use feed::{head, mark, number_rows, read_event};
pub use recording::Recording;

/// The most rows that are sent with the other writes of a transaction. More are sent by themselves.
const FEW: usize = 50;

/// An event to be recorded.
#[derive(Debug)]
pub(crate) struct NewEvent {
    kind: EventKind,
    lane: Uuid,
    other_lane: Option<Uuid>,
    data: Value,
}

impl NewEvent {
    /// Creates an event about one account. Its `personId` is added to the data.
    pub(crate) fn about(kind: EventKind, user: UserId, mut data: Value) -> Self {
        data["personId"] = user.to_string().into();
        Self { kind, lane: user.uuid(), other_lane: None, data }
    }

    /// Adds the other account concerned.
    pub(crate) fn beside(self, other: Option<UserId>) -> Self {
        Self { other_lane: other.map(UserId::uuid), ..self }
    }

    fn row(self, now: Timestamp) -> Vec<Column> {
        let Self { kind, lane, other_lane, data } = self;
        vec![EventId::new(now).into(), kind.into(), lane.into(), other_lane.into(), data.to_string().into(), now.into()]
    }
}

/// The columns of [`NewEvent::row`].
const COLUMNS: [event::Column; 6] = [
    event::Column::Id,
    event::Column::Kind,
    event::Column::Lane,
    event::Column::OtherLane,
    event::Column::Data,
    event::Column::At,
];

/// Records an event, at the latest with the commit, if its kind is wanted.
pub(crate) async fn record(tx: &Tx, new: NewEvent, now: Timestamp) -> Result<(), StoreError> {
    record_all(tx, vec![new], now).await
}

/// Records those of the events whose kind is wanted, at the latest with the commit.
async fn record_all(tx: &Tx, events: Vec<NewEvent>, now: Timestamp) -> Result<(), StoreError> {
    let wanted = events.into_iter().filter(|event| tx.recording.wants(event.kind));
    let mut rows: Vec<_> = wanted.map(|event| event.row(now)).collect();
    if rows.is_empty() {
        return Ok(());
    }
    tx.recording.note();
    if rows.len() <= FEW {
        tx.later(Deferred::rows::<event::Entity>(&COLUMNS, rows)).await?;
        return Ok(());
    }
    while !rows.is_empty() {
        let rest = rows.split_off(rows.len().min(CHUNK));
        tx.later(Deferred::rows::<event::Entity>(&COLUMNS, rows)).await?;
        tx.settle().await?;
        rows = rest;
    }
    Ok(())
}

/// Records the events that follow from entries of the journal, at the latest with the commit.
pub(crate) async fn record_entries<'a>(
    tx: &Tx,
    entries: impl IntoIterator<Item = (&'a Entry, LinkEventId)>,
    now: Timestamp,
) -> Result<(), StoreError> {
    if tx.recording.is_off() {
        return Ok(());
    }
    record_all(tx, entries.into_iter().flat_map(|(entry, id)| of_entry(entry, id)).collect(), now).await
}

/// Records that a person has signed in, at the latest with the commit.
pub async fn signed_in(
    tx: &Tx,
    (user, session): (UserId, SessionId),
    (app, is_new): (&AppId, bool),
    now: Timestamp,
) -> Result<(), StoreError> {
    let data = json!({ "app": app.as_str(), "sessionId": session.to_string(), "isNew": is_new });
    record(tx, NewEvent::about(EventKind::PersonSignedIn, user, data), now).await
}

/// A case, for its events.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EventCase {
    pub(crate) id: ConflictId,
    pub(crate) kind: ConflictKind,
    pub(crate) user: UserId,
    pub(crate) other: Option<UserId>,
}

/// Records that a case was opened, or closed by this decision.
pub(crate) async fn of_case(
    tx: &Tx,
    case: EventCase,
    closed: Option<Resolution>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let EventCase { id, kind, user, other } = case;
    let other_id = other.map(|other| other.to_string());
    let mut data = json!({ "caseId": id.to_string(), "kind": kind.as_str(), "otherPersonId": other_id });
    let kind = match closed {
        None => EventKind::CaseOpened,
        Some(resolution) => {
            data["resolution"] = resolution.as_str().into();
            EventKind::CaseClosed
        }
    };
    record(tx, NewEvent::about(kind, user, data).beside(other), now).await
}

/// Records orders, each with the link of its openId. Reads which accounts the links have, if the events are wanted.
pub(crate) async fn of_orders(tx: &Tx, orders: Vec<(LinkId, Value)>, now: Timestamp) -> Result<(), StoreError> {
    if orders.is_empty() || !tx.recording.wants(EventKind::OrderRecorded) {
        return Ok(());
    }
    let mut owners = std::collections::HashMap::new();
    for chunk in orders.chunks(CHUNK) {
        let rows: Vec<(LinkId, Option<UserId>)> = open_id::Entity::find()
            .select_only()
            .columns([open_id::Column::Id, open_id::Column::UserId])
            .filter(open_id::Column::Id.is_in(chunk.iter().map(|(link, _)| *link)))
            .into_tuple()
            .all(&tx.db)
            .await?;
        owners.extend(rows);
    }
    let event = |(link, mut data): (LinkId, Value)| {
        let owner = owners.get(&link).copied().flatten();
        data["personId"] = owner.map(|user| user.to_string()).into();
        let lane = owner.map_or(link.uuid(), UserId::uuid);
        NewEvent { kind: EventKind::OrderRecorded, lane, other_lane: None, data }
    };
    record_all(tx, orders.into_iter().map(event).collect(), now).await
}

/// Deletes all events about a person, also those that wait for their delivery, and records that the person was erased, unless
/// that is recorded already. Returns the number of deleted events.
///
/// An event that names the person beside another one is deleted, too.
pub async fn forget(tx: &Tx, user: UserId, now: Timestamp) -> Result<u64, StoreError> {
    let told: Vec<EventId> = event::Entity::find()
        .select_only()
        .column(event::Column::Id)
        .filter(event::Column::Lane.eq(user.uuid()))
        .filter(event::Column::Kind.eq(EventKind::PersonErased))
        .into_tuple()
        .all(&tx.db)
        .await?;
    let deleted = forget_lane(tx, user.uuid(), &told).await?;
    if told.is_empty() {
        record(tx, NewEvent::about(EventKind::PersonErased, user, json!({})), now).await?;
    }
    Ok(deleted)
}

/// Deletes the events about an openId that no account had, also those that wait for their delivery.
pub(crate) async fn forget_link(tx: &Tx, link: LinkId) -> Result<(), StoreError> {
    forget_lane(tx, link.uuid(), &[]).await?;
    Ok(())
}

/// Deletes the events of a lane but for these, with their deliveries. Returns the number of deleted events.
async fn forget_lane(tx: &Tx, lane: Uuid, but: &[EventId]) -> Result<u64, StoreError> {
    use webhook_delivery::Column as Delivery;
    let deliveries = Condition::any().add(Delivery::Lane.eq(lane)).add(Delivery::OtherLane.eq(lane));
    let deliveries = webhook_delivery::Entity::delete_many().filter(deliveries);
    deliveries.filter(Delivery::EventId.is_not_in(but.iter().copied())).exec(&tx.db).await?;
    let about = event::Column::Lane.eq(lane).or(event::Column::OtherLane.eq(lane));
    let events = event::Entity::delete_many().filter(about);
    Ok(events.filter(event::Column::Id.is_not_in(but.iter().copied())).exec(&tx.db).await?.rows_affected)
}
