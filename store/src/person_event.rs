//! Writes what an upstream tells of a person between logins (R10, R11, R12).
//! No key moves by it: whose an open id is, only a proof says.

use domain::{OpenKey, Rule, ServiceTokenId, Timestamp, UserId};
use entities::{open_id, session, user};
use sea_orm::sea_query::ExprTrait;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use serde::{Deserialize, Serialize};

use crate::history::{Change, Entry, Evidence};
use crate::{Actor, StoreError, Tx};

/// What an upstream tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PersonEvent {
    /// R10: the person follows the app, or does so no longer.
    Follows(bool),
    /// R11: the app is no longer allowed to know this.
    Revoked(ProfileFields),
    /// R12: the person's account at the upstream is gone.
    Cancelled,
}

/// Parts of a profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProfileFields {
    /// What the person is called.
    pub nickname: bool,
    /// The person's picture.
    pub avatar_url: bool,
}

/// By which system we know, and when it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Telling {
    /// The system's token.
    pub token: ServiceTokenId,
    /// When the upstream says that it was.
    pub at: Timestamp,
}

/// An event that was written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordedEvent {
    /// Whether it changed anything.
    pub changed: bool,
    /// Whose the open id is, if it is anybody's yet.
    pub user: Option<UserId>,
}

/// Writes down an event; `None` when the open id is unknown.
///
/// What is older than what is known changes nothing; a repeated event neither.
pub async fn record(
    tx: &Tx,
    key: &OpenKey,
    (event, told): (PersonEvent, Telling),
    now: Timestamp,
) -> Result<Option<RecordedEvent>, StoreError> {
    let Some(seen) = find_link(tx, key).await? else { return Ok(None) };
    // Before the link, as everybody does who changes both.
    let owner = match seen.user_id {
        Some(user) => tx.lock(&[user]).await?.pop(),
        None => None,
    };
    let link =
        find_link(tx, key).await?.filter(|link| link.user_id == seen.user_id).ok_or(StoreError::changed("open_ids"))?;
    let changed = match event {
        PersonEvent::Follows(follows) => follow(tx, &link, follows, told.at).await?,
        PersonEvent::Revoked(fields) => revoke(tx, (&link, owner.as_ref()), fields, (told, now)).await?,
        PersonEvent::Cancelled => cancel(tx, (&link, owner.as_ref()), (told, now)).await?,
    };
    Ok(Some(RecordedEvent { changed, user: link.user_id }))
}

async fn find_link(tx: &Tx, key: &OpenKey) -> Result<Option<open_id::Model>, StoreError> {
    let link = open_id::Entity::find()
        .filter(open_id::Column::App.eq(key.app.clone()))
        .filter(open_id::Column::OpenId.eq(key.open_id.clone()));
    Ok(link.one(&tx.db).await?)
}

/// R10. Events overtake each other: the one that happened last counts, whenever it arrives.
async fn follow(tx: &Tx, link: &open_id::Model, follows: bool, at: Timestamp) -> Result<bool, StoreError> {
    let since = open_id::Column::FollowsSince;
    let change =
        open_id::ActiveModel { follows: Set(Some(follows)), follows_since: Set(Some(at)), ..Default::default() };
    let older = open_id::Entity::update_many()
        .set(change)
        .filter(open_id::Column::Id.eq(link.id))
        .filter(since.is_null().or(since.lt(at)));
    Ok(older.exec(&tx.db).await?.rows_affected > 0)
}

/// R11: exactly what is named goes; the keys stay.
async fn revoke(
    tx: &Tx,
    (link, owner): (&open_id::Model, Option<&user::Model>),
    fields: ProfileFields,
    (told, now): (Telling, Timestamp),
) -> Result<bool, StoreError> {
    let nickname = link.nickname.as_ref().filter(|_| fields.nickname);
    let avatar_url = link.avatar_url.as_ref().filter(|_| fields.avatar_url);
    if nickname.is_none() && avatar_url.is_none() {
        return Ok(false);
    }
    forget_profile(tx, link, owner, fields).await?;
    let revoked = ProfileFields { nickname: nickname.is_some(), avatar_url: avatar_url.is_some() };
    let evidence = Evidence { fields: Some(revoked), ..evidence(link, told) };
    journal_event(tx, (Rule::R11, owner), evidence, now).await?;
    Ok(true)
}

/// R12: what the app told of the person goes, and whoever came through it is signed out.
async fn cancel(
    tx: &Tx,
    (link, owner): (&open_id::Model, Option<&user::Model>),
    (told, now): (Telling, Timestamp),
) -> Result<bool, StoreError> {
    // A login since then says that the account is there.
    let is_older = link.last_login_at.is_some_and(|login| told.at < login);
    if is_older || link.cancelled_at.is_some() {
        return Ok(false);
    }
    let change = open_id::ActiveModel { cancelled_at: Set(Some(told.at)), ..Default::default() };
    open_id::Entity::update_many().set(change).filter(open_id::Column::Id.eq(link.id)).exec(&tx.db).await?;
    forget_profile(tx, link, owner, ProfileFields { nickname: true, avatar_url: true }).await?;
    if let Some(owner) = owner {
        let end = session::Entity::update_many()
            .set(session::ActiveModel { ended_at: Set(Some(now)), ..Default::default() })
            .filter(session::Column::UserId.eq(owner.id))
            .filter(session::Column::App.eq(link.app.clone()))
            .filter(session::Column::EndedAt.is_null());
        end.exec(&tx.db).await?;
    }
    journal_event(tx, (Rule::R12, owner), evidence(link, told), now).await?;
    Ok(true)
}

/// Forgets fields of the link, and of the account where they came from this link.
async fn forget_profile(
    tx: &Tx,
    link: &open_id::Model,
    owner: Option<&user::Model>,
    fields: ProfileFields,
) -> Result<(), StoreError> {
    let mut of_link = open_id::ActiveModel::default();
    if fields.nickname {
        of_link.nickname = Set(None);
    }
    if fields.avatar_url {
        of_link.avatar_url = Set(None);
    }
    let Some(owner) = owner else { return update_link(tx, link, of_link).await };
    // The account does not note where it has a name from. What no other app told it is what this one did.
    let others = open_id::Entity::find()
        .filter(open_id::Column::UserId.eq(owner.id))
        .filter(open_id::Column::Id.ne(link.id))
        .all(&tx.db)
        .await?;
    let told = |value: &Option<String>, here: &Option<String>, other: fn(&open_id::Model) -> &Option<String>| {
        value.is_some() && value == here && !others.iter().any(|link| other(link) == value)
    };
    let mut of_account = user::ActiveModel::default();
    if fields.nickname && told(&owner.nickname, &link.nickname, |link| &link.nickname) {
        of_account.nickname = Set(None);
    }
    if fields.avatar_url && told(&owner.avatar_url, &link.avatar_url, |link| &link.avatar_url) {
        of_account.avatar_url = Set(None);
    }
    update_link(tx, link, of_link).await?;
    if of_account.nickname.is_not_set() && of_account.avatar_url.is_not_set() {
        return Ok(());
    }
    user::Entity::update_many().set(of_account).filter(user::Column::Id.eq(owner.id)).exec(&tx.db).await?;
    Ok(())
}

async fn update_link(tx: &Tx, link: &open_id::Model, change: open_id::ActiveModel) -> Result<(), StoreError> {
    open_id::Entity::update_many().set(change).filter(open_id::Column::Id.eq(link.id)).exec(&tx.db).await?;
    Ok(())
}

/// The journal is of accounts: what happens to an open id that nobody has come for is nobody's history.
async fn journal_event(
    tx: &Tx,
    (rule, owner): (Rule, Option<&user::Model>),
    evidence: Evidence,
    now: Timestamp,
) -> Result<(), StoreError> {
    let Some(user) = owner.map(|owner| -> UserId { owner.id }) else { return Ok(()) };
    let entry = Entry { user, other: None, rule, actor: Actor::Upstream, evidence, change: Change::Nothing {} };
    crate::history::add(tx, entry, now).await?;
    Ok(())
}

fn evidence(link: &open_id::Model, told: Telling) -> Evidence {
    Evidence { told_by: Some(told.token), told_at: Some(told.at), ..Evidence::of_open_id(&link.app, &link.open_id) }
}
