//! Deletes expired rows.

use std::time::Duration;

use chrono::TimeDelta;
use domain::Timestamp;
use entities::outbox::{self, State};
use entities::push::{self, State as PushState};
use entities::{
    device, event_mark, login_claim, login_state, merge_offer, operator_session, order_news, phone, phone_code,
    qr_login, receipt, request, service_token_use, session, upstream_token,
};
use sea_orm::sea_query::{Alias, Expr, ExprTrait, IntoCondition, Query, SelectStatement};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, EntityTrait, Iterable, PrimaryKeyToColumn, QueryFilter, QuerySelect,
    QueryTrait,
};

use crate::phone::freed;
use crate::{Store, StoreError, Tx};

/// How long a device is kept after its last login. Longer than one year, the maximum lifetime of a refresh token.
const DEVICE_KEPT: TimeDelta = TimeDelta::days(400);
/// How long the origins of service token uses are kept here; the audit keeps them for ever.
const TOKEN_USES_KEPT: TimeDelta = TimeDelta::days(90);

/// How long messages are kept after they were sent or given up.
const SENT_KEPT: TimeDelta = TimeDelta::days(7);
const FAILED_KEPT: TimeDelta = TimeDelta::days(90);

/// How long requests are kept after they have expired, decided or not; the audit keeps who asked for what, and who decided.
const REQUESTS_KEPT: TimeDelta = TimeDelta::days(30);

/// How long pushed events are kept after a worker has acted on them. A push that is repeated later is refused as too old.
const PUSHED_KEPT: TimeDelta = TimeDelta::days(1);

/// The most rows that one transaction deletes: requests may wait for it.
pub const SWEPT_AT_ONCE: u64 = 250;
/// The row of `event_marks` whose number is the end of the lease, in milliseconds since 1970.
const LEASE: &str = "sweep";
/// How long a process that ends without a word keeps others from sweeping.
const LEASE_LASTS: TimeDelta = TimeDelta::seconds(60);
/// Between two transactions, so that SQLite's other writers come first.
const PAUSE: Duration = Duration::from_millis(5);

/// Deletes all expired rows, a batch in each transaction. Of several processes one sweeps at a time: for the others this does
/// nothing. Returns how many rows were deleted.
pub async fn sweep(store: &Store, now: impl Fn() -> Timestamp) -> Result<u64, StoreError> {
    let (mut held, mut rows) = (None, 0);
    loop {
        let (now, before) = (now(), held);
        let batch = store.write("sweep", |tx| async move {
            let Some(until) = lease(&tx, before, now).await? else { return Ok::<_, StoreError>(None) };
            let deleted = purge_expired(&tx, now).await?;
            if deleted < SWEPT_AT_ONCE {
                // Nothing is left: the lease ends with the transaction.
                move_lease(&tx, until, 0).await?;
            }
            Ok(Some((until, deleted)))
        });
        let Some((until, deleted)) = batch.await? else { return Ok(rows) };
        (held, rows) = (Some(until), rows + deleted);
        if deleted < SWEPT_AT_ONCE {
            return Ok(rows);
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Takes the lease, or goes on with the one that is held until `held`. Returns its new end, or none while another process has it.
async fn lease(tx: &Tx, held: Option<i64>, now: Timestamp) -> Result<Option<i64>, StoreError> {
    let until = now.plus(LEASE_LASTS).millis();
    let row = event_mark::Entity::find_by_id(LEASE).one(&tx.db).await?;
    let before = match (row, held) {
        (None, _) => {
            // The first time. The primary key decides between two processes.
            tx.insert(event_mark::Model { name: LEASE.to_owned(), seq: until }).await?;
            return Ok(Some(until));
        }
        (Some(row), Some(held)) if row.seq == held => held,
        (Some(row), _) if row.seq <= now.millis() => row.seq,
        _ => return Ok(None),
    };
    Ok(move_lease(tx, before, until).await?.then_some(until))
}

async fn move_lease(tx: &Tx, from: i64, to: i64) -> Result<bool, StoreError> {
    let change = event_mark::ActiveModel { seq: Set(to), ..Default::default() };
    let moved = event_mark::Entity::update_many()
        .set(change)
        .filter(event_mark::Column::Name.eq(LEASE))
        .filter(event_mark::Column::Seq.eq(from));
    Ok(moved.exec(&tx.db).await?.rows_affected == 1)
}

/// Deletes expired rows, at most [`SWEPT_AT_ONCE`], and releases phone numbers whose retention has ended. Returns the number of changed
/// rows. Phone codes are kept for a day, because the rate limits count them; an upstream token that is being fetched is kept.
pub async fn purge_expired(tx: &Tx, now: Timestamp) -> Result<u64, StoreError> {
    let mut batch = Batch { tx, left: SWEPT_AT_ONCE };
    batch.delete::<login_state::Entity>(login_state::Column::ExpiresAt.lte(now)).await?;
    batch
        .delete::<service_token_use::Entity>(service_token_use::Column::LastAt.lte(now.minus(TOKEN_USES_KEPT)))
        .await?;
    batch.delete::<merge_offer::Entity>(merge_offer::Column::ExpiresAt.lte(now)).await?;
    batch.delete::<login_claim::Entity>(login_claim::Column::ExpiresAt.lte(now)).await?;
    // The rate limits per number cover the last day.
    batch.delete::<phone_code::Entity>(phone_code::Column::ExpiresAt.lte(now.minus(TimeDelta::days(1)))).await?;
    batch.delete::<device::Entity>(device::Column::SeenAt.lte(now.minus(DEVICE_KEPT))).await?;
    batch.delete::<session::Entity>(session::Column::ExpiresAt.lte(now)).await?;
    let over = |column: upstream_token::Column| Condition::any().add(column.is_null()).add(column.lte(now));
    let tokens =
        Condition::all().add(over(upstream_token::Column::ExpiresAt)).add(over(upstream_token::Column::LeaseUntil));
    batch.delete::<upstream_token::Entity>(tokens).await?;
    batch.delete::<request::Entity>(request::Column::ExpiresAt.lte(now.minus(REQUESTS_KEPT))).await?;
    batch.delete::<operator_session::Entity>(operator_session::Column::ExpiresAt.lte(now)).await?;
    batch.delete::<receipt::Entity>(receipt::Column::ExpiresAt.lte(now)).await?;
    for (state, kept) in [(State::Sent, SENT_KEPT), (State::Failed, FAILED_KEPT)] {
        let settled =
            Condition::all().add(outbox::Column::SettledAt.lte(now.minus(kept))).add(outbox::Column::State.eq(state));
        batch.delete::<outbox::Entity>(settled).await?;
    }
    for (state, kept) in [(PushState::Done, PUSHED_KEPT), (PushState::Failed, FAILED_KEPT)] {
        let settled =
            Condition::all().add(push::Column::SettledAt.lte(now.minus(kept))).add(push::Column::State.eq(state));
        batch.delete::<push::Entity>(settled).await?;
    }
    let news = order_news::Column::At.lte(now.minus(crate::order::NEWS_KEPT));
    batch.delete::<order_news::Entity>(news).await?;
    batch.delete::<qr_login::Entity>(qr_login::Column::ExpiresAt.lte(now)).await?;
    batch.free_kept_numbers(now).await?;
    Ok(SWEPT_AT_ONCE - batch.left)
}

/// A transaction that deletes so many rows more.
struct Batch<'t> {
    tx: &'t Tx,
    left: u64,
}

impl Batch<'_> {
    async fn delete<E: EntityTrait>(&mut self, expired: impl IntoCondition) -> Result<(), StoreError> {
        if self.left == 0 {
            return Ok(());
        }
        let expired = expired.into_condition();
        let (key, some) = some_of::<E>(&expired, self.left);
        // The condition again: a row may have got a later end since the subquery has read it.
        let delete = E::delete_many().filter(key.in_subquery(some)).filter(expired);
        self.left -= delete.exec(&self.tx.db).await?.rows_affected;
        Ok(())
    }

    async fn free_kept_numbers(&mut self, now: Timestamp) -> Result<(), StoreError> {
        if self.left == 0 {
            return Ok(());
        }
        let over = Condition::all().add(phone::Column::KeptUntil.lte(now)).add(phone::Column::ActiveUser.is_null());
        let (key, some) = some_of::<phone::Entity>(&over, self.left);
        let free = phone::Entity::update_many().set(freed()).filter(key.in_subquery(some)).filter(over);
        self.left -= free.exec(&self.tx.db).await?.rows_affected;
        Ok(())
    }
}

/// Returns the primary key of a table, and a subquery for so many of those that a condition finds.
fn some_of<E: EntityTrait>(which: &Condition, most: u64) -> (Expr, SelectStatement) {
    let columns = || E::PrimaryKey::iter().map(PrimaryKeyToColumn::into_column);
    let found = E::find().select_only().columns(columns()).filter(which.clone()).limit(most).into_query();
    // MySQL takes no LIMIT in the subquery of IN, but in one below it.
    let some = Query::select().columns(columns()).from_subquery(found, Alias::new("some")).take();
    (Expr::tuple(columns().map(|column| Expr::col((E::default(), column)))), some)
}
