//! What an entry of the journal did, and what an undo of it needs.
//! What it rests on is its `Evidence`.

use domain::{AppId, ConflictId, ExternalId, LinkId, OpenId, PhoneId, Rule, Timestamp, UnionKey, UserId};
use entities::user::{self, Status};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::json;

/// What an entry did. Each field names its column and its key there; the keys of a row tell which variant it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum Change {
    /// No key and no account changed: a case was opened or closed, or the upstream told something.
    Nothing {},
    /// An account got a union id.
    UnionIdAttached {
        /// Which.
        #[serde(rename = "after.union", with = "json")]
        union: UnionKey,
    },
    /// An account got an open id.
    OpenIdAttached {
        /// Which row it is in.
        #[serde(rename = "after.link")]
        link: Link,
    },
    /// An account was made, or got what its person added.
    Linked {
        /// The row of the open id, if it is new to the account.
        #[serde(rename = "after.link")]
        link: Option<Link>,
        /// The union id, if it is new to the account.
        #[serde(rename = "after.union", with = "json")]
        union: Option<UnionKey>,
    },
    /// A union id stands in the place of another one.
    UnionIdReplaced {
        /// The former one.
        #[serde(rename = "before.union", with = "json")]
        old: Option<UnionKey>,
        /// The one since.
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
        /// The new one.
        #[serde(rename = "after.phone", with = "json")]
        new: PhoneId,
    },
    /// A person took the phone away.
    PhoneRemoved {
        /// Which.
        #[serde(rename = "before.phone", with = "json")]
        phone: PhoneId,
    },
    /// A person took an open id away, and perhaps the union id with it.
    OpenIdRemoved {
        /// Its row, which stays without an owner.
        #[serde(rename = "before.link", with = "json")]
        link: LinkId,
        /// Since when it had been the account's.
        #[serde(rename = "before.linkedAt", with = "json")]
        linked_at: Option<Timestamp>,
        /// The union id that went.
        #[serde(rename = "before.union", with = "json")]
        union: Option<UnionKey>,
    },
    /// An import gave an account what it lacked.
    Imported {
        /// The phone.
        #[serde(rename = "after.phone", with = "json")]
        phone: Option<PhoneId>,
        /// The open ids.
        #[serde(rename = "after.links")]
        links: Vec<ImportedLink>,
        /// The union ids.
        #[serde(rename = "after.unions", with = "json")]
        unions: Vec<UnionKey>,
    },
    /// Two accounts became one.
    Merged(Box<MergeRecord>),
    /// A merge was undone.
    MergeUndone(Box<UndoRecord>),
    /// An operator disabled an account, or enabled it.
    StatusChanged {
        /// The former status.
        #[serde(rename = "before.status", with = "json")]
        old: Status,
        /// The status since.
        #[serde(rename = "after.status", with = "json")]
        new: Status,
    },
}

/// The row of an open id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// Whether an order or a removal had left it without an owner; otherwise it was made.
    pub claimed: bool,
}

/// An open id that was imported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ImportedLink {
    /// The upstream's id of the app.
    #[serde(with = "json")]
    pub app: AppId,
    /// What the app calls the person.
    #[serde(with = "json")]
    pub open_id: OpenId,
    /// Whether an order or a removal had left its row without an owner; otherwise it was made.
    pub claimed: bool,
}

/// Both accounts before a merge, the survivor after it, and what moved: all that an undo needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MergeRecord {
    /// The account that went into the other.
    #[serde(rename = "before.from")]
    pub from: Row,
    /// The survivor as it was.
    #[serde(rename = "before.into")]
    pub into: Row,
    /// The survivor as the merge left it.
    #[serde(rename = "after.into")]
    pub survivor: Row,
    /// What changed hands. `merge::list` finds merges by this key.
    #[serde(rename = "after.moved")]
    pub moved: Moved,
}

/// What an undo gave back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UndoRecord {
    /// The survivor's row before.
    #[serde(rename = "before.into")]
    pub before: Row,
    /// What went back.
    #[serde(rename = "after.returned")]
    pub returned: Moved,
    /// The restored account.
    #[serde(rename = "after.from")]
    pub restored: Row,
    /// The survivor's row after.
    #[serde(rename = "after.into")]
    pub after: Row,
}

/// The parts that changed hands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    /// The open ids, by their rows.
    #[serde(with = "json")]
    pub links: Vec<LinkId>,
    /// The union ids.
    #[serde(with = "json")]
    pub unions: Vec<UnionKey>,
    /// The phone that the survivor took over.
    #[serde(with = "json", default)]
    pub phone: Option<PhoneId>,
    /// The phone of either account that ended, because the other's was kept.
    #[serde(with = "json", default)]
    pub ended: Option<PhoneId>,
    /// Open cases that name the survivor instead.
    #[serde(with = "json", default)]
    pub cases: Vec<ConflictId>,
}

/// What the row of an account had of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    /// The account.
    #[serde(with = "json")]
    pub id: UserId,
    /// What the person wants to be called.
    pub nickname: Option<String>,
    /// The person's picture.
    pub avatar_url: Option<String>,
    /// The company's own id.
    #[serde(with = "json", default)]
    pub external_id: Option<ExternalId>,
}

impl From<&user::Model> for Row {
    fn from(user: &user::Model) -> Self {
        Self {
            id: user.id,
            nickname: user.nickname.clone(),
            avatar_url: user.avatar_url.clone(),
            external_id: user.external_id.clone(),
        }
    }
}

impl Change {
    /// The columns `before` and `after` of an entry that this rule makes.
    pub(super) fn write(&self, rule: Rule) -> [String; 2] {
        let keys: Map<String, Value> =
            serde_json::to_value(self).and_then(serde_json::from_value).expect("every variant has fields by name");
        let (mut before, mut after) = (Map::new(), Map::new());
        for (key, value) in keys {
            match key.strip_prefix("before.") {
                Some(key) => before.insert(key.to_owned(), value),
                None => after.insert(key.trim_start_matches("after.").to_owned(), value),
            };
        }
        // An operator's row says so when the account had no phone before.
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
