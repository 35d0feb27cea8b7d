//! The parts that the contracts of other plug-in points share with this one: an upstream on loopback, its accidents, the
//! captured log lines, and the search for planted secrets.

use std::time::Duration;

use http::StatusCode;
use serde_json::json;
use url::Url;

use super::ears::Ears;
use super::upstream::{Reply, Upstream};
use super::{Answer, Call, planted};
use crate::{Http, HttpLimits};

/// Far longer than a call on loopback takes on a slow machine.
pub(super) const PATIENT: Duration = Duration::from_secs(10);
/// The timeout for an upstream that never answers.
const HASTY: Duration = Duration::from_millis(500);

/// What happens to a good answer.
#[derive(Debug, Clone)]
pub enum Accident {
    /// Another answer replaces it.
    Replaced(Answer),
    /// It has another status.
    Status(StatusCode),
    /// Its body ends in the middle, though it is framed as a complete one.
    Truncated,
    /// The connection is cut in the middle of it.
    CutOff,
    /// It never arrives.
    Silence,
}

impl Accident {
    pub(super) fn befalls(&self, good: Answer) -> Reply {
        match self {
            Self::Replaced(answer) => Reply::Whole(answer.clone()),
            Self::Status(status) => Reply::Whole(good.status(*status)),
            Self::Truncated => Reply::Whole(Answer { body: good.body[..good.body.len() / 2].to_vec(), ..good }),
            Self::CutOff => Reply::Half(good),
            Self::Silence => Reply::Silence,
        }
    }

    /// Returns the timeout of a client that meets the accident.
    pub(super) const fn patience(&self) -> Duration {
        if matches!(self, Self::Silence) { HASTY } else { PATIENT }
    }
}

/// An upstream on loopback, and the HTTP client for it.
#[derive(Debug)]
pub struct Rig {
    upstream: Upstream,
    patience: Duration,
}

impl Rig {
    /// Starts an upstream that answers every request by the function.
    #[must_use]
    pub fn answering(answer: impl Fn(&Call) -> Answer + Send + Sync + 'static) -> Self {
        Self::open(move |call, _| Reply::Whole(answer(call)), PATIENT)
    }

    /// Starts an upstream that answers each request by the function, which also gets the number of requests before it.
    #[must_use]
    pub fn answering_in_turn(answer: impl Fn(&Call, usize) -> Answer + Send + Sync + 'static) -> Self {
        Self::open(move |call, before| Reply::Whole(answer(call, before)), PATIENT)
    }

    /// Starts an upstream to whose every answer the accident happens.
    #[must_use]
    pub fn failing(accident: &Accident, good: impl Fn(&Call) -> Answer + Send + Sync + 'static) -> Self {
        let (patience, accident) = (accident.patience(), accident.clone());
        Self::open(move |call, _| accident.befalls(good(call)), patience)
    }

    fn open(reply: impl Fn(&Call, usize) -> Reply + Send + Sync + 'static, patience: Duration) -> Self {
        Self { upstream: Upstream::open(Box::new(move |call, before, _| reply(call, before))), patience }
    }

    /// Returns its address.
    #[must_use]
    pub fn url(&self) -> &Url {
        self.upstream.url()
    }

    /// Returns a client whose timeouts suit the upstream.
    ///
    /// # Panics
    ///
    /// If the machine cannot create a client.
    #[must_use]
    pub fn http(&self) -> Http {
        let limits = HttpLimits { connect: self.patience, total: self.patience };
        Http::new(limits).expect("an HTTP client can be made on a machine that runs tests")
    }

    /// Returns every request so far.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.upstream.calls()
    }

    /// Runs `act` while connections to the upstream are refused. It does not listen again.
    pub fn while_closed<T>(&mut self, act: impl FnOnce() -> T) -> T {
        let _reserved = self.upstream.close();
        act()
    }
}

/// Returns the answers of a failing gateway: a page, and nothing.
#[must_use]
pub fn server_errors() -> Vec<Answer> {
    let status = StatusCode::SERVICE_UNAVAILABLE;
    vec![
        page(StatusCode::BAD_GATEWAY, "502 Bad Gateway"),
        Answer { status, content_type: "text/plain", body: Vec::new() },
    ]
}

/// Returns malformed answers with the status of a success: a page, other JSON, a part of the answer, and nothing.
#[must_use]
pub fn nonsense() -> Vec<Accident> {
    let empty = Answer { status: StatusCode::OK, content_type: "text/html", body: Vec::new() };
    let others = [page(StatusCode::OK, "under maintenance"), Answer::json(&json!([])), Answer::json(&json!({})), empty];
    others.into_iter().map(Accident::Replaced).chain([Accident::Truncated]).collect()
}

/// Returns a page with these words.
#[must_use]
pub fn page(status: StatusCode, words: &str) -> Answer {
    let body = format!("<html><body><h1>{words}</h1></body></html>").into_bytes();
    Answer { status, content_type: "text/html", body }
}

/// Runs `act` and returns what is logged on this thread meanwhile, by every crate and at every level.
pub fn heard<T>(act: impl FnOnce() -> T) -> (T, String) {
    let (done, said) = Ears::during(act);
    (done, said.0)
}

/// Returns those of the secrets that the text contains: plain, percent-encoded, inside base64, or as decimal bytes.
#[must_use]
pub fn leaks(text: &str, secrets: &[&'static str]) -> Vec<&'static str> {
    planted::all_of(text, secrets)
}

/// Returns everything that a request says.
#[must_use]
pub fn words_of(call: &Call) -> String {
    format!("{} {} {:?} {}", call.path, call.query, call.headers, String::from_utf8_lossy(&call.body))
}
