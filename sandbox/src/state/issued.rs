//! The newest things the sandbox gave out: what, the text of it, for which app and person, and when.
//! How long they last and whether they were used is known to their own stores: see `World::issued`.

use std::collections::VecDeque;
use std::sync::Mutex;

use crate::clock::Seconds;
use crate::company::{AppIndex, PersonIndex};

use super::locked;

const CAPACITY: usize = 200;

/// What was given out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    LoginCode,
    PhoneCode,
    WebToken,
    RefreshToken,
    GlobalToken,
}

impl Kind {
    /// The word for it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::LoginCode => "login-code",
            Self::PhoneCode => "phone-code",
            Self::WebToken => "web-access-token",
            Self::RefreshToken => "refresh-token",
            Self::GlobalToken => "global-token",
        }
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

/// What can be done with it now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Condition {
    Good,
    Used,
    Over,
}

impl Condition {
    /// The word for it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Used => "used",
            Self::Over => "over",
        }
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

/// The newest two hundred entries.
#[derive(Default)]
pub(crate) struct Ledger {
    newest_first: Mutex<VecDeque<Entry>>,
}

impl Ledger {
    pub(crate) fn enter(&self, entry: Entry) {
        let mut entries = locked(&self.newest_first);
        entries.push_front(entry);
        entries.truncate(CAPACITY);
    }

    /// The newest entries, newest first.
    pub(crate) fn newest(&self, most: usize) -> Vec<Entry> {
        locked(&self.newest_first).iter().take(most).cloned().collect()
    }

    /// Whether this very text is among the newest.
    pub(crate) fn knows(&self, text: &str) -> bool {
        locked(&self.newest_first).iter().any(|entry| entry.text == text)
    }
}

#[cfg(test)]
mod tests {
    use super::{CAPACITY, Entry, Kind, Ledger};
    use crate::company::AppIndex;

    #[test]
    fn the_ledger_keeps_the_newest_two_hundred() {
        let ledger = Ledger::default();
        let entry = |n: usize| Entry {
            kind: Kind::LoginCode,
            text: n.to_string(),
            app: AppIndex(0),
            person: None,
            at: 1_760_000_000,
        };

        (0..CAPACITY + 5).for_each(|n| ledger.enter(entry(n)));

        let kept = ledger.newest(usize::MAX);
        assert_eq!((kept.len(), &kept[0], &kept[CAPACITY - 1]), (CAPACITY, &entry(204), &entry(5)));
    }
}
