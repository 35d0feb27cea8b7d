//! Merge offers. Only hashes of their tokens are stored.

use domain::merge::OFFER;
use domain::phone::Offer;
use domain::{Rule, Timestamp, UserId};
use entities::user::Status;
use entities::{link_event, merge_offer, user};
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect};

use crate::{StoreError, Tx, View};

/// A merge offer to be stored.
#[derive(Debug, Clone)]
pub struct NewOffer {
    /// The hash of the token.
    pub hash: [u8; 32],
    /// The account that receives the offer.
    pub user: UserId,
    /// The rule that makes the offer.
    pub rule: Rule,
    /// The offer.
    pub offer: Offer,
}

/// A merge offer that can still be confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OfferedMerge {
    /// The account that received the offer.
    pub user: UserId,
    /// The other account.
    pub other: UserId,
    /// The rule that made the offer.
    pub rule: Rule,
    /// Whether the person has to sign in to the other account first.
    pub needs_login: bool,
    /// When the offer expires.
    pub expires_at: Timestamp,
}

/// Returns the offer to this account under this token. Returns `None` if the token is unknown, used, expired or
/// another account's, or if either account has changed since; the cases are not distinguished.
pub async fn find_offer(
    view: &View<'_>,
    hash: &[u8; 32],
    user: UserId,
    now: Timestamp,
) -> Result<Option<OfferedMerge>, StoreError> {
    let unused = merge_offer::Entity::find_by_id(hash.to_vec())
        .filter(merge_offer::Column::UserId.eq(user))
        .filter(merge_offer::Column::UsedAt.is_null())
        .filter(merge_offer::Column::ExpiresAt.gt(now));
    let Some(row) = unused.one(&view.db).await? else { return Ok(None) };
    unchanged(view, row).await
}

/// Returns the offer, unless either account has changed since it was made.
async fn unchanged(view: &View<'_>, row: merge_offer::Model) -> Result<Option<OfferedMerge>, StoreError> {
    let users = [row.user_id, row.other_user_id];
    let statuses: Vec<Status> = user::Entity::find()
        .select_only()
        .column(user::Column::Status)
        .filter(user::Column::Id.is_in(users))
        .into_tuple()
        .all(&view.db)
        .await?;
    if statuses.contains(&Status::Disabled) {
        return Err(StoreError::Closed);
    }
    let active = statuses.iter().filter(|status| **status == Status::Active).count();
    let is_unchanged = active == 2 && events_about(view, users).await? == row.events;
    Ok(is_unchanged.then_some(OfferedMerge {
        user: row.user_id,
        other: row.other_user_id,
        rule: row.rule,
        needs_login: row.needs_login,
        expires_at: row.expires_at,
    }))
}

/// Returns the number of journal entries about either account. The journal only grows, so the count is a version of
/// both.
async fn events_about(view: &View<'_>, users: [UserId; 2]) -> Result<i64, StoreError> {
    let about =
        Condition::any().add(link_event::Column::UserId.is_in(users)).add(link_event::Column::OtherUserId.is_in(users));
    let count = link_event::Entity::find().filter(about).count(&view.db).await?;
    i64::try_from(count).map_err(|_| StoreError::corrupt("link_events", "more entries than can be counted"))
}

/// Stores a merge offer and returns its expiry. Call it last: journal entries that follow invalidate the offer.
///
/// Returns `None` if the other account is not active.
pub async fn add_offer(tx: &Tx, new: &NewOffer, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
    let users = [new.user, new.offer.other];
    let rows = tx.lock(&users).await?;
    if rows.len() != 2 || rows.iter().any(|row| row.status != Status::Active) {
        return Ok(None);
    }
    let expires_at = now.plus(OFFER);
    let row = merge_offer::Model {
        hash: new.hash.to_vec(),
        user_id: new.user,
        other_user_id: new.offer.other,
        rule: new.rule,
        needs_login: new.offer.needs_login,
        events: events_about(&tx.look(), users).await?,
        created_at: now,
        expires_at,
        used_at: None,
    };
    tx.insert(row).await?;
    Ok(Some(expires_at))
}

/// Takes an offer once and locks both accounts. Of several concurrent calls exactly one gets it.
///
/// Returns `None` in the cases of [`find_offer`]. If the transaction is rolled back, the offer remains.
pub async fn take_offer(
    tx: &Tx,
    hash: &[u8; 32],
    user: UserId,
    now: Timestamp,
) -> Result<Option<OfferedMerge>, StoreError> {
    let take = merge_offer::Entity::update_many()
        .set(merge_offer::ActiveModel { used_at: Set(Some(now)), ..Default::default() })
        .filter(merge_offer::Column::Hash.eq(hash.to_vec()))
        .filter(merge_offer::Column::UserId.eq(user))
        .filter(merge_offer::Column::UsedAt.is_null())
        .filter(merge_offer::Column::ExpiresAt.gt(now));
    if take.exec(&tx.db).await?.rows_affected == 0 {
        return Ok(None);
    }
    let row = merge_offer::Entity::find_by_id(hash.to_vec()).one(&tx.db).await?;
    let Some(row) = row else { return Ok(None) };
    // Every change of an account holds its lock until the journal entry is written, so the count is exact only under
    // the lock.
    tx.lock(&[row.user_id, row.other_user_id]).await?;
    unchanged(&tx.look(), row).await
}
