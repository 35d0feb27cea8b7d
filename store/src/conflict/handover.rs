//! Updates the accounts that open cases name when a merge is made or undone.

use domain::merge::Plan;
use domain::{ConflictId, Resolution, Timestamp, UserId};
use entities::conflict;
use sea_orm::sea_query::ExprTrait;
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder};

use crate::conflict::key_of;
use crate::event::EventCase;
use crate::{Actor, StoreError, Tx};

/// Reassigns the open cases of a merged account to the survivor and returns them.
///
/// Closes a case between the two accounts, because they are one now, and a case that the survivor already has.
pub(crate) async fn hand_over(
    tx: &Tx,
    plan: &Plan,
    actor: Actor,
    now: Timestamp,
) -> Result<Vec<ConflictId>, StoreError> {
    let mut handed_on = Vec::new();
    for case in open_cases_of(tx, plan.from).await? {
        let moved = renamed(&case, plan.from, plan.into);
        if moved.other_user_id == Some(moved.user_id) || is_open(tx, &moved).await? {
            close_as_merged(tx, &case, actor, now).await?;
        } else {
            rename(tx, &moved).await?;
            handed_on.push(case.id);
        }
    }
    Ok(handed_on)
}

/// Reassigns cases that are still open to a restored account.
pub(crate) async fn hand_back(
    tx: &Tx,
    cases: &[ConflictId],
    (survivor, restored): (UserId, UserId),
) -> Result<(), StoreError> {
    for case in open_cases_of(tx, survivor).await? {
        let moved = renamed(&case, survivor, restored);
        if cases.contains(&case.id) && moved.other_user_id != Some(moved.user_id) && !is_open(tx, &moved).await? {
            rename(tx, &moved).await?;
        }
    }
    Ok(())
}

/// Locks the open cases of an account. A concurrent merge may be reassigning the same case for the other account that
/// it names.
async fn open_cases_of(tx: &Tx, user: UserId) -> Result<Vec<conflict::Model>, StoreError> {
    let about = Condition::any().add(conflict::Column::UserId.eq(user)).add(conflict::Column::OtherUserId.eq(user));
    let open = conflict::Entity::find()
        .filter(about)
        .filter(conflict::Column::ClosedAt.is_null())
        .order_by_asc(conflict::Column::Id);
    Ok(tx.locking(open).all(&tx.db).await?)
}

async fn is_open(tx: &Tx, case: &conflict::Model) -> Result<bool, StoreError> {
    let same = conflict::Entity::find().filter(conflict::Column::OpenKey.eq(case.open_key.clone()));
    Ok(same.one(&tx.db).await?.is_some_and(|same| same.id != case.id))
}

async fn rename(tx: &Tx, case: &conflict::Model) -> Result<(), StoreError> {
    let change = conflict::ActiveModel {
        open_key: Set(case.open_key.clone()),
        user_id: Set(case.user_id),
        other_user_id: Set(case.other_user_id),
        ..Default::default()
    };
    update(tx, case.id, change).await
}

async fn close_as_merged(tx: &Tx, case: &conflict::Model, actor: Actor, now: Timestamp) -> Result<(), StoreError> {
    let change = conflict::ActiveModel {
        open_key: Set(None),
        closed_at: Set(Some(now)),
        resolution: Set(Some(Resolution::Merge)),
        closed_by: Set(Some(actor.to_string())),
        ..Default::default()
    };
    update(tx, case.id, change).await?;
    let closed = EventCase { id: case.id, kind: case.kind, user: case.user_id, other: case.other_user_id };
    crate::event::of_case(tx, closed, Some(Resolution::Merge), now).await
}

/// Updates an open case. Of two concurrent closings the first succeeds.
async fn update(tx: &Tx, id: ConflictId, change: conflict::ActiveModel) -> Result<(), StoreError> {
    let open = conflict::Column::Id.eq(id).and(conflict::Column::ClosedAt.is_null());
    conflict::Entity::update_many().set(change).filter(open).exec(&tx.db).await?;
    Ok(())
}

/// Returns the case with one account replaced by another.
fn renamed(case: &conflict::Model, from: UserId, into: UserId) -> conflict::Model {
    let instead = |user| if user == from { into } else { user };
    let mut case = case.clone();
    case.user_id = instead(case.user_id);
    case.other_user_id = case.other_user_id.map(instead);
    case.open_key = Some(key_of(&case));
    case
}
