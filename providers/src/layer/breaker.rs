//! A circuit breaker: opens after a number of consecutive failures, then lets one call probe the upstream.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// The breaker of one upstream.
///
/// Common breakers let every caller through once the pause is over; this one sends a recovering WeChat a single call.
#[derive(Debug)]
pub(super) struct Breaker {
    threshold: u32,
    pause: Duration,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The number of consecutive failures.
    failures: u32,
    /// Until when calls are refused; after that, the first caller probes the upstream.
    open_until: Option<Instant>,
    probing: bool,
}

/// The permission for one call. Dropping it without a report says nothing about the upstream.
#[derive(Debug)]
pub(super) struct Pass<'a> {
    breaker: &'a Breaker,
    is_probe: bool,
}

impl Breaker {
    pub(super) fn new(threshold: u32, pause: Duration) -> Self {
        Self { threshold, pause, state: Mutex::default() }
    }

    /// Lets a call through, or returns how long to wait.
    pub(super) fn enter(&self) -> Result<Pass<'_>, Duration> {
        let now = Instant::now();
        self.change(|state| {
            let Some(until) = state.open_until else { return Ok(false) };
            if now < until || state.probing {
                return Err(until.saturating_duration_since(now));
            }
            state.probing = true;
            Ok(true)
        })
        .map(|is_probe| Pass { breaker: self, is_probe })
    }

    /// Returns how long calls are refused; zero while one probes the upstream, and `None` if it is up.
    pub(super) fn refuses_for(&self) -> Option<Duration> {
        let now = Instant::now();
        self.change(|state| state.open_until.map(|until| until.saturating_duration_since(now)))
    }

    fn change<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        act(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Pass<'_> {
    /// Reports an answer, which ends an outage. Returns whether the upstream still counts as down.
    pub(super) fn succeeded(self) -> bool {
        self.breaker.change(|state| {
            // A call from before the outage says nothing about the current state.
            if state.open_until.is_none() || self.is_probe {
                *state = State { probing: state.probing, ..State::default() };
            }
            state.open_until.is_some()
        })
    }

    /// Reports that the upstream was unavailable. Returns whether it counts as down.
    pub(super) fn failed(self) -> bool {
        let until = Instant::now() + self.breaker.pause;
        self.breaker.change(|state| {
            state.failures = state.failures.saturating_add(1);
            if self.is_probe || (state.open_until.is_none() && state.failures >= self.breaker.threshold) {
                state.open_until = Some(until);
            }
            state.open_until.is_some()
        })
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if self.is_probe {
            self.breaker.change(|state| state.probing = false);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAUSE: Duration = Duration::from_secs(5);

    fn breaker() -> Breaker {
        Breaker::new(3, PAUSE)
    }

    fn fail(breaker: &Breaker) {
        breaker.enter().expect("a pass").failed();
    }

    #[tokio::test(start_paused = true)]
    async fn it_opens_after_so_many_failures_in_a_row_and_says_how_long_to_wait() {
        let breaker = breaker();

        fail(&breaker);
        fail(&breaker);
        breaker.enter().expect("a pass").succeeded();
        (0..3).for_each(|_| fail(&breaker));
        tokio::time::advance(Duration::from_secs(2)).await;

        assert_eq!(breaker.enter().expect_err("it is open"), Duration::from_secs(3));
        assert_eq!(breaker.refuses_for(), Some(Duration::from_secs(3)));
    }

    #[tokio::test(start_paused = true)]
    async fn one_call_probes_an_upstream_that_was_down_and_the_others_wait_for_it() {
        let breaker = breaker();
        (0..3).for_each(|_| fail(&breaker));
        tokio::time::advance(PAUSE).await;

        let probe = breaker.enter().expect("the probe");
        assert!(breaker.enter().is_err());
        probe.succeeded();

        let (one, other) = (breaker.enter(), breaker.enter());
        assert!(one.is_ok() && other.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_probe_that_fails_leaves_the_upstream_alone_once_more() {
        let breaker = breaker();
        (0..3).for_each(|_| fail(&breaker));
        tokio::time::advance(PAUSE).await;

        fail(&breaker);

        assert_eq!(breaker.enter().expect_err("it is open"), PAUSE);
    }

    #[tokio::test(start_paused = true)]
    async fn a_probe_that_was_given_up_makes_room_for_the_next() {
        let breaker = breaker();
        (0..3).for_each(|_| fail(&breaker));
        tokio::time::advance(PAUSE).await;

        drop(breaker.enter().expect("the probe"));

        assert!(breaker.enter().is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_from_before_does_not_bring_an_upstream_back() {
        let breaker = breaker();
        let slow = breaker.enter().expect("a pass");
        (0..3).for_each(|_| fail(&breaker));

        slow.succeeded();

        assert!(breaker.enter().is_err());
    }
}
