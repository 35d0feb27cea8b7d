//! Texts that are returned again on each request, until shortly before they expire.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Mutex;

use crate::clock::Seconds;

use super::locked;

/// A token and its remaining lifetime in seconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Granted {
    pub(crate) token: String,
    pub(crate) expires_in: Seconds,
}

/// The newest text of each owner. Bounded by the number of owners.
pub(super) struct Repeated<K> {
    life: Seconds,
    /// In its last `last` seconds, a text is replaced by the next request.
    last: Seconds,
    newest: Mutex<HashMap<K, HandedOut>>,
}

struct HandedOut {
    text: String,
    end: Seconds,
}

impl<K: Eq + Hash> Repeated<K> {
    pub(super) fn new(life: Seconds, last: Seconds) -> Self {
        Self { life, last, newest: Mutex::default() }
    }

    /// Returns the owner's text if it can be repeated, else a new one from `make`, which is given its end.
    pub(super) fn current(&self, owner: K, now: Seconds, make: impl FnOnce(Seconds) -> String) -> Granted {
        let mut newest = locked(&self.newest);
        let known = newest.get(&owner).map(|known| Granted { token: known.text.clone(), expires_in: known.end - now });
        known.filter(|known| is_repeated(known.expires_in, (self.last, self.life))).unwrap_or_else(|| {
            let end = now + self.life;
            let text = make(end);
            newest.insert(owner, HandedOut { text: text.clone(), end });
            Granted { token: text, expires_in: self.life }
        })
    }

    /// Returns when the owner's text ends; `None` if it was replaced or revoked.
    pub(super) fn end_of(&self, owner: &K, text: &str) -> Option<Seconds> {
        locked(&self.newest).get(owner).filter(|newest| newest.text == text).map(|newest| newest.end)
    }

    /// Revokes the owner's text.
    pub(super) fn forget(&self, owner: &K) {
        locked(&self.newest).remove(owner);
    }
}

/// Returns whether a text with this remaining lifetime is returned again. Setting the clock back must not extend a text,
/// so one with more than its full lifetime left is not.
pub(super) fn is_repeated(left: Seconds, (last, life): (Seconds, Seconds)) -> bool {
    last < left && left <= life
}
