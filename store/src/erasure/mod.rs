//! Erases people: schedules it, finds who is due, and carries it out. `forget` has what happens to each table, `redact`
//! how the journal and the audit lose their words about a person.
//!
//! An account is erased in one transaction, under its lock. So a process that is killed leaves it as it was, and any
//! replica erases it later.

mod forget;
mod redact;

use chrono::TimeDelta;
use domain::{ErasureCause, LinkId, Rule, Timestamp, UserId};
use entities::user::{self, Status};
use entities::{erasure, open_id, phone};
use sea_orm::sea_query::{Alias, Expr, ExprTrait, Query};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
};

use crate::database::same;
use crate::history::{Change, Entry, Evidence};
use crate::{Actor, StoreError, Tx, View};
use forget::Traces;
pub(crate) use redact::{Field, redact_profile};

/// How long after an erasure the tables are looked through again. No request is in flight for so long.
const SECOND_LOOK: TimeDelta = TimeDelta::minutes(10);

/// An erasure that is scheduled or done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Erasure {
    /// The account.
    pub user: UserId,
    /// Why.
    pub cause: ErasureCause,
    /// When it was asked for.
    pub asked_at: Timestamp,
    /// When it may be carried out.
    pub due_at: Timestamp,
    /// When it was.
    pub erased_at: Option<Timestamp>,
}

impl From<erasure::Model> for Erasure {
    fn from(row: erasure::Model) -> Self {
        let erasure::Model { user_id: user, cause, asked_at, due_at, erased_at, .. } = row;
        Self { user, cause, asked_at, due_at, erased_at }
    }
}

/// What became of an account that was due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was erased now.
    Erased,
    /// It was erased before; what requests in flight had still written is erased now.
    Settled,
    /// It stays: a login opens it again (R12), or it went into another account.
    Kept,
    /// It stays for now: an operator has disabled it, or another worker was faster.
    Waiting,
}

/// Returns the erasure of an account.
pub async fn find(view: &View<'_>, user: UserId) -> Result<Option<Erasure>, StoreError> {
    Ok(erasure::Entity::find_by_id(user).one(&view.db).await?.map(Into::into))
}

/// Returns the erasures that are scheduled and not carried out yet, the next one first.
pub async fn scheduled(view: &View<'_>, limit: u64) -> Result<Vec<Erasure>, StoreError> {
    let rows = erasure::Entity::find()
        .filter(erasure::Column::SettledAt.is_null())
        .filter(erasure::Column::ErasedAt.is_null())
        .order_by_asc(erasure::Column::DueAt)
        .limit(limit);
    Ok(rows.all(&view.db).await?.into_iter().map(Into::into).collect())
}

/// Schedules the erasure of an active account. One that is scheduled already keeps its time.
pub async fn schedule(
    tx: &Tx,
    user: UserId,
    (cause, due_at): (ErasureCause, Timestamp),
    now: Timestamp,
) -> Result<Erasure, StoreError> {
    tx.lock_one(user).await?;
    if let Some(erasure) = find(&tx.look(), user).await? {
        return Ok(erasure);
    }
    let row = row_of(user, (cause, due_at), now);
    tx.insert(row.clone()).await?;
    Ok(row.into())
}

/// Calls an erasure off that the person asked for. Returns whether there was one.
pub async fn call_off(tx: &Tx, user: UserId) -> Result<bool, StoreError> {
    tx.lock_one(user).await?;
    let wish = erasure::Entity::delete_many()
        .filter(erasure::Column::UserId.eq(user))
        .filter(erasure::Column::ErasedAt.is_null())
        .filter(erasure::Column::Cause.eq(ErasureCause::Person));
    Ok(wish.exec(&tx.db).await?.rows_affected > 0)
}

fn row_of(user: UserId, (cause, due_at): (ErasureCause, Timestamp), now: Timestamp) -> erasure::Model {
    let (lease_until, erased_at, settled_at) = (None, None, None);
    erasure::Model { user_id: user, cause, asked_at: now, due_at, lease_until, erased_at, settled_at }
}

/// R12: schedules accounts whose every login was cancelled at its upstream before `before`. Returns their number.
pub async fn schedule_cancelled(
    tx: &Tx,
    (before, limit): (Timestamp, u64),
    now: Timestamp,
) -> Result<usize, StoreError> {
    let of_link = |query: &mut sea_orm::sea_query::SelectStatement| {
        query.expr(Expr::val(1)).and_where(
            Expr::col((Alias::new("other"), open_id::Column::UserId))
                .equals((open_id::Entity, open_id::Column::UserId)),
        );
    };
    let mut live = Query::select();
    live.from_as(open_id::Entity, Alias::new("other"));
    of_link(&mut live);
    let cancelled = Expr::col((Alias::new("other"), open_id::Column::CancelledAt));
    live.cond_where(Condition::any().add(cancelled.clone().is_null()).add(cancelled.gt(before)));
    let phones = Query::select()
        .expr(Expr::val(1))
        .from(phone::Entity)
        .and_where(same(phone::Column::ActiveUser, open_id::Column::UserId))
        .take();
    let planned = Query::select()
        .expr(Expr::val(1))
        .from(erasure::Entity)
        .and_where(same(erasure::Column::UserId, open_id::Column::UserId))
        .take();
    let mut due: Vec<UserId> = open_id::Entity::find()
        .select_only()
        .distinct()
        .column(user::Column::Id)
        .inner_join(user::Entity)
        .filter(open_id::Column::CancelledAt.lte(before))
        .filter(user::Column::Status.eq(Status::Active))
        .filter(Expr::exists(live).not())
        .filter(Expr::exists(phones).not())
        .filter(Expr::exists(planned).not())
        .limit(limit)
        .into_tuple()
        .all(&tx.db)
        .await?;
    due.sort();
    let rows: Vec<_> =
        due.iter().map(|user| row_of(*user, (ErasureCause::Cancelled, now), now).into_active_model()).collect();
    let count = rows.len();
    if count > 0 {
        // Another replica may do the same at the same time.
        erasure::Entity::insert_many(rows)
            .on_conflict_do_nothing_on([erasure::Column::UserId])
            .exec_without_returning(&tx.db)
            .await?;
    }
    Ok(count)
}

/// R12: erases openIds that were cancelled at their upstream before `before` and that no account has: an order knew
/// them, or a person had unlinked them. Returns their number.
pub async fn erase_unowned(tx: &Tx, before: Timestamp, limit: u64) -> Result<usize, StoreError> {
    let links: Vec<LinkId> = open_id::Entity::find()
        .select_only()
        .column(open_id::Column::Id)
        .filter(open_id::Column::CancelledAt.lte(before))
        .filter(open_id::Column::UserId.is_null())
        .order_by_asc(open_id::Column::Id)
        .limit(limit)
        .into_tuple()
        .all(&tx.db)
        .await?;
    for link in &links {
        // A login may have claimed it meanwhile.
        let still = open_id::Entity::find_by_id(*link).filter(open_id::Column::UserId.is_null());
        if tx.locking(still).one(&tx.db).await?.is_some() {
            forget::forget_open_id(tx, *link).await?;
        }
    }
    Ok(links.len())
}

/// Claims accounts that are due, until the end of a lease. Each is claimed by exactly one worker.
pub async fn claim(tx: &Tx, limit: u64, (now, lease_ends): (Timestamp, Timestamp)) -> Result<Vec<UserId>, StoreError> {
    use erasure::Column::{DueAt, ErasedAt, LeaseUntil, SettledAt, UserId};
    let is_free = Condition::any().add(LeaseUntil.is_null()).add(LeaseUntil.lte(now));
    let is_due = Condition::any().add(ErasedAt.is_null()).add(ErasedAt.lte(now.minus(SECOND_LOOK)));
    let due = erasure::Entity::find()
        .filter(SettledAt.is_null())
        .filter(DueAt.lte(now))
        .filter(is_due)
        .filter(is_free.clone())
        .order_by_asc(DueAt)
        .order_by_asc(UserId)
        .limit(limit);
    let mut claimed = Vec::new();
    for row in due.all(&tx.db).await? {
        let lease = erasure::Entity::update_many()
            .set(erasure::ActiveModel { lease_until: Set(Some(lease_ends)), ..Default::default() })
            .filter(UserId.eq(row.user_id))
            .filter(is_free.clone());
        if lease.exec(&tx.db).await?.rows_affected > 0 {
            claimed.push(row.user_id);
        }
    }
    Ok(claimed)
}

/// Erases an account that is due, or looks through its tables again.
pub async fn carry_out(tx: &Tx, user: UserId, now: Timestamp) -> Result<Outcome, StoreError> {
    let Some(row) = tx.lock(&[user]).await?.pop() else { return Ok(Outcome::Waiting) };
    // Read under the lock: another worker may have erased the account, or the person may have called it off.
    let Some(plan) = erasure::Entity::find_by_id(user).one(&tx.db).await? else { return Ok(Outcome::Waiting) };
    if plan.settled_at.is_some() {
        return Ok(Outcome::Waiting);
    }
    match (row.status, plan.cause) {
        (Status::Active, ErasureCause::Cancelled) if has_login(tx, user).await? => {}
        // A person who has signed in since, and joined the account with another one, has used it.
        (Status::Merged, _) => {}
        (Status::Active, ErasureCause::Person | ErasureCause::Cancelled | ErasureCause::Operator) => {
            erase_locked(tx, &row, Actor::System, now).await?;
            return Ok(Outcome::Erased);
        }
        (Status::Disabled, _) => return Ok(Outcome::Waiting),
        (Status::Erased, _) => {
            Traces::find(tx, all_of(tx, user).await?).await?.forget(tx, now).await?;
            mark(tx, user, erasure::ActiveModel { settled_at: Set(Some(now)), ..Default::default() }).await?;
            return Ok(Outcome::Settled);
        }
    }
    erasure::Entity::delete_by_id(user).exec(&tx.db).await?;
    Ok(Outcome::Kept)
}

/// Erases an account now, active or disabled, by an operator's decision. Returns the erased account, to which the id
/// of a merged account leads, and whether it was erased by this call. `None` if there is no such account.
pub async fn erase(tx: &Tx, id: UserId, by: Actor, now: Timestamp) -> Result<Option<(UserId, bool)>, StoreError> {
    let Some(user) = crate::user::survivor_of(&tx.look(), id).await? else { return Ok(None) };
    let row = tx.lock(&[user]).await?.pop().ok_or(StoreError::changed("users"))?;
    match row.status {
        Status::Erased => Ok(Some((user, false))),
        Status::Merged => Err(StoreError::changed("users")),
        Status::Active | Status::Disabled => {
            match find(&tx.look(), user).await? {
                Some(_) => mark(tx, user, erasure::ActiveModel { due_at: Set(now), ..Default::default() }).await?,
                None => tx.insert(row_of(user, (ErasureCause::Operator, now), now)).await?,
            }
            erase_locked(tx, &row, by, now).await?;
            Ok(Some((user, true)))
        }
    }
}

/// Erases an account that is locked, with all accounts that went into it.
async fn erase_locked(tx: &Tx, row: &user::Model, by: Actor, now: Timestamp) -> Result<(), StoreError> {
    let user = row.id;
    let traces = Traces::find(tx, all_of(tx, user).await?).await?;
    traces.forget(tx, now).await?;
    let change = Change::StatusChanged { old: row.status, new: Status::Erased };
    let entry = Entry { user, other: None, rule: Rule::R12, actor: by, evidence: Evidence::default(), change };
    crate::history::add(tx, entry, now).await?;
    let done = erasure::ActiveModel { erased_at: Set(Some(now)), lease_until: Set(None), ..Default::default() };
    mark(tx, user, done).await
}

/// The account and those that went into it. A merge or an undo needs the account's lock, so they stay the same.
async fn all_of(tx: &Tx, user: UserId) -> Result<Vec<UserId>, StoreError> {
    crate::history::with_aliases(&tx.look(), user).await
}

async fn mark(tx: &Tx, user: UserId, change: erasure::ActiveModel) -> Result<(), StoreError> {
    erasure::Entity::update_many().set(change).filter(erasure::Column::UserId.eq(user)).exec(&tx.db).await?;
    Ok(())
}

/// R12: returns whether a login opens the account: its phone, or an openId that was not cancelled.
async fn has_login(tx: &Tx, user: UserId) -> Result<bool, StoreError> {
    let account = crate::user::account(&tx.look(), user).await?;
    Ok(account.is_some_and(|account| account.credentials() > 0))
}
