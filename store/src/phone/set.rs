//! Sets the phone of an account by an operator's decision (R14), without a proof.

use domain::{PhoneNumber, Rule, Timestamp, UserId};
use entities::phone::{self, End, Proof};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::{KEPT, end, forget_kept};
use crate::history::{Change, Entry, Evidence};
use crate::{Actor, StoreError, Tx};

/// Binds a number that no other account has. The account's present phone ends, and its number is kept for it for a while. The caller
/// has locked the account.
///
/// # Errors
/// Returns [`StoreError::Contended`] if another account has got the number meanwhile.
pub async fn set(
    tx: &Tx,
    (user, number): (UserId, &PhoneNumber),
    (by, reason): (Actor, &str),
    now: Timestamp,
) -> Result<(), StoreError> {
    let of_user = phone::Column::ActiveUser.eq(user);
    let old = phone::Entity::find().filter(of_user.clone()).one(&tx.db).await?;
    let kept = end(End::Changed, now, Some(now.plus(KEPT)));
    phone::Entity::update_many().set(kept).filter(of_user).exec(&tx.db).await?;
    forget_kept(tx, user, number, now).await?;
    let row = phone::Model { proof: Proof::Operator, ..tx.vault.new_phone(user, number, now) };
    let change = Change::PhoneBound { old: old.map(|old| old.id), taken: None, new: row.id };
    tx.insert(row).await?;
    let evidence = Evidence { phone: Some(number.into()), ..Evidence::of_reason(reason) };
    crate::history::add(tx, Entry { user, other: None, rule: Rule::R14, actor: by, evidence, change }, now).await?;
    Ok(())
}
