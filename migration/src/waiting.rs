//! Waiting for another process that migrates the same database.

use std::time::{Duration, Instant};

/// The wait of one process, of which the log has one line.
#[derive(Debug)]
pub(crate) struct Waiting {
    since: Instant,
    is_said: bool,
}

impl Default for Waiting {
    fn default() -> Self {
        Self { since: Instant::now(), is_said: false }
    }
}

impl Waiting {
    pub(crate) fn say(&mut self) {
        if !std::mem::replace(&mut self.is_said, true) {
            tracing::info!("another process migrates or locks the database: waiting for it");
        }
    }

    pub(crate) fn is_shorter_than(&self, most: Duration) -> bool {
        self.since.elapsed() < most
    }
}
