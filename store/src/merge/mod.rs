//! Merges two accounts by a plan and journals everything that moves. Orders keep their links. See [`domain::merge`]
//! for the plan.

mod grounds;
mod offer;
mod past;
mod side;
mod undo;

use domain::merge::{Field, Plan};
use domain::{Account, LinkEventId, LinkId, PhoneId, Timestamp, UnionKey, UserId};
use entities::phone::End;
use entities::user::{self, Status};
use entities::{open_id, phone, union_id};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::history::{Change, Entry, Evidence, MergeRecord, Moved, Row};
use crate::phone::gone;
use crate::{Actor, StoreError, Tx};

pub use grounds::Grounds;
pub use offer::{NewOffer, OfferedMerge, add_offer, find_offer, take_offer};
pub use past::{PastMerge, past_merge, past_merges};
pub use side::{Holdings, cooling_until, holdings, locked_sides, sides};
pub use undo::{Merge, UndoError, UndoRefusal, Undone, find, list, undo};

/// The survivor, and the record that an undo needs.
pub(crate) struct Merged {
    pub(crate) survivor: user::Model,
    pub(crate) change: Change,
}

/// A completed merge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MergedUsers {
    /// The id of the merge, for its undo.
    pub merge: LinkEventId,
    /// The remaining account.
    pub survivor: UserId,
}

/// Merges two accounts by a plan and journals the grounds. Fails with [`StoreError::Contended`] if the plan is out of
/// date.
pub async fn merge_users(tx: &Tx, plan: &Plan, grounds: &Grounds, now: Timestamp) -> Result<MergedUsers, StoreError> {
    let merged = carry_out(tx, plan, grounds.actor(), now).await?;
    let evidence = match grounds {
        Grounds::Offer(rule) => Evidence { offer: Some(*rule), ..Evidence::default() },
        Grounds::Person => Evidence::default(),
        Grounds::Operator { reason, .. } => Evidence::of_reason(reason),
    };
    let entry = Entry {
        user: plan.into,
        other: Some(plan.from),
        rule: grounds.rule(),
        actor: grounds.actor(),
        evidence,
        change: merged.change,
    };
    Ok(MergedUsers { merge: crate::history::add(tx, entry, now).await?, survivor: plan.into })
}

/// Merges two accounts between which no choice is needed (R1c, R4c). Checks the rule again under the lock, and fails
/// with [`StoreError::Contended`] if an account has changed since the decision.
pub(crate) async fn join(
    tx: &Tx,
    (from, into): (UserId, UserId),
    still_joins: fn(&Account, &Account) -> bool,
    now: Timestamp,
) -> Result<Merged, StoreError> {
    join_by(tx, (from, into), (still_joins, Actor::Person), now).await
}

/// Like [`join`], for another actor than the person.
pub(crate) async fn join_by(
    tx: &Tx,
    (from, into): (UserId, UserId),
    (still_joins, actor): (fn(&Account, &Account) -> bool, Actor),
    now: Timestamp,
) -> Result<Merged, StoreError> {
    tx.lock_active(&[from, into]).await?;
    let [gone, kept] = sides(&tx.look(), [from, into]).await?.ok_or(StoreError::changed("users"))?;
    if !still_joins(&gone.account, &kept.account) {
        return Err(StoreError::changed("users"));
    }
    carry_out(tx, &Plan::join(&gone, &kept), actor, now).await
}

/// Moves everything to the survivor. Fails with `Contended` if a limit of R9 now forbids the merge.
pub(crate) async fn carry_out(tx: &Tx, plan: &Plan, actor: Actor, now: Timestamp) -> Result<Merged, StoreError> {
    let (from, into) = (plan.from, plan.into);
    let mut users = tx.lock_active(&[from, into]).await?;
    users.sort_by_key(|user| user.id != from);
    let [gone, kept]: [user::Model; 2] = users.try_into().map_err(|_| StoreError::changed("users"))?;
    let (phone, ended) = join_phones(tx, plan, now).await?;
    let moved = Moved {
        links: move_open_ids(tx, from, into).await?,
        unions: move_union_ids(tx, from, into).await?,
        phone,
        ended,
        cases: crate::conflict::hand_over(tx, plan, actor, now).await?,
    };
    let [of_from, of_into] = [&gone, &kept].map(Row::from);
    let survivor = join_rows(tx, gone, kept, (plan, now)).await?;
    let record = MergeRecord { from: of_from, into: of_into, survivor: Row::from(&survivor), moved };
    Ok(Merged { survivor, change: Change::Merged(Box::new(record)) })
}

async fn move_open_ids(tx: &Tx, from: UserId, into: UserId) -> Result<Vec<LinkId>, StoreError> {
    let of_from = open_id::Column::UserId.eq(from);
    let links = open_id::Entity::find().filter(of_from.clone()).order_by_asc(open_id::Column::Id).all(&tx.db).await?;
    let change = open_id::ActiveModel { user_id: Set(Some(into)), ..Default::default() };
    open_id::Entity::update_many().set(change).filter(of_from).exec(&tx.db).await?;
    Ok(links.iter().map(|link| link.id).collect())
}

async fn move_union_ids(tx: &Tx, from: UserId, into: UserId) -> Result<Vec<UnionKey>, StoreError> {
    let of_from = union_id::Column::UserId.eq(from);
    let unions =
        union_id::Entity::find().filter(of_from.clone()).order_by_asc(union_id::Column::Id).all(&tx.db).await?;
    let change = union_id::ActiveModel { user_id: Set(into), ..Default::default() };
    union_id::Entity::update_many().set(change).filter(of_from).exec(&tx.db).await?;
    Ok(unions.into_iter().map(|row| UnionKey { scope: row.scope, union_id: row.union_id }).collect())
}

/// Keeps one phone. Returns the phone that moved, if one did, and the phone that ended, if there were two. Kept
/// numbers follow the alias.
async fn join_phones(tx: &Tx, plan: &Plan, now: Timestamp) -> Result<(Option<PhoneId>, Option<PhoneId>), StoreError> {
    let of_from = crate::phone::active_phone(&tx.look(), plan.from).await?;
    let of_into = crate::phone::active_phone(&tx.look(), plan.into).await?;
    let is_taken = plan.taken.contains(&Field::Phone);
    let (moved, ended) = if is_taken { (of_from, of_into) } else { (None, of_from) };
    if let Some(id) = ended {
        phone::Entity::update_many().set(gone(End::Merged, now)).filter(phone::Column::Id.eq(id)).exec(&tx.db).await?;
    }
    if let Some(id) = moved {
        let into = plan.into;
        let change = phone::ActiveModel { user_id: Set(into), active_user: Set(Some(into)), ..Default::default() };
        phone::Entity::update_many().set(change).filter(phone::Column::Id.eq(id)).exec(&tx.db).await?;
    }
    Ok((moved, ended))
}

async fn join_rows(
    tx: &Tx,
    gone: user::Model,
    kept: user::Model,
    (plan, now): (&Plan, Timestamp),
) -> Result<user::Model, StoreError> {
    let is_taken = |field| plan.taken.contains(&field);
    let of = |field| if is_taken(field) { gone.clone() } else { kept.clone() };
    let (named, pictured) = (of(Field::Nickname), of(Field::AvatarUrl));
    let survivor = user::Model {
        nickname: named.nickname,
        own_nickname: named.own_nickname,
        avatar_url: pictured.avatar_url,
        own_avatar_url: pictured.own_avatar_url,
        // R6: a merge does not shorten the cooling-off time.
        cooling_until: gone.cooling_until.max(kept.cooling_until),
        updated_at: now,
        ..kept.clone()
    };
    let alias = user::ActiveModel {
        status: Set(Status::Merged),
        merged_into: Set(Some(kept.id)),
        updated_at: Set(now),
        ..Default::default()
    };
    update_user(tx, gone.id, alias).await?;
    let change = user::ActiveModel {
        nickname: Set(survivor.nickname.clone()),
        own_nickname: Set(survivor.own_nickname.clone()),
        avatar_url: Set(survivor.avatar_url.clone()),
        own_avatar_url: Set(survivor.own_avatar_url.clone()),
        cooling_until: Set(survivor.cooling_until),
        updated_at: Set(now),
        ..Default::default()
    };
    update_user(tx, kept.id, change).await?;
    if !is_taken(Field::ExternalId) {
        return Ok(survivor);
    }
    // The survivor's former external id stays with the alias, so that an import by it still finds the survivor.
    set_external_ids(tx, &[(gone.id, kept.external_id), (kept.id, gone.external_id.clone())]).await?;
    Ok(user::Model { external_id: gone.external_id, ..survivor })
}

/// Sets the external ids of accounts, which may exchange theirs.
pub(crate) async fn set_external_ids(tx: &Tx, ids: &[(UserId, Option<domain::ExternalId>)]) -> Result<(), StoreError> {
    for (user, _) in ids {
        update_user(tx, *user, user::ActiveModel { external_id: Set(None), ..Default::default() }).await?;
    }
    for (user, id) in ids {
        update_user(tx, *user, user::ActiveModel { external_id: Set(id.clone()), ..Default::default() }).await?;
    }
    Ok(())
}

pub(crate) async fn update_user(tx: &Tx, user: UserId, change: user::ActiveModel) -> Result<(), StoreError> {
    user::Entity::update_many().set(change).filter(user::Column::Id.eq(user)).exec(&tx.db).await?;
    Ok(())
}
