//! The outbox: messages are written in the transaction that causes them and sent after its commit, at least once.
//!
//! A worker claims a message by moving its due time to the end of a lease. If the worker stops before it has settled
//! the message, the message becomes due again.

use domain::{MessageId, PhoneId, PhoneNumber, Timestamp, UserId};
use entities::outbox::{self, State};
use entities::phone;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};

pub use entities::outbox::State as MessageState;

use crate::key::HashOf;
use crate::page::later;
use crate::{Backlog, Front, StoreError, Tx, View};

/// A message to be sent after the commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMessage {
    /// The account that the message is about.
    pub user: UserId,
    /// The phone that receives it.
    pub phone: Option<PhoneId>,
    /// The hash of the phone's number, from [`number_hash`].
    pub number_hash: Option<Vec<u8>>,
    /// The kind of notice, at most 32 characters.
    pub kind: &'static str,
    /// The notice, as JSON.
    pub payload: String,
}

/// A message, as an operator sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The id.
    pub id: MessageId,
    /// The account that the message is about.
    pub user: UserId,
    /// The kind of notice.
    pub kind: String,
    /// The delivery state.
    pub state: State,
    /// The number of attempts.
    pub attempts: u32,
    /// When the change that it reports was committed.
    pub created_at: Timestamp,
    /// When the next attempt is due, while it is pending.
    pub due_at: Timestamp,
    /// When it was sent or given up.
    pub settled_at: Option<Timestamp>,
    /// The error of the last attempt.
    pub last_error: Option<String>,
}

/// A message that this worker sends before its lease ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedMessage {
    /// The message.
    pub message: Message,
    /// The notice, as JSON.
    pub payload: String,
    /// The recipient. `None` if there is no phone or another account has the number by now.
    pub number: Option<PhoneNumber>,
    /// Whether the number could be decrypted.
    pub is_readable: bool,
}

/// The result of an attempt to send a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// The message was sent.
    Sent,
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

/// Returns whether a message is due.
pub async fn has_due(view: &View<'_>, now: Timestamp) -> Result<bool, StoreError> {
    let due = outbox::Entity::find().select_only().column(outbox::Column::Id).filter(is_due(now)).limit(1);
    let found: Option<MessageId> = due.into_tuple().one(&view.db).await?;
    Ok(found.is_some())
}

/// Counts the messages that are pending or failed.
pub async fn backlog(view: &View<'_>) -> Result<Backlog, StoreError> {
    use outbox::Column::{CreatedAt, Id, State};
    crate::backlog::count(view, [Id, State, CreatedAt]).await
}

/// Returns the number of messages of a kind about an account since `since`.
pub async fn count_about(view: &View<'_>, user: UserId, kind: &str, since: Timestamp) -> Result<u64, StoreError> {
    use outbox::Column::{CreatedAt, Kind, UserId};
    let posted = outbox::Entity::find().filter(UserId.eq(user)).filter(CreatedAt.gte(since)).filter(Kind.eq(kind));
    Ok(posted.count(&view.db).await?)
}

/// Returns the number of messages to a number since `since`, about any account. Takes the [`number_hash`].
pub async fn count_to(view: &View<'_>, number_hash: &[u8], since: Timestamp) -> Result<u64, StoreError> {
    use outbox::Column::{CreatedAt, NumberHash};
    let posted = outbox::Entity::find().filter(NumberHash.eq(number_hash.to_vec())).filter(CreatedAt.gte(since));
    Ok(posted.count(&view.db).await?)
}

/// Returns the keyed hash of a phone's number, by which its messages are counted. Returns `None` if the number cannot
/// be decrypted.
pub async fn number_hash(view: &View<'_>, phone: PhoneId) -> Result<Option<Vec<u8>>, StoreError> {
    let Some(row) = phone::Entity::find_by_id(phone).one(&view.db).await? else { return Ok(None) };
    match crate::phone::open_number(view, row.id, &row.sealed_number).await {
        Ok(number) => Ok(Some(view.vault.hash(HashOf::NotifiedNumber, &number))),
        Err(StoreError::Corrupt { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Returns a page of the messages in a state, the oldest first.
pub async fn list(view: &View<'_>, state: State, front: &Front) -> Result<Vec<Message>, StoreError> {
    use outbox::Column::{CreatedAt, Id};
    let messages = outbox::Entity::find()
        .filter(outbox::Column::State.eq(state))
        .filter(Condition::all().add_option(front.after.map(|place| later(CreatedAt, Id, place))))
        .order_by_asc(CreatedAt)
        .order_by_asc(Id)
        .limit(front.limit);
    Ok(messages.all(&view.db).await?.into_iter().map(read_message).collect())
}

/// Returns the newest messages about these accounts, at most `limit`, the newest first.
pub async fn of_users(view: &View<'_>, users: &[UserId], limit: u64) -> Result<Vec<Message>, StoreError> {
    let messages = outbox::Entity::find()
        .filter(outbox::Column::UserId.is_in(users.iter().copied()))
        .order_by_desc(outbox::Column::CreatedAt)
        .order_by_desc(outbox::Column::Id)
        .limit(limit);
    Ok(messages.all(&view.db).await?.into_iter().map(read_message).collect())
}

/// Adds messages, which are due at once.
pub async fn post(tx: &Tx, messages: Vec<NewMessage>, now: Timestamp) -> Result<(), StoreError> {
    let row = |new: NewMessage| outbox::Model {
        id: MessageId::new(now),
        kind: new.kind.to_owned(),
        payload: new.payload,
        user_id: new.user,
        phone_id: new.phone,
        number_hash: new.number_hash,
        state: State::Pending,
        attempts: 0,
        created_at: now,
        due_at: now,
        last_error: None,
        settled_at: None,
    };
    tx.insert_all(messages.into_iter().map(row).collect()).await
}

/// Claims due messages, the oldest first, until the end of a lease. Each message is claimed by exactly one worker.
pub async fn claim(
    tx: &Tx,
    limit: u64,
    (now, lease_ends): (Timestamp, Timestamp),
) -> Result<Vec<ClaimedMessage>, StoreError> {
    let due = outbox::Entity::find()
        .filter(is_due(now))
        .order_by_asc(outbox::Column::DueAt)
        .order_by_asc(outbox::Column::Id)
        .limit(limit);
    let mut claimed = Vec::new();
    for row in due.all(&tx.db).await? {
        let claim = outbox::Entity::update_many()
            .set(outbox::ActiveModel { due_at: Set(lease_ends), ..Default::default() })
            .col_expr(outbox::Column::Attempts, Expr::col(outbox::Column::Attempts).add(1))
            .filter(is_still(row.id, row.attempts))
            .filter(outbox::Column::DueAt.eq(row.due_at));
        if claim.exec(&tx.db).await?.rows_affected > 0 {
            claimed.push(read_claimed(tx, row).await?);
        }
    }
    Ok(claimed)
}

async fn read_claimed(tx: &Tx, row: outbox::Model) -> Result<ClaimedMessage, StoreError> {
    let phone = match row.phone_id {
        Some(id) => phone::Entity::find_by_id(id).one(&tx.db).await?,
        None => None,
    };
    let number = match phone {
        Some(phone) => number_of_recipient(tx, row.user_id, &phone).await,
        None => Ok(None),
    };
    // A message whose number cannot be read is given up and does not block the others.
    let (number, is_readable) = match number {
        Ok(number) => (number, true),
        Err(StoreError::Corrupt { .. }) => (None, false),
        Err(error) => return Err(error),
    };
    let payload = row.payload.clone();
    let row = outbox::Model { attempts: row.attempts + 1, ..row };
    Ok(ClaimedMessage { message: read_message(row), payload, number, is_readable })
}

/// Returns the number of a phone, unless another account has it by now.
async fn number_of_recipient(tx: &Tx, user: UserId, phone: &phone::Model) -> Result<Option<PhoneNumber>, StoreError> {
    let number = crate::phone::open_number(&tx.look(), phone.id, &phone.sealed_number).await?;
    let holder = crate::phone::held(&tx.look(), &number).await?.map(|held| held.by);
    let is_free_or_own = holder.is_none() || holder == crate::user::survivor_of(&tx.look(), user).await?;
    Ok(is_free_or_own.then_some(number))
}

/// Settles a claimed message. Returns false if another worker has claimed it since.
pub async fn settle(tx: &Tx, claimed: &Message, delivery: &Delivery, now: Timestamp) -> Result<bool, StoreError> {
    let mut change = outbox::ActiveModel::default();
    match delivery {
        Delivery::Sent => {
            change.state = Set(State::Sent);
            change.settled_at = Set(Some(now));
        }
        Delivery::Retry { at, error } => {
            change.due_at = Set(*at);
            change.last_error = Set(Some(error.clone()));
        }
        Delivery::Failed { error } => {
            change.state = Set(State::Failed);
            change.settled_at = Set(Some(now));
            change.last_error = Set(Some(error.clone()));
        }
    }
    let attempts = i32::try_from(claimed.attempts).unwrap_or(i32::MAX);
    let settle = outbox::Entity::update_many().set(change).filter(is_still(claimed.id, attempts));
    Ok(settle.exec(&tx.db).await?.rows_affected > 0)
}

/// Makes one failed message, or all of them, due again. Returns their number.
pub async fn retry(tx: &Tx, id: Option<MessageId>, now: Timestamp) -> Result<u64, StoreError> {
    let again = outbox::ActiveModel {
        state: Set(State::Pending),
        attempts: Set(0),
        due_at: Set(now),
        settled_at: Set(None),
        ..Default::default()
    };
    let which = Condition::all().add_option(id.map(|id| outbox::Column::Id.eq(id)));
    let retry = outbox::Entity::update_many()
        .set(again)
        .filter(outbox::Column::State.eq(State::Failed))
        .filter(which)
        .exec(&tx.db)
        .await?;
    Ok(retry.rows_affected)
}

fn is_due(now: Timestamp) -> Condition {
    Condition::all().add(outbox::Column::State.eq(State::Pending)).add(outbox::Column::DueAt.lte(now))
}

/// Matches the message if no other worker has claimed it since.
fn is_still(id: MessageId, attempts: i32) -> Condition {
    use outbox::Column::{Attempts, Id};
    Condition::all().add(Id.eq(id)).add(Attempts.eq(attempts)).add(outbox::Column::State.eq(State::Pending))
}

fn read_message(row: outbox::Model) -> Message {
    Message {
        id: row.id,
        user: row.user_id,
        kind: row.kind,
        state: row.state,
        attempts: u32::try_from(row.attempts).unwrap_or_default(),
        created_at: row.created_at,
        due_at: row.due_at,
        settled_at: row.settled_at,
        last_error: row.last_error,
    }
}
