//! Why are these keys one person's? What the journal tells to whoever may ask.
//! What it notes, and when, is `store`'s business.

use domain::{ExternalId, LinkEventId, OpenId, Resolution, Rule, ServiceScope, Timestamp, UnionKey, UserId};
use serde_json::Value;
use store::history::Told;

use crate::error::ApiError;
use crate::service::Service;
use crate::usecase::Caller;
use crate::usecase::page::{FrontRequest, Page};

/// Who did something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkActor {
    /// The person, by proving something.
    Person,
    /// The company, by an import.
    Import,
    /// An operator.
    Operator,
    /// The upstream, which told something about the person.
    Upstream,
}

/// What was proved or said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Evidence {
    /// The upstream's id of the app.
    pub app: Option<domain::AppId>,
    /// What the app calls the person.
    pub open_id: Option<OpenId>,
    /// What a union scope calls the person.
    pub union: Option<UnionKey>,
    /// The number, masked.
    pub phone: Option<String>,
    /// The company's own id.
    pub external_id: Option<ExternalId>,
    /// What an operator decided.
    pub decision: Option<Resolution>,
    /// Why; for operators only.
    pub reason: Option<String>,
}

/// One entry of a person's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryEntry {
    /// Its id.
    pub id: LinkEventId,
    /// The rule that decided.
    pub rule: Rule,
    /// What was proved or said.
    pub evidence: Evidence,
    /// Who did it.
    pub actor: LinkActor,
    /// The account that went into this one, or the other one concerned.
    pub other: Option<UserId>,
    /// When.
    pub at: Timestamp,
    /// When it was undone.
    pub undone_at: Option<Timestamp>,
}

impl Caller {
    /// Refuses all but the person themselves and a system with the scope `users:read`.
    pub fn may_read_user(&self, user: UserId) -> Result<(), ApiError> {
        match self {
            Self::Person(signed_in) if signed_in.user.id == user => Ok(()),
            Self::Person(_) | Self::Anonymous | Self::Rejected | Self::Closed | Self::System(_) => {
                self.require(ServiceScope::UsersRead)
            }
        }
    }
}

/// A page of the history of an account and of all that went into it, newest first.
pub async fn page(
    service: &Service,
    caller: &Caller,
    user: UserId,
    page: FrontRequest,
) -> Result<Page<HistoryEntry>, ApiError> {
    caller.may_read_user(user)?;
    let own = store::history::with_aliases(&service.store.view(), user).await?;
    let told = store::history::page(&service.store.view(), &own, &page.front()?).await?;
    let for_person = !caller.may(ServiceScope::UsersRead);
    let entries = told.into_iter().map(|told| entry(told, &own, for_person)).collect::<Result<_, _>>()?;
    page.page(entries)
}

/// A person is not shown what somebody else proved, nor who that was, nor what operators write to each other.
fn entry(told: Told, own: &[UserId], for_person: bool) -> Result<HistoryEntry, ApiError> {
    let Told { event, undone_at } = told;
    let is_own = own.contains(&event.user);
    let beside = if is_own { event.other } else { Some(event.user) };
    let evidence = read_evidence(&event.evidence).ok_or(ApiError::Internal("a journal entry has odd evidence"))?;
    let evidence = match (for_person, is_own) {
        (false, _) => evidence,
        (true, true) => Evidence { reason: None, ..evidence },
        (true, false) => Evidence { phone: evidence.phone, decision: evidence.decision, ..Evidence::default() },
    };
    Ok(HistoryEntry {
        id: event.id,
        rule: event.rule,
        evidence,
        actor: read_actor(&event.actor)?,
        other: beside.filter(|other| !for_person || own.contains(other)),
        at: event.at,
        undone_at,
    })
}

fn read_actor(actor: &str) -> Result<LinkActor, ApiError> {
    match actor.split(':').next() {
        Some("person") => Ok(LinkActor::Person),
        Some("import") => Ok(LinkActor::Import),
        Some("operator" | "command") => Ok(LinkActor::Operator),
        Some("upstream") => Ok(LinkActor::Upstream),
        _ => Err(ApiError::Internal("a journal entry was made by nobody we know")),
    }
}

/// What is in the journal was checked when it was written; what is there and cannot be read is corrupt.
fn read_evidence(json: &Value) -> Option<Evidence> {
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        _ => None,
    };
    let union = match &json["union"] {
        Value::Null => None,
        union => {
            let scope = union["scope"].as_str()?.parse().ok()?;
            Some(UnionKey { scope, union_id: union["unionId"].as_str()?.parse().ok()? })
        }
    };
    Some(Evidence {
        app: json["app"].as_str().map(str::parse).transpose().ok()?,
        open_id: json["openId"].as_str().map(str::parse).transpose().ok()?,
        union,
        phone: text(&json["phone"]),
        external_id: json["externalId"].as_str().map(str::parse).transpose().ok()?,
        decision: json["decision"].as_str().map(str::parse).transpose().ok()?,
        reason: text(&json["reason"]),
    })
}
