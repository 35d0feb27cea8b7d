//! The journal of an account: why its keys belong to it. See [`crate::usecase::history`] for who may read what.

use async_graphql::connection::PageInfo;
use async_graphql::{ComplexObject, Context, Enum, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};

use super::conflict::ConflictDecision;
use crate::graphql::{cursor, service};
use crate::usecase::history::{Evidence, HistoryEntry};
use crate::usecase::{self, Page};

/// A rule of docs/identity-rules.md.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::Rule")]
pub(in crate::graphql) enum LinkRule {
    /// The openId is known.
    #[graphql(name = "R1")]
    R1,
    /// The openId is known and its unionId is new.
    #[graphql(name = "R1b")]
    R1b,
    /// The openId and the unionId belong to two accounts.
    #[graphql(name = "R1c")]
    R1c,
    /// The openId is new and the unionId is known.
    #[graphql(name = "R2")]
    R2,
    /// Both are new.
    #[graphql(name = "R3")]
    R3,
    /// The phone belongs to no account and is bound.
    #[graphql(name = "R4a")]
    R4a,
    /// The phone belongs to another account.
    #[graphql(name = "R4b")]
    R4b,
    /// The account is merged into the phone's account.
    #[graphql(name = "R4c")]
    R4c,
    /// The phone is changed.
    #[graphql(name = "R4d")]
    R4d,
    /// A person signed in by a phone alone.
    #[graphql(name = "R4e")]
    R4e,
    /// The unionId of a known openId has changed.
    #[graphql(name = "R5")]
    R5,
    /// The phone's last proof is too old to give access to its account.
    #[graphql(name = "R6")]
    R6,
    /// The person removed a phone or an app.
    #[graphql(name = "R7")]
    R7,
    /// The person merged two accounts or undid a merge.
    #[graphql(name = "R8")]
    R8,
    /// A limit would be exceeded: one openId per app, one unionId per union scope, one phone.
    #[graphql(name = "R9")]
    R9,
    /// The person withdrew an app's permission to use personal data.
    #[graphql(name = "R11")]
    R11,
    /// The person closed the WeChat account.
    #[graphql(name = "R12")]
    R12,
    /// The signed-in person linked another app.
    #[graphql(name = "R13")]
    R13,
    /// An operator decided.
    #[graphql(name = "R14")]
    R14,
    /// The login was not bound to its browser or device.
    #[graphql(name = "R15")]
    R15,
    /// WeChat migrated an official account to another one and told the person's new openId.
    #[graphql(name = "R16")]
    R16,
    /// The company imported the data.
    Import,
}

/// The actor of a journal entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::usecase::history::LinkActor")]
pub(in crate::graphql) enum LinkActor {
    /// The person, with a proof.
    Person,
    /// The company, with an import.
    Import,
    /// An operator.
    Operator,
    /// WeChat, with an event about the person.
    Upstream,
}

/// The evidence of a journal entry, limited to what the reader may see. Phone numbers are masked.
#[derive(Debug, SimpleObject)]
#[graphql(complex)]
pub(in crate::graphql) struct LinkEvidence {
    #[graphql(skip)]
    app_id: Option<domain::AppId>,
    /// The person's openId in the app.
    open_id: Option<String>,
    /// The union scope: the operator's name for the Open Platform account.
    union_scope: Option<String>,
    /// The person's unionId in all apps of the union scope.
    union_id: Option<String>,
    /// The phone, masked.
    masked_phone: Option<String>,
    /// The company's own id of the person.
    external_id: Option<String>,
    /// The operator's decision.
    decision: Option<ConflictDecision>,
    /// The operator's reason. Visible to service tokens only.
    reason: Option<String>,
}

#[ComplexObject]
impl LinkEvidence {
    /// The app's name; the provider's app id if the app is no longer configured.
    async fn app<'a>(&'a self, ctx: &Context<'a>) -> Option<&'a str> {
        self.app_id.as_ref().map(|id| usecase::app::name_of(service(ctx), id))
    }
}

impl From<Evidence> for LinkEvidence {
    fn from(evidence: Evidence) -> Self {
        let (scope, union_id) = evidence.union.map(|key| (key.scope.into(), key.union_id.into())).unzip();
        Self {
            app_id: evidence.app,
            open_id: evidence.open_id.map(Into::into),
            union_scope: scope,
            union_id,
            masked_phone: evidence.phone,
            external_id: evidence.external_id.map(|id| id.as_str().to_owned()),
            decision: evidence.decision.map(Into::into),
            reason: evidence.reason,
        }
    }
}

/// An entry of the journal.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct LinkHistoryEntry {
    /// The entry's id: `evt_…`. The id of a merge is the argument of `undoMerge`.
    id: ID,
    /// The rule that was applied.
    rule: LinkRule,
    /// The evidence for the entry.
    evidence: LinkEvidence,
    /// The actor.
    actor: LinkActor,
    /// The other account: the one that was merged into this one or, for service tokens, any other account concerned.
    other_user_id: Option<ID>,
    /// The time of the entry.
    at: DateTime<Utc>,
    /// When the merge was undone. Null for other entries and for merges that were not undone.
    undone_at: Option<DateTime<Utc>>,
}

impl From<&HistoryEntry> for LinkHistoryEntry {
    fn from(entry: &HistoryEntry) -> Self {
        Self {
            id: entry.id.to_string().into(),
            rule: entry.rule.into(),
            evidence: entry.evidence.clone().into(),
            actor: entry.actor.into(),
            other_user_id: entry.other.map(|id| id.to_string().into()),
            at: entry.at.into(),
            undone_at: entry.undone_at.map(Into::into),
        }
    }
}

/// A page of journal entries, newest first (Relay connection).
#[derive(Debug)]
pub(in crate::graphql) struct LinkHistoryConnection(pub(in crate::graphql) Page<HistoryEntry>);

/// A page of journal entries, newest first (Relay connection).
#[Object]
impl LinkHistoryConnection {
    /// The entries with their cursors.
    async fn edges(&self) -> Vec<LinkHistoryEdge> {
        self.0.items.iter().map(|entry| LinkHistoryEdge { cursor: cursor_of(entry), node: entry.into() }).collect()
    }

    /// The entries without cursors.
    async fn nodes(&self) -> Vec<LinkHistoryEntry> {
        self.0.items.iter().map(LinkHistoryEntry::from).collect()
    }

    /// The position of the page in the list.
    async fn page_info(&self) -> PageInfo {
        cursor::page_info(&self.0, cursor_of)
    }
}

fn cursor_of(entry: &HistoryEntry) -> String {
    cursor::at(entry.at, entry.id.uuid())
}

/// An entry with its cursor.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct LinkHistoryEdge {
    /// The entry's position in the list, for `after`.
    cursor: String,
    /// The entry.
    node: LinkHistoryEntry,
}
