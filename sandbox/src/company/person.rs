//! A person with a WeChat account: name, phones, and the apps that they follow.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use crate::clock::Seconds;

use super::app::App;
use super::roll::Entry;

/// When the follows of a seed began: 2023-11-14.
const FROM_THE_BEGINNING: Seconds = 1_700_000_000;

/// The position of a person in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct PersonIndex(pub(crate) u32);

/// A person, serialized with the fields of a seed.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Person {
    #[serde(skip)]
    pub(crate) index: PersonIndex,
    pub(crate) id: String,
    pub(crate) nickname: String,
    /// In E.164; the first is bound to WeChat.
    pub(crate) phones: Vec<String>,
    /// The names of the apps they follow.
    #[serde(serialize_with = "names")]
    pub(crate) follows: BTreeMap<String, Follow>,
    /// A colour such as `#2e9e6b`, or `none`; by default a colour derived from the person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) avatar: Option<String>,
    /// Always gets the snapshot page, whose ids belong to no person.
    pub(crate) snapshot: bool,
    /// A high-risk person: WeChat refuses their login with 40226.
    pub(crate) blocked: bool,
    /// A member of the company: WeCom identifies members by their id, all others as outsiders.
    pub(crate) member: bool,
}

/// How a person came to follow an app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Follow {
    pub(crate) since: Seconds,
    /// The scene of the QR code that was scanned, if it was one.
    pub(crate) qr_scene: Option<String>,
    /// Whether they followed another account that this one took over.
    pub(crate) migrated: bool,
}

impl Default for Follow {
    fn default() -> Self {
        Self { since: FROM_THE_BEGINNING, qr_scene: None, migrated: false }
    }
}

impl Person {
    /// Returns this person's follow of an app, if there is one.
    pub(crate) fn follow(&self, app: &App) -> Option<&Follow> {
        self.follows.get(&app.name)
    }

    pub(crate) fn has_picture(&self) -> bool {
        self.avatar.as_deref() != Some("none")
    }
}

impl Entry for Person {
    fn keys(&self) -> impl Iterator<Item = Cow<'_, str>> {
        std::iter::once(Cow::Borrowed(self.id.as_str()))
    }
}

fn names<S: Serializer>(follows: &BTreeMap<String, Follow>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(follows.keys())
}
