//! Reads the journal of one person, newest entry first, in pages.

mod change;
mod evidence;
mod journal;
#[cfg(test)]
mod plan;
#[cfg(test)]
mod rows;

use domain::{LinkEventId, Timestamp, UserId};
use entities::{link_event, merge_undo, user};
use sea_orm::sea_query::{Asterisk, Condition, Query, SelectStatement, UnionType};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect};

use crate::page::earlier;
use crate::{Front, StoreError, View};

pub use change::{Change, ImportedLink, Link, MergeRecord, Moved, Row, UndoRecord};
pub use evidence::{Evidence, MaskedNumber};
pub(crate) use journal::{Entry, add, add_all, find_event, read_event};
pub use journal::{LinkEvent, events};

/// The maximum number of accounts that are followed through merges; no real account reaches it.
const MOST_ALIASES: usize = 10_000;

/// An entry of a person's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The entry.
    pub event: LinkEvent,
    /// For a merge: when it was undone, if it was.
    pub undone_at: Option<Timestamp>,
}

/// Returns an account and all accounts merged into it, directly or through others.
pub async fn with_aliases(view: &View<'_>, user: UserId) -> Result<Vec<UserId>, StoreError> {
    let mut all = vec![user];
    let mut into = all.clone();
    while !into.is_empty() {
        let aliases = user::Entity::find()
            .select_only()
            .column(user::Column::Id)
            .filter(user::Column::MergedInto.is_in(into))
            .order_by_asc(user::Column::Id);
        into = aliases.into_tuple().all(&view.db).await?;
        all.extend(&into);
        if all.len() > MOST_ALIASES {
            return Err(StoreError::corrupt("users", format!("{user} is in a cycle of merges")));
        }
    }
    Ok(all)
}

/// Returns a page of the journal entries about these accounts, newest first.
pub async fn page(view: &View<'_>, users: &[UserId], front: &Front) -> Result<Vec<Told>, StoreError> {
    let rows = view.db.query_all(&select_history(users, front)).await?;
    let events = rows.iter().map(|row| read_event(&link_event::Model::from_query_result(row, "")?));
    let events: Vec<LinkEvent> = events.collect::<Result<_, StoreError>>()?;
    let undone = merge_undo::Entity::find()
        .filter(merge_undo::Column::MergeId.is_in(events.iter().map(|event| event.id)))
        .all(&view.db)
        .await?;
    let undone_at = |id: LinkEventId| undone.iter().find(|undo| undo.merge_id == id).map(|undo| undo.at);
    Ok(events.into_iter().map(|event| Told { undone_at: undone_at(event.id), event }).collect())
}

/// Selects both halves, each through its own index: entries about the accounts, and entries that name them as the
/// other account. A person's journal is short, because plain logins are not journaled, so the matches are read and
/// sorted.
pub(crate) fn select_history(users: &[UserId], front: &Front) -> SelectStatement {
    use link_event::Column::{OtherUserId, UserId};
    let about = Condition::all().add(UserId.is_in(users.iter().copied()));
    let beside =
        Condition::all().add(OtherUserId.is_in(users.iter().copied())).add(UserId.is_not_in(users.iter().copied()));
    let mut page = select_half(about, front);
    page.union(UnionType::All, select_half(beside, front));
    page.order_by("at", sea_orm::Order::Desc).order_by("id", sea_orm::Order::Desc).limit(front.limit).take()
}

/// Selects one half. It is wrapped in a subquery, because SQLite allows no limit inside a union.
fn select_half(which: Condition, front: &Front) -> SelectStatement {
    use link_event::Column::{Actor, After, At, Before, Evidence, Id, OtherUserId, Rule, SessionId, UserId};
    let columns = [Id, UserId, OtherUserId, Rule, Evidence, Actor, SessionId, At, Before, After];
    let half = Query::select()
        .columns(columns.map(|column| column.as_column_ref()))
        .from(link_event::Entity)
        .cond_where(which)
        .cond_where(Condition::all().add_option(front.after.map(|place| earlier(At, Id, place))))
        .order_by(At.as_column_ref(), sea_orm::Order::Desc)
        .order_by(Id.as_column_ref(), sea_orm::Order::Desc)
        .limit(front.limit)
        .take();
    Query::select().column(Asterisk).from_subquery(half, "half").take()
}
