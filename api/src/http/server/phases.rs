//! The phase of a connection, and the client's deadline in it. `stream` and `bodies` report transitions.

use std::pin::{Pin, pin};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::table::Place;

/// How long a client may keep the server waiting.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TimeLimits {
    /// For the whole head of a request, from its first byte or from the start of the connection.
    pub(crate) head: Duration,
    /// For the whole body.
    pub(crate) body: Duration,
    /// For each part of the body.
    pub(crate) body_idle: Duration,
    /// Between two requests.
    pub(crate) idle: Duration,
    /// Until the client has received the whole answer.
    pub(crate) answer: Duration,
}

/// The phase of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Waiting for the head of a request, or for its first byte.
    Head,
    /// Waiting for the body, until this deadline.
    Body(Instant),
    /// Processing the request. Its own time limit applies.
    Work,
    /// Sending the answer; `handed_over` once all of it is in the send buffer.
    Answer { handed_over: bool },
    /// Idle between requests.
    Idle,
    /// Upgraded to a socket, which has time limits of its own.
    Socket,
}

impl Phase {
    /// Returns what the connection was waiting for, for counters.
    const fn name(self) -> &'static str {
        match self {
            Self::Head => "head",
            Self::Body(_) => "body",
            Self::Work => "work",
            Self::Answer { .. } => "answer",
            Self::Idle => "idle",
            Self::Socket => "socket",
        }
    }
}

/// A request arrived on a connection that had just been told to close.
#[derive(Debug, thiserror::Error)]
#[error("the connection is closed to make room")]
pub(super) struct Evicted;

/// The phases of one connection.
#[derive(Debug)]
pub(super) struct Phases {
    place: Place,
    limits: TimeLimits,
    now: Mutex<(Phase, Option<Instant>)>,
}

impl Phases {
    pub(super) fn new(place: Place, limits: TimeLimits) -> Self {
        place.waits();
        let now = Mutex::new((Phase::Head, Some(Instant::now() + limits.head)));
        Self { place, limits, now }
    }

    /// Drives a connection as long as its client meets the deadlines.
    ///
    /// # Errors
    ///
    /// Returns the phase whose deadline passed.
    pub(super) async fn in_time<T>(&self, connection: Pin<&mut impl Future<Output = T>>) -> Result<T, &'static str> {
        let mut connection = connection;
        let mut alarm = pin!(sleep_until(Instant::now()));
        std::future::poll_fn(|context| {
            if let Poll::Ready(end) = connection.as_mut().poll(context) {
                return Poll::Ready(Ok(end));
            }
            // The poll may have begun another phase.
            let (phase, deadline) = *self.lock();
            let Some(deadline) = deadline else { return Poll::Pending };
            if alarm.deadline() != deadline {
                alarm.as_mut().reset(deadline);
            }
            alarm.as_mut().poll(context).map(|()| Err(phase.name()))
        })
        .await
    }

    /// Records received bytes.
    pub(super) fn received(&self) {
        let mut now = self.lock();
        match now.0 {
            Phase::Idle => self.wait(&mut now, Phase::Head, Instant::now() + self.limits.head),
            Phase::Body(end) => now.1 = Some(end.min(Instant::now() + self.limits.body_idle)),
            Phase::Head | Phase::Work | Phase::Answer { .. } | Phase::Socket => {}
        }
    }

    /// Records that the head of a request was read.
    pub(super) fn head_read(&self, has_body: bool) -> Result<(), Evicted> {
        if !self.place.works() {
            return Err(Evicted);
        }
        let mut now = self.lock();
        *now = (Phase::Work, None);
        if has_body {
            let begun = Instant::now();
            let end = begun + self.limits.body;
            self.wait(&mut now, Phase::Body(end), end.min(begun + self.limits.body_idle));
        }
        Ok(())
    }

    /// Records that the body was read or is not needed.
    pub(super) fn body_read(&self) {
        let mut now = self.lock();
        if let Phase::Body(_) = now.0 {
            *now = (Phase::Work, None);
            // A connection that was told to close is closed: its client cannot know that the request had arrived.
            self.place.works();
        }
    }

    /// Records that the answer begins to be sent.
    pub(super) fn answering(&self) {
        *self.lock() = (Phase::Answer { handed_over: false }, Some(Instant::now() + self.limits.answer));
    }

    /// Records that the connection becomes a socket.
    pub(super) fn upgraded(&self) {
        *self.lock() = (Phase::Socket, None);
    }

    /// Records that the whole answer is in the send buffer.
    pub(super) fn handed_over(&self) {
        if let Phase::Answer { handed_over } = &mut self.lock().0 {
            *handed_over = true;
        }
    }

    /// Records that the client does not read what is sent.
    pub(super) fn blocked(&self) {
        if let Phase::Answer { .. } = self.lock().0 {
            self.place.still_waits();
        }
    }

    /// Records that the send buffer is empty.
    pub(super) fn flushed(&self) {
        let mut now = self.lock();
        if now.0 == (Phase::Answer { handed_over: true }) {
            self.wait(&mut now, Phase::Idle, Instant::now() + self.limits.idle);
        }
    }

    fn wait(&self, now: &mut (Phase, Option<Instant>), phase: Phase, deadline: Instant) {
        *now = (phase, Some(deadline));
        self.place.waits();
    }

    fn lock(&self) -> MutexGuard<'_, (Phase, Option<Instant>)> {
        // No panic can leave a partial change.
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
