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

use crate::page::{earlier, later};
use crate::user::Alias;
use crate::{StoreError, View, Window};

pub use change::{Change, ImportedLink, Link, MergeRecord, Moved, Row, UndoRecord};
pub use evidence::{Evidence, MaskedNumber};
pub(crate) use journal::{Entry, add, add_all, find_event, read_event};
pub use journal::{LinkEvent, events};

/// The maximum number of accounts that are followed through merges; no real account reaches it.
const MOST_ALIASES: usize = 10_000;

/// An entry of a person's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalEntry {
    /// The entry.
    pub event: LinkEvent,
    /// For a merge: when it was undone, if it was.
    pub undone_at: Option<Timestamp>,
}

/// Returns an account and all accounts merged into it, directly or through others.
pub async fn with_aliases(view: &View<'_>, user: UserId) -> Result<Vec<UserId>, StoreError> {
    let aliases = aliases(view, user).await?;
    Ok(std::iter::once(user).chain(aliases.into_iter().map(|alias| alias.id)).collect())
}

/// Returns all accounts that were merged into an account: first those merged directly, then those merged into these, and so on.
pub async fn aliases(view: &View<'_>, user: UserId) -> Result<Vec<Alias>, StoreError> {
    use user::Column::{CreatedAt, Id, MergedInto};
    let mut all: Vec<Alias> = Vec::new();
    let mut into = vec![user];
    while !into.is_empty() {
        let aliases = user::Entity::find()
            .select_only()
            .columns([Id, MergedInto, CreatedAt])
            .filter(MergedInto.is_in(into))
            .order_by_asc(Id);
        let found: Vec<Alias> = aliases.into_model().all(&view.db).await?;
        into = found.iter().map(|alias| alias.id).collect();
        all.extend(found);
        if all.len() > MOST_ALIASES {
            return Err(StoreError::corrupt("users", format!("{user} is in a cycle of merges")));
        }
    }
    Ok(all)
}

/// Returns a page of the journal entries about these accounts, newest first.
pub async fn page(
    view: &View<'_>,
    users: &[UserId],
    window: impl Into<Window>,
) -> Result<Vec<JournalEntry>, StoreError> {
    let window = window.into();
    let rows = view.db.query_all(&select_history(users, &window)).await?;
    let events = rows.iter().map(|row| read_event(&link_event::Model::from_query_result(row, "")?));
    let mut events: Vec<LinkEvent> = events.collect::<Result<_, StoreError>>()?;
    if window.from_end {
        events.reverse();
    }
    let undone = merge_undo::Entity::find()
        .filter(merge_undo::Column::MergeId.is_in(events.iter().map(|event| event.id)))
        .all(&view.db)
        .await?;
    let undone_at = |id: LinkEventId| undone.iter().find(|undo| undo.merge_id == id).map(|undo| undo.at);
    Ok(events.into_iter().map(|event| JournalEntry { undone_at: undone_at(event.id), event }).collect())
}

/// Selects both halves, each through its own index: entries about the accounts, and entries that name them as the
/// other account. A person's journal is short, because plain logins are not journaled, so the matches are read and
/// sorted.
pub(crate) fn select_history(users: &[UserId], window: &Window) -> SelectStatement {
    use link_event::Column::{OtherUserId, UserId};
    let about = Condition::all().add(UserId.is_in(users.iter().copied()));
    let beside =
        Condition::all().add(OtherUserId.is_in(users.iter().copied())).add(UserId.is_not_in(users.iter().copied()));
    let mut page = select_half(about, window);
    page.union(UnionType::All, select_half(beside, window));
    let direction = direction(window);
    page.order_by("at", direction.clone()).order_by("id", direction).limit(window.limit).take()
}

/// Selects one half. It is wrapped in a subquery, because SQLite allows no limit inside a union.
fn select_half(which: Condition, window: &Window) -> SelectStatement {
    use link_event::Column::{Actor, After, At, Before, Evidence, Id, OtherUserId, Rule, SessionId, UserId};
    let columns = [Id, UserId, OtherUserId, Rule, Evidence, Actor, SessionId, At, Before, After];
    let half = Query::select()
        .columns(columns.map(|column| column.as_column_ref()))
        .from(link_event::Entity)
        .cond_where(which)
        .cond_where(Condition::all().add_option(window.after.map(|place| earlier(At, Id, place))))
        .cond_where(Condition::all().add_option(window.before.map(|place| later(At, Id, place))))
        .order_by(At.as_column_ref(), direction(window))
        .order_by(Id.as_column_ref(), direction(window))
        .limit(window.limit)
        .take();
    Query::select().column(Asterisk).from_subquery(half, "half").take()
}

/// The newest entry is the first of the list.
fn direction(window: &Window) -> sea_orm::Order {
    if window.from_end { sea_orm::Order::Asc } else { sea_orm::Order::Desc }
}
