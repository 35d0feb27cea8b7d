//! Runs write transactions and retries them when a concurrent transaction conflicts.

use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::SessionId;
use metrics::{counter, histogram};
use tracing::{Instrument, debug_span};

use crate::{Contention, Store, StoreError, Tx, random};

/// The maximum number of attempts. Each lost attempt means that another transaction on the same keys was committed,
/// and few requests compete for the keys of one person.
const MAX_ATTEMPTS: u32 = 8;
/// The longest pause before the second attempt. Doubles with each attempt, up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(8);
/// The upper limit of the pause between attempts.
const LONGEST_PAUSE: Duration = Duration::from_millis(250);

/// A write: its name in logs and metrics, and the session that the journal records.
#[derive(Debug, Clone, Copy)]
pub struct Write {
    name: &'static str,
    session: Option<SessionId>,
    is_quiet: bool,
}

impl Write {
    /// Creates a write without a session.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self { name, session: None, is_quiet: false }
    }

    /// Sets the session that the write acts in.
    #[must_use]
    pub const fn in_session(self, session: SessionId) -> Self {
        Self { session: Some(session), ..self }
    }

    /// Records no events: for imports, which other systems learn of by the file.
    #[must_use]
    pub const fn without_events(self) -> Self {
        Self { is_quiet: true, ..self }
    }
}

impl From<&'static str> for Write {
    fn from(name: &'static str) -> Self {
        Self::new(name)
    }
}

/// An error type of writes that exposes the store error, so that conflicts can be retried.
pub trait WriteError: From<StoreError> {
    /// Returns the store error, if that is the cause.
    fn store_error(&self) -> Option<&StoreError>;
}

impl WriteError for StoreError {
    fn store_error(&self) -> Option<&StoreError> {
        Some(self)
    }
}

/// What happens to the transaction of a successful attempt.
#[derive(Clone, Copy)]
enum Ending {
    Commit,
    RollBack,
}

impl Store {
    /// Runs `attempt` in a transaction and commits it. An error rolls back. When a concurrent transaction conflicts,
    /// the attempt runs again from its start after a random pause, so that it reads before it decides.
    ///
    /// Do not wait for another network in an attempt: it holds a connection and locks.
    ///
    /// # Panics
    /// Panics if `attempt` keeps its handle on the transaction after its end.
    ///
    /// # Errors
    /// Returns the error of `attempt`, [`StoreError::Contended`] after eight conflicting attempts, or
    /// [`StoreError::Stuck`] if all of them violated the same unique constraint.
    pub async fn write<T, E, F>(&self, write: impl Into<Write>, attempt: impl FnMut(Arc<Tx>) -> F) -> Result<T, E>
    where
        E: WriteError,
        F: Future<Output = Result<T, E>>,
    {
        let write = write.into();
        let begun = Instant::now();
        let span = debug_span!(target: "store", "write", name = write.name);
        let outcome = self.run((write, Ending::Commit), attempt).instrument(span).await;
        let ending = if outcome.is_ok() { "ok" } else { "error" };
        histogram!("guiyi_write_seconds", "write" => write.name, "outcome" => ending).record(begun.elapsed());
        outcome
    }

    /// Runs `attempt` as [`write`](Self::write) does and rolls it back. Returns what the write would return.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub async fn rehearse<T, E, F>(&self, write: impl Into<Write>, attempt: impl FnMut(Arc<Tx>) -> F) -> Result<T, E>
    where
        E: WriteError,
        F: Future<Output = Result<T, E>>,
    {
        self.run((write.into(), Ending::RollBack), attempt).await
    }

    async fn run<T, E, F>(
        &self,
        (write, ending): (Write, Ending),
        mut attempt: impl FnMut(Arc<Tx>) -> F,
    ) -> Result<T, E>
    where
        E: WriteError,
        F: Future<Output = Result<T, E>>,
    {
        let mut lost = Lost { write, causes: Vec::new() };
        loop {
            let tx = self.begin().await?;
            let recording = if write.is_quiet { tx.recording.quiet() } else { tx.recording };
            let tx = Arc::new(Tx { session: write.session, recording, ..tx });
            // Boxed: the future of a whole use case is too large for the stack of nested callers.
            let outcome = Box::pin(attempt(tx.clone())).await;
            // The attempt and its future have ended.
            let tx = Arc::into_inner(tx).expect("an attempt keeps no handle on its transaction");
            let outcome = match outcome {
                Ok(done) => tx.settle().await.map(|()| done).map_err(E::from),
                failed => failed,
            };
            let outcome = match (outcome, ending) {
                (Ok(done), Ending::Commit) => tx.commit().await.map(|()| done).map_err(E::from),
                (Ok(done), Ending::RollBack) => Ok(done),
                (Err(error), _) => {
                    let lost = tx.lost_race(error.store_error()).await;
                    // Before the pause, to release the locks.
                    tx.roll_back().await;
                    Err(lost.map_or(error, E::from))
                }
            };
            let Some(StoreError::Contended(cause)) = outcome.as_ref().err().and_then(E::store_error) else {
                return outcome;
            };
            lost.note(cause.clone());
            match lost.pause() {
                Some(pause) => tokio::time::sleep(pause).await,
                None => return Err(lost.give_up().into()),
            }
        }
    }
}

/// The lost attempts and their causes.
struct Lost {
    write: Write,
    causes: Vec<Contention>,
}

impl Lost {
    fn note(&mut self, cause: Contention) {
        let name = self.write.name;
        counter!("guiyi_write_retries_total", "write" => name, "cause" => cause.kind()).increment(1);
        tracing::debug!(write = name, %cause, "a concurrent transaction conflicts");
        self.causes.push(cause);
    }

    /// Returns a random pause before the next attempt, so that two competing writes do not collide again.
    fn pause(&self) -> Option<Duration> {
        let attempts = u32::try_from(self.causes.len()).unwrap_or(u32::MAX);
        let longest = FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(attempts - 1)).min(LONGEST_PAUSE);
        let share = u32::from(u16::from_le_bytes(random::bytes()));
        (attempts < MAX_ATTEMPTS).then(|| longest * share / u32::from(u16::MAX))
    }

    fn give_up(mut self) -> StoreError {
        let name = self.write.name;
        let causes = self.causes.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        counter!("guiyi_writes_given_up_total", "write" => name).increment(1);
        tracing::error!(write = name, causes, "gave up a write after {MAX_ATTEMPTS} conflicting attempts");
        let last = self.causes.pop().unwrap_or(Contention::Busy);
        match &last {
            Contention::UniqueConstraint(constraint) if self.causes.iter().all(|cause| *cause == last) => {
                StoreError::Stuck { write: name, constraint: constraint.clone() }
            }
            _ => StoreError::Contended(last),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lost(causes: &[Contention]) -> Lost {
        Lost { write: Write::new("test"), causes: causes.to_vec() }
    }

    #[test]
    fn pauses_are_short_and_end_after_eight_attempts() {
        for attempts in 1..8 {
            let pause = lost(&vec![Contention::Deadlock; attempts]).pause().expect("another attempt");
            assert!(pause <= LONGEST_PAUSE.min(FIRST_PAUSE * (1 << (attempts - 1))), "{attempts}: {pause:?}");
        }
        assert_eq!(lost(&vec![Contention::Deadlock; 8]).pause(), None);
    }

    #[test]
    fn one_constraint_that_is_violated_each_time_is_a_bug() {
        let unique = |name: &str| Contention::UniqueConstraint(name.to_owned());

        let stuck = lost(&vec![unique("phones.active_hash"); 8]).give_up();
        let mixed = lost(&[unique("a"), Contention::Deadlock, unique("a")]).give_up();

        assert_eq!(stuck.to_string(), "the write test violated phones.active_hash on every attempt");
        assert!(matches!(mixed, StoreError::Contended(Contention::UniqueConstraint(name)) if name == "a"));
    }
}
