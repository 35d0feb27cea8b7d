//! The session keys of mini programs: one per person and app, replaced by every login code.

use std::collections::HashMap;
use std::sync::Mutex;

use crate::company::{AppIndex, PersonIndex};
use crate::dice;

use super::locked;

/// The current session keys. Bounded by apps and people.
#[derive(Default)]
pub(crate) struct Sessions {
    keys: Mutex<HashMap<(AppIndex, PersonIndex), String>>,
}

impl Sessions {
    /// Creates a new session key, which invalidates the previous one.
    pub(crate) fn renew(&self, app: AppIndex, person: PersonIndex) -> String {
        let key = dice::session_key();
        locked(&self.keys).insert((app, person), key.clone());
        key
    }

    /// Returns the current session key.
    pub(crate) fn current(&self, app: AppIndex, person: PersonIndex) -> Option<String> {
        locked(&self.keys).get(&(app, person)).cloned()
    }
}
