//! The events that follow from an entry of the journal. Most events do: the journal has every change of keys and accounts.

use domain::{EventKind, LinkEventId, Rule, UnionKey, UserId};
use entities::user::Status;
use serde_json::{Value, json};

use super::NewEvent;
use crate::history::{Change, Entry, Evidence};

/// Returns the events of an entry.
pub(super) fn of_entry(entry: &Entry, id: LinkEventId) -> Vec<NewEvent> {
    use EventKind::{MergeUndone, OpenIdLinked, OpenIdUnlinked, PeopleMerged, PersonCreated};
    let Entry { user, other, evidence, .. } = entry;
    let about = |kind, data| vec![NewEvent::about(kind, *user, data)];
    match &entry.change {
        // Cases have events of their own; an import's rows have none (ADR 0068).
        Change::Nothing {} | Change::Imported { .. } => Vec::new(),
        Change::UnionIdAttached { union } => vec![union_changed(*user, None, union)],
        Change::UnionIdReplaced { old, new } => vec![union_changed(*user, old.as_ref(), new)],
        Change::OpenIdAttached { .. } => about(OpenIdLinked, open_id(evidence, evidence.union.as_ref())),
        Change::Linked { link, union } if is_addition(entry.rule) => match (link, union) {
            (Some(_), union) => about(OpenIdLinked, open_id(evidence, union.as_ref())),
            (None, Some(union)) => vec![union_changed(*user, None, union)],
            (None, None) => Vec::new(),
        },
        Change::Linked { union, .. } => about(PersonCreated, open_id(evidence, union.as_ref())),
        Change::OpenIdRemoved { union, .. } => about(OpenIdUnlinked, open_id(evidence, union.as_ref())),
        Change::PhoneBound { old, taken, .. } => {
            let how = if old.is_some() { "changed" } else { "bound" };
            let bound = phone_changed(*user, how, evidence);
            let left = other.filter(|_| taken.is_some()).map(|other| phone_changed(other, "left", evidence));
            left.into_iter().chain([bound]).collect()
        }
        Change::PhoneRemoved { .. } => vec![phone_changed(*user, "left", evidence)],
        Change::Merged(_) => both(PeopleMerged, entry, ("mergedPersonId", id)),
        Change::MergeUndone(_) => both(MergeUndone, entry, ("restoredPersonId", evidence.undoes.unwrap_or(id))),
        Change::StatusChanged { new, .. } => match new {
            Status::Disabled => about(EventKind::PersonDisabled, json!({})),
            Status::Active => about(EventKind::PersonEnabled, json!({})),
            // The erasure records its own event, and a merge is one of the changes above.
            Status::Erased | Status::Merged => Vec::new(),
        },
    }
}

/// Returns whether the rule adds keys to an account that exists. Otherwise an entry with keys created the account.
fn is_addition(rule: Rule) -> bool {
    matches!(rule, Rule::R13 | Rule::R1b)
}

fn open_id(evidence: &Evidence, union: Option<&UnionKey>) -> Value {
    json!({
        "app": evidence.app.as_ref().map(domain::AppId::as_str),
        "openId": evidence.open_id.as_ref().map(domain::OpenId::as_str),
        "unionScope": union.map(|union| union.scope.as_str()),
        "unionId": union.map(|union| union.union_id.as_str()),
    })
}

fn union_changed(user: UserId, old: Option<&UnionKey>, new: &UnionKey) -> NewEvent {
    let data = json!({
        "unionScope": new.scope.as_str(),
        "unionId": new.union_id.as_str(),
        "previousUnionScope": old.map(|old| old.scope.as_str()),
        "previousUnionId": old.map(|old| old.union_id.as_str()),
    });
    NewEvent::about(EventKind::UnionIdChanged, user, data)
}

fn phone_changed(user: UserId, how: &str, evidence: &Evidence) -> NewEvent {
    let masked = evidence.phone.as_ref().map(ToString::to_string);
    NewEvent::about(EventKind::PhoneChanged, user, json!({ "change": how, "phone": masked }))
}

fn both(kind: EventKind, entry: &Entry, (name, merge): (&str, LinkEventId)) -> Vec<NewEvent> {
    let mut data = json!({ "mergeId": merge.to_string() });
    data[name] = entry.other.map(|other| other.to_string()).into();
    vec![NewEvent::about(kind, entry.user, data).beside(entry.other)]
}
