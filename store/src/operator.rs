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

/// Returns the operator who signs in with this key, unless removed.
pub async fn find_by_key(view: &View<'_>, key: &OpenKey) -> Result<Option<Operator>, StoreError> {
    let found = operator::Entity::find().filter(has_key(key)).filter(operator::Column::RemovedAt.is_null());
    found.one(&view.db).await?.map(read).transpose()
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
        let Operator { id, key, name, role, added_by, created_at, removed_at, last_login_at } = wanted.clone();
        let (app, open_id, added_by) = (key.app, key.open_id, added_by.to_string());
        let row = operator::Model { id, app, open_id, name, role, added_by, created_at, removed_at, last_login_at };
        tx.insert(row).await?;
        return Ok((wanted.id, Put::Added));
    };
    let put = match (known.removed_at, known.name == wanted.name && known.role == wanted.role) {
        (Some(_), _) => Put::Added,
        (None, false) => Put::Changed,
        (None, true) => return Ok((known.id, Put::Unchanged)),
    };
    let change = operator::ActiveModel {
        name: Set(wanted.name.clone()),
        role: Set(wanted.role),
        added_by: Set(wanted.added_by.to_string()),
        removed_at: Set(None),
        ..Default::default()
    };
    operator::Entity::update_many().set(change).filter(operator::Column::Id.eq(known.id)).exec(&tx.db).await?;
    Ok((known.id, put))
}

/// Removes an operator and ends all their sessions. Returns whether it was one until now, or `None` if there is no such operator.
pub async fn remove(tx: &Tx, id: OperatorId, now: Timestamp) -> Result<Option<bool>, StoreError> {
    let Some(known) = tx.locking(operator::Entity::find_by_id(id)).one(&tx.db).await? else { return Ok(None) };
    if known.removed_at.is_some() {
        return Ok(Some(false));
    }
    let change = operator::ActiveModel { removed_at: Set(Some(now)), ..Default::default() };
    operator::Entity::update_many().set(change).filter(operator::Column::Id.eq(id)).exec(&tx.db).await?;
    let sessions = operator_session::Entity::delete_many().filter(operator_session::Column::OperatorId.eq(id));
    sessions.exec(&tx.db).await?;
    Ok(Some(true))
}

/// Locks an operator. Returns the operator with the role of now, or `None` if removed.
pub async fn lock(tx: &Tx, id: OperatorId) -> Result<Option<Operator>, StoreError> {
    let found = operator::Entity::find_by_id(id).filter(operator::Column::RemovedAt.is_null());
    tx.locking(found).one(&tx.db).await?.map(read).transpose()
}

/// Opens a session. Returns whether the operator was not removed meanwhile: a removal that runs at the same time either waits for
/// the session and ends it, or is seen here.
pub async fn open_session(
    tx: &Tx,
    (operator, hash): (OperatorId, &[u8; 32]),
    expires_at: Timestamp,
    now: Timestamp,
) -> Result<bool, StoreError> {
    if lock(tx, operator).await?.is_none() {
        return Ok(false);
    }
    let hash = hash.to_vec();
    let row = operator_session::Model { hash, operator_id: operator, created_at: now, expires_at, last_used_at: now };
    tx.insert(row).await?;
    let change = operator::ActiveModel { last_login_at: Set(Some(now)), ..Default::default() };
    operator::Entity::update_many().set(change).filter(operator::Column::Id.eq(operator)).exec(&tx.db).await?;
    Ok(true)
}

/// A session row with its operator.
#[derive(FromQueryResult)]
struct WithOperator {
    #[sea_orm(nested)]
    operator: operator::Model,
    expires_at: Timestamp,
    last_used_at: Timestamp,
}

/// Returns the session of a cookie, unless it is over, was unused for `idle`, or its operator was removed. Uses one query.
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
        .filter(operator::Column::RemovedAt.is_null());
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

fn read(row: operator::Model) -> Result<Operator, StoreError> {
    let operator::Model { id, app, open_id, name, role, added_by, created_at, removed_at, last_login_at } = row;
    let added_by = added_by.parse();
    let added_by =
        added_by.map_err(|_| StoreError::corrupt("operators", format!("{id} was added by an unknown actor")))?;
    let key = OpenKey { app, open_id };
    Ok(Operator { id, key, name, role, added_by, created_at, removed_at, last_login_at })
}
