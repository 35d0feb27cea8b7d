//! The clock: the system's, or a frozen one in tests. All code that depends on the time uses it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::TimeDelta;
use domain::Timestamp;

/// The clock of one service. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Clock(Option<Arc<AtomicI64>>);

impl Clock {
    /// Creates a clock that stands still until it is advanced.
    #[must_use]
    pub fn frozen(at: Timestamp) -> Self {
        Self(Some(Arc::new(AtomicI64::new(at.millis()))))
    }

    /// Advances a frozen clock and all its clones. Has no effect on the system clock.
    pub fn advance(&self, delta: TimeDelta) {
        if let Some(held) = &self.0 {
            held.fetch_add(delta.num_milliseconds(), Ordering::SeqCst);
        }
    }

    /// Returns the current time.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the system's clock")]
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Some(held) => Timestamp::from_millis(held.load(Ordering::SeqCst)),
            None => chrono::Utc::now().into(),
        }
    }
}
