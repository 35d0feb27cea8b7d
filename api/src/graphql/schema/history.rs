//! Why keys belong to one account: the journal as a client reads it.
//! Who may read how much is decided in `usecase::history`.

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
    /// The openId is known and its unionId is new to us.
    #[graphql(name = "R1b")]
    R1b,
    /// The openId and the unionId belong to two accounts.
    #[graphql(name = "R1c")]
    R1c,
    /// The openId is new, the unionId is known.
    #[graphql(name = "R2")]
    R2,
    /// Both are new.
    #[graphql(name = "R3")]
    R3,
    /// A phone that nobody has is bound.
    #[graphql(name = "R4a")]
    R4a,
    /// The phone belongs to another account.
    #[graphql(name = "R4b")]
    R4b,
    /// A WeChat account joins the phone's account.
    #[graphql(name = "R4c")]
    R4c,
    /// The phone is changed.
    #[graphql(name = "R4d")]
    R4d,
    /// The unionId of a known openId changed.
    #[graphql(name = "R5")]
    R5,
    /// The phone's last proof is too old to open the account it belongs to.
    #[graphql(name = "R6")]
    R6,
    /// The person took a credential away.
    #[graphql(name = "R7")]
    R7,
    /// The person merged two accounts, or undid it.
    #[graphql(name = "R8")]
    R8,
    /// A limit would be broken: one openId per app, one unionId per scope, one phone.
    #[graphql(name = "R9")]
    R9,
    /// The person withdrew what an app was allowed to know.
    #[graphql(name = "R11")]
    R11,
    /// The person's WeChat account is gone.
    #[graphql(name = "R12")]
    R12,
    /// The person, signed in, added another way of signing in.
    #[graphql(name = "R13")]
    R13,
    /// An operator decided.
    #[graphql(name = "R14")]
    R14,
    /// The login was not bound to its browser or device.
    #[graphql(name = "R15")]
    R15,
    /// An import by the company recorded it.
    Import,
}

/// Who did something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::usecase::history::LinkActor")]
pub(in crate::graphql) enum LinkActor {
    /// The person, by proving something.
    Person,
    /// The company, by an import.
    Import,
    /// An operator.
    Operator,
    /// WeChat, which told something about the person.
    Upstream,
}

/// What was proved or said, as far as the reader may know it. Phone numbers are masked.
#[derive(Debug, SimpleObject)]
#[graphql(complex)]
pub(in crate::graphql) struct LinkEvidence {
    #[graphql(skip)]
    app_id: Option<domain::AppId>,
    /// What the app calls the person.
    open_id: Option<String>,
    /// The operator's name for the Open Platform account.
    union_scope: Option<String>,
    /// What it calls the person in all its apps.
    union_id: Option<String>,
    /// The phone, masked.
    masked_phone: Option<String>,
    /// The company's own id of the person.
    external_id: Option<String>,
    /// What an operator decided.
    decision: Option<ConflictDecision>,
    /// Why an operator did so. For service tokens only.
    reason: Option<String>,
}

#[ComplexObject]
impl LinkEvidence {
    /// The app's name; its upstream id when it is no longer configured.
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

/// One entry of the journal.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct LinkHistoryEntry {
    /// The entry's id: `evt_…`. That of a merge is for `undoMerge`.
    id: ID,
    /// The rule that decided.
    rule: LinkRule,
    /// What was proved or said.
    evidence: LinkEvidence,
    /// Who did it.
    actor: LinkActor,
    /// The other account: the one that went into this one, or, for service tokens, any other that was concerned.
    other_user_id: Option<ID>,
    /// When.
    at: DateTime<Utc>,
    /// When it was undone, if it was a merge that was.
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

/// A page of a person's history, newest first (Relay's connection).
#[derive(Debug)]
pub(in crate::graphql) struct LinkHistoryConnection(pub(in crate::graphql) Page<HistoryEntry>);

/// A page of a person's history, newest first (Relay's connection).
#[Object]
impl LinkHistoryConnection {
    /// The entries with their cursors.
    async fn edges(&self) -> Vec<LinkHistoryEdge> {
        self.0.items.iter().map(|entry| LinkHistoryEdge { cursor: cursor_of(entry), node: entry.into() }).collect()
    }

    /// The entries alone.
    async fn nodes(&self) -> Vec<LinkHistoryEntry> {
        self.0.items.iter().map(LinkHistoryEntry::from).collect()
    }

    /// Where the page stands in the whole.
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
    /// Where the entry stands in the list: for `after`.
    cursor: String,
    /// The entry.
    node: LinkHistoryEntry,
}
