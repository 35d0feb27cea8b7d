//! The newest codes and tokens: kind, text, app, person and time. See `World::issued` for their current state.

use crate::clock::Seconds;
use crate::company::{AppIndex, PersonIndex, words};

use super::newest::Newest;

const CAPACITY: usize = 200;

words! {
    /// The kind of an issued item.
    pub(crate) enum Kind {
        LoginCode = "login-code",
        PhoneCode = "phone-code",
        WebToken = "web-access-token",
        RefreshToken = "refresh-token",
        GlobalToken = "global-token",
    }
}

/// An issued code or token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) kind: Kind,
    pub(crate) text: String,
    pub(crate) app: AppIndex,
    /// `None` for an item of an app alone.
    pub(crate) person: Option<PersonIndex>,
    pub(crate) at: Seconds,
}

words! {
    /// The current state of an item.
    pub(crate) enum Condition {
        Good = "good",
        Used = "used",
        Over = "over",
    }
}

/// An issued code or token, with its current state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Given {
    pub(crate) entry: Entry,
    /// `None` for a token that was revoked.
    pub(crate) end: Option<Seconds>,
    pub(crate) condition: Condition,
}

/// The newest entries.
#[derive(Default)]
pub(crate) struct Ledger {
    newest: Newest<Entry, CAPACITY>,
}

impl Ledger {
    pub(crate) fn enter(&self, entry: Entry) {
        self.newest.add(entry);
    }

    /// Returns the newest entries, newest first.
    pub(crate) fn newest(&self, most: usize) -> Vec<Entry> {
        self.newest.wanted(most, |_| true)
    }

    /// Returns whether this exact text is among the newest.
    pub(crate) fn knows(&self, text: &str) -> bool {
        self.newest.has(|entry| entry.text == text)
    }
}
