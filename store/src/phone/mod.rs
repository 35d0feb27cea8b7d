//! Whose a number is, and for whom one is kept after a change.
//! What follows when somebody proves it is decided in `domain::phone` and written in `binding`.

mod bind;
mod number;

use domain::phone::{Line, Owner};
use domain::{PhoneId, PhoneNumber, Timestamp, UserId};
use entities::phone::{self, Proof};
use entities::user::Status;
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QuerySelect};

use crate::key::HashOf;
use crate::{StoreError, Tx, View};

pub use bind::bind;
pub(crate) use bind::{COOLING_OFF, KEPT, end, forget_kept, gone};
pub(crate) use number::{JoinedPhone, open_number, read_number, select_number};

/// A number that is not free.
pub(crate) struct Held {
    pub(crate) row: phone::Model,
    /// Whose it is. Of a number that is kept, the account that goes on in place of the one that changed it.
    pub(crate) by: UserId,
}

impl Held {
    pub(crate) fn is_kept(&self) -> bool {
        self.row.active_user.is_none()
    }

    /// Was it kept long enough?
    pub(crate) fn is_over(&self, now: Timestamp) -> bool {
        self.is_kept() && self.row.kept_until.is_none_or(|until| until <= now)
    }
}

/// The phone that the account has now.
pub async fn active_phone(view: &View<'_>, user: UserId) -> Result<Option<PhoneId>, StoreError> {
    let phone = phone::Entity::find().select_only().column(phone::Column::Id);
    Ok(phone.filter(phone::Column::ActiveUser.eq(user)).into_tuple().one(&view.db).await?)
}

/// The account that has the number, or for which it is kept after a change. [`StoreError::Closed`] when that account was
/// disabled or erased: its number neither opens it nor leaves it.
pub async fn owner(view: &View<'_>, number: &PhoneNumber, now: Timestamp) -> Result<Option<Owner>, StoreError> {
    let Some(held) = held(view, number).await?.filter(|held| !held.is_over(now)) else { return Ok(None) };
    let account = crate::user::accounts(view, &[held.by]).await?.remove(&held.by);
    if let Some((Status::Disabled | Status::Erased, _)) = account {
        return Err(StoreError::Closed);
    }
    let cooling_until = crate::merge::cooling_until(view, &[held.by]).await?;
    let (is_kept, last_proof_at) = (held.is_kept(), held.row.last_proof_at);
    let is_weak = last_proof_at.is_none() && held.row.proof == Proof::WechatQuick;
    let line = Line::Unknown;
    Ok(account.map(|(_, account)| Owner { account, is_kept, is_weak, last_proof_at, cooling_until, line }))
}

/// The row that makes the number taken.
pub(crate) async fn held(view: &View<'_>, number: &PhoneNumber) -> Result<Option<Held>, StoreError> {
    let row = phone::Entity::find().filter(has_number(view, number)).one(&view.db).await?;
    let Some(row) = row else { return Ok(None) };
    // A merge moves the phone that is in use, and not the numbers that are kept.
    let survivor = if row.active_user.is_none() { crate::user::survivor_of(view, row.user_id).await? } else { None };
    let by = survivor.unwrap_or(row.user_id);
    Ok(Some(Held { row, by }))
}

/// The phone whose number is in use, or kept after a change, is this one.
pub(crate) fn has_number(view: &View<'_>, number: &PhoneNumber) -> Expr {
    phone::Column::ActiveHash.eq(view.vault.hash(HashOf::ActivePhone, number))
}

/// Frees the numbers that were kept long enough; answers how many.
pub(crate) async fn free_kept_numbers(tx: &Tx, now: Timestamp) -> Result<u64, StoreError> {
    let over = phone::Entity::update_many()
        .set(freed())
        .filter(phone::Column::KeptUntil.lte(now))
        .filter(phone::Column::ActiveUser.is_null());
    Ok(over.exec(&tx.db).await?.rows_affected)
}

/// A number that was kept, and is free.
pub(crate) fn freed() -> phone::ActiveModel {
    phone::ActiveModel { active_hash: Set(None), kept_until: Set(None), ..Default::default() }
}
