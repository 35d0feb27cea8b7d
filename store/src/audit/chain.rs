//! The hash chain over the audit and the journal, which makes later changes detectable. See `check` for the check,
//! and ADR 0037 for why events are sealed after they are written.

use std::collections::HashMap;

use domain::Timestamp;
use entities::audit_chain::{self, Source};
use entities::{audit_event, audit_unsealed, link_event, redaction};
use sea_orm::{ActiveEnum, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::database::{CHUNK, read_hash};
use crate::{StoreError, Tx, View};

/// The content hash of an event that no longer exists. The check reports it as missing.
const NOTHING: [u8; 32] = [0; 32];

/// The keys of the chain. They are not in the database, so a row that passes the check cannot be made from the
/// database alone.
pub trait ChainKeys: Sync {
    /// Returns the name of the key that seals new rows.
    fn newest(&self) -> &str;

    /// Returns the keyed hash of a row's hash, or `None` if there is no key of that name.
    fn mac(&self, key_id: &str, hash: &[u8; 32]) -> Option<[u8; 32]>;
}

/// The end of the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The number of events.
    pub seq: i64,
    /// The hash over all of them.
    pub hash: [u8; 32],
}

impl Head {
    /// The head of an empty chain.
    pub(crate) const START: Self = Self { seq: 0, hash: [0; 32] };

    /// Returns the head after the next row.
    pub(crate) fn next(&self, (source, event): (Source, Uuid), content: &[u8; 32], sealed_at: Timestamp) -> Self {
        let seq = self.seq + 1;
        let source: &[u8; 1] = match source {
            Source::Audit => b"a",
            Source::Journal => b"j",
            Source::Redaction => b"r",
        };
        // All parts have a fixed length, so the encoding is unambiguous.
        let hash = Sha256::new()
            .chain_update(b"guiyi audit chain 1")
            .chain_update(self.hash)
            .chain_update(seq.to_be_bytes())
            .chain_update(source)
            .chain_update(event.as_bytes())
            .chain_update(content)
            .chain_update(sealed_at.millis().to_be_bytes());
        Self { seq, hash: hash.finalize().into() }
    }
}

/// Returns the end of the chain, or `None` while it is empty.
pub async fn chain_head(view: &View<'_>) -> Result<Option<Head>, StoreError> {
    let last = audit_chain::Entity::find().order_by_desc(audit_chain::Column::Seq).one(&view.db).await?;
    let head = |row: audit_chain::Model| Ok(Head { seq: row.seq, hash: read_hash("audit_chain", row.hash)? });
    last.map(head).transpose()
}

/// Returns whether events are waiting to be sealed.
pub async fn has_unsealed_events(view: &View<'_>) -> Result<bool, StoreError> {
    Ok(audit_unsealed::Entity::find().one(&view.db).await?.is_some())
}

/// Returns the number of events waiting to be sealed.
pub async fn unsealed_events(view: &View<'_>) -> Result<u64, StoreError> {
    Ok(audit_unsealed::Entity::find().count(&view.db).await?)
}

/// Returns the current hashes of these events.
pub(crate) async fn contents(
    view: &View<'_>,
    events: &[(Source, Uuid)],
) -> Result<HashMap<Uuid, [u8; 32]>, StoreError> {
    let of = |wanted: Source| events.iter().filter(move |(source, _)| *source == wanted).map(|(_, id)| *id);
    let audit = audit_event::Entity::find().filter(audit_event::Column::Id.is_in(of(Source::Audit)));
    let journal = link_event::Entity::find().filter(link_event::Column::Id.is_in(of(Source::Journal)));
    let redactions = redaction::Entity::find().filter(redaction::Column::Id.is_in(of(Source::Redaction)));
    let mut contents = HashMap::with_capacity(events.len());
    for row in audit.all(&view.db).await? {
        contents.insert(row.id.uuid(), content_of_audit(&row));
    }
    for row in journal.all(&view.db).await? {
        contents.insert(row.id.uuid(), content_of_journal(&row));
    }
    for row in redactions.all(&view.db).await? {
        contents.insert(row.id, content_of_redaction(&row));
    }
    Ok(contents)
}

/// Seals a batch of waiting events in the order of their ids and returns their number. Fails with
/// [`StoreError::Contended`] if another replica is sealing at the same time; that replica does the work.
pub async fn seal(tx: &Tx, keys: &dyn ChainKeys, now: Timestamp) -> Result<usize, StoreError> {
    let waiting = audit_unsealed::Entity::find()
        .order_by_asc(audit_unsealed::Column::EventId)
        .limit(CHUNK as u64)
        .all(&tx.db)
        .await?;
    if waiting.is_empty() {
        return Ok(0);
    }
    let events: Vec<_> = waiting.iter().map(|row| (row.source, row.event_id)).collect();
    let contents = contents(&tx.look(), &events).await?;
    let mut head = chain_head(&tx.look()).await?.unwrap_or(Head::START);
    let mut rows = Vec::with_capacity(events.len());
    let key_id = keys.newest();
    for (source, event) in events {
        let content = contents.get(&event).copied().unwrap_or(NOTHING);
        head = head.next((source, event), &content, now);
        let mac =
            keys.mac(key_id, &head.hash).ok_or(StoreError::corrupt("audit_chain", "the sealing key is missing"))?;
        rows.push(audit_chain::Model {
            seq: head.seq,
            source,
            event_id: event,
            content: content.to_vec(),
            hash: head.hash.to_vec(),
            mac: mac.to_vec(),
            key_id: key_id.to_owned(),
            sealed_at: now,
        });
    }
    let (count, sealed) = (rows.len(), rows.iter().map(|row| row.event_id).collect::<Vec<_>>());
    tx.insert_all(rows).await?;
    let done = audit_unsealed::Entity::delete_many().filter(audit_unsealed::Column::EventId.is_in(sealed));
    done.exec(&tx.db).await?;
    Ok(count)
}

pub(crate) fn content_of_audit(row: &audit_event::Model) -> [u8; 32] {
    let audit_event::Model { id, at, action, app, user_id, session_id, detail, actor, token_id } = row;
    Content::new("audit")
        .bytes(id.uuid().as_bytes())
        .bytes(&at.millis().to_be_bytes())
        .bytes(action.as_str().as_bytes())
        .maybe(app.as_ref().map(|app| app.as_str().as_bytes()))
        .maybe(user_id.map(domain::UserId::uuid).as_ref().map(Uuid::as_bytes))
        .maybe(session_id.map(domain::SessionId::uuid).as_ref().map(Uuid::as_bytes))
        .bytes(detail.as_bytes())
        .maybe(actor.as_ref().map(String::as_bytes))
        .maybe(token_id.map(domain::ServiceTokenId::uuid).as_ref().map(Uuid::as_bytes))
        .hash()
}

pub(crate) fn content_of_journal(row: &link_event::Model) -> [u8; 32] {
    let link_event::Model { id, user_id, other_user_id, rule, evidence, actor, session_id, at, before, after } = row;
    Content::new("journal")
        .bytes(id.uuid().as_bytes())
        .bytes(user_id.uuid().as_bytes())
        .maybe(other_user_id.map(domain::UserId::uuid).as_ref().map(Uuid::as_bytes))
        .bytes(rule.as_str().as_bytes())
        .bytes(evidence.as_bytes())
        .bytes(actor.as_bytes())
        .maybe(session_id.map(domain::SessionId::uuid).as_ref().map(Uuid::as_bytes))
        .bytes(&at.millis().to_be_bytes())
        .bytes(before.as_bytes())
        .bytes(after.as_bytes())
        .hash()
}

fn content_of_redaction(row: &redaction::Model) -> [u8; 32] {
    let redaction::Model { id, source, event_id, content_before, content_after, at } = row;
    Content::new("redaction")
        .bytes(id.as_bytes())
        .bytes(source.to_value().as_bytes())
        .bytes(event_id.as_bytes())
        .bytes(content_before)
        .bytes(content_after)
        .bytes(&at.millis().to_be_bytes())
        .hash()
}

/// The hash of a row. Each value is preceded by its length, so the encoding is unambiguous.
struct Content(Sha256);

impl Content {
    fn new(table: &str) -> Self {
        Self(Sha256::new()).bytes(table.as_bytes())
    }

    fn bytes(self, value: &[u8]) -> Self {
        Self(self.0.chain_update((value.len() as u64).to_be_bytes()).chain_update(value))
    }

    /// Adds an optional value. `None` differs from an empty value.
    fn maybe<T: AsRef<[u8]>>(self, value: Option<T>) -> Self {
        match value {
            Some(value) => self.bytes(value.as_ref()),
            None => Self(self.0.chain_update(u64::MAX.to_be_bytes())),
        }
    }

    fn hash(self) -> [u8; 32] {
        self.0.finalize().into()
    }
}
