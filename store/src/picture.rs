//! Pictures that people uploaded: which account shows which, when an unused one is removed, and the contents, where the
//! database stores them.
//!
//! The row of a picture is the referee: an account chooses a picture by an update of this row, and the sweep claims it for
//! removal by another one.

use chrono::TimeDelta;
use domain::{PictureId, SessionId, Timestamp, UserId};
use entities::{picture, picture_content, user};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, UpdateMany};

use crate::{StoreError, Tx, View};

/// How long an upload may take before it counts as given up.
const UPLOAD: TimeDelta = TimeDelta::hours(1);
/// How often it is checked whether an account still shows a picture.
const CHECKED_EVERY: TimeDelta = TimeDelta::days(30);
/// How long a picture is kept after no account was found to show it, unless the person replaced it: the undo of a merge may
/// show it again.
const KEPT: TimeDelta = TimeDelta::days(31);
/// How long one process has for a removal, before another one may attempt it.
const REMOVAL: TimeDelta = TimeDelta::minutes(10);
/// The most pictures that one sweep checks.
const MOST: u64 = 200;

/// Adds a picture that no account shows yet. Its upload has an hour.
pub async fn add(tx: &Tx, id: PictureId, (user, address): (UserId, &str), now: Timestamp) -> Result<(), StoreError> {
    let row = picture::Model {
        id,
        user_id: user,
        address: address.to_owned(),
        created_at: now,
        due_at: now.plus(UPLOAD),
        unused_since: Some(now),
        removed_at: None,
    };
    tx.insert(row).await
}

/// Shows an added picture as that of the session's account, in place of the one before. Returns the account, or `None` if the
/// session has ended or the picture is being removed.
///
/// # Errors
/// Returns [`StoreError::Closed`] if the account was disabled.
pub async fn show(tx: &Tx, session: SessionId, address: &str, now: Timestamp) -> Result<Option<UserId>, StoreError> {
    let Some(held) = crate::link::hold(tx, session, now).await? else { return Ok(None) };
    let account = held.account.id;
    retire_shown(tx, account, now).await?;
    if !keep(tx, address, now).await? {
        return Ok(None);
    }
    let row =
        user::ActiveModel { own_avatar_url: Set(Some(address.to_owned())), updated_at: Set(now), ..Default::default() };
    crate::merge::update_user(tx, account, row).await?;
    Ok(Some(account))
}

/// Marks the picture with this address as shown by an account. Returns false if there is none, or it is being removed.
pub async fn keep(tx: &Tx, address: &str, now: Timestamp) -> Result<bool, StoreError> {
    let change =
        picture::ActiveModel { due_at: Set(now.plus(CHECKED_EVERY)), unused_since: Set(None), ..Default::default() };
    let kept = live().set(change).filter(picture::Column::Address.eq(address));
    Ok(kept.exec(&tx.db).await?.rows_affected > 0)
}

/// Lets the next sweep check the picture that an account shows, which is about to show another one or none.
pub(crate) async fn retire_shown(tx: &Tx, account: UserId, now: Timestamp) -> Result<(), StoreError> {
    let shown = Query::select()
        .column(user::Column::OwnAvatarUrl)
        .from(user::Entity)
        .and_where(user::Column::Id.eq(account))
        .take();
    let change = picture::ActiveModel { due_at: Set(now), unused_since: Set(Some(now)), ..Default::default() };
    live().set(change).filter(picture::Column::Address.in_subquery(shown)).exec(&tx.db).await?;
    Ok(())
}

/// Checks the pictures that are due. Returns those that are to be removed from their store: no account shows them. They
/// become due again, until [`removed`] is called for them.
pub async fn claim_unused(tx: &Tx, now: Timestamp) -> Result<Vec<PictureId>, StoreError> {
    let due = picture::Entity::find().filter(picture::Column::DueAt.lte(now));
    let due = due.order_by_asc(picture::Column::DueAt).limit(MOST).all(&tx.db).await?;
    let mut claimed = Vec::new();
    for row in due {
        if check(tx, &row, now).await? {
            claimed.push(row.id);
        }
    }
    Ok(claimed)
}

/// Checks a picture, and returns whether it is to be removed. Another process that has checked it meanwhile wins.
async fn check(tx: &Tx, row: &picture::Model, now: Timestamp) -> Result<bool, StoreError> {
    let is_due = |change: picture::ActiveModel| {
        let due = picture::Entity::update_many().set(change).filter(picture::Column::Id.eq(row.id));
        due.filter(picture::Column::DueAt.eq(row.due_at))
    };
    if row.removed_at.is_some() {
        let again = is_due(picture::ActiveModel { due_at: Set(now.plus(REMOVAL)), ..Default::default() });
        return Ok(again.exec(&tx.db).await?.rows_affected > 0);
    }
    let shown = Query::select()
        .column(user::Column::Id)
        .from(user::Entity)
        .and_where(user::Column::OwnAvatarUrl.eq(row.address.as_str()))
        .take();
    let is_shown = user::Entity::find().filter(user::Column::OwnAvatarUrl.eq(row.address.as_str())).limit(1);
    if is_shown.one(&tx.db).await?.is_some() {
        let used = picture::ActiveModel {
            due_at: Set(now.plus(CHECKED_EVERY)),
            unused_since: Set(None),
            ..Default::default()
        };
        is_due(used).exec(&tx.db).await?;
        return Ok(false);
    }
    if row.unused_since.is_none() {
        let unused =
            picture::ActiveModel { due_at: Set(now.plus(KEPT)), unused_since: Set(Some(now)), ..Default::default() };
        is_due(unused).exec(&tx.db).await?;
        return Ok(false);
    }
    let removal =
        picture::ActiveModel { due_at: Set(now.plus(REMOVAL)), removed_at: Set(Some(now)), ..Default::default() };
    // An account that has chosen the picture meanwhile has changed the time, or shows it by now.
    let claim = is_due(removal).filter(Expr::exists(shown).not());
    Ok(claim.exec(&tx.db).await?.rows_affected > 0)
}

/// Has the next sweep remove all pictures that these accounts uploaded. Those in the database are gone at once.
pub(crate) async fn forget(tx: &Tx, users: &[UserId], now: Timestamp) -> Result<(), StoreError> {
    let theirs = picture::Column::UserId.is_in(users.iter().copied());
    let ids: Vec<PictureId> = picture::Entity::find()
        .select_only()
        .column(picture::Column::Id)
        .filter(theirs.clone())
        .into_tuple()
        .all(&tx.db)
        .await?;
    picture_content::Entity::delete_many().filter(picture_content::Column::Id.is_in(ids)).exec(&tx.db).await?;
    let removal = picture::ActiveModel { due_at: Set(now), removed_at: Set(Some(now)), ..Default::default() };
    picture::Entity::update_many().set(removal).filter(theirs).exec(&tx.db).await?;
    Ok(())
}

/// Deletes the rows of pictures that were removed from their store.
pub async fn removed(tx: &Tx, ids: &[PictureId]) -> Result<(), StoreError> {
    let rows = picture::Entity::delete_many().filter(picture::Column::Id.is_in(ids.iter().copied()));
    rows.filter(picture::Column::RemovedAt.is_not_null()).exec(&tx.db).await?;
    Ok(())
}

/// Stores a content. The same content may be stored again.
pub async fn put_content(tx: &Tx, id: PictureId, content: Vec<u8>) -> Result<(), StoreError> {
    remove_content(tx, id).await?;
    tx.insert(picture_content::Model { id, content }).await
}

/// Returns a content.
pub async fn content(view: &View<'_>, id: PictureId) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(picture_content::Entity::find_by_id(id).one(&view.db).await?.map(|row| row.content))
}

/// Deletes a content, if there is one.
pub async fn remove_content(tx: &Tx, id: PictureId) -> Result<(), StoreError> {
    let row = picture_content::Entity::delete_many().filter(picture_content::Column::Id.eq(id));
    row.exec(&tx.db).await?;
    Ok(())
}

/// Updates pictures that are not being removed.
fn live() -> UpdateMany<picture::Entity> {
    picture::Entity::update_many().filter(picture::Column::RemovedAt.is_null())
}
