//! The newest things the sandbox gave out: what, the text of it, for which app and person, and when.
//! How long they last and whether they were used is known to their own stores: see `World::issued`.

use crate::clock::Seconds;
use crate::company::{AppIndex, PersonIndex, words};

use super::newest::Newest;

const CAPACITY: usize = 200;

words! {
    /// What was given out.
    pub(crate) enum Kind {
        LoginCode = "login-code",
        PhoneCode = "phone-code",
        WebToken = "web-access-token",
        RefreshToken = "refresh-token",
        GlobalToken = "global-token",
    }
}

/// One thing that was given out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) kind: Kind,
    pub(crate) text: String,
    pub(crate) app: AppIndex,
    /// `None` for what belongs to an app alone.
    pub(crate) person: Option<PersonIndex>,
    pub(crate) at: Seconds,
}

words! {
    /// What can be done with it now.
    pub(crate) enum Condition {
        Good = "good",
        Used = "used",
        Over = "over",
    }
}

/// One thing that was given out, as it stands now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Given {
    pub(crate) entry: Entry,
    /// `None` for a token that was taken back before its time.
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

    /// The newest entries, newest first.
    pub(crate) fn newest(&self, most: usize) -> Vec<Entry> {
        self.newest.wanted(most, |_| true)
    }

    /// Whether this very text is among the newest.
    pub(crate) fn knows(&self, text: &str) -> bool {
        self.newest.has(|entry| entry.text == text)
    }
}
