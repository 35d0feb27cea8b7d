//! The promise that no secret leaks: no error, log line or span contains a planted secret.

use std::error::Error;
use std::fmt::{Debug, Write};
use std::sync::Arc;

use http::StatusCode;
use serde_json::Value;

use super::beyond::{self, Ability};
use super::declared::UNKNOWN;
use super::ears::Ears;
use super::promises::{plays, refused_answers, settings};
use super::report::{GOOD, must, names_the_person};
use super::stage::{Outcome, Stage, build};
use super::tools::{Accident, nonsense, page, server_errors};
use super::{Answer, Call, SECRET, Tape, accidents, planted};
use crate::{IdentityProvider, ProviderError};

/// Runs every scenario, also with an upstream that repeats what it was sent, and searches all output: errors with their
/// causes, values, the provider's `Debug`, and all log lines and spans of every crate.
pub(super) fn nothing_secret_is_repeated(tape: &Tape) {
    for (name, play) in plays(tape) {
        says_nothing_secret(name, Stage::play(tape, play));
    }
    for (what, stage) in accidents::all(tape) {
        says_nothing_secret(&what, stage);
    }
    let mut closing = Stage::play(tape, tape.good_code).layered();
    let (outcome, said) = Ears::during(|| closing.log_in_while_it_closes());
    search("a refused connection", &[&in_words(&outcome), &said.0]);
    for (at, echo) in echoes(tape) {
        says_nothing_secret(&format!("request {at} gets {echo:?}"), Stage::instead(tape, at, echo));
    }
    the_settings_are_not_repeated(tape);
}

/// Runs every call beyond logins, with each accident at each request, and with an upstream that repeats what it was sent.
pub(super) fn nothing_secret_is_repeated_beyond_logins(tape: &Tape) {
    for ability in beyond::offered(tape) {
        let good = ability.tape(tape);
        let mut stages = vec![Stage::play(&good, good.good_code)];
        for place in ability.places(tape) {
            let mut accidents: Vec<_> = server_errors().into_iter().map(Accident::Replaced).collect();
            accidents.extend(nonsense());
            accidents.extend(echoes_of(tape, &ability, place.at).into_iter().map(Accident::Replaced));
            stages.extend(accidents.into_iter().map(|accident| Stage::accident(&good, &place, accident)));
        }
        for stage in stages {
            let stage = stage.layered();

            let (told, said) = Ears::during(|| (ability.call)(&stage));

            search(ability.name, &[&in_words_of_result(told.as_ref()), &in_words_of(&stage.provider), &said.0]);
        }
    }
}

/// Returns answers to one request of a call that repeat the request.
fn echoes_of(tape: &Tape, ability: &Ability, at: usize) -> Vec<Answer> {
    let stage = Stage::play(tape, ability.play);
    // Another promise checks the result.
    let _ = (ability.call)(&stage);
    let words = stage.calls().get(at).map(|call| planted::all_in(&said_by(call)).join(" ")).unwrap_or_default();
    let told = refused_answers(tape).into_iter().flat_map(|answer| repeating(&answer, &words)).collect::<Vec<_>>();
    let pages = [StatusCode::OK, StatusCode::BAD_REQUEST, StatusCode::BAD_GATEWAY].map(|code| page(code, &words));
    pages.into_iter().chain(told).collect()
}

fn says_nothing_secret(what: &str, stage: Stage) {
    let stage = stage.layered();

    let (outcome, said) = Ears::during(|| stage.log_in());

    assert!(!said.0.is_empty(), "no line was captured");
    search(what, &[&in_words(&outcome), &in_words_of(&stage.provider), &said.0]);
}

/// A secret under a wrong key must not leak either.
fn the_settings_are_not_repeated(tape: &Tape) {
    let mut table = settings(tape);
    table.insert(UNKNOWN.to_owned(), SECRET.into());

    let (built, said) = Ears::during(|| build(tape, table));

    search("wrong settings", &[&format!("{:?}", built.err()), &said.0]);
}

#[track_caller]
fn search(what: &str, texts: &[&str]) {
    for text in texts {
        let found = planted::all_in(text);
        let told = format!("expected: no secret\n  got: {found:?} in:\n{text}");
        let hint = "keep secrets as `SecretString`, and an upstream's words only after `oauth::words` has removed what was \
                    sent; `Debug` of a struct prints its fields";
        must(found.is_empty(), what, &told, hint);
    }
}

/// Formats everything that an outcome can print.
fn in_words(outcome: &Outcome) -> String {
    in_words_of_result(outcome.as_ref())
}

fn in_words_of_result(outcome: Result<&impl Debug, &ProviderError>) -> String {
    let error = match outcome {
        Ok(told) => return format!("{told:?}"),
        Err(error) => error,
    };
    let mut words = String::new();
    let mut cause: Option<&dyn Error> = Some(error);
    while let Some(error) = cause {
        let _ = writeln!(words, "{error} {error:?} {error:#?}");
        cause = error.source();
    }
    words
}

fn in_words_of(provider: &Arc<dyn IdentityProvider>) -> String {
    format!("{provider:?} {provider:#?} {}", provider.upstream())
}

/// Returns, for each request of a good login, answers that repeat the request: in the upstream's own words, in each string
/// of the answer, and as a page.
fn echoes(tape: &Tape) -> Vec<(usize, Answer)> {
    let stage = Stage::play(tape, tape.good_code);
    names_the_person(&stage);
    let refused = refused_answers(tape);
    let mut echoes = Vec::new();
    for (at, call) in stage.calls().iter().enumerate() {
        let words = planted::all_in(&said_by(call)).join(" ");
        if words.is_empty() {
            continue;
        }
        let pages = [StatusCode::OK, StatusCode::BAD_REQUEST, StatusCode::BAD_GATEWAY].map(|code| page(code, &words));
        let told = refused.iter().flat_map(|answer| repeating(answer, &words));
        echoes.extend(pages.into_iter().chain(told).map(|echo| (at, echo)));
    }
    let told = "expected: a request of a good login with the code or the secret\n  got: none";
    let hint = "does `Tape::settings` have `SECRET`, and does the exchange send the code to the tape's upstream?";
    must(!echoes.is_empty(), GOOD, told, hint);
    echoes
}

/// Returns, for each string of the answer, a copy that has the words in it.
fn repeating(answer: &Answer, words: &str) -> Vec<Answer> {
    let Ok(Value::Object(told)) = serde_json::from_slice(&answer.body) else { return Vec::new() };
    let texts = told.iter().filter_map(|(key, value)| Some((key, value.as_str()?)));
    let repeating = texts.map(|(key, text)| {
        let mut told = told.clone();
        told.insert(key.clone(), format!("{text} {words}").into());
        Answer { body: Value::Object(told).to_string().into_bytes(), ..answer.clone() }
    });
    repeating.collect()
}

fn said_by(call: &Call) -> String {
    format!("{} {} {:?} {}", call.path, call.query, call.headers, String::from_utf8_lossy(&call.body))
}
