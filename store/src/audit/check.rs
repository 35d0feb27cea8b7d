//! Checks the hash chain over the audit and the journal, from its first row to its last. See `chain` for how it is
//! made.

use std::collections::HashMap;
use std::fmt;

use chrono::TimeDelta;
use domain::{AuditEventId, LinkEventId, Timestamp};
use entities::audit_chain::{self, Source};
use entities::{audit_event, link_event, redaction};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use crate::audit::{ChainKeys, Head};
use crate::database::{CHUNK, same};
use crate::{StoreError, View};

/// How long an event may wait to be sealed. A longer wait is a fault.
const PATIENCE: TimeDelta = TimeDelta::minutes(10);
/// The maximum number of reported faults. Further ones are only counted.
const MOST_FAULTS: usize = 100;

/// External facts that the chain is checked against.
#[derive(Debug, Clone, Default)]
pub struct Expected {
    /// Earlier heads of the chain, from the log. The chain must still contain them.
    pub anchors: Vec<Head>,
    /// Audit events before this time may have been deleted by the retention.
    pub pruned_before: Option<Timestamp>,
}

/// The result of a check.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checked {
    /// The end of the chain.
    pub head: Option<Head>,
    /// The number of events waiting to be sealed.
    pub waiting: u64,
    /// The number of events deleted by the retention.
    pub pruned: u64,
    /// The number of events from which words about a person were removed, as redactions in the chain say.
    pub redacted: u64,
    /// The number of rows sealed with keys that are no longer configured. Only an anchor confirms them.
    pub unknown_keys: u64,
    /// The last of these rows.
    pub last_unknown: i64,
    /// The number of rows sealed later than [`PATIENCE`] after their event, and the last of them. Either the service
    /// was stopped for a time, or the chain was deleted and rebuilt; an anchor distinguishes the two.
    pub sealed_late: Option<(u64, i64)>,
    /// The first hundred faults, in the order of the chain.
    pub faults: Vec<Fault>,
    /// The number of all faults.
    pub fault_count: u64,
}

/// The public name of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventName(Source, Uuid);

impl fmt::Display for EventName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Source::Audit => AuditEventId::from_uuid(self.1).fmt(f),
            Source::Journal => LinkEventId::from_uuid(self.1).fmt(f),
            Source::Redaction => write!(f, "redaction {}", self.1.simple()),
        }
    }
}

/// A fault of the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Rows are missing.
    #[error("rows {from} to {to} of the chain are missing")]
    RowsMissing {
        /// The first missing row.
        from: i64,
        /// The last missing row.
        to: i64,
    },
    /// A row was changed or moved.
    #[error("row {seq} ({event}) does not follow from the row before it: it was changed or moved")]
    DoesNotFollow {
        /// The row.
        seq: i64,
        /// Its event.
        event: EventName,
    },
    /// A row was made without the key.
    #[error("row {seq} ({event}) was not made by this service: its keyed hash is wrong")]
    Forged {
        /// The row.
        seq: i64,
        /// Its event.
        event: EventName,
    },
    /// The event differs from what was sealed.
    #[error("{event} (row {seq}) was changed")]
    Changed {
        /// The row.
        seq: i64,
        /// The event.
        event: EventName,
    },
    /// The event is missing.
    #[error("{event} (row {seq}) is missing")]
    Missing {
        /// The row.
        seq: i64,
        /// The event.
        event: EventName,
    },
    /// The event was never sealed, or its row was removed from the end of the chain.
    #[error("{event} is not in the chain")]
    NotSealed {
        /// The event.
        event: EventName,
    },
    /// The chain was longer.
    #[error("the chain is cut off: it had {0} rows")]
    CutOff(i64),
    /// Rows were sealed with keys that are not configured, or with none. A chain rebuilt without the key looks the
    /// same.
    #[error(
        "rows up to {0} were sealed with keys that are not configured: give an anchor from the log at or after that row"
    )]
    NotVouchedFor(i64),
    /// The chain was rewritten.
    #[error("row {0} has a different hash than before: the chain was rewritten")]
    Rewritten(i64),
}

impl Checked {
    fn add(&mut self, fault: Fault) {
        self.fault_count += 1;
        if self.faults.len() < MOST_FAULTS {
            self.faults.push(fault);
        }
    }
}

/// Checks the whole chain in constant memory.
pub async fn check(
    view: &View<'_>,
    keys: &dyn ChainKeys,
    expected: &Expected,
    now: Timestamp,
) -> Result<Checked, StoreError> {
    let mut checked = Checked { waiting: super::unsealed_events(view).await?, ..Checked::default() };
    let mut head = Head::START;
    loop {
        let rows = audit_chain::Entity::find()
            .filter(audit_chain::Column::Seq.gt(head.seq))
            .order_by_asc(audit_chain::Column::Seq)
            .limit(CHUNK as u64)
            .all(&view.db)
            .await?;
        let events: Vec<_> = rows.iter().map(|row| (row.source, row.event_id)).collect();
        let contents = super::contents(view, &events).await?;
        let redactions = redactions_of(view, &events).await?;
        for row in &rows {
            head = check_row(row, head, (keys, expected), &mut checked);
            let redactions = redactions.get(&row.event_id).map_or(&[][..], Vec::as_slice);
            check_event(row, (contents.get(&row.event_id), redactions), expected, &mut checked);
        }
        if rows.is_empty() {
            break;
        }
    }
    for anchor in expected.anchors.iter().filter(|anchor| anchor.seq > head.seq) {
        checked.add(Fault::CutOff(anchor.seq));
    }
    let last = checked.last_unknown;
    if last > 0 && expected.anchors.iter().all(|anchor| anchor.seq < last) {
        checked.add(Fault::NotVouchedFor(last));
    }
    checked.head = (head.seq > 0).then_some(head);
    check_unsealed(view, now.minus(PATIENCE), &mut checked).await?;
    Ok(checked)
}

/// Reports events that have waited too long to be sealed.
async fn check_unsealed(view: &View<'_>, before: Timestamp, checked: &mut Checked) -> Result<(), StoreError> {
    use {audit_event::Column as Audit, link_event::Column as Journal};
    let audit = audit_event::Entity::find()
        .select_only()
        .column(Audit::Id)
        .filter(Audit::At.lte(before))
        .filter(is_not_sealed(Audit::Id))
        .order_by_asc(Audit::Id);
    let journal = link_event::Entity::find()
        .select_only()
        .column(Journal::Id)
        .filter(Journal::At.lte(before))
        .filter(is_not_sealed(Journal::Id))
        .order_by_asc(Journal::Id);
    let audit: Vec<AuditEventId> = audit.into_tuple().all(&view.db).await?;
    let redactions = redaction::Entity::find()
        .select_only()
        .column(redaction::Column::Id)
        .filter(redaction::Column::At.lte(before))
        .filter(is_not_sealed(redaction::Column::Id))
        .order_by_asc(redaction::Column::Id);
    let journal: Vec<LinkEventId> = journal.into_tuple().all(&view.db).await?;
    let redactions: Vec<Uuid> = redactions.into_tuple().all(&view.db).await?;
    let audit = audit.iter().map(|id| EventName(Source::Audit, id.uuid()));
    let journal = journal.iter().map(|id| EventName(Source::Journal, id.uuid()));
    for event in audit.chain(journal).chain(redactions.iter().map(|id| EventName(Source::Redaction, *id))) {
        checked.add(Fault::NotSealed { event });
    }
    Ok(())
}

fn is_not_sealed(id: impl ColumnTrait) -> Expr {
    let sealed = Query::select()
        .expr(Expr::val(1))
        .from(audit_chain::Entity)
        .and_where(same(audit_chain::Column::EventId, id))
        .take();
    Expr::exists(sealed).not()
}

/// Checks a row against the one before it. Returns the head of the chain after the row.
fn check_row(
    row: &audit_chain::Model,
    before: Head,
    (keys, expected): (&dyn ChainKeys, &Expected),
    checked: &mut Checked,
) -> Head {
    let (seq, event) = (row.seq, EventName(row.source, row.event_id));
    let is_next = seq == before.seq + 1;
    if !is_next {
        checked.add(Fault::RowsMissing { from: before.seq + 1, to: seq - 1 });
    }
    // A hash or content of any other length was not written by this service.
    let (hash, content) = (row.hash.clone().try_into().ok(), row.content.clone().try_into().ok());
    let follows = content.is_some_and(|content| {
        let made = before.next((row.source, row.event_id), &content, row.sealed_at);
        Some(made.hash) == hash
    });
    if is_next && !follows {
        checked.add(Fault::DoesNotFollow { seq, event });
    }
    if at(row.event_id) < row.sealed_at.minus(PATIENCE) {
        checked.sealed_late = Some((checked.sealed_late.map_or(1, |(count, _)| count + 1), seq));
    }
    let hash = hash.unwrap_or_default();
    match keys.mac(&row.key_id, &hash) {
        Some(mac) if mac[..] == row.mac[..] => {}
        Some(_) => checked.add(Fault::Forged { seq, event }),
        None => {
            checked.unknown_keys += 1;
            checked.last_unknown = seq;
        }
    }
    if expected.anchors.iter().any(|anchor| anchor.seq == seq && anchor.hash != hash) {
        checked.add(Fault::Rewritten(seq));
    }
    Head { seq, hash }
}

/// Returns the redactions of these events, by event.
async fn redactions_of(
    view: &View<'_>,
    events: &[(Source, Uuid)],
) -> Result<HashMap<Uuid, Vec<redaction::Model>>, StoreError> {
    let of_events = redaction::Column::EventId.is_in(events.iter().map(|(_, id)| *id));
    let mut redactions: HashMap<Uuid, Vec<_>> = HashMap::new();
    for row in redaction::Entity::find().filter(of_events).all(&view.db).await? {
        redactions.entry(row.event_id).or_default().push(row);
    }
    Ok(redactions)
}

/// Returns whether redactions lead from the sealed row to the present one. Each is a row of the chain itself.
fn was_redacted(row: &audit_chain::Model, content: &[u8; 32], redactions: &[redaction::Model]) -> bool {
    let mut reached = vec![row.content.as_slice()];
    // Each redaction is followed at most once, so the search ends.
    let mut left: Vec<_> = redactions.iter().filter(|redaction| redaction.source == row.source).collect();
    while let Some(at) = left.iter().position(|redaction| reached.contains(&redaction.content_before.as_slice())) {
        reached.push(&left.swap_remove(at).content_after);
    }
    reached.contains(&content.as_slice())
}

/// Checks that a row's event is unchanged, but for its redactions.
fn check_event(
    row: &audit_chain::Model,
    (content, redactions): (Option<&[u8; 32]>, &[redaction::Model]),
    expected: &Expected,
    checked: &mut Checked,
) {
    let (seq, event) = (row.seq, EventName(row.source, row.event_id));
    let is_pruned =
        row.source == Source::Audit && expected.pruned_before.is_some_and(|before| at(row.event_id) < before);
    match content {
        Some(content) if content[..] == row.content[..] => {}
        Some(content) if was_redacted(row, content, redactions) => checked.redacted += 1,
        Some(_) => checked.add(Fault::Changed { seq, event }),
        None if is_pruned => checked.pruned += 1,
        None => checked.add(Fault::Missing { seq, event }),
    }
}

/// Returns the time of an event's id, to the millisecond. For an id that this service did not create, returns a time
/// in the future.
fn at(event: Uuid) -> Timestamp {
    let millis = event.get_timestamp().map(|time| time.to_unix());
    let millis = millis.and_then(|(seconds, nanos)| i64::try_from(seconds * 1_000 + u64::from(nanos) / 1_000_000).ok());
    Timestamp::from_millis(millis.unwrap_or(i64::MAX))
}
