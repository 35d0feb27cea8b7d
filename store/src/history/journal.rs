//! The append-only journal of links, which records why keys belong to an account. See `domain::Rule` for the rules.

use domain::{LinkEventId, Rule, SessionId, Timestamp, UserId};
use entities::link_event;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder};

use super::{Change, Evidence};
use crate::database::Deferred;
use crate::{Actor, StoreError, Tx, View};

/// An entry of the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkEvent {
    /// The id.
    pub id: LinkEventId,
    /// The account that changed, or the survivor.
    pub user: UserId,
    /// The merged account, or another account concerned.
    pub other: Option<UserId>,
    /// The rule that decided.
    pub rule: Rule,
    /// What was proved.
    pub evidence: Evidence,
    /// The actor.
    pub actor: Actor,
    /// The session, if there was one.
    pub session: Option<SessionId>,
    /// The time.
    pub at: Timestamp,
    /// The change.
    pub change: Change,
}

/// Returns all journal entries about an account, the oldest first.
pub async fn events(view: &View<'_>, user: UserId) -> Result<Vec<LinkEvent>, StoreError> {
    let about = Condition::any().add(link_event::Column::UserId.eq(user)).add(link_event::Column::OtherUserId.eq(user));
    let events = link_event::Entity::find()
        .filter(about)
        .order_by_asc(link_event::Column::At)
        .order_by_asc(link_event::Column::Id);
    events.all(&view.db).await?.iter().map(read_event).collect()
}

/// Returns one entry.
pub(crate) async fn find_event(view: &View<'_>, id: LinkEventId) -> Result<Option<LinkEvent>, StoreError> {
    link_event::Entity::find_by_id(id).one(&view.db).await?.as_ref().map(read_event).transpose()
}

pub(crate) fn read_event(row: &link_event::Model) -> Result<LinkEvent, StoreError> {
    let unreadable =
        |column: &str| StoreError::corrupt("link_events", format!("{} has an unreadable {column}", row.id));
    Ok(LinkEvent {
        id: row.id,
        user: row.user_id,
        other: row.other_user_id,
        rule: row.rule,
        evidence: Evidence::read(&row.evidence).map_err(|_| unreadable("evidence"))?,
        actor: row.actor.parse().map_err(|_| unreadable("actor"))?,
        session: row.session_id,
        at: row.at,
        change: Change::read(&row.before, &row.after).map_err(|_| unreadable("change"))?,
    })
}

/// An entry to be added.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) user: UserId,
    pub(crate) other: Option<UserId>,
    pub(crate) rule: Rule,
    pub(crate) actor: Actor,
    pub(crate) evidence: Evidence,
    pub(crate) change: Change,
}

/// Adds an entry, at the latest with the commit, and returns its id.
pub(crate) async fn add(tx: &Tx, entry: Entry, now: Timestamp) -> Result<LinkEventId, StoreError> {
    let row = row_of(tx, &entry, now);
    let id = row.id;
    tx.later(Deferred::insert(row)).await?;
    crate::event::record_entries(tx, [(&entry, id)], now).await?;
    Ok(id)
}

/// Adds many entries in few statements.
pub(crate) async fn add_all(tx: &Tx, entries: &[Entry], now: Timestamp) -> Result<(), StoreError> {
    let rows: Vec<_> = entries.iter().map(|entry| row_of(tx, entry, now)).collect();
    let ids: Vec<LinkEventId> = rows.iter().map(|row| row.id).collect();
    tx.insert_all(rows).await?;
    crate::event::record_entries(tx, entries.iter().zip(ids), now).await
}

fn row_of(tx: &Tx, entry: &Entry, now: Timestamp) -> link_event::Model {
    let [before, after] = entry.change.write(entry.rule);
    link_event::Model {
        id: LinkEventId::new(now),
        user_id: entry.user,
        other_user_id: entry.other,
        rule: entry.rule,
        evidence: entry.evidence.write(entry.rule),
        actor: entry.actor.to_string(),
        session_id: tx.session,
        at: now,
        before,
        after,
    }
}
