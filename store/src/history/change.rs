//! The change that a journal entry records, with all that its undo needs. See `Evidence` for the reasons.

use domain::{AppId, ConflictId, ExternalId, LinkId, OpenId, PhoneId, Rule, Timestamp, UnionKey, UserId};
use entities::user::{self, Status};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::json;

/// The change of an entry. Each field names its column and its key in it; the keys of a row identify the variant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum Change {
    /// No key and no account changed: a case was opened or closed, or the upstream reported an event.
    Nothing {},
    /// An account got a unionId.
    UnionIdAttached {
        /// The unionId.
        #[serde(rename = "after.union", with = "json")]
        union: UnionKey,
    },
    /// An account got an openId.
    OpenIdAttached {
        /// The link.
        #[serde(rename = "after.link")]
        link: Link,
    },
    /// An account was created, or got what its person added.
    Linked {
        /// The link, if it is new to the account.
        #[serde(rename = "after.link")]
        link: Option<Link>,
        /// The unionId, if it is new to the account.
        #[serde(rename = "after.union", with = "json")]
        union: Option<UnionKey>,
    },
    /// A unionId was replaced by another one.
    UnionIdReplaced {
        /// The old unionId.
        #[serde(rename = "before.union", with = "json")]
        old: Option<UnionKey>,
        /// The new unionId.
        #[serde(rename = "after.union", with = "json")]
        new: UnionKey,
    },
    /// An account got a phone.
    PhoneBound {
        /// The account's former phone.
        #[serde(rename = "before.phone", with = "json", default, skip_serializing_if = "Option::is_none")]
        old: Option<PhoneId>,
        /// The phone of the same number that another account had.
        #[serde(rename = "before.taken", with = "json", default, skip_serializing_if = "Option::is_none")]
        taken: Option<PhoneId>,
        /// The new phone.
        #[serde(rename = "after.phone", with = "json")]
        new: PhoneId,
    },
    /// A person removed the phone.
    PhoneRemoved {
        /// The phone.
        #[serde(rename = "before.phone", with = "json")]
        phone: PhoneId,
    },
    /// A person removed an openId, and possibly its unionId.
    OpenIdRemoved {
        /// The link, which remains without an owner.
        #[serde(rename = "before.link", with = "json")]
        link: LinkId,
        /// When the openId had been linked to the account.
        #[serde(rename = "before.linkedAt", with = "json")]
        linked_at: Option<Timestamp>,
        /// The removed unionId.
        #[serde(rename = "before.union", with = "json")]
        union: Option<UnionKey>,
    },
    /// An import added what an account lacked.
    Imported {
        /// The phone.
        #[serde(rename = "after.phone", with = "json")]
        phone: Option<PhoneId>,
        /// The openIds.
        #[serde(rename = "after.links")]
        links: Vec<ImportedLink>,
        /// The unionIds.
        #[serde(rename = "after.unions", with = "json")]
        unions: Vec<UnionKey>,
    },
    /// Two accounts were merged.
    Merged(Box<MergeRecord>),
    /// A merge was undone.
    MergeUndone(Box<UndoRecord>),
    /// An operator disabled or enabled an account.
    StatusChanged {
        /// The old status.
        #[serde(rename = "before.status", with = "json")]
        old: Status,
        /// The new status.
        #[serde(rename = "after.status", with = "json")]
        new: Status,
    },
}

/// The link of an openId.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// Whether the link existed without an owner, left by an order or a removal. Otherwise it was created.
    pub claimed: bool,
}

/// An imported openId.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ImportedLink {
    /// The app.
    #[serde(with = "json")]
    pub app: AppId,
    /// The openId.
    #[serde(with = "json")]
    pub open_id: OpenId,
    /// Whether the link existed without an owner, left by an order or a removal. Otherwise it was created.
    pub claimed: bool,
}

/// Both accounts before a merge, the survivor after it, and what moved. Contains all that an undo needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MergeRecord {
    /// The merged account.
    #[serde(rename = "before.from")]
    pub from: Row,
    /// The survivor before the merge.
    #[serde(rename = "before.into")]
    pub into: Row,
    /// The survivor after the merge.
    #[serde(rename = "after.into")]
    pub survivor: Row,
    /// What moved. `merge::list` finds merges by this key.
    #[serde(rename = "after.moved")]
    pub moved: Moved,
}

/// What an undo returned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UndoRecord {
    /// The survivor's row before the undo.
    #[serde(rename = "before.into")]
    pub before: Row,
    /// What was returned.
    #[serde(rename = "after.returned")]
    pub returned: Moved,
    /// The restored account.
    #[serde(rename = "after.from")]
    pub restored: Row,
    /// The survivor's row after the undo.
    #[serde(rename = "after.into")]
    pub after: Row,
}

/// The parts of an account that moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    /// The links of the openIds.
    #[serde(with = "json")]
    pub links: Vec<LinkId>,
    /// The unionIds.
    #[serde(with = "json")]
    pub unions: Vec<UnionKey>,
    /// The phone that the survivor took over.
    #[serde(with = "json", default)]
    pub phone: Option<PhoneId>,
    /// The phone of either account that ended, because the other's was kept.
    #[serde(with = "json", default)]
    pub ended: Option<PhoneId>,
    /// The open cases that name the survivor instead.
    #[serde(with = "json", default)]
    pub cases: Vec<ConflictId>,
}

/// The values in the row of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    /// The account.
    #[serde(with = "json")]
    pub id: UserId,
    /// The nickname that an upstream told.
    pub nickname: Option<String>,
    /// The picture that an upstream told.
    pub avatar_url: Option<String>,
    /// The nickname that the person chose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own_nickname: Option<String>,
    /// The picture that the person chose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own_avatar_url: Option<String>,
    /// The external id.
    #[serde(with = "json", default)]
    pub external_id: Option<ExternalId>,
}

impl From<&user::Model> for Row {
    fn from(user: &user::Model) -> Self {
        Self {
            id: user.id,
            nickname: user.nickname.clone(),
            avatar_url: user.avatar_url.clone(),
            own_nickname: user.own_nickname.clone(),
            own_avatar_url: user.own_avatar_url.clone(),
            external_id: user.external_id.clone(),
        }
    }
}

impl Change {
    /// Returns the columns `before` and `after` of an entry of this rule.
    pub(crate) fn write(&self, rule: Rule) -> [String; 2] {
        let keys: Map<String, Value> =
            serde_json::to_value(self).and_then(serde_json::from_value).expect("every variant has fields by name");
        let (mut before, mut after) = (Map::new(), Map::new());
        for (key, value) in keys {
            match key.strip_prefix("before.") {
                Some(key) => before.insert(key.to_owned(), value),
                None => after.insert(key.trim_start_matches("after.").to_owned(), value),
            };
        }
        // For an operator's change, the row states explicitly that the account had no phone before.
        if matches!(self, Self::PhoneBound { old: None, .. }) && rule == Rule::R14 {
            before.insert("phone".to_owned(), Value::Null);
        }
        [before, after].map(|column| Value::Object(column).to_string())
    }

    /// Reads the two columns.
    pub(super) fn read(before: &str, after: &str) -> Result<Self, serde_json::Error> {
        let before = serde_json::from_str::<Map<String, Value>>(before)?.into_iter();
        let after = serde_json::from_str::<Map<String, Value>>(after)?.into_iter();
        let before = before.map(|(key, value)| (format!("before.{key}"), value));
        let after = after.map(|(key, value)| (format!("after.{key}"), value));
        Self::deserialize(Value::Object(before.chain(after).collect()))
    }
}
