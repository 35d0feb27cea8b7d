//! The session keys of mini programs: one per person and app, replaced with every login code.
//! What they sign is checked in `http::session`; what they encrypt is ordered at the control API.

use std::collections::HashMap;
use std::sync::Mutex;

use crate::company::{AppIndex, PersonIndex};
use crate::dice;

use super::locked;

/// The newest session key of everybody. As bounded as apps and people are.
#[derive(Default)]
pub(crate) struct Sessions {
    keys: Mutex<HashMap<(AppIndex, PersonIndex), String>>,
}

impl Sessions {
    /// Makes a new session key; the one before is void.
    pub(crate) fn renew(&self, app: AppIndex, person: PersonIndex) -> String {
        let key = dice::session_key();
        locked(&self.keys).insert((app, person), key.clone());
        key
    }

    /// The session key that counts now.
    pub(crate) fn current(&self, app: AppIndex, person: PersonIndex) -> Option<String> {
        locked(&self.keys).get(&(app, person)).cloned()
    }
}
