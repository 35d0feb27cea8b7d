//! Reads what a merge needs to know about two accounts, and what the person is shown about them beforehand.

use domain::merge::Side;
use domain::{OwnWords, Profile, Timestamp, UserId};
use entities::user::Status;
use entities::{phone, user};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::order::OrderFilter;
use crate::{StoreError, Tx, View};

/// The contents of an account, as counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holdings {
    /// The number of openIds.
    pub open_ids: usize,
    /// The number of unionIds.
    pub union_ids: usize,
    /// Orders.
    pub orders: u64,
}

/// Returns the two sides of a merge, or `None` if one account is not active.
pub async fn sides(view: &View<'_>, users: [UserId; 2]) -> Result<Option<[Side; 2]>, StoreError> {
    let mut accounts = crate::user::accounts(view, &users).await?;
    let rows = user::Entity::find().filter(user::Column::Id.is_in(users)).all(&view.db).await?;
    let phones = phone::Entity::find().filter(phone::Column::ActiveUser.is_in(users)).all(&view.db).await?;
    let mut side = |id| {
        let row = rows.iter().find(|row| row.id == id && row.status == Status::Active)?;
        let (_, account) = accounts.remove(&id)?;
        let phone = phones.iter().find(|phone| phone.active_user == Some(id));
        let own = OwnWords { nickname: row.own_nickname.clone(), avatar_url: row.own_avatar_url.clone() };
        let told = Profile { nickname: row.nickname.clone(), avatar_url: row.avatar_url.clone() };
        let Profile { nickname, avatar_url } = own.clone().over(told);
        let phone_is_verified = phone.is_some_and(|phone| phone.verified_at.is_some());
        Some(Side { account, phone_is_verified, nickname, avatar_url, own })
    };
    let [one, other] = users.map(&mut side);
    Ok(one.zip(other).map(|(one, other)| [one, other]))
}

/// Returns the two sides of a merge, as [`sides`] does, and locks the accounts, so that they are so until the end of the transaction.
///
/// # Errors
/// Returns [`StoreError::Closed`] if one is disabled, and [`StoreError::Contended`] if one was merged or erased meanwhile.
pub async fn locked_sides(tx: &Tx, users: [UserId; 2]) -> Result<Option<[Side; 2]>, StoreError> {
    tx.lock_active(&users).await?;
    sides(&tx.look(), users).await
}

/// R6: returns the latest cooling-off time of these accounts.
pub async fn cooling_until(view: &View<'_>, users: &[UserId]) -> Result<Option<Timestamp>, StoreError> {
    let rows = user::Entity::find().filter(user::Column::Id.is_in(users.iter().copied())).all(&view.db).await?;
    Ok(rows.into_iter().filter_map(|row| row.cooling_until).max())
}

/// Counts the contents of an account.
pub async fn holdings(view: &View<'_>, user: UserId) -> Result<Holdings, StoreError> {
    let links = crate::order::links(view, user).await?;
    Ok(Holdings {
        open_ids: links.len(),
        union_ids: crate::user::union_ids(view, user).await?.len(),
        orders: crate::order::count(view, &links, &OrderFilter::default()).await?,
    })
}
