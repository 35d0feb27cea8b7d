//! Opens cases for operators: links that a rule refused or doubted.

use domain::{Conflict, ConflictId, ConflictKind, PhoneNumber, Timestamp, UnionKey, UserId};
use entities::{conflict, phone};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};

use crate::event::EventCase;
use crate::{StoreError, Tx, View};

/// An open case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenConflict {
    /// The id.
    pub id: ConflictId,
    /// The kind of conflict.
    pub kind: ConflictKind,
    /// The account that was signed in.
    pub user: UserId,
    /// The other account, if there is one.
    pub other: Option<UserId>,
    /// The unionId concerned, if any.
    pub union: Option<UnionKey>,
    /// When the case was opened.
    pub opened_at: Timestamp,
}

/// Returns the open cases, the oldest first.
pub async fn open_cases(view: &View<'_>) -> Result<Vec<OpenConflict>, StoreError> {
    let open = conflict::Entity::find()
        .filter(conflict::Column::ClosedAt.is_null())
        .order_by_asc(conflict::Column::OpenedAt)
        .order_by_asc(conflict::Column::Id);
    let case = |row: conflict::Model| OpenConflict {
        id: row.id,
        kind: row.kind,
        user: row.user_id,
        other: row.other_user_id,
        union: row.scope.zip(row.union_id).map(|(scope, union_id)| UnionKey { scope, union_id }),
        opened_at: row.opened_at,
    };
    Ok(open.all(&view.db).await?.into_iter().map(case).collect())
}

/// Opens a case unless the same one is open or was settled for good. Returns whether it did.
pub(crate) async fn open(tx: &Tx, user: UserId, conflict: &Conflict, now: Timestamp) -> Result<bool, StoreError> {
    let id = ConflictId::new(now);
    let key = open_key(user, conflict);
    let row = conflict::Model {
        id,
        open_key: Some(key.clone()),
        kind: conflict.kind,
        user_id: user,
        other_user_id: conflict.other,
        scope: conflict.union.as_ref().map(|key| key.scope.clone()),
        union_id: conflict.union.as_ref().map(|key| key.union_id.clone()),
        phone_id: None,
        opened_at: now,
        closed_at: None,
        resolution: None,
        closed_by: None,
        reason: None,
    };
    conflict::Entity::insert(row.into_active_model())
        .on_conflict_do_nothing_on([conflict::Column::OpenKey])
        .exec_without_returning(&tx.db)
        .await?;
    // Not every database reports by the row count whether the insert took place, so the row is read back.
    let open = conflict::Entity::find().filter(conflict::Column::OpenKey.eq(key)).one(&tx.db).await?;
    let is_new = open.is_some_and(|open| open.id == id);
    if is_new {
        let case = EventCase { id, kind: conflict.kind, user, other: conflict.other };
        crate::event::of_case(tx, case, None, now).await?;
    }
    Ok(is_new)
}

/// Records in an open case the number that was proved last.
pub(crate) async fn note_number(
    tx: &Tx,
    user: UserId,
    conflict: &Conflict,
    number: &PhoneNumber,
) -> Result<(), StoreError> {
    let held = phone::Entity::find().filter(crate::phone::has_number(&tx.look(), number)).one(&tx.db).await?;
    let change = conflict::ActiveModel { phone_id: Set(held.map(|row| row.id)), ..Default::default() };
    let case = conflict::Column::OpenKey.eq(open_key(user, conflict));
    conflict::Entity::update_many().set(change).filter(case).exec(&tx.db).await?;
    Ok(())
}

/// Returns the key of a case after it was opened or reassigned.
pub(crate) fn key_of(case: &conflict::Model) -> String {
    let union = case.scope.clone().zip(case.union_id.clone()).map(|(scope, union_id)| UnionKey { scope, union_id });
    open_key(case.user_id, &Conflict { kind: case.kind, other: case.other_user_id, union })
}

/// Returns the key of a case. The same two accounts and the same unionId give the same key, whichever of the two is
/// signed in.
fn open_key(user: UserId, conflict: &Conflict) -> String {
    let mut users = [Some(user), conflict.other];
    users.sort_unstable();
    let user = |at: usize| users[at].map(|user| user.uuid().simple().to_string()).unwrap_or_default();
    let (scope, union_id) = conflict.union.as_ref().map_or(("", ""), |key| (key.scope.as_str(), key.union_id.as_str()));
    format!("{} {} {} {scope} {union_id}", conflict.kind, user(0), user(1))
}
