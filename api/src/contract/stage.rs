//! Runs a plug-in against an upstream that plays a tape.

use std::error::Error;
use std::fmt::{Debug, Write};

use http::StatusCode;
use providers::Http;
use providers::contract::tools::{Accident, Rig, heard, leaks, nonsense, page, server_errors, words_of};
use providers::contract::{Answer, Call};
use serde_json::Value;
use tokio::runtime::Runtime;
use url::Url;

use super::{NOW, SECRETS};
use crate::clock::Clock;

/// What a plug-in is built from.
#[derive(Debug)]
pub struct Given<'a> {
    /// The address of the upstream.
    pub upstream: &'a Url,
    /// The client for calls to it.
    pub http: &'a Http,
    /// The clock, which stands still.
    pub clock: &'a Clock,
    runtime: &'a Runtime,
}

impl Given<'_> {
    /// Runs work to completion on the runtime of the scenario.
    pub fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }
}

/// One plug-in with one upstream.
pub(super) struct Stage<P> {
    pub(super) plugin: P,
    rig: Rig,
    runtime: Runtime,
}

/// The answers of a good scenario.
pub(super) type Play = fn(&Call) -> Answer;

impl<P> Stage<P> {
    /// The upstream answers every request by the play.
    pub(super) fn play(build: fn(&Given<'_>) -> P, play: Play) -> Self {
        Self::set(build, Rig::answering(play))
    }

    /// The upstream gives every request the same answer.
    pub(super) fn answer(build: fn(&Given<'_>) -> P, answer: Answer) -> Self {
        Self::set(build, Rig::answering(move |_| answer.clone()))
    }

    /// An accident happens to every answer.
    pub(super) fn accident(build: fn(&Given<'_>) -> P, good: Play, accident: &Accident) -> Self {
        Self::set(build, Rig::failing(accident, good))
    }

    pub(super) fn set(build: fn(&Given<'_>) -> P, rig: Rig) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts");
        let (http, clock) = (rig.http(), Clock::frozen(NOW));
        let plugin = build(&Given { upstream: rig.url(), http: &http, clock: &clock, runtime: &runtime });
        Self { plugin, rig, runtime }
    }

    /// Runs one operation of the plug-in.
    pub(super) fn run<T>(&self, act: impl AsyncFnOnce(&P) -> T) -> T {
        self.runtime.block_on(act(&self.plugin))
    }

    /// Runs one operation while connections to the upstream are refused.
    pub(super) fn run_while_closed<T>(mut self, act: impl AsyncFnOnce(&P) -> T) -> T {
        let Self { plugin, rig, runtime } = &mut self;
        rig.while_closed(|| runtime.block_on(act(plugin)))
    }

    /// Returns every request that the upstream received.
    pub(super) fn calls(&self) -> Vec<Call> {
        self.rig.calls()
    }
}

/// Returns everything that can go wrong with the one answer, by name.
pub(super) fn accidents() -> Vec<Accident> {
    let failures = server_errors().into_iter().map(Accident::Replaced);
    failures.chain(nonsense()).chain([Accident::Silence, Accident::CutOff]).collect()
}

/// Returns the answers of an upstream that is down: pages and empty bodies, and this answer of its own.
pub(super) fn failures(own: Answer) -> Vec<Accident> {
    let own = own.status(StatusCode::INTERNAL_SERVER_ERROR);
    server_errors().into_iter().chain([own]).map(Accident::Replaced).collect()
}

/// Returns the page of a gateway that throttles.
pub(super) fn throttled() -> Answer {
    page(StatusCode::TOO_MANY_REQUESTS, "slow down")
}

/// Returns answers that repeat a request: as pages, and in each string of these answers.
pub(super) fn echoes(call: &Call, answers: &[Answer]) -> Vec<Answer> {
    let words = leaks(&words_of(call), &SECRETS).join(" ");
    assert!(!words.is_empty(), "the request holds neither the secret nor the code nor the number");
    let pages = [StatusCode::OK, StatusCode::BAD_REQUEST, StatusCode::BAD_GATEWAY].map(|code| page(code, &words));
    let told = answers.iter().flat_map(|answer| repeating(answer, &words));
    pages.into_iter().chain(told).collect()
}

/// Returns, for each string of the answer at any depth, a copy that has the words in it.
fn repeating(answer: &Answer, words: &str) -> Vec<Answer> {
    let Ok(told) = serde_json::from_slice::<Value>(&answer.body) else { return Vec::new() };
    let mut pointers = Vec::new();
    strings(&told, String::new(), &mut pointers);
    let copies = pointers.iter().map(|pointer| {
        let mut told = told.clone();
        if let Some(Value::String(text)) = told.pointer_mut(pointer) {
            let _ = write!(text, " {words}");
        }
        Answer { body: told.to_string().into_bytes(), ..answer.clone() }
    });
    copies.collect()
}

/// Finds the JSON pointers of all strings.
fn strings(value: &Value, at: String, found: &mut Vec<String>) {
    match value {
        Value::String(_) => found.push(at),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                strings(item, format!("{at}/{index}"), found);
            }
        }
        Value::Object(fields) => {
            for (key, item) in fields {
                let key = key.replace('~', "~0").replace('/', "~1");
                strings(item, format!("{at}/{key}"), found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Runs `act`, and searches what it logs and returns, and the plug-in's own form.
#[track_caller]
pub(super) fn says_nothing_secret<T: Debug, E: Error>(what: &str, plugin: &str, act: impl FnOnce() -> Result<T, E>) {
    let (outcome, said) = heard(act);
    let mut words = match &outcome {
        Ok(done) => format!("{done:?}"),
        Err(_) => String::new(),
    };
    let mut cause = outcome.as_ref().err().map(|error| error as &dyn Error);
    while let Some(error) = cause {
        let _ = writeln!(words, "{error} {error:?} {error:#?}");
        cause = error.source();
    }
    for text in [plugin, &words, &said] {
        let found = leaks(text, &SECRETS);
        assert!(found.is_empty(), "{what}: {found:?} is repeated in:\n{text}");
    }
}
