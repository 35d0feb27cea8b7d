//! Webhooks: events on their way to endpoints, at least once and in order per account. See `claim` for the work of a worker, and
//! [`event`](crate::event) for the events.

mod claim;
mod resend;

use std::collections::{BTreeSet, HashMap};

use domain::{EventId, EventKind, Timestamp};
use entities::webhook_delivery::{self, State};
use entities::{event, webhook_endpoint};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
};

use crate::database::{CHUNK, row_id};
use crate::{Backlog, StoreError, Tx, View};

pub use claim::{Claimed, DOWN_AFTER, Outcome, claim, has_due, settle};
pub use resend::{Which, resend};

/// An endpoint, as an operator sees it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Endpoint {
    /// The deliveries that are left.
    pub backlog: Backlog,
    /// The number of failed attempts since the last one that succeeded.
    pub failures: u32,
    /// When it answered that it is gone.
    pub gone_at: Option<Timestamp>,
    /// When the last attempt failed.
    pub failed_at: Option<Timestamp>,
    /// Why it failed.
    pub last_error: Option<String>,
}

/// Adds endpoints that are not known yet. They get the events from now on.
pub async fn register(tx: &Tx, names: &[&str]) -> Result<(), StoreError> {
    let known: Vec<String> = webhook_endpoint::Entity::find()
        .select_only()
        .column(webhook_endpoint::Column::Name)
        .filter(webhook_endpoint::Column::Name.is_in(names.iter().copied()))
        .into_tuple()
        .all(&tx.db)
        .await?;
    let head = crate::event::head(tx).await?;
    for name in names.iter().filter(|name| !known.iter().any(|known| known == *name)) {
        let row = webhook_endpoint::Model {
            name: (*name).to_owned(),
            seq: head,
            failures: 0,
            paused_until: None,
            gone_at: None,
            last_error: None,
            failed_at: None,
        };
        // The primary key decides between two replicas that start at once.
        tx.insert(row).await?;
    }
    Ok(())
}

/// Returns whether the feed has events for which no deliveries to the endpoint were made yet.
pub async fn is_behind(view: &View<'_>, name: &str) -> Result<bool, StoreError> {
    let head = crate::event::marks(view).await?.head;
    let endpoint = webhook_endpoint::Entity::find_by_id(name).one(&view.db).await?;
    Ok(endpoint.is_some_and(|endpoint| endpoint.seq < head))
}

/// Makes the deliveries to an endpoint of a batch of events of these kinds. Returns whether there may be more. Of several
/// replicas one works and the others wait for it.
pub async fn fan_out(tx: &Tx, name: &str, kinds: &BTreeSet<EventKind>, now: Timestamp) -> Result<bool, StoreError> {
    let Some(endpoint) = lock(tx, name).await? else { return Ok(false) };
    let events = event::Entity::find()
        .filter(event::Column::Seq.gt(endpoint.seq))
        .order_by_asc(event::Column::Seq)
        .limit(CHUNK as u64)
        .all(&tx.db)
        .await?;
    let Some(last) = events.last().and_then(|event| event.seq) else { return Ok(false) };
    let is_full = events.len() == CHUNK;
    let wanted = events.into_iter().filter(|event| kinds.contains(&event.kind)).collect();
    deliver(tx, name, wanted, now).await?;
    let change = webhook_endpoint::ActiveModel { seq: Set(last), ..Default::default() };
    update(tx, name, change).await?;
    Ok(is_full)
}

/// Adds deliveries of these events, unless there are some already.
async fn deliver(tx: &Tx, name: &str, events: Vec<event::Model>, now: Timestamp) -> Result<(), StoreError> {
    if events.is_empty() {
        return Ok(());
    }
    let row = |event: event::Model| webhook_delivery::Model {
        id: row_id(now),
        endpoint: name.to_owned(),
        seq: event.seq.unwrap_or_default(),
        event_id: event.id,
        lane: event.lane,
        other_lane: event.other_lane,
        state: State::Pending,
        attempts: 0,
        created_at: now,
        due_at: now,
        lease_until: None,
        last_error: None,
        settled_at: None,
    };
    let rows = events.into_iter().map(|event| row(event).into_active_model());
    webhook_delivery::Entity::insert_many(rows)
        .on_conflict_do_nothing_on([webhook_delivery::Column::Endpoint, webhook_delivery::Column::Seq])
        .exec_without_returning(&tx.db)
        .await?;
    Ok(())
}

/// Returns endpoints, in the order of their names; an unknown one has no deliveries. Runs two statements.
pub async fn endpoints(view: &View<'_>, names: &[&str]) -> Result<Vec<Endpoint>, StoreError> {
    use webhook_delivery::Column::{CreatedAt, Endpoint as Of, Id, State};
    let known = webhook_endpoint::Entity::find().filter(webhook_endpoint::Column::Name.is_in(names.iter().copied()));
    let mut known: HashMap<String, webhook_endpoint::Model> =
        known.all(&view.db).await?.into_iter().map(|row| (row.name.clone(), row)).collect();
    let mut backlogs: HashMap<String, Backlog> = HashMap::new();
    let of = || Expr::col(Of.as_column_ref());
    let counts = crate::backlog::select([Id, State, CreatedAt])
        .expr_as(of(), "endpoint")
        .and_where(of().is_in(names.iter().copied()))
        .add_group_by([of()])
        .take();
    for row in view.db.query_all(&counts).await? {
        backlogs.entry(row.try_get("", "endpoint")?).or_default().add(&row)?;
    }
    let mut endpoint = |name: &&str| {
        let backlog = backlogs.remove(*name).unwrap_or_default();
        known.remove(*name).map_or(Endpoint { backlog, ..Endpoint::default() }, |row| Endpoint {
            backlog,
            failures: u32::try_from(row.failures).unwrap_or_default(),
            gone_at: row.gone_at,
            failed_at: row.failed_at,
            last_error: row.last_error,
        })
    };
    Ok(names.iter().map(&mut endpoint).collect())
}

/// Returns the state of an event's delivery to an endpoint, and the number of attempts.
pub async fn delivery(view: &View<'_>, name: &str, event: EventId) -> Result<Option<(State, u32)>, StoreError> {
    let found = webhook_delivery::Entity::find()
        .filter(webhook_delivery::Column::EventId.eq(event))
        .filter(webhook_delivery::Column::Endpoint.eq(name))
        .one(&view.db)
        .await?;
    Ok(found.map(|row| (row.state, u32::try_from(row.attempts).unwrap_or_default())))
}

/// Locks an endpoint until the end of the transaction.
async fn lock(tx: &Tx, name: &str) -> Result<Option<webhook_endpoint::Model>, StoreError> {
    Ok(tx.locking(webhook_endpoint::Entity::find_by_id(name)).one(&tx.db).await?)
}

async fn update(tx: &Tx, name: &str, change: webhook_endpoint::ActiveModel) -> Result<(), StoreError> {
    let endpoint = webhook_endpoint::Entity::update_many().set(change).filter(webhook_endpoint::Column::Name.eq(name));
    endpoint.exec(&tx.db).await?;
    Ok(())
}
