//! Applies the decision on a proven phone number. See [`domain::phone`] for the decision.

use chrono::TimeDelta;
use domain::phone::{Binding, NumberProof, Request, still_joins};
use domain::{PhoneId, PhoneNumber, Rule, Timestamp, UserId};
use entities::phone::{self, End, Proof};
use entities::user;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

use crate::database::changed_unless;
use crate::history::{Change, Entry, Evidence};
use crate::key::{HashOf, Vault};
use crate::merge::Merged;
use crate::phone::freed;
use crate::{Actor, StoreError, Tx};

/// R4d: how long a replaced number is kept for its owner.
pub(crate) const KEPT: TimeDelta = TimeDelta::hours(72);
/// R6: the cooling-off time of an account that has taken over a number.
pub(crate) const COOLING_OFF: TimeDelta = TimeDelta::hours(24);

/// Applies the decision on a proven number and returns the remaining account. A refusal only opens its case.
///
/// # Errors
/// Returns [`StoreError::Contended`] if the facts behind the decision have changed.
pub async fn bind(tx: &Tx, binding: &Binding, request: &Request, now: Timestamp) -> Result<UserId, StoreError> {
    let caller = request.caller.id;
    match binding {
        Binding::Renew { counts: false } => {}
        Binding::Renew { counts: true } => renew_proof(tx, caller, &request.number, now).await?,
        Binding::Bind => bind_number(tx, request, Rule::R4a, now).await?,
        Binding::Change => bind_number(tx, request, Rule::R4d, now).await?,
        Binding::TakeOver { from } => take_over(tx, *from, request, now).await?,
        Binding::Join { from, into } => {
            unchanged(&tx.lock_active(&[*from, *into]).await?, request)?;
            let merged = crate::merge::join(tx, (*from, *into), still_joins, now).await?;
            renew_proof(tx, *into, &request.number, now).await?;
            crate::history::add(tx, joined(*from, merged, &request.number), now).await?;
            return Ok(*into);
        }
        Binding::Refuse { conflict, .. } => {
            if let Some(conflict) = conflict {
                tx.lock_for_case(&[Some(caller), conflict.other].into_iter().flatten().collect::<Vec<_>>()).await?;
                crate::conflict::open(tx, caller, conflict, now).await?;
                crate::conflict::note_number(tx, caller, conflict, &request.number).await?;
            }
        }
    }
    Ok(caller)
}

/// Binds the number to the caller's account, replacing its current one.
async fn bind_number(tx: &Tx, request: &Request, rule: Rule, now: Timestamp) -> Result<(), StoreError> {
    let user = request.caller.id;
    unchanged(&[tx.lock_one(user).await?], request)?;
    let Replaced { old, new } = replace(tx, request, now).await?;
    let (evidence, change) = (Evidence::of_number(&request.number), Change::PhoneBound { old, taken: None, new });
    let entry = Entry { user, other: None, rule, actor: Actor::Person, evidence, change };
    crate::history::add(tx, entry, now).await?;
    Ok(())
}

/// R6: detaches the number from the account of its former owner.
async fn take_over(tx: &Tx, from: UserId, request: &Request, now: Timestamp) -> Result<(), StoreError> {
    let user = request.caller.id;
    unchanged(&tx.lock_active(&[from, user]).await?, request)?;
    let decided = request.owner.as_ref().ok_or(StoreError::changed("phones"))?;
    let held = super::held(&tx.look(), &request.number)
        .await?
        .filter(|held| held.by == from)
        .ok_or(StoreError::changed("phones"))?;
    let last_proof = phone::Column::LastProofAt;
    let ended = phone::Entity::update_many()
        .set(gone(End::Recycled, now))
        .filter(phone::Column::Id.eq(held.row.id))
        // If the number was proved again meanwhile, it stays: the decision was based on an older proof.
        .filter(decided.last_proof_at.map_or_else(|| last_proof.is_null(), |at| last_proof.eq(at)));
    changed_unless("phones", ended.exec(&tx.db).await?.rows_affected)?;
    let Replaced { old, new } = replace(tx, request, now).await?;
    let cooling = user::ActiveModel { cooling_until: Set(Some(now.plus(COOLING_OFF))), ..Default::default() };
    user::Entity::update_many().set(cooling).filter(user::Column::Id.eq(user)).exec(&tx.db).await?;
    let evidence = Evidence {
        line: Some(decided.line),
        last_proof_at: decided.last_proof_at,
        ..Evidence::of_number(&request.number)
    };
    let change = Change::PhoneBound { old, taken: Some(held.row.id), new };
    let entry = Entry { user, other: Some(from), rule: Rule::R6, actor: Actor::Person, evidence, change };
    crate::history::add(tx, entry, now).await?;
    Ok(())
}

/// The former and the new phone of an account.
struct Replaced {
    old: Option<PhoneId>,
    new: PhoneId,
}

/// Ends the current phone, whose number is kept for a while, and adds the new one.
async fn replace(tx: &Tx, request: &Request, now: Timestamp) -> Result<Replaced, StoreError> {
    let user = request.caller.id;
    let old = phone::Entity::find().filter(phone::Column::ActiveUser.eq(user)).one(&tx.db).await?;
    let known = match &old {
        Some(row) => Some(super::open_number(&tx.look(), row.id, &row.sealed_number).await?),
        None => None,
    };
    if known != request.caller.phone {
        return Err(StoreError::changed("phones"));
    }
    let kept = end(End::Changed, now, Some(now.plus(KEPT)));
    phone::Entity::update_many().set(kept).filter(phone::Column::ActiveUser.eq(user)).exec(&tx.db).await?;
    forget_kept(tx, user, &request.number, now).await?;
    let row = phone::Model {
        proof: match request.proof {
            NumberProof::SmsCode => Proof::Code,
            NumberProof::WechatRealTime => Proof::WechatRealTime,
            NumberProof::WechatQuick => Proof::WechatQuick,
        },
        // WeChat's quick code does not say when the number was proved, and the proof was not made to us.
        verified_at: (!request.proof.is_weak()).then_some(now),
        last_proof_at: (!request.proof.is_weak()).then_some(now),
        ..tx.vault.new_phone(user, &request.number, now)
    };
    let new = row.id;
    tx.insert(row).await?;
    Ok(Replaced { old: old.map(|row| row.id), new })
}

/// Releases a kept number that its owner takes back or whose retention has ended.
pub(crate) async fn forget_kept(tx: &Tx, user: UserId, number: &PhoneNumber, now: Timestamp) -> Result<(), StoreError> {
    let Some(held) = super::held(&tx.look(), number).await? else { return Ok(()) };
    let is_own = held.is_kept() && held.by == user;
    if !(is_own || held.is_over(now)) {
        return Ok(());
    }
    let kept = phone::Entity::update_many()
        .set(freed())
        .filter(phone::Column::Id.eq(held.row.id))
        .filter(phone::Column::ActiveUser.is_null());
    kept.exec(&tx.db).await?;
    Ok(())
}

pub(super) async fn renew_proof(tx: &Tx, user: UserId, number: &PhoneNumber, now: Timestamp) -> Result<(), StoreError> {
    let change = phone::ActiveModel { last_proof_at: Set(Some(now)), ..Default::default() };
    let renewed = phone::Entity::update_many()
        .set(change)
        .col_expr(phone::Column::VerifiedAt, Expr::col(phone::Column::VerifiedAt).if_null(Expr::val(now)))
        .filter(phone::Column::ActiveUser.eq(user))
        .filter(super::has_number(&tx.look(), number));
    changed_unless("phones", renewed.exec(&tx.db).await?.rows_affected)
}

/// R6: checks that the cooling-off times are still those that the decision was based on.
fn unchanged(rows: &[user::Model], request: &Request) -> Result<(), StoreError> {
    let of_owner = request.owner.as_ref().and_then(|owner| owner.cooling_until);
    let decided = |row: &user::Model| {
        if row.id == request.caller.id { request.standing.cooling_until } else { of_owner }
    };
    if rows.iter().all(|row| row.cooling_until == decided(row)) { Ok(()) } else { Err(StoreError::changed("users")) }
}

/// Returns the change that ends a phone. Its number stays reserved until `kept_until`.
pub(crate) fn end(how: End, now: Timestamp, kept_until: Option<Timestamp>) -> phone::ActiveModel {
    phone::ActiveModel {
        active_user: Set(None),
        ended: Set(Some(how)),
        ended_at: Set(Some(now)),
        kept_until: Set(kept_until),
        ..Default::default()
    }
}

/// Returns the change that ends a phone and releases its number at once.
pub(crate) fn gone(how: End, now: Timestamp) -> phone::ActiveModel {
    phone::ActiveModel { active_hash: Set(None), ..end(how, now, None) }
}

fn joined(from: UserId, merged: Merged, number: &PhoneNumber) -> Entry {
    Entry {
        user: merged.survivor.id,
        other: Some(from),
        rule: Rule::R4c,
        actor: Actor::Person,
        evidence: Evidence::of_number(number),
        change: merged.change,
    }
}

impl Vault {
    /// Creates an active phone that has not been proved to this service.
    pub(crate) fn new_phone(&self, user: UserId, number: &PhoneNumber, now: Timestamp) -> phone::Model {
        let id = PhoneId::new(now);
        phone::Model {
            id,
            user_id: user,
            sealed_number: self.seal(id, number),
            active_hash: Some(self.hash(HashOf::ActivePhone, number)),
            active_user: Some(user),
            proof: Proof::Import,
            verified_at: None,
            last_proof_at: None,
            created_at: now,
            kept_until: None,
            ended_at: None,
            ended: None,
        }
    }
}
