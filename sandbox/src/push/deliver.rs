//! Delivery of a push: up to three attempts, until one is received in time.

use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderValue};
use reqwest::{Method, Request};

use super::client::{Answer, Failure, send};
use super::letter::Letter;
use super::{Mishap, Push, Settings};

/// WeChat's page says three in total.
const DELIVERIES: usize = 3;

/// Delivers pushes to an app's server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Courier {
    pub(super) patience: Duration,
}

impl Default for Courier {
    /// Uses WeChat's timeout of 5 seconds.
    fn default() -> Self {
        Self::with_patience(Duration::from_secs(5))
    }
}

impl Courier {
    /// Creates a courier with this timeout for an answer.
    #[must_use]
    pub const fn with_patience(patience: Duration) -> Self {
        Self { patience }
    }

    /// Posts a push until it is received, at most three times, and returns the outcome of each attempt.
    ///
    /// Every attempt has the same body, a new connection, and a new timestamp (from `now`, in Unix seconds), nonce and
    /// signature. There is no pause between attempts, as in WeChat.
    pub async fn deliver(&self, settings: &Settings, push: &Push, now: impl Fn() -> i64) -> Vec<Attempt> {
        let trip = Trip { patience: self.patience, letter: Letter::new(settings, push), settings, mishap: None };
        trip.attempts(now).await
    }

    /// Delivers a push to which something happens on its way.
    pub(crate) async fn deliver_amiss(
        &self,
        settings: &Settings,
        (push, mishap): (&Push, Mishap),
        now: impl Fn() -> i64,
    ) -> Vec<Attempt> {
        let settings = &mishap.settings(settings);
        let mut letter = Letter::new(settings, push);
        mishap.spoil(&mut letter);
        let trip = Trip { patience: self.patience, letter, settings, mishap: Some(mishap) };
        if mishap == Mishap::Lost { Vec::new() } else { trip.attempts(now).await }
    }
}

/// A push on its way.
struct Trip<'a> {
    patience: Duration,
    letter: Letter,
    settings: &'a Settings,
    mishap: Option<Mishap>,
}

impl Trip<'_> {
    async fn attempts(&self, now: impl Fn() -> i64) -> Vec<Attempt> {
        let mut attempts = Vec::with_capacity(DELIVERIES + 1);
        while attempts.len() < DELIVERIES && !attempts.last().is_some_and(Attempt::is_received) {
            let mut attempt = self.attempt(now()).await;
            if self.mishap == Some(Mishap::AnswerLost) && attempts.is_empty() {
                attempt.outcome = Err(Failure::Broken("the answer was lost".to_owned()));
            }
            attempts.push(attempt);
        }
        if self.mishap == Some(Mishap::Twice) && attempts.last().is_some_and(Attempt::is_received) {
            attempts.push(self.attempt(now()).await);
        }
        attempts
    }

    async fn attempt(&self, at: i64) -> Attempt {
        let signed_at = at - self.mishap.map_or(0, Mishap::age);
        Attempt { at, outcome: send(post(&self.letter, self.settings, signed_at), self.patience).await }
    }
}

/// One attempt to deliver a push.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// When it began, in Unix seconds.
    pub at: i64,
    /// The answer, or why there is none.
    pub outcome: Result<Answer, Failure>,
}

impl Attempt {
    /// Returns whether the push is delivered, so that there is no further attempt.
    ///
    /// It is with HTTP 200, whatever the body: `success` and an empty body mean "nothing to do", and anything else may be
    /// a reply to the person. WeChat's treatment of other statuses is not known; here, they do not count.
    #[must_use]
    pub fn is_received(&self) -> bool {
        matches!(self.outcome, Ok(Answer { status: 200, .. }))
    }
}

fn post(letter: &Letter, settings: &Settings, now: i64) -> Request {
    let mut request = Request::new(Method::POST, letter.address(settings, now));
    let content_type = HeaderValue::from_static(settings.form.format.content_type());
    request.headers_mut().insert(CONTENT_TYPE, content_type);
    *request.body_mut() = Some(letter.body.clone().into());
    request
}
