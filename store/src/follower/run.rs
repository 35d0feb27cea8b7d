//! The runs: at most one unfinished run of a kind and app, worked on by the process that has its lease. The progress
//! is written in the transaction of the work, so that a run continues where it was after its process was killed.

use domain::follower::{Outcome, Tally};
use domain::{AppId, OpenId, RunId, Timestamp};
use entities::follower_run::{self, Column, Entity, Kind, Model};
use sea_orm::sea_query::ExprTrait;
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, UpdateMany};
use serde_json::{Map, Value};

use crate::{StoreError, Tx, View};

/// A run with its progress.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// The id.
    pub id: RunId,
    /// What it does.
    pub kind: Kind,
    /// The app that is asked.
    pub app: AppId,
    /// The migrated account.
    pub from: Option<AppId>,
    /// Whether it also asks about people whose unionId is known.
    pub asks_all: bool,
    /// The position of the current page.
    pub page: Option<String>,
    /// The last openId that is done.
    pub last: Option<OpenId>,
    /// The counts so far.
    pub tally: Tally,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// When its links were undone.
    pub undone_at: Option<Timestamp>,
    /// Why it has stopped before its end.
    pub stopped: Option<String>,
}

/// A run to be started, or continued if one like it is unfinished.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRun {
    /// What it does.
    pub kind: Kind,
    /// The app that is asked.
    pub app: AppId,
    /// The migrated account.
    pub from: Option<AppId>,
    /// Whether it also asks about people whose unionId is known.
    pub asks_all: bool,
}

/// The right to work on a run. A random value identifies its holder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunLease(pub [u8; 16]);

/// The result of [`take`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// This process works on it.
    Run(Box<Run>),
    /// Another process works on it.
    Busy {
        /// The end of its lease.
        until: Timestamp,
    },
}

/// How far a run is.
#[derive(Debug, Clone, Copy)]
pub struct Progress<'a> {
    /// The position of the current page.
    pub page: Option<&'a str>,
    /// The last openId that is done.
    pub last: Option<&'a OpenId>,
    /// The counts so far.
    pub tally: &'a Tally,
}

/// Why a run stops before its end.
#[derive(Debug, Clone, Copy)]
pub struct Stop<'a> {
    /// The reason.
    pub reason: &'a str,
    /// When the schedule may continue it.
    pub retry_at: Timestamp,
}

/// Returns a run.
pub async fn find(view: &View<'_>, id: RunId) -> Result<Option<Run>, StoreError> {
    Entity::find_by_id(id).one(&view.db).await?.map(read).transpose()
}

/// Returns the newest run of a kind and app.
pub async fn newest(view: &View<'_>, kind: Kind, app: &AppId) -> Result<Option<Run>, StoreError> {
    newest_row(view, kind, app).await?.map(read).transpose()
}

async fn newest_row(view: &View<'_>, kind: Kind, app: &AppId) -> Result<Option<Model>, StoreError> {
    let runs = Entity::find()
        .filter(Column::App.eq(app.clone()))
        .filter(Column::Kind.eq(kind))
        .order_by_desc(Column::StartedAt)
        .order_by_desc(Column::Id);
    Ok(runs.one(&view.db).await?)
}

/// Returns whether the schedule has something to do for an app: to continue an unfinished run that no process works
/// on, or to start one because the newest one began before `since`.
pub async fn is_due(
    view: &View<'_>,
    (kind, app): (Kind, &AppId),
    since: Timestamp,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let Some(run) = newest_row(view, kind, app).await? else { return Ok(true) };
    let is_past = |time: Option<Timestamp>| time.is_none_or(|time| time <= now);
    Ok(match run.finished_at {
        Some(_) => run.started_at <= since,
        None => is_past(run.lease_until) && is_past(run.retry_at),
    })
}

/// Takes the lease of the unfinished run, or starts a new one. An unfinished run with other parameters is ended. Of
/// several concurrent calls one gets the run.
pub async fn take(
    tx: &Tx,
    wanted: &NewRun,
    lease: RunLease,
    (now, until): (Timestamp, Timestamp),
) -> Result<Taken, StoreError> {
    let open_key = format!("{} {}", sea_orm::ActiveEnum::to_value(&wanted.kind), wanted.app);
    let held = follower_run::ActiveModel {
        lease: Set(Some(lease.0.to_vec())),
        lease_until: Set(Some(until)),
        retry_at: Set(None),
        stopped: Set(None),
        ..Default::default()
    };
    if let Some(open) = Entity::find().filter(Column::OpenKey.eq(open_key.as_str())).one(&tx.db).await? {
        if let Some(until) = open.lease_until.filter(|until| *until > now) {
            return Ok(Taken::Busy { until });
        }
        let is_same = open.asks_all == wanted.asks_all && open.from_app == wanted.from;
        let change = if is_same { held } else { ended(Some("replaced by a run with other parameters"), now) };
        let is_free = Column::LeaseUntil.is_null().or(Column::LeaseUntil.lte(now));
        if !changes(tx, Entity::update_many().set(change).filter(Column::Id.eq(open.id)).filter(is_free)).await? {
            return Err(StoreError::changed("follower_runs"));
        }
        if is_same {
            return Ok(Taken::Run(Box::new(read(open)?)));
        }
    }
    let row = Model {
        id: RunId::new(now),
        kind: wanted.kind,
        app: wanted.app.clone(),
        from_app: wanted.from.clone(),
        asks_all: wanted.asks_all,
        open_key: Some(open_key),
        page: None,
        last_open_id: None,
        tally: write_tally(&Tally::default()),
        lease: Some(lease.0.to_vec()),
        lease_until: Some(until),
        retry_at: None,
        stopped: None,
        started_at: now,
        updated_at: now,
        finished_at: None,
        undone_at: None,
    };
    // The unique index decides between several first calls.
    tx.insert(row.clone()).await?;
    Ok(Taken::Run(Box::new(read(row)?)))
}

/// Writes the progress and extends the lease. Returns false if another process has the lease: then the transaction
/// must not be committed.
pub async fn advance(
    tx: &Tx,
    (run, lease): (RunId, RunLease),
    progress: Progress<'_>,
    (now, until): (Timestamp, Timestamp),
) -> Result<bool, StoreError> {
    let change = follower_run::ActiveModel {
        page: Set(progress.page.map(ToOwned::to_owned)),
        last_open_id: Set(progress.last.cloned()),
        tally: Set(write_tally(progress.tally)),
        updated_at: Set(now),
        lease_until: Set(Some(until)),
        ..Default::default()
    };
    changes(tx, held_by(run, lease).set(change)).await
}

/// Extends the lease. Returns false if another process has it.
pub async fn renew(tx: &Tx, (run, lease): (RunId, RunLease), until: Timestamp) -> Result<bool, StoreError> {
    let change = follower_run::ActiveModel { lease_until: Set(Some(until)), ..Default::default() };
    changes(tx, held_by(run, lease).set(change)).await
}

/// Releases the lease of a run that stops before its end. Returns false if another process has it.
pub async fn stop(tx: &Tx, (run, lease): (RunId, RunLease), why: Stop<'_>, now: Timestamp) -> Result<bool, StoreError> {
    let change = follower_run::ActiveModel {
        lease: Set(None),
        lease_until: Set(None),
        retry_at: Set(Some(why.retry_at)),
        stopped: Set(Some(why.reason.to_owned())),
        updated_at: Set(now),
        ..Default::default()
    };
    changes(tx, held_by(run, lease).set(change)).await
}

/// Ends a run. Returns false if another process has the lease.
pub async fn finish(
    tx: &Tx,
    (run, lease): (RunId, RunLease),
    tally: &Tally,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let change = follower_run::ActiveModel { tally: Set(write_tally(tally)), ..ended(None, now) };
    changes(tx, held_by(run, lease).set(change)).await
}

fn ended(why: Option<&str>, now: Timestamp) -> follower_run::ActiveModel {
    follower_run::ActiveModel {
        open_key: Set(None),
        lease: Set(None),
        lease_until: Set(None),
        retry_at: Set(None),
        stopped: Set(why.map(ToOwned::to_owned)),
        updated_at: Set(now),
        finished_at: Set(Some(now)),
        ..Default::default()
    }
}

fn held_by(run: RunId, lease: RunLease) -> UpdateMany<Entity> {
    let is_held = Condition::all().add(Column::Id.eq(run)).add(Column::Lease.eq(lease.0.to_vec()));
    Entity::update_many().filter(is_held)
}

async fn changes(tx: &Tx, update: UpdateMany<Entity>) -> Result<bool, StoreError> {
    Ok(update.exec(&tx.db).await?.rows_affected > 0)
}

fn write_tally(tally: &Tally) -> String {
    let counts: Map<String, Value> =
        tally.counts().map(|(outcome, count)| (outcome.to_string(), count.into())).collect();
    Value::Object(counts).to_string()
}

fn read(row: Model) -> Result<Run, StoreError> {
    let unreadable = || StoreError::corrupt("follower_runs", format!("{} has an unreadable tally", row.id));
    let counts: Map<String, Value> = serde_json::from_str(&row.tally).map_err(|_| unreadable())?;
    let count = |(word, count): (String, Value)| Some((word.parse::<Outcome>().ok()?, count.as_u64()?));
    let counts = counts.into_iter().map(count).collect::<Option<Vec<_>>>().ok_or_else(unreadable)?;
    Ok(Run {
        id: row.id,
        kind: row.kind,
        app: row.app,
        from: row.from_app,
        asks_all: row.asks_all,
        page: row.page,
        last: row.last_open_id,
        tally: Tally::of(counts),
        started_at: row.started_at,
        finished_at: row.finished_at,
        undone_at: row.undone_at,
        stopped: row.stopped,
    })
}
