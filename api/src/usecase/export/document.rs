//! The document of an export, version 1. `docs/export.schema.json` describes it; a test compares the two.

use chrono::{DateTime, Utc};
use domain::{AppId, Timestamp, UserId};
use serde::Serialize;
use store::export::Person;
use store::history::JournalEntry;

/// The version of the format. A new field does not change it.
const VERSION: u32 = 1;

pub(super) type Time = DateTime<Utc>;

pub(super) fn time(at: Timestamp) -> Time {
    at.into()
}

pub(super) fn maybe(at: Option<Timestamp>) -> Option<Time> {
    at.map(time)
}

/// The document but for its two long arrays, `history` and `orders`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Head {
    format: &'static str,
    version: u32,
    exported_at: Time,
    account: Account,
    open_ids: Vec<OpenId>,
    union_ids: Vec<UnionId>,
    phones: Vec<Phone>,
    sessions: Vec<Session>,
    devices: Vec<Device>,
    messages: Vec<Message>,
    cases: Vec<Case>,
    erasure: Option<Erasure>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Account {
    id: String,
    status: String,
    /// The ids of accounts that were merged into it.
    merged: Vec<String>,
    nickname: Option<String>,
    avatar_url: Option<String>,
    own_nickname: Option<String>,
    own_avatar_url: Option<String>,
    external_id: Option<String>,
    cooling_until: Option<Time>,
    created_at: Time,
    updated_at: Time,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OpenId {
    app: String,
    app_id: String,
    open_id: String,
    nickname: Option<String>,
    nickname_at: Option<Time>,
    avatar_url: Option<String>,
    avatar_url_at: Option<Time>,
    created_at: Time,
    linked_at: Option<Time>,
    last_login_at: Option<Time>,
    follows: Option<bool>,
    follows_since: Option<Time>,
    cancelled_at: Option<Time>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct UnionId {
    scope: String,
    union_id: String,
    created_at: Time,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Phone {
    id: String,
    number: String,
    is_active: bool,
    proof: String,
    verified_at: Option<Time>,
    last_proof_at: Option<Time>,
    created_at: Time,
    kept_until: Option<Time>,
    ended_at: Option<Time>,
    ended: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Session {
    id: String,
    app_id: Option<String>,
    device_id: Option<String>,
    device: Option<String>,
    address_block: Option<String>,
    bound: Option<bool>,
    signed_in_at: Time,
    last_used_at: Option<Time>,
    expires_at: Time,
    ended_at: Option<Time>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Device {
    id: String,
    created_at: Time,
    seen_at: Time,
    proved_at: Option<Time>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Message {
    id: Option<String>,
    kind: String,
    state: Option<String>,
    app_id: Option<String>,
    address_block: Option<String>,
    created_at: Time,
    settled_at: Option<Time>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Case {
    id: String,
    kind: &'static str,
    opened_at: Time,
    closed_at: Option<Time>,
    resolution: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Erasure {
    cause: &'static str,
    asked_at: Time,
    due_at: Time,
}

impl Head {
    pub(super) fn of(person: Person, now: Timestamp, name_of: impl Fn(&AppId) -> String) -> Self {
        let Person { account, merged, open_ids, union_ids, phones, sessions, devices, messages, cases, erasure } =
            person;
        Self {
            format: "guiyi-export",
            version: VERSION,
            exported_at: time(now),
            account: Account::of(account, &merged),
            open_ids: open_ids.into_iter().map(|known| OpenId::of(known, &name_of)).collect(),
            union_ids: union_ids.into_iter().map(UnionId::from).collect(),
            phones: phones.into_iter().map(Phone::from).collect(),
            sessions: sessions.into_iter().map(Session::from).collect(),
            devices: devices.into_iter().map(Device::from).collect(),
            messages: messages.into_iter().map(Message::from).collect(),
            cases: cases.into_iter().map(Case::from).collect(),
            erasure: erasure.map(|planned| Erasure {
                cause: planned.cause.as_str(),
                asked_at: time(planned.asked_at),
                due_at: time(planned.due_at),
            }),
        }
    }
}

impl Account {
    fn of(known: store::export::Account, merged: &[UserId]) -> Self {
        Self {
            id: known.id.to_string(),
            status: known.status,
            merged: merged.iter().map(ToString::to_string).collect(),
            nickname: known.nickname,
            avatar_url: known.avatar_url,
            own_nickname: known.own_nickname,
            own_avatar_url: known.own_avatar_url,
            external_id: known.external_id.map(Into::into),
            cooling_until: maybe(known.cooling_until),
            created_at: time(known.created_at),
            updated_at: time(known.updated_at),
        }
    }
}

impl OpenId {
    fn of(known: store::export::KnownOpenId, name_of: impl Fn(&AppId) -> String) -> Self {
        Self {
            app: name_of(&known.app),
            app_id: known.app.into(),
            open_id: known.open_id.into(),
            nickname: known.nickname,
            nickname_at: maybe(known.nickname_at),
            avatar_url: known.avatar_url,
            avatar_url_at: maybe(known.avatar_url_at),
            created_at: time(known.created_at),
            linked_at: maybe(known.linked_at),
            last_login_at: maybe(known.last_login_at),
            follows: known.follows,
            follows_since: maybe(known.follows_since),
            cancelled_at: maybe(known.cancelled_at),
        }
    }
}

impl From<store::export::KnownUnionId> for UnionId {
    fn from(known: store::export::KnownUnionId) -> Self {
        Self { scope: known.scope.into(), union_id: known.union_id.into(), created_at: time(known.created_at) }
    }
}

impl From<store::export::KnownPhone> for Phone {
    fn from(known: store::export::KnownPhone) -> Self {
        Self {
            id: known.id.to_string(),
            number: known.number.e164().to_owned(),
            is_active: known.is_active,
            proof: known.proof,
            verified_at: maybe(known.verified_at),
            last_proof_at: maybe(known.last_proof_at),
            created_at: time(known.created_at),
            kept_until: maybe(known.kept_until),
            ended_at: maybe(known.ended_at),
            ended: known.ended,
        }
    }
}

impl From<store::export::KnownSession> for Session {
    fn from(known: store::export::KnownSession) -> Self {
        Self {
            id: known.id.to_string(),
            app_id: known.app.map(Into::into),
            device_id: known.device_id.map(|id| id.to_string()),
            device: known.device,
            address_block: known.address_block,
            bound: known.bound,
            signed_in_at: time(known.signed_in_at),
            last_used_at: maybe(known.last_used_at),
            expires_at: time(known.expires_at),
            ended_at: maybe(known.ended_at),
        }
    }
}

impl From<store::export::KnownDevice> for Device {
    fn from(known: store::export::KnownDevice) -> Self {
        let store::export::KnownDevice { id, created_at, seen_at, proved_at } = known;
        let id = id.to_string();
        Self { id, created_at: time(created_at), seen_at: time(seen_at), proved_at: maybe(proved_at) }
    }
}

impl From<store::export::KnownMessage> for Message {
    fn from(known: store::export::KnownMessage) -> Self {
        Self {
            id: known.id.map(|id| id.to_string()),
            kind: known.kind,
            state: known.state,
            app_id: known.app.map(Into::into),
            address_block: known.address_block,
            created_at: time(known.created_at),
            settled_at: maybe(known.settled_at),
        }
    }
}

impl From<store::export::KnownCase> for Case {
    fn from(known: store::export::KnownCase) -> Self {
        Self {
            id: known.id.to_string(),
            kind: known.kind.as_str(),
            opened_at: time(known.opened_at),
            closed_at: maybe(known.closed_at),
            resolution: known.resolution.map(domain::Resolution::as_str),
        }
    }
}

/// An entry of the journal, as the person may see it: without other people's proofs and ids.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Entry {
    id: String,
    at: Time,
    rule: &'static str,
    actor: &'static str,
    session_id: Option<String>,
    app_id: Option<String>,
    open_id: Option<String>,
    union_id: Option<String>,
    masked_phone: Option<String>,
    external_id: Option<String>,
    undone_at: Option<Time>,
}

impl Entry {
    pub(super) fn of(told: &JournalEntry, own: &[UserId]) -> Self {
        let event = &told.event;
        let evidence = Some(&event.evidence).filter(|_| own.contains(&event.user));
        Self {
            id: event.id.to_string(),
            at: time(event.at),
            rule: event.rule.as_str(),
            actor: match event.actor {
                store::Actor::Person => "PERSON",
                store::Actor::Import => "IMPORT",
                store::Actor::Operator(_) | store::Actor::Command => "OPERATOR",
                store::Actor::Upstream => "UPSTREAM",
                store::Actor::System => "SYSTEM",
            },
            session_id: evidence.and(event.session).map(|id| id.to_string()),
            app_id: evidence.and_then(|evidence| evidence.app.clone()).map(Into::into),
            open_id: evidence.and_then(|evidence| evidence.open_id.clone()).map(Into::into),
            union_id: evidence.and_then(|evidence| evidence.union.clone()).map(|key| key.union_id.into()),
            masked_phone: evidence.and_then(|evidence| evidence.phone.as_ref()).map(ToString::to_string),
            external_id: evidence.and_then(|evidence| evidence.external_id.clone()).map(Into::into),
            undone_at: maybe(told.undone_at),
        }
    }
}
