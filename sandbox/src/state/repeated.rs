//! Texts that whoever asks again gets again, until they are over or nearly so.
//! What the texts are, and who may ask, is up to the stores that hand them out.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Mutex;

use crate::clock::Seconds;

use super::locked;

/// A token and the seconds it has left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Granted {
    pub(crate) token: String,
    pub(crate) expires_in: Seconds,
}

/// The newest text of each owner. As bounded as owners are.
pub(super) struct Repeated<K> {
    life: Seconds,
    /// Whoever asks in the last seconds of a text gets the next one.
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

    /// What the owner has, if it can be repeated; else what `make` makes to live until the end that it is told.
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

    /// When the owner's text ends; `None` for one that was replaced or taken back.
    pub(super) fn end_of(&self, owner: &K, text: &str) -> Option<Seconds> {
        locked(&self.newest).get(owner).filter(|newest| newest.text == text).map(|newest| newest.end)
    }

    /// Takes back the owner's text.
    pub(super) fn forget(&self, owner: &K) {
        locked(&self.newest).remove(owner);
    }
}

/// Whether a text that has so many seconds left is handed out once more. A clock that was set back must not lengthen a
/// life, so one that has more left than any can have is not.
pub(super) fn is_repeated(left: Seconds, (last, life): (Seconds, Seconds)) -> bool {
    last < left && left <= life
}
