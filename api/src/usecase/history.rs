//! The journal of an account, as its reader may see it.

use domain::{ExternalId, LinkEventId, OpenId, Resolution, Rule, ServiceScope, Timestamp, UnionKey, UserId};
use store::Actor;
use store::history::JournalEntry;

use crate::error::ApiError;
use crate::service::Service;
use crate::usecase::Reader;
use crate::usecase::page::{Page, WindowRequest};

/// The actor of a journal entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkActor {
    /// The person, with a proof.
    Person,
    /// The company, with an import.
    Import,
    /// An operator.
    Operator,
    /// The upstream, with an event about the person.
    Upstream,
}

/// The evidence of a journal entry.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Evidence {
    /// The provider's app id.
    pub app: Option<domain::AppId>,
    /// The openId in the app.
    pub open_id: Option<OpenId>,
    /// The unionId with its union scope.
    pub union: Option<UnionKey>,
    /// The number, masked.
    pub phone: Option<String>,
    /// The company's id of the person.
    pub external_id: Option<ExternalId>,
    /// The operator's decision.
    pub decision: Option<Resolution>,
    /// The operator's reason. Absent for the person.
    pub reason: Option<String>,
}

/// A journal entry, as its reader may see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryEntry {
    /// The entry's id.
    pub id: LinkEventId,
    /// The rule that was applied.
    pub rule: Rule,
    /// The evidence of a journal entry.
    pub evidence: Evidence,
    /// The actor.
    pub actor: LinkActor,
    /// The account that was merged into this one, or the other account concerned.
    pub other: Option<UserId>,
    /// The time of the entry.
    pub at: Timestamp,
    /// When the merge was undone.
    pub undone_at: Option<Timestamp>,
}

/// Returns a page of the journal of an account and of all accounts merged into it, newest first.
pub async fn page(
    service: &Service,
    reader: Reader<'_>,
    user: UserId,
    page: WindowRequest,
) -> Result<Page<HistoryEntry>, ApiError> {
    reader.may_read_user(user)?;
    let own = store::history::with_aliases(&service.store.view(), user).await?;
    let told = store::history::page(&service.store.view(), &own, page.window()?).await?;
    let for_person = !reader.is_system_with(ServiceScope::UsersRead);
    let entries = told.into_iter().map(|told| entry(told, &own, for_person)).collect::<Result<_, _>>()?;
    page.page(entries)
}

/// Converts an entry. A person does not see other people's proofs and ids, or the reasons of operators.
fn entry(told: JournalEntry, own: &[UserId], for_person: bool) -> Result<HistoryEntry, ApiError> {
    let JournalEntry { event, undone_at } = told;
    let is_own = own.contains(&event.user);
    let beside = if is_own { event.other } else { Some(event.user) };
    let evidence = Evidence::from(event.evidence);
    let evidence = match (for_person, is_own) {
        (false, _) => evidence,
        (true, true) => Evidence { reason: None, ..evidence },
        (true, false) => Evidence { phone: evidence.phone, decision: evidence.decision, ..Evidence::default() },
    };
    Ok(HistoryEntry {
        id: event.id,
        rule: event.rule,
        evidence,
        actor: link_actor(event.actor)?,
        other: beside.filter(|other| !for_person || own.contains(other)),
        at: event.at,
        undone_at,
    })
}

fn link_actor(actor: Actor) -> Result<LinkActor, ApiError> {
    match actor {
        Actor::Person => Ok(LinkActor::Person),
        Actor::Import => Ok(LinkActor::Import),
        Actor::Operator(_) | Actor::Command => Ok(LinkActor::Operator),
        Actor::Upstream => Ok(LinkActor::Upstream),
        Actor::System => Err(ApiError::Internal("unknown actor in link_events")),
    }
}

impl From<store::history::Evidence> for Evidence {
    fn from(evidence: store::history::Evidence) -> Self {
        Self {
            app: evidence.app,
            open_id: evidence.open_id,
            union: evidence.union,
            phone: evidence.phone.map(|number| number.to_string()),
            external_id: evidence.external_id,
            decision: evidence.decision,
            reason: evidence.reason,
        }
    }
}
