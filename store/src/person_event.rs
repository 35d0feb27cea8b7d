//! Records the events that an upstream reports about a person between logins (R10, R11, R12). Events never move a
//! key: only a proof does.

use chrono::TimeDelta;
use domain::{OpenKey, Principal, Rule, Timestamp, UserId};
use entities::{open_id, session, user};
use sea_orm::sea_query::ExprTrait;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use serde::{Deserialize, Serialize};

use crate::erasure::{Field, redact_profile};
use crate::history::{Change, Entry, Evidence};
use crate::{Actor, StoreError, Tx};

/// The resolution of an upstream's clock. What was told in the second of a revocation was told before it.
const UPSTREAM_TICK: TimeDelta = TimeDelta::seconds(1);

/// An event that an upstream reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PersonEvent {
    /// R10: the person follows the app (true) or has stopped (false).
    Follows(bool),
    /// R11: the person has revoked the app's access to these fields.
    Revoked(ProfileFields),
    /// R12: the person's account at the upstream was cancelled.
    Cancelled,
}

/// Fields of a profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProfileFields {
    /// The nickname.
    pub nickname: bool,
    /// The picture.
    pub avatar_url: bool,
}

/// The origin of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Telling {
    /// Who reported it; `None` if the upstream pushed the event.
    pub by: Option<Principal>,
    /// When the event happened, according to the upstream.
    pub at: Timestamp,
}

/// The result of recording an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordedEvent {
    /// Whether the event changed anything.
    pub changed: bool,
    /// The owner of the openId, if it has one.
    pub user: Option<UserId>,
}

/// Records an event. Returns `None` if the openId is unknown. The openId of a follower becomes known by the event.
///
/// An event that is older than the recorded state changes nothing, nor does a repeated one.
pub async fn record(
    tx: &Tx,
    key: &OpenKey,
    (event, told): (PersonEvent, Telling),
    now: Timestamp,
) -> Result<Option<RecordedEvent>, StoreError> {
    let mut seen = find_link(tx, key).await?;
    if seen.is_none() && event == PersonEvent::Follows(true) {
        crate::link::note(tx, key, now).await?;
        seen = find_link(tx, key).await?;
    }
    let Some(seen) = seen else { return Ok(None) };
    // The account is locked before the link, as in every transaction that changes both.
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

/// R10: records whether the person follows the app. Events may arrive out of order; the one that happened last
/// counts.
async fn follow(tx: &Tx, link: &open_id::Model, follows: bool, at: Timestamp) -> Result<bool, StoreError> {
    let (since, was) = (open_id::Column::FollowsSince, open_id::Column::Follows);
    let change =
        open_id::ActiveModel { follows: Set(Some(follows)), follows_since: Set(Some(at)), ..Default::default() };
    let older = open_id::Entity::update_many()
        .set(change)
        .filter(open_id::Column::Id.eq(link.id))
        // Two events of one second, the precision of WeChat's times, count in the order in which they arrive.
        .filter(since.is_null().or(since.lt(at)).or(since.eq(at).and(was.ne(follows))));
    Ok(older.exec(&tx.db).await?.rows_affected > 0)
}

/// R11: deletes exactly the revoked fields, but for those that the upstream has told again since. The keys remain.
async fn revoke(
    tx: &Tx,
    (link, owner): (&open_id::Model, Option<&user::Model>),
    fields: ProfileFields,
    (told, now): (Telling, Timestamp),
) -> Result<bool, StoreError> {
    let is_revoked = |told_at: Option<Timestamp>| told_at.is_none_or(|at| at < told.at.plus(UPSTREAM_TICK));
    let nickname = link.nickname.as_ref().filter(|_| fields.nickname && is_revoked(link.nickname_at));
    let avatar_url = link.avatar_url.as_ref().filter(|_| fields.avatar_url && is_revoked(link.avatar_url_at));
    if nickname.is_none() && avatar_url.is_none() {
        return Ok(false);
    }
    let revoked = ProfileFields { nickname: nickname.is_some(), avatar_url: avatar_url.is_some() };
    forget_profile(tx, (link, owner), revoked, now).await?;
    let evidence = Evidence { fields: Some(revoked), ..evidence(link, told) };
    journal_event(tx, (Rule::R11, owner), evidence, now).await?;
    Ok(true)
}

/// R12: deletes the profile from the app and ends the sessions of the link.
async fn cancel(
    tx: &Tx,
    (link, owner): (&open_id::Model, Option<&user::Model>),
    (told, now): (Telling, Timestamp),
) -> Result<bool, StoreError> {
    // A later login proves that the account exists.
    let is_older = link.last_login_at.is_some_and(|login| told.at < login);
    if is_older || link.cancelled_at.is_some() {
        return Ok(false);
    }
    let change = open_id::ActiveModel { cancelled_at: Set(Some(told.at)), ..Default::default() };
    open_id::Entity::update_many().set(change).filter(open_id::Column::Id.eq(link.id)).exec(&tx.db).await?;
    forget_profile(tx, (link, owner), ProfileFields { nickname: true, avatar_url: true }, now).await?;
    if let Some(owner) = owner {
        let end = session::Entity::update_many()
            .set(session::ActiveModel { ended_at: Set(Some(now)), ..Default::default() })
            .filter(session::Column::UserId.eq(owner.id))
            .filter(session::Column::App.eq(link.app.clone()))
            // A session that a phone opened is not one of the openId.
            .filter(session::Column::PhoneId.is_null())
            .filter(session::Column::EndedAt.is_null());
        end.exec(&tx.db).await?;
    }
    journal_event(tx, (Rule::R12, owner), evidence(link, told), now).await?;
    Ok(true)
}

/// Deletes fields of the link, and those of the account that came from it: from its row, from the rows of the accounts
/// that went into it, and from the journal, so that no undo of a merge brings them back.
async fn forget_profile(
    tx: &Tx,
    (link, owner): (&open_id::Model, Option<&user::Model>),
    fields: ProfileFields,
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut of_link = open_id::ActiveModel::default();
    if fields.nickname {
        (of_link.nickname, of_link.nickname_at) = (Set(None), Set(None));
    }
    if fields.avatar_url {
        (of_link.avatar_url, of_link.avatar_url_at) = (Set(None), Set(None));
    }
    update_link(tx, link, of_link).await?;
    let Some(owner) = owner else { return Ok(()) };
    let others = open_id::Entity::find()
        .filter(open_id::Column::UserId.eq(owner.id))
        .filter(open_id::Column::Id.ne(link.id))
        .all(&tx.db)
        .await?;
    // The account does not record the source of its fields. A value that no other app has is taken to come from this
    // one.
    let is_revoked = |field: Field, value: &str| {
        let told = |link: &open_id::Model| match field {
            Field::Nickname => fields.nickname && link.nickname.as_deref() == Some(value),
            Field::AvatarUrl => fields.avatar_url && link.avatar_url.as_deref() == Some(value),
        };
        told(link) && !others.iter().any(told)
    };
    let accounts = crate::history::with_aliases(&tx.look(), owner.id).await?;
    for row in user::Entity::find().filter(user::Column::Id.is_in(accounts.clone())).all(&tx.db).await? {
        let mut change = user::ActiveModel::default();
        if row.nickname.as_ref().is_some_and(|value| is_revoked(Field::Nickname, value)) {
            change.nickname = Set(None);
        }
        if row.avatar_url.as_ref().is_some_and(|value| is_revoked(Field::AvatarUrl, value)) {
            change.avatar_url = Set(None);
        }
        if change.nickname.is_set() || change.avatar_url.is_set() {
            crate::merge::update_user(tx, row.id, change).await?;
        }
    }
    redact_profile(tx, &accounts, &is_revoked, now).await?;
    Ok(())
}

async fn update_link(tx: &Tx, link: &open_id::Model, change: open_id::ActiveModel) -> Result<(), StoreError> {
    open_id::Entity::update_many().set(change).filter(open_id::Column::Id.eq(link.id)).exec(&tx.db).await?;
    Ok(())
}

/// Journals an event. The journal is about accounts, so an event of a link without owner is not journaled.
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
    Evidence { told_by: told.by, told_at: Some(told.at), ..Evidence::of_open_id(&link.app, &link.open_id) }
}
