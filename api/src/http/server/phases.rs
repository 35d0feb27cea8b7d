//! What a connection is doing, and until when its client has time for it.
//! Who tells that a phase is over is in `stream` and `bodies`; which connection has to go, in `table`.

use std::pin::{Pin, pin};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::table::Place;

/// How long a client may keep us waiting.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TimeLimits {
    /// For the whole head of a request, from its first byte, or from the start of the connection.
    pub(crate) head: Duration,
    /// For the whole body,
    pub(crate) body: Duration,
    /// and for each part of it.
    pub(crate) body_idle: Duration,
    /// Between two requests.
    pub(crate) idle: Duration,
    /// Until the whole answer is taken.
    pub(crate) answer: Duration,
}

/// What a connection is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// The head of a request is on its way, or nothing has come yet.
    Head,
    /// The body is; it has to be there by this time.
    Body(Instant),
    /// The request is worked on. How long that may take is the request's own limit.
    Work,
    /// The answer is on its way, all of which is handed over or not.
    Answer { handed_over: bool },
    /// Nothing is asked.
    Idle,
}

impl Phase {
    /// What was waited for when the time was over.
    const fn name(self) -> &'static str {
        match self {
            Self::Head => "head",
            Self::Body(_) => "body",
            Self::Work => "work",
            Self::Answer { .. } => "answer",
            Self::Idle => "idle",
        }
    }
}

/// A request came on a connection that had to be closed a moment before.
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

    /// Lets a connection go on as long as its client is in time; else says what was waited for.
    pub(super) async fn in_time<T>(&self, connection: Pin<&mut impl Future<Output = T>>) -> Result<T, &'static str> {
        let mut connection = connection;
        let mut alarm = pin!(sleep_until(Instant::now()));
        std::future::poll_fn(|context| {
            if let Poll::Ready(end) = connection.as_mut().poll(context) {
                return Poll::Ready(Ok(end));
            }
            // What was done just now may have begun another phase.
            let (phase, deadline) = *self.lock();
            let Some(deadline) = deadline else { return Poll::Pending };
            if alarm.deadline() != deadline {
                alarm.as_mut().reset(deadline);
            }
            alarm.as_mut().poll(context).map(|()| Err(phase.name()))
        })
        .await
    }

    /// Bytes came.
    pub(super) fn received(&self) {
        let mut now = self.lock();
        match now.0 {
            Phase::Idle => self.wait(&mut now, Phase::Head, Instant::now() + self.limits.head),
            Phase::Body(end) => now.1 = Some(end.min(Instant::now() + self.limits.body_idle)),
            Phase::Head | Phase::Work | Phase::Answer { .. } => {}
        }
    }

    /// The head of a request is there.
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

    /// The body is there, or is not wanted.
    pub(super) fn body_read(&self) {
        let mut now = self.lock();
        if let Phase::Body(_) = now.0 {
            *now = (Phase::Work, None);
            // If it is to be closed, it is closed: its client could not know that the request had arrived.
            self.place.works();
        }
    }

    /// The answer is made, and begins to leave.
    pub(super) fn answering(&self) {
        *self.lock() = (Phase::Answer { handed_over: false }, Some(Instant::now() + self.limits.answer));
    }

    /// All of the answer is handed over to be sent.
    pub(super) fn handed_over(&self) {
        if let Phase::Answer { handed_over } = &mut self.lock().0 {
            *handed_over = true;
        }
    }

    /// The client does not take what is sent.
    pub(super) fn blocked(&self) {
        if let Phase::Answer { .. } = self.lock().0 {
            self.place.still_waits();
        }
    }

    /// What was handed over has left.
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
        // Two words that are written at once.
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
