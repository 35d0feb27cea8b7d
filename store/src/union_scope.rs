//! Replaces all unionIds of a union scope, in batches (R5). See [`domain::union_scope`] for the decision per person.

use std::collections::{BTreeSet, HashMap};

use domain::union_scope::{Holders, Renaming, Step, decide};
use domain::{Conflict, ConflictKind, Resolution, Rule, Timestamp, UnionId, UnionKey, UnionScope, UserId};
use entities::{conflict, union_id};
use sea_orm::sea_query::ExprTrait;
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use crate::database::changed_unless;
use crate::history::{Change, Entry, Evidence};
use crate::{Actor, StoreError, Tx, View};

/// Returns up to `limit` unionIds of a scope in a fixed order, after a position, with the position to continue from.
pub async fn union_ids_of(
    view: &View<'_>,
    scope: &UnionScope,
    (after, limit): (Option<Uuid>, u64),
) -> Result<Vec<(Uuid, UnionId)>, StoreError> {
    let rows = union_id::Entity::find()
        .select_only()
        .columns([union_id::Column::Id, union_id::Column::UnionId])
        .filter(union_id::Column::Scope.eq(scope.clone()))
        .filter(Condition::all().add_option(after.map(|after| union_id::Column::Id.gt(after))))
        .order_by_asc(union_id::Column::Id)
        .limit(limit);
    Ok(rows.into_tuple().all(&view.db).await?)
}

/// Returns the rows with these unionIds, all of one scope.
async fn holders(
    view: &View<'_>,
    scope: &UnionScope,
    ids: impl Iterator<Item = &UnionKey>,
) -> Result<HashMap<UnionId, union_id::Model>, StoreError> {
    let rows = union_id::Entity::find()
        .filter(union_id::Column::UnionId.is_in(ids.map(|key| key.union_id.clone())))
        .filter(union_id::Column::Scope.eq(scope.clone()));
    Ok(rows.all(&view.db).await?.into_iter().map(|row| (row.union_id.clone(), row)).collect())
}

/// Assigns the accounts of a batch their new unionIds and returns the step for each.
///
/// All entries of a batch have the same pair of scopes, and no unionId occurs twice. A step that cannot be carried
/// out opens a case; a case that a step settles is closed. The call is idempotent.
pub async fn migrate(tx: &Tx, batch: &[Renaming], now: Timestamp) -> Result<Vec<Step>, StoreError> {
    let Some(first) = batch.first() else { return Ok(Vec::new()) };
    let (from, to) = (&first.old.scope, &first.new.scope);
    let look = async || {
        let held = holders(&tx.look(), from, batch.iter().map(|pair| &pair.old)).await?;
        let owned = holders(&tx.look(), to, batch.iter().map(|pair| &pair.new)).await?;
        let users: BTreeSet<UserId> = held.values().chain(owned.values()).map(|row| row.user_id).collect();
        Ok::<_, StoreError>((held, owned, users))
    };
    let (_, _, seen) = look().await?;
    tx.lock(&seen.iter().copied().collect::<Vec<_>>()).await?;
    let (held, owned, users) = look().await?;
    if !users.is_subset(&seen) {
        return Err(StoreError::changed("union_ids"));
    }
    let holds = held_in(tx, to, &users).await?;
    let (mut steps, mut entries) = (Vec::with_capacity(batch.len()), Vec::new());
    for pair in batch {
        let row = held.get(&pair.old.union_id);
        let holder = row.map(|row| row.user_id);
        let known = Holders {
            holder,
            holds: holder.and_then(|user| holds.get(&user).cloned()),
            owner: owned.get(&pair.new.union_id).map(|row| row.user_id),
        };
        let step = decide(pair, &known);
        if let Some(row) = row {
            take_step(tx, &step, (row, pair), now).await?;
        }
        entries.extend(entry(&step, pair));
        steps.push(step);
    }
    crate::history::add_all(tx, &entries, now).await?;
    settle(tx, batch, &steps, now).await?;
    Ok(steps)
}

async fn held_in(
    tx: &Tx,
    scope: &UnionScope,
    users: &BTreeSet<UserId>,
) -> Result<HashMap<UserId, UnionId>, StoreError> {
    let rows = union_id::Entity::find()
        .filter(union_id::Column::UserId.is_in(users.iter().copied()))
        .filter(union_id::Column::Scope.eq(scope.clone()));
    Ok(rows.all(&tx.db).await?.into_iter().map(|row| (row.user_id, row.union_id)).collect())
}

async fn take_step(
    tx: &Tx,
    step: &Step,
    (row, pair): (&union_id::Model, &Renaming),
    now: Timestamp,
) -> Result<(), StoreError> {
    let same = union_id::Column::Id.eq(row.id).and(union_id::Column::UserId.eq(row.user_id));
    match step {
        Step::Unknown | Step::Done => Ok(()),
        Step::Replace(_) => {
            let UnionKey { scope, union_id } = pair.new.clone();
            let change = union_id::ActiveModel { scope: Set(scope), union_id: Set(union_id), ..Default::default() };
            let replace = union_id::Entity::update_many().set(change).filter(same);
            changed_unless("union_ids", replace.exec(&tx.db).await?.rows_affected)
        }
        Step::Drop(_) => {
            let gone = union_id::Entity::delete_many().filter(same).exec(&tx.db).await?;
            changed_unless("union_ids", gone.rows_affected)
        }
        Step::OwnedByAnother { holder, owner } => {
            let kind = kind_of(tx, *holder, *owner).await?;
            open(tx, kind, (*holder, Some(*owner)), (pair, now)).await
        }
        Step::HasAnother { holder } => open(tx, ConflictKind::UnionIdChanged, (*holder, None), (pair, now)).await,
    }
}

/// Returns the kind of the case: one person in two accounts, or two people whom no merge may join (R9).
async fn kind_of(tx: &Tx, holder: UserId, owner: UserId) -> Result<ConflictKind, StoreError> {
    let accounts = (crate::user::account(&tx.look(), holder).await?, crate::user::account(&tx.look(), owner).await?);
    let breaks_limits = matches!(accounts, (Some(a), Some(b)) if a.breaks_limits_with(&b));
    Ok(if breaks_limits { ConflictKind::LimitBroken } else { ConflictKind::TwoAccounts })
}

async fn open(
    tx: &Tx,
    kind: ConflictKind,
    (user, other): (UserId, Option<UserId>),
    (pair, now): (&Renaming, Timestamp),
) -> Result<(), StoreError> {
    crate::conflict::open(tx, user, &Conflict { kind, other, union: Some(pair.new.clone()) }, now).await?;
    Ok(())
}

/// Closes the cases that logins opened before the migration.
async fn settle(tx: &Tx, batch: &[Renaming], steps: &[Step], now: Timestamp) -> Result<(), StoreError> {
    let moved: HashMap<&UnionId, UserId> =
        batch.iter().zip(steps).filter_map(|(pair, step)| Some((&pair.new.union_id, moved(step)?))).collect();
    if moved.is_empty() {
        return Ok(());
    }
    let scope = &batch[0].new.scope;
    let open = conflict::Entity::find()
        .filter(conflict::Column::UserId.is_in(moved.values().copied()))
        .filter(conflict::Column::Kind.eq(ConflictKind::UnionIdChanged))
        .filter(conflict::Column::ClosedAt.is_null())
        .order_by_asc(conflict::Column::Id);
    let is_settled = |row: &conflict::Model| {
        row.scope.as_ref() == Some(scope) && row.union_id.as_ref().is_some_and(|id| moved.get(id) == Some(&row.user_id))
    };
    let settled: Vec<_> = open.all(&tx.db).await?.into_iter().filter(is_settled).map(|row| row.id).collect();
    let change = conflict::ActiveModel {
        open_key: Set(None),
        closed_at: Set(Some(now)),
        resolution: Set(Some(Resolution::AcceptUnionId)),
        closed_by: Set(Some(Actor::Command.to_string())),
        ..Default::default()
    };
    let close = conflict::Entity::update_many()
        .set(change)
        .filter(conflict::Column::Id.is_in(settled))
        .filter(conflict::Column::ClosedAt.is_null());
    close.exec(&tx.db).await?;
    Ok(())
}

fn moved(step: &Step) -> Option<UserId> {
    match step {
        Step::Replace(user) | Step::Drop(user) => Some(*user),
        Step::Unknown | Step::Done | Step::OwnedByAnother { .. } | Step::HasAnother { .. } => None,
    }
}

/// Returns the journal entry of a step.
fn entry(step: &Step, pair: &Renaming) -> Option<Entry> {
    let user = moved(step)?;
    Some(Entry {
        user,
        other: None,
        rule: Rule::R5,
        actor: Actor::Command,
        evidence: Evidence { union: Some(pair.new.clone()), ..Evidence::default() },
        change: Change::UnionIdReplaced { old: Some(pair.old.clone()), new: pair.new.clone() },
    })
}
