//! Closes a case and applies the operator's decision (R14), while its accounts are locked. See [`domain::conflict`]
//! for the consequences of a decision.

use domain::conflict::Closing;
use domain::{
    Conflict, ConflictId, LinkEventId, PhoneId, Principal, Resolution, Rule, Timestamp, UnionId, UnionKey, UserId,
};
use entities::phone::{self, End, Proof};
use entities::{conflict, union_id, user};
use sea_orm::sea_query::ExprTrait;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

use crate::conflict::Case;
use crate::database::{changed_unless, row_id};
use crate::event::EventCase;
use crate::history::{Change, Entry, Evidence};
use crate::phone::{COOLING_OFF, KEPT, end};
use crate::{Actor, StoreError, Tx};

/// A case whose accounts are locked until the end of the transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldCase {
    /// The case.
    pub case: Case,
    /// The inputs to the decision.
    pub facts: domain::conflict::Case,
}

/// An operator's decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The decision.
    pub resolution: Resolution,
    /// Who decided.
    pub by: Principal,
    /// The operator's reason.
    pub reason: String,
}

/// Locks the accounts of a case and then reads it. Of two concurrent operators the second sees the changes of the
/// first.
pub async fn hold(tx: &Tx, id: ConflictId) -> Result<Option<HeldCase>, StoreError> {
    let Some(seen) = super::find(&tx.look(), id).await? else { return Ok(None) };
    let users: Vec<UserId> = [Some(seen.user), seen.other].into_iter().flatten().collect();
    tx.lock(&users).await?;
    let case = super::find(&tx.look(), id).await?.ok_or(StoreError::changed("conflicts"))?;
    if (case.user, case.other) != (seen.user, seen.other) {
        return Err(StoreError::changed("conflicts"));
    }
    let other = match case.other {
        Some(other) => crate::user::account(&tx.look(), other).await?,
        None => None,
    };
    let facts = domain::conflict::Case {
        kind: case.kind,
        user: crate::user::account(&tx.look(), case.user).await?,
        other,
        union: case.union.clone(),
        union_owner: match &case.union {
            Some(key) => crate::user::owner_of_union_id(&tx.look(), key).await?,
            None => None,
        },
        phone: phone_of(tx, id, case.other).await?,
    };
    Ok(Some(HeldCase { case, facts }))
}

/// Returns the phone of a case, while its number belongs to the other account or is kept for it.
async fn phone_of(tx: &Tx, id: ConflictId, other: Option<UserId>) -> Result<Option<PhoneId>, StoreError> {
    let row = conflict::Entity::find_by_id(id).one(&tx.db).await?;
    let Some(phone) = row.and_then(|row| row.phone_id) else { return Ok(None) };
    let held = phone::Entity::find_by_id(phone).filter(phone::Column::ActiveHash.is_not_null());
    let Some(row) = held.one(&tx.db).await? else { return Ok(None) };
    // A kept number may be recorded under an account that has since been merged into the other one.
    let by = crate::user::find(&tx.look(), row.user_id).await?.map(|user| user.id);
    Ok((by.is_some() && by == other).then_some(phone))
}

/// Closes an open case that is [held](hold). Fails with [`StoreError::Contended`] if it was closed meanwhile.
pub async fn close(tx: &Tx, case: &Case, verdict: &Verdict, now: Timestamp) -> Result<(), StoreError> {
    let named = Conflict { kind: case.kind, other: case.other, union: case.union.clone() };
    let mut change = conflict::ActiveModel {
        closed_at: Set(Some(now)),
        resolution: Set(Some(verdict.resolution)),
        closed_by: Set(Some(Actor::Operator(verdict.by).to_string())),
        reason: Set(Some(verdict.reason.clone())),
        ..Default::default()
    };
    // The kept key prevents the next login from opening the same case again.
    if !(verdict.resolution == Resolution::KeepApart && named.stays_settled()) {
        change.open_key = Set(None);
    }
    let open = conflict::Column::Id.eq(case.id).and(conflict::Column::ClosedAt.is_null());
    let closed = conflict::Entity::update_many().set(change).filter(open).exec(&tx.db).await?;
    changed_unless("conflicts", closed.rows_affected)?;
    let closed = EventCase { id: case.id, kind: case.kind, user: case.user, other: case.other };
    crate::event::of_case(tx, closed, Some(verdict.resolution), now).await
}

/// Applies the decision on a held case and journals it. Merges are journaled by [`merge`](crate::merge).
pub async fn decide(
    tx: &Tx,
    (held, closing): (&HeldCase, &Closing),
    verdict: &Verdict,
    now: Timestamp,
) -> Result<Option<LinkEventId>, StoreError> {
    let (user, other) = (held.case.user, held.case.other);
    let mut evidence = Evidence {
        case: Some(held.case.id),
        decision: Some(verdict.resolution),
        ..Evidence::of_reason(&verdict.reason)
    };
    let change = match closing {
        Closing::Nothing => Change::Nothing {},
        Closing::Merge(_) => return Ok(None),
        Closing::ReplaceUnionId { user, old, new } => {
            tx.lock_active(&[*user]).await?;
            replace_union_id(tx, *user, (old.as_ref(), new), now).await?;
            evidence.union = Some(new.clone());
            let old = old.clone().map(|union_id| UnionKey { union_id, ..new.clone() });
            Change::UnionIdReplaced { old, new: new.clone() }
        }
        Closing::GivePhone { phone, from, to } => {
            tx.lock_active(&[*from, *to]).await?;
            evidence.phone = held.case.number.as_ref().map(Into::into);
            give_phone(tx, *phone, (*to, held.case.opened_at), now).await?
        }
    };
    let actor = Actor::Operator(verdict.by);
    let entry = Entry { user, other, rule: Rule::R14, actor, evidence, change };
    crate::history::add(tx, entry, now).await.map(Some)
}

/// Replaces a unionId. The unique indexes decide if another account got the new one meanwhile.
async fn replace_union_id(
    tx: &Tx,
    user: UserId,
    (old, new): (Option<&UnionId>, &UnionKey),
    now: Timestamp,
) -> Result<(), StoreError> {
    let Some(old) = old else {
        let (scope, union_id) = (new.scope.clone(), new.union_id.clone());
        let row = union_id::Model { id: row_id(now), scope, union_id, user_id: user, created_at: now };
        return tx.insert(row).await;
    };
    let change = union_id::ActiveModel { union_id: Set(new.union_id.clone()), ..Default::default() };
    let replace = union_id::Entity::update_many()
        .set(change)
        .filter(union_id::Column::UserId.eq(user))
        .filter(union_id::Column::Scope.eq(new.scope.clone()))
        .filter(union_id::Column::UnionId.eq(old.clone()));
    if old == &new.union_id { Ok(()) } else { changed_unless("union_ids", replace.exec(&tx.db).await?.rows_affected) }
}

/// Ends the number's phone and binds the number to the account that proved it when the case was opened; the account's
/// current phone ends and its number is kept for a while. As with R6, the account cools off for a day.
async fn give_phone(
    tx: &Tx,
    phone: PhoneId,
    (to, proved_at): (UserId, Timestamp),
    now: Timestamp,
) -> Result<Change, StoreError> {
    let in_use = phone::Column::Id.eq(phone).and(phone::Column::ActiveHash.is_not_null());
    let row = phone::Entity::find().filter(in_use.clone()).one(&tx.db).await?.ok_or(StoreError::changed("phones"))?;
    let lost = phone::ActiveModel { active_hash: Set(None), ..end(End::Recycled, now, None) };
    let ended = phone::Entity::update_many().set(lost).filter(in_use).exec(&tx.db).await?;
    changed_unless("phones", ended.rows_affected)?;
    let number = crate::phone::open_number(&tx.look(), row.id, &row.sealed_number).await?;
    let of_to = phone::Column::ActiveUser.eq(to);
    let old = phone::Entity::find().filter(of_to.clone()).one(&tx.db).await?;
    let kept = end(End::Changed, now, Some(now.plus(KEPT)));
    phone::Entity::update_many().set(kept).filter(of_to).exec(&tx.db).await?;
    let given = phone::Model {
        proof: Proof::Code,
        verified_at: Some(proved_at),
        last_proof_at: Some(proved_at),
        ..tx.vault.new_phone(to, &number, now)
    };
    let change = Change::PhoneBound { old: old.map(|old| old.id), taken: Some(phone), new: given.id };
    tx.insert(given).await?;
    let cooling = user::ActiveModel { cooling_until: Set(Some(now.plus(COOLING_OFF))), ..Default::default() };
    user::Entity::update_many().set(cooling).filter(user::Column::Id.eq(to)).exec(&tx.db).await?;
    Ok(change)
}
