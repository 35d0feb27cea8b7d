//! Operators and their sessions: adds, finds and removes them. Only hashes of cookies are stored.

use std::collections::HashMap;

use chrono::TimeDelta;
use domain::{OpenKey, OperatorId, OperatorRole, Timestamp};
use entities::{operator, operator_session};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, EntityTrait, FromQueryResult, JoinType, QueryFilter, QueryOrder,
    QuerySelect, RelationTrait,
};

use crate::page::later;
use crate::{Actor, Front, StoreError, Tx, View};

/// Who has added an operator whose role comes from a group: see [`Actor::System`].
const BY_GROUP: &str = "system";

/// An operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operator {
    /// The id.
    pub id: OperatorId,
    /// How the operator signs in: the app, and the openId in it.
    pub key: OpenKey,
    /// The name, as colleagues read it in the audit.
    pub name: String,
    /// The role.
    pub role: OperatorRole,
    /// Who added the operator.
    pub added_by: Actor,
    /// When the operator was added.
    pub created_at: Timestamp,
    /// When the operator was removed.
    pub removed_at: Option<Timestamp>,
    /// When the operator last signed in.
    pub last_login_at: Option<Timestamp>,
    /// When a login has shown that the operator, whose role comes from a group, is in none any more.
    pub left_at: Option<Timestamp>,
}

impl Operator {
    /// Returns whether the operator was neither removed nor has left the groups.
    #[must_use]
    pub const fn is_active(&self) -> bool {
        self.removed_at.is_none() && self.left_at.is_none()
    }
}

/// An open session with its operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperatorSession {
    /// The operator, with the role of now.
    pub operator: Operator,
    /// The hash of the cookie.
    pub hash: [u8; 32],
    /// When the session expires, however often it is used.
    pub expires_at: Timestamp,
    /// When it was last used, to the minute.
    pub last_used_at: Timestamp,
}

/// What [`put`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    /// The operator is new, or was removed before.
    Added,
    /// The operator has another name or role.
    Changed,
    /// Nothing.
    Unchanged,
}

/// Returns the id of the operator with this key, also of one who was removed.
pub async fn id_of(view: &View<'_>, key: &OpenKey) -> Result<Option<OperatorId>, StoreError> {
    let id = operator::Entity::find().select_only().column(operator::Column::Id).filter(has_key(key));
    Ok(id.into_tuple().one(&view.db).await?)
}

/// Returns an operator, also one who was removed.
pub async fn find(view: &View<'_>, id: OperatorId) -> Result<Option<Operator>, StoreError> {
    operator::Entity::find_by_id(id).one(&view.db).await?.map(read).transpose()
}

/// Returns the names of operators, also of removed ones.
pub async fn names(view: &View<'_>, ids: &[OperatorId]) -> Result<HashMap<OperatorId, String>, StoreError> {
    let names = operator::Entity::find()
        .select_only()
        .columns([operator::Column::Id, operator::Column::Name])
        .filter(operator::Column::Id.is_in(ids.iter().copied()));
    let names: Vec<(OperatorId, String)> = names.into_tuple().all(&view.db).await?;
    Ok(names.into_iter().collect())
}

/// Returns a page of all operators, including removed ones, the oldest first.
pub async fn list(view: &View<'_>, front: &Front) -> Result<Vec<Operator>, StoreError> {
    use operator::Column::{CreatedAt, Id};
    let operators = operator::Entity::find()
        .filter(Condition::all().add_option(front.after.map(|place| later(CreatedAt, Id, place))))
        .order_by_asc(CreatedAt)
        .order_by_asc(Id)
        .limit(front.limit);
    operators.all(&view.db).await?.into_iter().map(read).collect()
}

/// Adds an operator. One who has the key already gets the name and the role, and is no longer removed. Returns the id of the
/// operator.
///
/// # Errors
/// Returns [`StoreError::Contended`] if the operator is added by two at once.
pub async fn put(tx: &Tx, wanted: &Operator) -> Result<(OperatorId, Put), StoreError> {
    let known = tx.locking(operator::Entity::find().filter(has_key(&wanted.key))).one(&tx.db).await?;
    let Some(known) = known else {
        tx.insert(row_of(wanted.clone())).await?;
        return Ok((wanted.id, Put::Added));
    };
    let is_same = known.name == wanted.name && known.role == wanted.role && known.added_by != BY_GROUP;
    let put = match (known.removed_at.or(known.left_at), is_same) {
        (Some(_), _) => Put::Added,
        (None, false) => Put::Changed,
        (None, true) => return Ok((known.id, Put::Unchanged)),
    };
    change(tx, known.id, wanted).await?;
    Ok((known.id, put))
}

/// What [`follow`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Followed {
    /// The person is an operator who was added by hand or has a role by a group.
    Operator(OperatorId, Put),
    /// The person was an operator by a group, and is in none with a role any more. All their sessions have ended.
    Left(OperatorId),
    /// The person is no operator.
    Stranger,
}

/// Gives the person who has signed in the role of their groups, if one gives a role. `wanted` is the operator with that
/// role, and `None` if no group gives one. An operator who was added by hand keeps that role, and one who was removed
/// stays removed.
///
/// # Errors
/// Returns [`StoreError::Contended`] if the operator signs in for the first time twice at once.
pub async fn follow(tx: &Tx, key: &OpenKey, wanted: Option<&Operator>, now: Timestamp) -> Result<Followed, StoreError> {
    let known = tx.locking(operator::Entity::find().filter(has_key(key))).one(&tx.db).await?;
    match (known, wanted) {
        (None, None) => Ok(Followed::Stranger),
        (None, Some(wanted)) => {
            tx.insert(row_of(wanted.clone())).await?;
            Ok(Followed::Operator(wanted.id, Put::Added))
        }
        (Some(known), _) if known.removed_at.is_some() => Ok(Followed::Stranger),
        (Some(known), _) if known.added_by != BY_GROUP => Ok(Followed::Operator(known.id, Put::Unchanged)),
        (Some(known), None) if known.left_at.is_some() => Ok(Followed::Stranger),
        (Some(known), None) => {
            let left = operator::ActiveModel { left_at: Set(Some(now)), ..Default::default() };
            operator::Entity::update_many().set(left).filter(operator::Column::Id.eq(known.id)).exec(&tx.db).await?;
            end_sessions_of(tx, known.id).await?;
            Ok(Followed::Left(known.id))
        }
        (Some(known), Some(wanted)) => {
            let put = match (known.left_at, known.name == wanted.name && known.role == wanted.role) {
                (Some(_), _) => Put::Added,
                (None, false) => Put::Changed,
                (None, true) => return Ok(Followed::Operator(known.id, Put::Unchanged)),
            };
            change(tx, known.id, wanted).await?;
            Ok(Followed::Operator(known.id, put))
        }
    }
}

/// Gives an operator the name and the role of another value. They are active from now on.
async fn change(tx: &Tx, id: OperatorId, wanted: &Operator) -> Result<(), StoreError> {
    let change = operator::ActiveModel {
        name: Set(wanted.name.clone()),
        role: Set(wanted.role),
        added_by: Set(wanted.added_by.to_string()),
        removed_at: Set(None),
        left_at: Set(None),
        ..Default::default()
    };
    operator::Entity::update_many().set(change).filter(operator::Column::Id.eq(id)).exec(&tx.db).await?;
    Ok(())
}

async fn end_sessions_of(tx: &Tx, id: OperatorId) -> Result<(), StoreError> {
    let sessions = operator_session::Entity::delete_many().filter(operator_session::Column::OperatorId.eq(id));
    sessions.exec(&tx.db).await?;
    Ok(())
}

/// Removes an operator and ends all their sessions. Returns whether it was one until now, or `None` if there is no such operator.
pub async fn remove(tx: &Tx, id: OperatorId, now: Timestamp) -> Result<Option<bool>, StoreError> {
    let Some(known) = tx.locking(operator::Entity::find_by_id(id)).one(&tx.db).await? else { return Ok(None) };
    if known.removed_at.is_some() {
        return Ok(Some(false));
    }
    let change = operator::ActiveModel { removed_at: Set(Some(now)), ..Default::default() };
    operator::Entity::update_many().set(change).filter(operator::Column::Id.eq(id)).exec(&tx.db).await?;
    end_sessions_of(tx, id).await?;
    Ok(Some(true))
}

/// Locks an operator. Returns the operator with the role of now, or `None` if removed or in no group any more.
pub async fn lock(tx: &Tx, id: OperatorId) -> Result<Option<Operator>, StoreError> {
    let found = operator::Entity::find_by_id(id).filter(is_active());
    tx.locking(found).one(&tx.db).await?.map(read).transpose()
}

/// Opens a session. Returns the operator, or `None` if they were removed meanwhile: a removal that runs at the same time either waits
/// for the session and ends it, or is seen here.
pub async fn open_session(
    tx: &Tx,
    (operator, hash): (OperatorId, &[u8; 32]),
    expires_at: Timestamp,
    now: Timestamp,
) -> Result<Option<Operator>, StoreError> {
    let Some(found) = lock(tx, operator).await? else { return Ok(None) };
    let hash = hash.to_vec();
    let row = operator_session::Model { hash, operator_id: operator, created_at: now, expires_at, last_used_at: now };
    tx.insert(row).await?;
    let change = operator::ActiveModel { last_login_at: Set(Some(now)), ..Default::default() };
    operator::Entity::update_many().set(change).filter(operator::Column::Id.eq(operator)).exec(&tx.db).await?;
    Ok(Some(found))
}

/// A session row with its operator.
#[derive(FromQueryResult)]
struct WithOperator {
    #[sea_orm(nested)]
    operator: operator::Model,
    expires_at: Timestamp,
    last_used_at: Timestamp,
}

/// Returns the session of a cookie, unless it is over, was unused for `idle`, or its operator was removed or left. Uses one query.
pub async fn session(
    view: &View<'_>,
    hash: &[u8; 32],
    (now, idle): (Timestamp, TimeDelta),
) -> Result<Option<OperatorSession>, StoreError> {
    let found = operator::Entity::find()
        .column(operator_session::Column::ExpiresAt)
        .column(operator_session::Column::LastUsedAt)
        .join(JoinType::InnerJoin, operator::Relation::OperatorSession.def())
        .filter(operator_session::Column::Hash.eq(hash.to_vec()))
        .filter(operator_session::Column::ExpiresAt.gt(now))
        .filter(operator_session::Column::LastUsedAt.gt(now.minus(idle)))
        .filter(is_active());
    let Some(found) = found.into_model::<WithOperator>().one(&view.db).await? else { return Ok(None) };
    let WithOperator { operator, expires_at, last_used_at } = found;
    Ok(Some(OperatorSession { operator: read(operator)?, hash: *hash, expires_at, last_used_at }))
}

/// Records that a session is in use.
pub async fn note_use(tx: &Tx, hash: &[u8; 32], now: Timestamp) -> Result<(), StoreError> {
    let change = operator_session::ActiveModel { last_used_at: Set(now), ..Default::default() };
    let used = operator_session::Entity::update_many()
        .set(change)
        .filter(operator_session::Column::Hash.eq(hash.to_vec()))
        .filter(operator_session::Column::LastUsedAt.lt(now));
    used.exec(&tx.db).await?;
    Ok(())
}

/// Ends a session. Returns whether it was there.
pub async fn end_session(tx: &Tx, hash: &[u8; 32]) -> Result<bool, StoreError> {
    let ended = operator_session::Entity::delete_many().filter(operator_session::Column::Hash.eq(hash.to_vec()));
    Ok(ended.exec(&tx.db).await?.rows_affected > 0)
}

fn has_key(key: &OpenKey) -> Condition {
    let app = operator::Column::App.eq(key.app.clone());
    Condition::all().add(app).add(operator::Column::OpenId.eq(key.open_id.clone()))
}

fn is_active() -> Condition {
    Condition::all().add(operator::Column::RemovedAt.is_null()).add(operator::Column::LeftAt.is_null())
}

fn row_of(operator: Operator) -> operator::Model {
    let Operator { id, key, name, role, added_by, created_at, removed_at, last_login_at, left_at } = operator;
    let (app, open_id, added_by) = (key.app, key.open_id, added_by.to_string());
    operator::Model { id, app, open_id, name, role, added_by, created_at, removed_at, last_login_at, left_at }
}

fn read(row: operator::Model) -> Result<Operator, StoreError> {
    let operator::Model { id, app, open_id, name, role, added_by, created_at, removed_at, last_login_at, left_at } =
        row;
    let added_by = added_by.parse();
    let added_by =
        added_by.map_err(|_| StoreError::corrupt("operators", format!("{id} was added by an unknown actor")))?;
    let key = OpenKey { app, open_id };
    Ok(Operator { id, key, name, role, added_by, created_at, removed_at, last_login_at, left_at })
}
