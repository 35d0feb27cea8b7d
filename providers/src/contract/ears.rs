//! Captures all log lines and spans of a provider, of every crate and at every level.

use std::io;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use serde_json::Value;
use tracing::level_filters::LevelFilter;
use tracing::{Dispatch, Subscriber};
use tracing_subscriber::fmt::format::FmtSpan;

/// The captured output.
#[derive(Debug, Clone, Default)]
pub(super) struct Ears(Arc<Mutex<Vec<u8>>>);

impl Ears {
    /// Runs `act` and captures what is logged on this thread meanwhile.
    pub(super) fn during<T>(act: impl FnOnce() -> T) -> (T, Said) {
        // `tracing` caches for each line whether a subscriber wants it, and with a single subscriber it asks only that of
        // the thread which logs the line first. A second, permanent subscriber keeps other threads from disabling lines.
        static AWAKE: OnceLock<Dispatch> = OnceLock::new();
        AWAKE.get_or_init(|| Dispatch::new(listener(io::sink)));
        let ears = Self::default();
        let writer = ears.clone();
        let done = tracing::subscriber::with_default(listener(move || writer.clone()), act);
        let heard = ears.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        (done, Said(String::from_utf8_lossy(&heard).into_owned()))
    }
}

/// The captured lines, each a JSON object.
#[derive(Debug)]
pub(super) struct Said(pub(super) String);

impl Said {
    /// Returns the fields of the lines of level ERROR.
    pub(super) fn errors(&self) -> Vec<Value> {
        let lines = self.0.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        lines.filter(|line| line["level"] == "ERROR").map(|mut line| line["fields"].take()).collect()
    }
}

fn listener<W: io::Write + 'static>(writer: impl Fn() -> W + Send + Sync + 'static) -> impl Subscriber + Send + Sync {
    tracing_subscriber::fmt()
        .json()
        .with_max_level(LevelFilter::TRACE)
        .with_span_events(FmtSpan::FULL)
        .with_writer(writer)
        .finish()
}

impl io::Write for Ears {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
