//! What this process has seen of each app's upstream, for operators: nothing of it is decided by.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::Upstream;
use crate::{ErrorKind, ProviderError};

/// What this process has seen of the upstream of an app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpstreamState {
    /// The app's name.
    pub app: String,
    /// The upstream's name, such as its host.
    pub upstream: String,
    /// How long no calls go to the upstream, because it counts as down. Zero while one call probes it; `None` if it is up.
    pub refuses_for: Option<Duration>,
    /// The operations that run at the upstream now, of all its apps.
    pub running: usize,
    /// The most operations that may run at it.
    pub concurrency: usize,
    /// The app's last failure that says something about the upstream or the settings, and not about a person or a login.
    pub last_failure: Option<SeenFailure>,
    /// How long ago an operation of the app last succeeded.
    pub last_success: Option<Duration>,
}

/// A failure that was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeenFailure {
    /// The operation.
    pub operation: &'static str,
    /// What could be done about it.
    pub kind: ErrorKind,
    /// How long ago it was.
    pub ago: Duration,
}

/// The outcomes of one app's operations.
#[derive(Debug)]
pub(super) struct Watch {
    app: String,
    upstream: Arc<Upstream>,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    failure: Option<(&'static str, ErrorKind, Instant)>,
    success: Option<Instant>,
}

impl Watch {
    pub(super) fn new(app: &str, upstream: Arc<Upstream>) -> Self {
        Self { app: app.to_owned(), upstream, seen: Mutex::default() }
    }

    /// Records the outcome of an operation.
    pub(super) fn note<T>(&self, operation: &'static str, outcome: &Result<T, ProviderError>) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        match outcome {
            Ok(_) => seen.success = Some(Instant::now()),
            Err(error) if error.kind.is_about_the_login() => {}
            Err(error) => seen.failure = Some((operation, error.kind, Instant::now())),
        }
    }

    pub(super) fn state(&self) -> UpstreamState {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let failure = seen.failure.map(|(operation, kind, at)| SeenFailure { operation, kind, ago: at.elapsed() });
        let concurrency = self.upstream.limits.concurrency;
        UpstreamState {
            app: self.app.clone(),
            upstream: self.upstream.name.clone(),
            refuses_for: self.upstream.breaker.refuses_for(),
            running: concurrency.saturating_sub(self.upstream.places.available_permits()),
            concurrency,
            last_failure: failure,
            last_success: seen.success.map(|at| at.elapsed()),
        }
    }
}
