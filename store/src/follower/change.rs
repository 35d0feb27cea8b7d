//! R16: links the new openIds of people whose old account was migrated to another one. The upstream converts them for
//! a few days only, so each answer is stored, also for people who have no account yet.

use std::collections::{BTreeSet, HashSet};

use domain::follower::Outcome;
use domain::follower::change::{Change as Conversion, OldAndNew, Step, decide};
use domain::login::{Link, Proof};
use domain::{AppId, LinkId, OpenId, Profile, Rule, RunId, Timestamp, UserId};
use entities::user::Status;
use entities::{changed_open_id, open_id};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect,
};

use super::write::{find_link, give_link, in_run, merge, open_case};
use crate::database::{has_key, is_one_of};
use crate::history::{Change, Entry, Evidence};
use crate::{Actor, StoreError, Tx, View};

/// An openId of the migrated account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OldLink {
    /// The openId.
    pub open_id: OpenId,
    /// Its new openId, if the upstream has told it before.
    pub new: Option<OpenId>,
}

/// What was done for one person.
struct Done {
    user: UserId,
    other: Option<UserId>,
    change: Change,
    outcome: Outcome,
    linked: Option<LinkId>,
}

/// Returns up to `limit` openIds of an app, in the order of their text, with those of `new` that are stored already.
pub async fn old_links(
    view: &View<'_>,
    (old, new): (&AppId, &AppId),
    (after, limit): (Option<&OpenId>, u64),
) -> Result<Vec<OldLink>, StoreError> {
    let links = open_id::Entity::find()
        .filter(open_id::Column::App.eq(old.clone()))
        .filter(Condition::all().add_option(after.map(|after| open_id::Column::OpenId.gt(after.clone()))))
        .order_by_asc(open_id::Column::OpenId)
        .limit(limit);
    let links = links.all(&view.db).await?;
    let stored = changed_open_id::Entity::find()
        .filter(is_one_of(
            view.db.get_database_backend(),
            changed_open_id::Column::LinkId,
            links.iter().map(|link| link.id),
        ))
        .filter(changed_open_id::Column::NewApp.eq(new.clone()))
        .all(&view.db)
        .await?;
    let new = |id: LinkId| stored.iter().find(|row| row.link_id == id).map(|row| row.new_open_id.clone());
    Ok(links.into_iter().map(|link| OldLink { new: new(link.id), open_id: link.open_id }).collect())
}

/// Records the new openIds of a batch of people. Locks their accounts.
pub async fn change_open_ids(
    tx: &Tx,
    batch: &[Conversion],
    run: Option<RunId>,
    now: Timestamp,
) -> Result<Vec<Outcome>, StoreError> {
    let seen = owners(tx, batch).await?;
    let rows = tx.lock(&seen.iter().copied().collect::<Vec<_>>()).await?;
    if owners(tx, batch).await? != seen || rows.iter().any(|row| row.status == Status::Merged) {
        return Err(StoreError::changed("open_ids"));
    }
    let open: HashSet<UserId> = rows.iter().filter(|row| row.status == Status::Active).map(|row| row.id).collect();
    let mut outcomes = Vec::with_capacity(batch.len());
    for conversion in batch {
        outcomes.push(change_one(tx, conversion, &open, (run, now)).await?);
    }
    Ok(outcomes)
}

async fn owners(tx: &Tx, batch: &[Conversion]) -> Result<BTreeSet<UserId>, StoreError> {
    let backend = tx.db.get_database_backend();
    let of = |app: &AppId, ids: Vec<OpenId>| {
        use open_id::Column::{App, Id, OpenId};
        has_key::<open_id::Entity>(backend, [Id, App, OpenId], app.clone(), ids)
    };
    let Some(first) = batch.first() else { return Ok(BTreeSet::new()) };
    let old = of(&first.old.app, batch.iter().map(|conversion| conversion.old.open_id.clone()).collect());
    let new = of(&first.new.app, batch.iter().map(|conversion| conversion.new.open_id.clone()).collect());
    let links = open_id::Entity::find()
        .select_only()
        .column(open_id::Column::UserId)
        .filter(Condition::any().add(old).add(new))
        .filter(open_id::Column::UserId.is_not_null());
    Ok(links.into_tuple::<UserId>().all(&tx.db).await?.into_iter().collect())
}

async fn change_one(
    tx: &Tx,
    conversion: &Conversion,
    open: &HashSet<UserId>,
    (run, now): (Option<RunId>, Timestamp),
) -> Result<Outcome, StoreError> {
    // An openId that was removed meanwhile has nothing to convert.
    let Some(old) = find_link(tx, &conversion.old).await? else { return Ok(Outcome::Unknown) };
    let stored = changed_open_id::Entity::find_by_id(old.id).one(&tx.db).await?;
    let told = Proof { key: conversion.new.clone(), union: None, profile: Profile::default() };
    let new = crate::login::known(&tx.look(), &told).await?.link;
    let new_owner = match &new {
        Link::Owned(account) => Some(account.id),
        Link::New | Link::Unclaimed(_) => None,
    };
    let is_closed = |user: Option<UserId>| user.is_some_and(|user| !open.contains(&user));
    // A merge within this batch has moved the links to another account, which is locked too.
    if is_closed(old.user_id) || is_closed(new_owner) {
        return Ok(Outcome::Closed);
    }
    let holder = match old.user_id {
        Some(user) => crate::user::account(&tx.look(), user).await?,
        None => None,
    };
    let step = decide(&OldAndNew { holder, new }, conversion);
    let is_settled =
        stored.as_ref().is_some_and(|row| row.outcome == Outcome::Case.as_str() && row.undone_at.is_none());
    if is_settled && matches!(step, Step::Case(..)) {
        return Ok(Outcome::Unchanged);
    }
    let (outcome, linked) = write(tx, (step, conversion), (run, now)).await?;
    if let Some(run) = run.filter(|_| outcome != Outcome::Unchanged || stored.is_none()) {
        store(tx, (old.id, conversion), (run, outcome, linked), now).await?;
    }
    Ok(outcome)
}

/// Writes a step with its journal entry. Returns the link that an account was given.
async fn write(
    tx: &Tx,
    (step, conversion): (Step, &Conversion),
    (run, now): (Option<RunId>, Timestamp),
) -> Result<(Outcome, Option<LinkId>), StoreError> {
    let nothing = |user, other, outcome| Done { user, other, change: Change::Nothing {}, outcome, linked: None };
    let linked = |user, (id, link)| Done {
        linked: Some(id),
        change: Change::OpenIdAttached { link },
        ..nothing(user, None, Outcome::Linked)
    };
    let mut key = &conversion.new;
    let done = match step {
        Step::Done(_) => return Ok((Outcome::Unchanged, None)),
        Step::Wait => return Ok((Outcome::Waiting, None)),
        Step::LinkNew(user) => linked(user, give_link(tx, user, key, now).await?),
        Step::LinkOld(user) => {
            key = &conversion.old;
            linked(user, give_link(tx, user, key, now).await?)
        }
        Step::Merge { from, into } => {
            let change = merge(tx, (from, into), now).await?;
            Done { change, ..nothing(into, Some(from), Outcome::Joined) }
        }
        Step::Case(user, conflict) => {
            if !open_case(tx, user, &conflict, now).await? {
                return Ok((Outcome::Unchanged, None));
            }
            nothing(user, conflict.other, Outcome::Case)
        }
    };
    let changed_from = Some(conversion.old.clone()).filter(|old| old != key);
    let evidence = Evidence { changed_from, ..in_run(run, Evidence::of_open_id(&key.app, &key.open_id)) };
    let Done { user, other, change, outcome, linked } = done;
    let entry = Entry { user, other, rule: Rule::R16, actor: Actor::Upstream, evidence, change };
    crate::history::add(tx, entry, now).await?;
    Ok((outcome, linked))
}

/// Stores the answer of the upstream with its outcome, in place of an earlier one.
async fn store(
    tx: &Tx,
    (link, conversion): (LinkId, &Conversion),
    (run, outcome, linked): (RunId, Outcome, Option<LinkId>),
    now: Timestamp,
) -> Result<(), StoreError> {
    let row = changed_open_id::Model {
        link_id: link,
        run_id: run,
        new_app: conversion.new.app.clone(),
        new_open_id: conversion.new.open_id.clone(),
        outcome: outcome.as_str().to_owned(),
        at: now,
        linked_id: linked,
        undone_at: None,
    };
    let update = changed_open_id::ActiveModel {
        run_id: Set(run),
        new_app: Set(row.new_app.clone()),
        new_open_id: Set(row.new_open_id.clone()),
        outcome: Set(row.outcome.clone()),
        at: Set(now),
        linked_id: Set(linked),
        undone_at: Set(None),
        ..Default::default()
    };
    let of_link = changed_open_id::Column::LinkId.eq(link);
    let update = changed_open_id::Entity::update_many().set(update).filter(of_link);
    if update.exec(&tx.db).await?.rows_affected == 0 {
        changed_open_id::Entity::insert(row.into_active_model()).exec_without_returning(&tx.db).await?;
    }
    Ok(())
}
