//! Undoes the links of a run over changed openIds (R16), except those that were used since. Merges and cases have
//! their own undo.

use domain::{LinkId, OpenKey, Rule, RunId, Timestamp};
use entities::{changed_open_id, follower_run, open_id, order};
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::write::in_run;
use crate::database::changed_unless;
use crate::history::{Change, Entry, Evidence};
use crate::{Actor, StoreError, Tx};

/// The counts of an undo.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Undone {
    /// The links that were removed from their accounts.
    pub undone: u64,
    /// The links that stay, because the person signed in or placed an order through them since, or the account has
    /// changed.
    pub used: u64,
    /// The merges and cases of the run, which are not undone here.
    pub others: u64,
}

/// Undoes up to `limit` openIds of a run. Returns the counts, and the position to continue from.
///
/// A link remains without an owner, as after a removal by its person (R7): its orders wait for the next login.
pub async fn undo(
    tx: &Tx,
    run: RunId,
    (after, limit): (Option<LinkId>, u64),
    now: Timestamp,
) -> Result<(Undone, Option<LinkId>), StoreError> {
    use changed_open_id::Column::{LinkId, RunId, UndoneAt};
    let rows = changed_open_id::Entity::find()
        .filter(RunId.eq(run))
        .filter(UndoneAt.is_null())
        .filter(Condition::all().add_option(after.map(|after| LinkId.gt(after))))
        .order_by_asc(LinkId)
        .limit(limit);
    let rows = rows.all(&tx.db).await?;
    let mut counts = Undone::default();
    for row in &rows {
        match row.linked_id {
            Some(linked) if undo_one(tx, (row, linked), now).await? => counts.undone += 1,
            Some(_) => counts.used += 1,
            None => counts.others += u64::from(is_act(&row.outcome)),
        }
    }
    if rows.is_empty() {
        let undone = follower_run::ActiveModel { undone_at: Set(Some(now)), ..Default::default() };
        follower_run::Entity::update_many().set(undone).filter(follower_run::Column::Id.eq(run)).exec(&tx.db).await?;
    }
    Ok((counts, rows.last().map(|row| row.link_id)))
}

fn is_act(outcome: &str) -> bool {
    use domain::follower::Outcome::{Case, Joined};
    [Joined, Case].iter().any(|act| act.as_str() == outcome)
}

/// Returns false if the link is in use.
async fn undo_one(
    tx: &Tx,
    (row, linked): (&changed_open_id::Model, LinkId),
    now: Timestamp,
) -> Result<bool, StoreError> {
    let read = async |id: LinkId| {
        let found = open_id::Entity::find_by_id(id).one(&tx.db).await?;
        found.ok_or_else(|| StoreError::corrupt("changed_open_ids", "its link does not exist"))
    };
    let Some(owner) = read(linked).await?.user_id else { return Ok(false) };
    tx.lock(&[owner]).await?;
    let link = read(linked).await?;
    if link.user_id != Some(owner) {
        return Err(StoreError::changed("open_ids"));
    }
    let other = if linked == row.link_id { find_new(tx, row).await? } else { Some(read(row.link_id).await?) };
    let is_alone = other.is_none_or(|other| other.user_id != Some(owner));
    let has_come = link.last_login_at.is_some_and(|login| login >= row.at);
    if is_alone || has_come || has_ordered(tx, linked, row.at).await? {
        return Ok(false);
    }
    let free = open_id::ActiveModel { user_id: Set(None), linked_at: Set(None), ..Default::default() };
    let of_owner = Condition::all().add(open_id::Column::Id.eq(linked)).add(open_id::Column::UserId.eq(owner));
    let unlink = open_id::Entity::update_many().set(free).filter(of_owner);
    changed_unless("open_ids", unlink.exec(&tx.db).await?.rows_affected)?;
    let undone = changed_open_id::ActiveModel { undone_at: Set(Some(now)), linked_id: Set(None), ..Default::default() };
    changed_open_id::Entity::update_many()
        .set(undone)
        .filter(changed_open_id::Column::LinkId.eq(row.link_id))
        .exec(&tx.db)
        .await?;
    let evidence = in_run(Some(row.run_id), Evidence::of_open_id(&link.app, &link.open_id));
    let change = Change::OpenIdRemoved { link: linked, linked_at: link.linked_at, union: None };
    let entry = Entry { user: owner, other: None, rule: Rule::R16, actor: Actor::Command, evidence, change };
    crate::history::add(tx, entry, now).await?;
    Ok(true)
}

async fn find_new(tx: &Tx, row: &changed_open_id::Model) -> Result<Option<open_id::Model>, StoreError> {
    let key = OpenKey { app: row.new_app.clone(), open_id: row.new_open_id.clone() };
    super::write::find_link(tx, &key).await
}

/// Returns whether the link has placed an order that is known since.
async fn has_ordered(tx: &Tx, link: LinkId, since: Timestamp) -> Result<bool, StoreError> {
    let newer = order::Entity::find()
        .select_only()
        .column(order::Column::Id)
        .filter(order::Column::LinkId.eq(link))
        .filter(order::Column::CreatedAt.gte(since))
        .limit(1);
    Ok(newer.into_tuple::<domain::OrderId>().one(&tx.db).await?.is_some())
}
