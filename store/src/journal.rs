//! The journal of links: why are these keys one person's? It is only ever added to.
//! Which rule made an entry is told in `domain::Rule`.

use domain::{LinkEventId, Rule, Timestamp, UserId};
use entities::link_event;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder};
use serde_json::Value;

use crate::{StoreError, Tx, View};

/// One entry of the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkEvent {
    /// Its id.
    pub id: LinkEventId,
    /// The account that was changed, or that stayed.
    pub user: UserId,
    /// The account that went into it, or the other one concerned.
    pub other: Option<UserId>,
    /// The rule that decided.
    pub rule: Rule,
    /// What was proved. Phone numbers are masked.
    pub evidence: Value,
    /// Who did it: `person` or `import`.
    pub actor: String,
    /// When.
    pub at: Timestamp,
    /// What stood there before, as far as it changed.
    pub before: Value,
    /// What stands there since.
    pub after: Value,
}

impl View<'_> {
    /// Everything that was journaled about an account, the oldest entry first.
    pub async fn link_events(&self, user: UserId) -> Result<Vec<LinkEvent>, StoreError> {
        let about =
            Condition::any().add(link_event::Column::UserId.eq(user)).add(link_event::Column::OtherUserId.eq(user));
        let events = link_event::Entity::find()
            .filter(about)
            .order_by_asc(link_event::Column::At)
            .order_by_asc(link_event::Column::Id);
        events.all(&self.db).await?.into_iter().map(read_event).collect()
    }
}

fn read_event(row: link_event::Model) -> Result<LinkEvent, StoreError> {
    let json = |text: &str| {
        serde_json::from_str(text).map_err(|_| StoreError::corrupt("link_events", format!("{} is not JSON", row.id)))
    };
    Ok(LinkEvent {
        id: row.id,
        user: row.user_id,
        other: row.other_user_id,
        rule: row.rule,
        evidence: json(&row.evidence)?,
        before: json(&row.before)?,
        after: json(&row.after)?,
        actor: row.actor,
        at: row.at,
    })
}

/// Who did it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Actor {
    /// The person, by proving something.
    Person,
    /// The company, by an import.
    Import,
}

/// What is about to be journaled.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) user: UserId,
    pub(crate) other: Option<UserId>,
    pub(crate) rule: Rule,
    pub(crate) actor: Actor,
    pub(crate) evidence: Value,
    pub(crate) before: Value,
    pub(crate) after: Value,
}

impl Tx {
    pub(crate) async fn journal(&self, entry: Entry, now: Timestamp) -> Result<(), StoreError> {
        let actor = match entry.actor {
            Actor::Person => "person",
            Actor::Import => "import",
        };
        let row = link_event::Model {
            id: LinkEventId::new(now),
            user_id: entry.user,
            other_user_id: entry.other,
            rule: entry.rule,
            evidence: entry.evidence.to_string(),
            actor: actor.to_owned(),
            session_id: None,
            at: now,
            before: entry.before.to_string(),
            after: entry.after.to_string(),
        };
        self.insert(row).await
    }
}
