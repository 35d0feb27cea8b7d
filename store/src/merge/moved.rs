//! What a merge moved, as the journal keeps it: all that an undo needs.
//! How it is moved is written in `merge`, how it is given back in `undo`.

use std::str::FromStr;

use domain::{ExternalId, LinkEventId, UnionKey};
use entities::user;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::StoreError;
use crate::history::LinkEvent;

/// The parts that changed hands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Moved {
    /// The open ids, by the ids of their rows.
    pub(crate) links: Vec<String>,
    /// The union ids.
    pub(crate) unions: Vec<Union>,
    /// The phone that the survivor took over, by the id of its row.
    pub(crate) phone: Option<String>,
    /// The phone of either account that ended, because the other's was kept.
    #[serde(default)]
    pub(crate) ended: Option<String>,
    /// Open cases that name the survivor instead.
    #[serde(default)]
    pub(crate) cases: Vec<String>,
}

/// A union id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Union {
    pub(crate) scope: String,
    pub(crate) union_id: String,
}

impl From<UnionKey> for Union {
    fn from(key: UnionKey) -> Self {
        Self { scope: key.scope.into(), union_id: key.union_id.into() }
    }
}

/// What the row of an account had of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Row {
    pub(crate) id: String,
    pub(crate) nickname: Option<String>,
    pub(crate) avatar_url: Option<String>,
    pub(crate) external_id: Option<String>,
}

impl From<&user::Model> for Row {
    fn from(user: &user::Model) -> Self {
        Self {
            id: user.id.to_string(),
            nickname: user.nickname.clone(),
            avatar_url: user.avatar_url.clone(),
            external_id: user.external_id.as_ref().map(|id| id.as_str().to_owned()),
        }
    }
}

impl Row {
    pub(crate) fn external_id(&self, event: LinkEventId) -> Result<Option<ExternalId>, StoreError> {
        self.external_id.as_deref().map(|id| read_id(id, event)).transpose()
    }
}

/// Both rows before the merge, the survivor's after it, and what moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) from: Row,
    pub(crate) into: Row,
    pub(crate) survivor: Row,
    pub(crate) moved: Moved,
}

/// Is this entry one of a merge?
pub(crate) fn is_merge(event: &LinkEvent) -> bool {
    event.other.is_some() && event.after.get("moved").is_some()
}

/// What the journal tells of a merge.
pub(crate) fn read_record(event: &LinkEvent) -> Result<Record, StoreError> {
    Ok(Record {
        from: read(&event.before["from"], event)?,
        into: read(&event.before["into"], event)?,
        survivor: read(&event.after["into"], event)?,
        moved: read(&event.after["moved"], event)?,
    })
}

fn read<T: for<'a> Deserialize<'a>>(value: &Value, event: &LinkEvent) -> Result<T, StoreError> {
    T::deserialize(value).map_err(|_| unreadable(event.id))
}

/// An id or a key as the journal wrote it.
pub(crate) fn read_id<T: FromStr>(text: &str, event: LinkEventId) -> Result<T, StoreError> {
    text.parse().map_err(|_| unreadable(event))
}

fn unreadable(event: LinkEventId) -> StoreError {
    StoreError::corrupt("link_events", format!("{event} does not tell what it moved"))
}
