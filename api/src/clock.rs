//! What time it is: the system's clock, or one that a test holds.
//! Everything that depends on time asks here.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::TimeDelta;
use domain::Timestamp;

/// The clock of one service. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Clock(Option<Arc<AtomicI64>>);

impl Clock {
    /// A clock that stands still until it is advanced.
    #[must_use]
    pub fn frozen(at: Timestamp) -> Self {
        Self(Some(Arc::new(AtomicI64::new(at.millis()))))
    }

    /// Moves a frozen clock, and every clone of it. The system's clock does not move.
    pub fn advance(&self, delta: TimeDelta) {
        if let Some(held) = &self.0 {
            held.fetch_add(delta.num_milliseconds(), Ordering::SeqCst);
        }
    }

    /// The present.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the system's clock")]
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Some(held) => Timestamp::from_millis(held.load(Ordering::SeqCst)),
            None => chrono::Utc::now().into(),
        }
    }
}
