//! Events about people that upstreams have pushed. They are stored before the push is answered, and acted on afterwards by
//! a worker of any replica, which claims them as [`outbox`](crate::outbox) claims messages.

use domain::{AppId, OpenKey, PushId, Timestamp};
use entities::push;
use sea_orm::sea_query::{Alias, Expr, ExprTrait, Query, SelectStatement};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
    Select,
};

pub use entities::push::State as PushState;

use crate::page::later;
use crate::{Backlog, Front, StoreError, Tx, View};

#[cfg(test)]
mod plan;

/// An event to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPush {
    /// The person in the app.
    pub key: OpenKey,
    /// The hash of app and message.
    pub message_hash: [u8; 32],
    /// The upstream's name of the event, at most 64 characters.
    pub event: String,
    /// The event, as JSON.
    pub payload: String,
    /// When it happened, by the upstream's clock.
    pub happened_at: Timestamp,
}

/// An event, as an operator sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Push {
    /// The id.
    pub id: PushId,
    /// The app.
    pub app: AppId,
    /// The upstream's name of the event.
    pub event: String,
    /// The state.
    pub state: PushState,
    /// The number of attempts.
    pub attempts: u32,
    /// When it was received.
    pub created_at: Timestamp,
    /// When the next attempt is due, while it is pending.
    pub due_at: Timestamp,
    /// The error of the last attempt.
    pub last_error: Option<String>,
}

/// An event that this worker acts on before its lease ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedPush {
    /// The event.
    pub push: Push,
    /// The person in the app.
    pub key: OpenKey,
    /// The event, as JSON.
    pub payload: String,
    /// When it happened, by the upstream's clock.
    pub happened_at: Timestamp,
}

/// The result of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The event was acted on.
    Done,
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
}

/// Stores an event. Returns false if the same message is stored already.
pub async fn add(tx: &Tx, new: &NewPush, now: Timestamp) -> Result<bool, StoreError> {
    let row = push::Model {
        id: PushId::new(now),
        app: new.key.app.clone(),
        message_hash: new.message_hash.to_vec(),
        open_id: new.key.open_id.clone(),
        event: new.event.clone(),
        payload: new.payload.clone(),
        happened_at: new.happened_at,
        state: PushState::Pending,
        attempts: 0,
        created_at: now,
        due_at: now,
        last_error: None,
        settled_at: None,
    };
    let (id, hash) = (row.id, row.message_hash.clone());
    push::Entity::insert(row.into_active_model())
        .on_conflict_do_nothing_on([push::Column::MessageHash])
        .exec_without_returning(&tx.db)
        .await?;
    // Not every database reports by the row count whether the insert took place, so the row is read back.
    let stored = push::Entity::find().select_only().column(push::Column::Id);
    let stored: Option<PushId> = stored.filter(push::Column::MessageHash.eq(hash)).into_tuple().one(&tx.db).await?;
    Ok(stored == Some(id))
}

/// Returns whether an event is due.
pub async fn has_due(view: &View<'_>, now: Timestamp) -> Result<bool, StoreError> {
    let due = push::Entity::find().select_only().column(push::Column::Id).filter(can_be_claimed(now)).limit(1);
    let found: Option<PushId> = due.into_tuple().one(&view.db).await?;
    Ok(found.is_some())
}

/// Counts the events that are pending or failed.
pub async fn backlog(view: &View<'_>) -> Result<Backlog, StoreError> {
    use push::Column::{CreatedAt, Id, State};
    crate::backlog::count(view, [Id, State, CreatedAt]).await
}

/// Returns a page of the events in a state, the oldest first.
pub async fn list(view: &View<'_>, state: PushState, front: &Front) -> Result<Vec<Push>, StoreError> {
    use push::Column::{CreatedAt, Id};
    let pushes = push::Entity::find()
        .filter(push::Column::State.eq(state))
        .filter(Condition::all().add_option(front.after.map(|place| later(CreatedAt, Id, place))))
        .order_by_asc(CreatedAt)
        .order_by_asc(Id)
        .limit(front.limit);
    Ok(pushes.all(&view.db).await?.into_iter().map(|row| read(&row)).collect())
}

/// Claims due events, the oldest first, until the end of a lease. Each is claimed by exactly one worker, and only when all
/// earlier events of its person in its app are settled.
pub async fn claim(
    tx: &Tx,
    limit: u64,
    (now, lease_ends): (Timestamp, Timestamp),
) -> Result<Vec<ClaimedPush>, StoreError> {
    let mut claimed = Vec::new();
    for row in first_due(now, limit).all(&tx.db).await? {
        let claim = push::Entity::update_many()
            .set(push::ActiveModel { due_at: Set(lease_ends), ..Default::default() })
            .col_expr(push::Column::Attempts, Expr::col(push::Column::Attempts).add(1))
            .filter(is_still(row.id, row.attempts))
            .filter(push::Column::DueAt.eq(row.due_at));
        if claim.exec(&tx.db).await?.rows_affected > 0 {
            let row = push::Model { attempts: row.attempts + 1, ..row };
            let push = read(&row);
            let key = OpenKey { app: row.app, open_id: row.open_id };
            claimed.push(ClaimedPush { push, key, payload: row.payload, happened_at: row.happened_at });
        }
    }
    Ok(claimed)
}

/// Settles a claimed event. Returns false if another worker has claimed it since.
pub async fn settle(tx: &Tx, claimed: &Push, outcome: &Outcome, now: Timestamp) -> Result<bool, StoreError> {
    let mut change = push::ActiveModel::default();
    match outcome {
        Outcome::Done => {
            change.state = Set(PushState::Done);
            change.settled_at = Set(Some(now));
        }
        Outcome::Retry { at, error } => {
            change.due_at = Set(*at);
            change.last_error = Set(Some(error.clone()));
        }
        Outcome::Failed { error } => {
            change.state = Set(PushState::Failed);
            change.settled_at = Set(Some(now));
            change.last_error = Set(Some(error.clone()));
        }
    }
    let attempts = i32::try_from(claimed.attempts).unwrap_or(i32::MAX);
    let settle = push::Entity::update_many().set(change).filter(is_still(claimed.id, attempts));
    Ok(settle.exec(&tx.db).await?.rows_affected > 0)
}

/// Makes one failed event, or all of them, due again. Returns their number.
pub async fn retry(tx: &Tx, id: Option<PushId>, now: Timestamp) -> Result<u64, StoreError> {
    let again = push::ActiveModel {
        state: Set(PushState::Pending),
        attempts: Set(0),
        due_at: Set(now),
        settled_at: Set(None),
        ..Default::default()
    };
    let retry = push::Entity::update_many()
        .set(again)
        .filter(push::Column::State.eq(PushState::Failed))
        .filter(Condition::all().add_option(id.map(|id| push::Column::Id.eq(id))));
    Ok(retry.exec(&tx.db).await?.rows_affected)
}

/// Selects the events that can be claimed, the oldest first. They are read in the order of the index by state and time and are not
/// sorted, so a claim does not depend on how many others wait.
fn first_due(now: Timestamp, limit: u64) -> Select<push::Entity> {
    push::Entity::find().filter(can_be_claimed(now)).order_by_asc(push::Column::DueAt).limit(limit)
}

/// Matches events that are due, and whose person has no earlier one that is pending.
fn can_be_claimed(now: Timestamp) -> Condition {
    Condition::all()
        .add(push::Column::State.eq(PushState::Pending))
        .add(push::Column::DueAt.lte(now))
        .add(Expr::exists(earlier()).not())
}

fn earlier() -> SelectStatement {
    use push::Column::{App, Id, OpenId, State};
    let other = Alias::new("earlier");
    let of_other = |column: push::Column| Expr::col((other.clone(), column));
    let own = |column: push::Column| Expr::col((push::Entity, column));
    Query::select()
        .expr(Expr::val(1))
        .from_as(push::Entity, other.clone())
        .and_where(of_other(App).eq(own(App)))
        .and_where(of_other(OpenId).eq(own(OpenId)))
        .and_where(of_other(State).eq(PushState::Pending))
        .and_where(of_other(Id).lt(own(Id)))
        .to_owned()
}

/// Matches the event if no other worker has claimed it since.
fn is_still(id: PushId, attempts: i32) -> Condition {
    use push::Column::{Attempts, Id};
    Condition::all().add(Id.eq(id)).add(Attempts.eq(attempts)).add(push::Column::State.eq(PushState::Pending))
}

fn read(row: &push::Model) -> Push {
    Push {
        id: row.id,
        app: row.app.clone(),
        event: row.event.clone(),
        state: row.state,
        attempts: u32::try_from(row.attempts).unwrap_or_default(),
        created_at: row.created_at,
        due_at: row.due_at,
        last_error: row.last_error.clone(),
    }
}
