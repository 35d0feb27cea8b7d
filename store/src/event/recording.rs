//! Which kinds of events are recorded, and the signal that some were.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use domain::EventKind;
use tokio::sync::Notify;

/// The kinds of events that a store records, and whether a transaction has recorded any.
#[derive(Debug, Clone, Default)]
pub struct Recording {
    kinds: Arc<BTreeSet<EventKind>>,
    written: Arc<Notify>,
    has_events: Arc<AtomicBool>,
}

impl Recording {
    /// Records events of these kinds.
    #[must_use]
    pub fn of(kinds: BTreeSet<EventKind>) -> Self {
        Self { kinds: Arc::new(kinds), ..Self::default() }
    }

    /// Returns whether nothing is recorded.
    #[must_use]
    pub fn is_off(&self) -> bool {
        self.kinds.is_empty()
    }

    pub(crate) fn wants(&self, kind: EventKind) -> bool {
        self.kinds.contains(&kind)
    }

    /// Begins a transaction: what it records is its own until it is committed.
    pub(crate) fn begin(&self) -> Self {
        Self { has_events: Arc::default(), ..self.clone() }
    }

    /// Records nothing in this transaction.
    pub(crate) fn quiet(self) -> Self {
        Self { kinds: Arc::default(), ..self }
    }

    pub(crate) fn note(&self) {
        self.has_events.store(true, Ordering::Relaxed);
    }

    /// Wakes the worker if the committed transaction has recorded events.
    pub(crate) fn committed(&self) {
        if self.has_events.load(Ordering::Relaxed) {
            self.written.notify_one();
        }
    }

    /// Waits until a transaction of this process has committed events.
    pub async fn written(&self) {
        self.written.notified().await;
    }

    /// Makes [`written`](Self::written) return.
    pub fn wake(&self) {
        self.written.notify_one();
    }
}
