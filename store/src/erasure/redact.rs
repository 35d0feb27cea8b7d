//! Removes words about people from the journal and the audit. What happened, when, by which rule and by whom stays; so
//! does the chain, which gets an entry for each removal (ADR 0069).

use std::collections::BTreeSet;

use domain::{AuditAction, OpenId, OpenKey, Timestamp, UnionId, UnionKey, UserId};
use entities::audit_chain::Source;
use entities::{audit_event, link_event, redaction};
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder};
use serde_json::Value;
use uuid::Uuid;

use crate::audit::{content_of_audit, content_of_journal};
use crate::database::{CHUNK, changed_unless, row_id};
use crate::history::{Change, Evidence, ImportedLink, MergeRecord, Moved, Row, UndoRecord, read_event};
use crate::{StoreError, Tx};

/// What stands in the journal in place of an openId or a unionId.
const ERASED: &str = "erased";

/// Returns the journal's entries that name one of the accounts, the oldest first.
pub(super) async fn entries_about(tx: &Tx, users: &[UserId]) -> Result<Vec<link_event::Model>, StoreError> {
    let mut entries = Vec::new();
    for users in users.chunks(CHUNK) {
        let named = Condition::any()
            .add(link_event::Column::UserId.is_in(users.iter().copied()))
            .add(link_event::Column::OtherUserId.is_in(users.iter().copied()));
        entries
            .extend(link_event::Entity::find().filter(named).order_by_asc(link_event::Column::Id).all(&tx.db).await?);
    }
    entries.sort_by_key(|entry| entry.id);
    entries.dedup_by_key(|entry| entry.id);
    Ok(entries)
}

/// Removes everything that identifies a person from the entries. An entry about two people loses these values for both,
/// because it does not say whose a value is.
pub(super) async fn redact_entries(
    tx: &Tx,
    entries: Vec<link_event::Model>,
    now: Timestamp,
) -> Result<u64, StoreError> {
    rewrite(tx, entries, now, |evidence, change| (bare_evidence(evidence), bare_change(change))).await
}

/// R11: removes these values of a profile from the journal's entries about the accounts, and with them from what an
/// undo of a merge would bring back.
pub(crate) async fn redact_profile(
    tx: &Tx,
    users: &[UserId],
    is_revoked: &(dyn Fn(Field, &str) -> bool + Sync),
    now: Timestamp,
) -> Result<u64, StoreError> {
    let entries = entries_about(tx, users).await?;
    let of_users = |row: Row| {
        if !users.contains(&row.id) {
            return row;
        }
        let keep = |field, value: Option<String>| value.filter(|value| !is_revoked(field, value));
        Row { nickname: keep(Field::Nickname, row.nickname), avatar_url: keep(Field::AvatarUrl, row.avatar_url), ..row }
    };
    rewrite(tx, entries, now, |evidence, change| (evidence, with_rows(change, of_users))).await
}

/// A field of a profile that an upstream told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Field {
    Nickname,
    AvatarUrl,
}

/// Rewrites entries, and records in the chain what it has changed. Returns the number of changed entries.
async fn rewrite(
    tx: &Tx,
    entries: Vec<link_event::Model>,
    now: Timestamp,
    change: impl Fn(Evidence, Change) -> (Evidence, Change),
) -> Result<u64, StoreError> {
    let mut rewritten = Vec::new();
    for old in entries {
        let new = match read_event(&old) {
            Ok(event) => {
                let (evidence, change) = change(event.evidence, event.change);
                let [before, after] = change.write(old.rule);
                link_event::Model { evidence: evidence.write(old.rule), before, after, ..old.clone() }
            }
            // What cannot be read cannot be searched either, so nothing of it is kept.
            Err(_) => link_event::Model {
                evidence: "{}".to_owned(),
                before: "{}".to_owned(),
                after: "{}".to_owned(),
                ..old.clone()
            },
        };
        if old != new {
            rewritten.push((old, new));
        }
    }
    let of = |(old, new): &(link_event::Model, link_event::Model)| {
        redaction_of((Source::Journal, old.id.uuid()), [content_of_journal(old), content_of_journal(new)], now)
    };
    // Before the update: a trigger lets no row be changed whose redaction is not recorded.
    tx.insert_all(rewritten.iter().map(of).collect()).await?;
    let count = rewritten.len() as u64;
    for (_, new) in rewritten {
        let words = link_event::ActiveModel {
            evidence: Set(new.evidence),
            before: Set(new.before),
            after: Set(new.after),
            ..Default::default()
        };
        let update = link_event::Entity::update_many().set(words).filter(link_event::Column::Id.eq(new.id));
        changed_unless("link_events", update.exec(&tx.db).await?.rows_affected)?;
    }
    Ok(count)
}

/// Removes operators' free text from the audit's entries about the accounts, and from those about `partners` that name
/// one of the accounts. The reason for the erasure stays: the company must be able to account for it.
pub(super) async fn redact_audit(
    tx: &Tx,
    users: &[UserId],
    partners: &BTreeSet<UserId>,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let names: Vec<String> = users.iter().map(ToString::to_string).collect();
    let everybody: Vec<UserId> = users.iter().chain(partners).copied().collect();
    let mut rewritten = Vec::new();
    for chunk in everybody.chunks(CHUNK) {
        let about = audit_event::Entity::find().filter(audit_event::Column::UserId.is_in(chunk.iter().copied()));
        for old in about.order_by_asc(audit_event::Column::Id).all(&tx.db).await? {
            let is_named = old.user_id.is_some_and(|user| users.contains(&user))
                || names.iter().any(|name| old.detail.contains(name));
            let detail = without_reason(&old.detail);
            if is_named && old.action != AuditAction::UserErased && detail != old.detail {
                rewritten.push((audit_event::Model { detail, ..old.clone() }, old));
            }
        }
    }
    let of = |(new, old): &(audit_event::Model, audit_event::Model)| {
        redaction_of((Source::Audit, old.id.uuid()), [content_of_audit(old), content_of_audit(new)], now)
    };
    tx.insert_all(rewritten.iter().map(of).collect()).await?;
    let count = rewritten.len() as u64;
    for (new, _) in rewritten {
        let words = audit_event::ActiveModel { detail: Set(new.detail), ..Default::default() };
        let update = audit_event::Entity::update_many().set(words).filter(audit_event::Column::Id.eq(new.id));
        changed_unless("audit_events", update.exec(&tx.db).await?.rows_affected)?;
    }
    Ok(count)
}

/// The details of the audit are ids, counts and words of Guiyi's own, but for an operator's reason.
fn without_reason(detail: &str) -> String {
    match serde_json::from_str::<Value>(detail) {
        Ok(Value::Object(mut fields)) => {
            if let Some(reason) = fields.get_mut("reason").filter(|reason| reason.is_string()) {
                *reason = Value::Null;
                return Value::Object(fields).to_string();
            }
            detail.to_owned()
        }
        // What cannot be read cannot be searched either, so nothing of it is kept.
        Ok(_) | Err(_) => "{}".to_owned(),
    }
}

fn redaction_of((source, event_id): (Source, Uuid), [before, after]: [[u8; 32]; 2], at: Timestamp) -> redaction::Model {
    let (content_before, content_after) = (before.to_vec(), after.to_vec());
    redaction::Model { id: row_id(at), source, event_id, content_before, content_after, at }
}

fn bare_evidence(evidence: Evidence) -> Evidence {
    // All fields are named, so that a new one does not compile until it is decided whether it says who a person is.
    let Evidence {
        app,
        open_id,
        union,
        phone: _,
        line,
        last_proof_at,
        external_id: _,
        open_ids,
        union_ids,
        case,
        decision,
        reason: _,
        offer,
        undoes,
        told_by,
        told_at,
        fields,
        changed_from,
        run,
    } = evidence;
    Evidence {
        open_id: open_id.map(|_| erased_open_id()),
        union: union.map(bare_union),
        phone: None,
        external_id: None,
        open_ids: open_ids.map(|keys| keys.into_iter().map(bare_open_key).collect()),
        union_ids: union_ids.map(|keys| keys.into_iter().map(bare_union).collect()),
        changed_from: changed_from.map(bare_open_key),
        reason: None,
        ..Evidence {
            app,
            line,
            last_proof_at,
            case,
            decision,
            offer,
            undoes,
            told_by,
            told_at,
            run,
            fields,
            ..Evidence::default()
        }
    }
}

fn bare_change(change: Change) -> Change {
    match change {
        // Ids of rows, which are erased themselves.
        Change::Nothing {}
        | Change::OpenIdAttached { .. }
        | Change::PhoneBound { .. }
        | Change::PhoneRemoved { .. }
        | Change::StatusChanged { .. } => change,
        Change::UnionIdAttached { union } => Change::UnionIdAttached { union: bare_union(union) },
        Change::Linked { link, union } => Change::Linked { link, union: union.map(bare_union) },
        Change::UnionIdReplaced { old, new } => {
            Change::UnionIdReplaced { old: old.map(bare_union), new: bare_union(new) }
        }
        Change::OpenIdRemoved { link, linked_at, union } => {
            Change::OpenIdRemoved { link, linked_at, union: union.map(bare_union) }
        }
        Change::Imported { phone, links, unions } => Change::Imported {
            phone,
            links: links.into_iter().map(|link| ImportedLink { open_id: erased_open_id(), ..link }).collect(),
            unions: unions.into_iter().map(bare_union).collect(),
        },
        Change::Merged(record) => {
            let MergeRecord { from, into, survivor, moved } = *record;
            let [from, into, survivor] = [from, into, survivor].map(|row| bare_row(&row));
            Change::Merged(Box::new(MergeRecord { from, into, survivor, moved: bare_moved(moved) }))
        }
        Change::MergeUndone(record) => {
            let UndoRecord { before, returned, restored, after } = *record;
            let [before, restored, after] = [before, restored, after].map(|row| bare_row(&row));
            Change::MergeUndone(Box::new(UndoRecord { before, returned: bare_moved(returned), restored, after }))
        }
    }
}

/// Applies a change to the rows of accounts that an entry has.
fn with_rows(change: Change, row: impl Fn(Row) -> Row) -> Change {
    match change {
        Change::Merged(record) => {
            let MergeRecord { from, into, survivor, moved } = *record;
            let [from, into, survivor] = [from, into, survivor].map(row);
            Change::Merged(Box::new(MergeRecord { from, into, survivor, moved }))
        }
        Change::MergeUndone(record) => {
            let UndoRecord { before, returned, restored, after } = *record;
            let [before, restored, after] = [before, restored, after].map(row);
            Change::MergeUndone(Box::new(UndoRecord { before, returned, restored, after }))
        }
        Change::Nothing {}
        | Change::UnionIdAttached { .. }
        | Change::OpenIdAttached { .. }
        | Change::Linked { .. }
        | Change::UnionIdReplaced { .. }
        | Change::PhoneBound { .. }
        | Change::PhoneRemoved { .. }
        | Change::OpenIdRemoved { .. }
        | Change::Imported { .. }
        | Change::StatusChanged { .. } => change,
    }
}

fn bare_row(row: &Row) -> Row {
    let Row { id, nickname: _, avatar_url: _, own_nickname: _, own_avatar_url: _, external_id: _ } = *row;
    Row { id, nickname: None, avatar_url: None, own_nickname: None, own_avatar_url: None, external_id: None }
}

fn bare_moved(moved: Moved) -> Moved {
    let Moved { links, unions, phone, ended, cases } = moved;
    Moved { links, unions: unions.into_iter().map(bare_union).collect(), phone, ended, cases }
}

fn bare_open_key(key: OpenKey) -> OpenKey {
    OpenKey { open_id: erased_open_id(), ..key }
}

fn bare_union(key: UnionKey) -> UnionKey {
    UnionKey { union_id: UnionId::from_stored(ERASED.to_owned()), ..key }
}

fn erased_open_id() -> OpenId {
    OpenId::from_stored(ERASED.to_owned())
}
