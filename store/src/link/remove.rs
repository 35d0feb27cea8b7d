//! Removes an openId or the phone from an account (R7). See [`domain::link::remove`] for the decision.

use domain::session::Standing;
use domain::{Account, AppId, Rule, SessionId, Timestamp, UnionKey, UserId};
use entities::phone::{self, End};
use entities::{open_id, session, union_id};
use sea_orm::sea_query::ExprTrait;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};

use crate::database::changed_unless;
use crate::history::{Change, Entry, Evidence};
use crate::phone::gone;
use crate::{Actor, StoreError, Tx, View};

/// An account that is locked until the end of the transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The account.
    pub account: Account,
    /// The standing of the session's person: how they signed in, and the cooling-off time.
    pub standing: Standing,
}

/// Returns whether the session is open and belongs to this account, whatever the account's status.
pub async fn is_open(view: &View<'_>, id: SessionId, user: UserId) -> Result<bool, StoreError> {
    let open = session::Entity::find_by_id(id)
        .filter(session::Column::UserId.eq(user))
        .filter(session::Column::EndedAt.is_null());
    Ok(open.count(&view.db).await? > 0)
}

/// Locks the account of a session until the end of the transaction and then reads it. Of two concurrent removals the
/// second sees the result of the first. Returns `None` if the session has ended.
pub async fn hold(tx: &Tx, id: SessionId, now: Timestamp) -> Result<Option<Held>, StoreError> {
    let Some((found, _)) = crate::session::find(&tx.look(), id).await? else { return Ok(None) };
    let row = tx.lock_one(found.user).await?;
    let account = crate::user::account(&tx.look(), found.user).await?.ok_or(StoreError::changed("users"))?;
    if !is_open(&tx.look(), id, found.user).await? {
        return Err(StoreError::changed("sessions"));
    }
    Ok(Some(Held { account, standing: found.standing(row.cooling_until, now) }))
}

/// Removes the phone from an account that is [held](hold). The number is free at once.
pub async fn unbind_phone(tx: &Tx, account: &Account, now: Timestamp) -> Result<(), StoreError> {
    let user = account.id;
    let of_user = phone::Column::ActiveUser.eq(user);
    let phone =
        phone::Entity::find().filter(of_user.clone()).one(&tx.db).await?.ok_or(StoreError::changed("phones"))?;
    let end = phone::Entity::update_many().set(gone(End::Unbound, now)).filter(of_user);
    changed_unless("phones", end.exec(&tx.db).await?.rows_affected)?;
    let evidence = Evidence { phone: account.phone.as_ref().map(Into::into), ..Evidence::default() };
    journal_removal(tx, user, (evidence, Change::PhoneRemoved { phone: phone.id }), now).await
}

/// Removes the openId of `app` from an account that is [held](hold), and `union` if given.
///
/// The link remains without an owner, because orders refer to it. The next login claims it together with them. The
/// profile from the app is deleted.
pub async fn unlink_open_id(
    tx: &Tx,
    user: UserId,
    (app, union): (&AppId, Option<&UnionKey>),
    now: Timestamp,
) -> Result<(), StoreError> {
    let of_user = open_id::Column::UserId.eq(user).and(open_id::Column::App.eq(app.clone()));
    let link =
        open_id::Entity::find().filter(of_user.clone()).one(&tx.db).await?.ok_or(StoreError::changed("open_ids"))?;
    let unclaimed = open_id::ActiveModel {
        user_id: Set(None),
        nickname: Set(None),
        avatar_url: Set(None),
        linked_at: Set(None),
        ..Default::default()
    };
    let unlink = open_id::Entity::update_many().set(unclaimed).filter(of_user);
    changed_unless("open_ids", unlink.exec(&tx.db).await?.rows_affected)?;
    if let Some(key) = union {
        let forget = union_id::Entity::delete_many()
            .filter(union_id::Column::UserId.eq(user))
            .filter(union_id::Column::Scope.eq(key.scope.clone()))
            .filter(union_id::Column::UnionId.eq(key.union_id.clone()));
        changed_unless("union_ids", forget.exec(&tx.db).await?.rows_affected)?;
    }
    let evidence = Evidence::of_open_id(app, &link.open_id);
    let change = Change::OpenIdRemoved { link: link.id, linked_at: link.linked_at, union: union.cloned() };
    journal_removal(tx, user, (evidence, change), now).await
}

async fn journal_removal(
    tx: &Tx,
    user: UserId,
    (evidence, change): (Evidence, Change),
    now: Timestamp,
) -> Result<(), StoreError> {
    let entry = Entry { user, other: None, rule: Rule::R7, actor: Actor::Person, evidence, change };
    crate::history::add(tx, entry, now).await?;
    Ok(())
}
