//! Phone numbers: their owners, and numbers that are kept after a change. See [`domain::phone`] for the rules and
//! `bind` for the writes.

mod bind;
mod login;
mod number;
mod set;

use domain::phone::{Line, Owner};
use domain::{PhoneId, PhoneNumber, Timestamp, UserId};
use entities::phone::{self, Proof};
use entities::user::Status;
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QuerySelect};

use crate::key::HashOf;
use crate::{StoreError, View};

pub use bind::bind;
pub(crate) use bind::{COOLING_OFF, KEPT, end, forget_kept, gone};
pub use login::{create, first_binding, has_signed_in_on, sign_in};
pub(crate) use number::{JoinedPhone, open_number, read_number, select_number};
pub use set::set;

/// A number that is not free.
pub(crate) struct Held {
    pub(crate) row: phone::Model,
    /// Its owner. For a kept number, the survivor of the account that replaced it.
    pub(crate) by: UserId,
}

impl Held {
    pub(crate) fn is_kept(&self) -> bool {
        self.row.active_user.is_none()
    }

    /// Returns whether the retention has ended.
    pub(crate) fn is_over(&self, now: Timestamp) -> bool {
        self.is_kept() && self.row.kept_until.is_none_or(|until| until <= now)
    }
}

/// Returns the active phone of an account.
pub async fn active_phone(view: &View<'_>, user: UserId) -> Result<Option<PhoneId>, StoreError> {
    let phone = phone::Entity::find().select_only().column(phone::Column::Id);
    Ok(phone.filter(phone::Column::ActiveUser.eq(user)).into_tuple().one(&view.db).await?)
}

/// Returns the account that has the number or for which it is kept.
///
/// # Errors
/// Returns [`StoreError::Closed`] if that account was disabled: the number can neither sign in to it nor be
/// taken from it.
pub async fn owner(view: &View<'_>, number: &PhoneNumber, now: Timestamp) -> Result<Option<Owner>, StoreError> {
    let Some(held) = held(view, number).await?.filter(|held| !held.is_over(now)) else { return Ok(None) };
    let account = crate::user::accounts(view, &[held.by]).await?.remove(&held.by);
    match account {
        Some((Status::Disabled, _)) => return Err(StoreError::Closed),
        // Erased between the two queries: the number is free now.
        Some((Status::Erased, _)) => return Err(StoreError::changed("phones")),
        Some((Status::Active | Status::Merged, _)) | None => {}
    }
    let cooling_until = crate::merge::cooling_until(view, &[held.by]).await?;
    let (is_kept, last_proof_at) = (held.is_kept(), held.row.last_proof_at);
    let is_weak = last_proof_at.is_none() && matches!(held.row.proof, Proof::WechatQuick | Proof::Operator);
    let line = Line::Unknown;
    Ok(account.map(|(_, account)| Owner { account, is_kept, is_weak, last_proof_at, cooling_until, line }))
}

/// Returns the row that reserves the number.
pub(crate) async fn held(view: &View<'_>, number: &PhoneNumber) -> Result<Option<Held>, StoreError> {
    let row = phone::Entity::find().filter(has_number(view, number)).one(&view.db).await?;
    let Some(row) = row else { return Ok(None) };
    // A merge moves the active phone but not the kept numbers.
    let survivor = if row.active_user.is_none() { crate::user::survivor_of(view, row.user_id).await? } else { None };
    let by = survivor.unwrap_or(row.user_id);
    Ok(Some(Held { row, by }))
}

/// Matches the phone whose number, active or kept, is this one.
pub(crate) fn has_number(view: &View<'_>, number: &PhoneNumber) -> Expr {
    phone::Column::ActiveHash.eq(view.vault.hash(HashOf::ActivePhone, number))
}

/// Returns the change that releases a kept number.
pub(crate) fn freed() -> phone::ActiveModel {
    phone::ActiveModel { active_hash: Set(None), kept_until: Set(None), ..Default::default() }
}
