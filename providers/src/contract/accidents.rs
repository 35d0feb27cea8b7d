//! The promises about accidents, which happen to each request of a login in turn, also after the code is spent.

use http::StatusCode;
use serde_json::json;

use super::promises::refused_answers;
use super::report::{GOOD, ONE_SPENDS, Report, names_the_person};
use super::stage::{Place, Stage};
use super::tools::{Accident, page, server_errors};
use super::{Answer, Tape};
use crate::{ErrorKind, ProviderError};

/// The upstream answers 5xx, with a gateway's page or with an empty body.
pub(super) fn an_upstream_that_fails_is_unavailable(tape: &Tape) {
    end_in(tape, &gateway_errors(), &[ErrorKind::Unavailable]);
}

/// The upstream answers 5xx, in the form of a success or of a refusal: the status says what can be done.
pub(super) fn an_upstream_that_fails_in_its_own_words_is_unavailable(tape: &Tape) {
    end_in(tape, &own_words(tape), &[ErrorKind::Unavailable]);
}

/// The timeout of the settings' HTTP client expires.
pub(super) fn an_upstream_that_hangs_is_unavailable(tape: &Tape) {
    end_in(tape, &[Accident::Silence], &[ErrorKind::Unavailable]);
}

/// The connection is cut during the answer.
pub(super) fn an_upstream_that_hangs_up_in_the_middle_is_unavailable(tape: &Tape) {
    end_in(tape, &[Accident::CutOff], &[ErrorKind::Unavailable]);
}

/// As long as the code was not sent, and only then, the error says that it is unspent.
pub(super) fn an_upstream_that_refuses_the_connection_is_unavailable(tape: &Tape) {
    let mut stage = Stage::play(tape, tape.good_code);
    let outcome = stage.log_in_while_it_closes();
    let report = Report { what: "connections are refused from the start", stage: &stage, outcome: &outcome };
    report.must_be(&[ErrorKind::Unavailable]);
    let is_unspent = outcome.as_ref().is_err_and(ProviderError::code_is_unspent);
    report.must(is_unspent, "an error that says that the code is unspent, because nothing was sent");

    for (what, place, stage) in closings(tape).filter(|(_, place, _)| !place.reads_profile) {
        let outcome = stage.log_in();
        let report = Report { what: &what, stage: &stage, outcome: &outcome };
        report.must_be(&[ErrorKind::Unavailable]);
        let is_unspent = outcome.as_ref().is_err_and(ProviderError::code_is_unspent);
        let expected = if stage.spent() == 0 { "an unspent code, which was not sent" } else { "a spent code" };
        report.must(is_unspent == (stage.spent() == 0), &format!("{expected}, at {place}"));
    }
}

/// A malformed answer is never a login. An empty one may also be a temporary failure.
pub(super) fn nonsense_is_an_unexpected_answer(tape: &Tape) {
    end_in(tape, &nonsense(), &[ErrorKind::UnexpectedAnswer]);
    end_in(tape, &[empty()], &[ErrorKind::Unavailable, ErrorKind::UnexpectedAnswer]);
}

/// Whatever happens after the request with the code: the client must not send that code again.
pub(super) fn a_code_that_was_sent_is_never_unspent(tape: &Tape) {
    for (what, stage) in all(tape) {
        let outcome = stage.log_in();

        let is_unspent = outcome.as_ref().is_err_and(ProviderError::code_is_unspent);
        let report = Report { what: &what, stage: &stage, outcome: &outcome };
        report.must(!(is_unspent && stage.spent() > 0), "a spent code: the upstream received it");
    }
}

/// Both keys are known, so the person signs in, without a profile.
pub(super) fn an_accident_to_the_profile_breaks_no_login(tape: &Tape) {
    let good = names_the_person(&Stage::play(tape, tape.good_code));
    let mut places = places(tape);
    places.retain(|place| place.reads_profile);
    let accidents = accidents_at(tape, places);
    let closings = closings(tape).filter(|(_, place, _)| place.reads_profile).map(|(what, _, stage)| (what, stage));

    for (what, stage) in accidents.chain(closings) {
        let outcome = stage.log_in();

        let keys = outcome.as_ref().ok().map(|proof| (&proof.key, &proof.union));
        let report = Report { what: &what, stage: &stage, outcome: &outcome };
        report.must_or(
            keys == Some((&good.key, &good.union)),
            "the same person, perhaps without a profile",
            "log the error with `without_profile`, which returns the empty profile; `Tape::reads_profile` says which \
             requests read nothing else",
        );
    }
}

/// Whatever the answer is: a second request would spend the code of a first one whose answer was lost.
pub(super) fn a_code_is_spent_by_exactly_one_request(tape: &Tape) {
    let good = Stage::play(tape, tape.good_code);
    let outcome = good.log_in();
    let report = Report { what: GOOD, stage: &good, outcome: &outcome };
    report.must_or(good.spent() == 1, "one request that spends the code", ONE_SPENDS);
    for (what, stage) in all(tape) {
        let outcome = stage.log_in();

        // An accident before that request may keep it from being sent.
        let report = Report { what: &what, stage: &stage, outcome: &outcome };
        let hint = "never send the request with the code again, whatever its answer is: remove the retry";
        report.must_or(stage.spent() <= 1, "at most one request that spends the code", hint);
    }
}

/// Lets each accident happen to each request that the keys of the person depend on.
#[track_caller]
fn end_in(tape: &Tape, accidents: &[Accident], kinds: &[ErrorKind]) {
    for place in places(tape).into_iter().filter(|place| !place.reads_profile) {
        for accident in accidents {
            let stage = Stage::accident(tape, &place, accident.clone());

            let outcome = stage.log_in();

            let what = format!("{accident:?} at {place}");
            Report { what: &what, stage: &stage, outcome: &outcome }.must_be(kinds);
        }
    }
}

/// Returns every request of a good login, in order.
#[track_caller]
fn places(tape: &Tape) -> Vec<Place> {
    let stage = Stage::play(tape, tape.good_code);
    names_the_person(&stage);
    stage.calls().into_iter().enumerate().map(|numbered| Place::of(tape, numbered)).collect()
}

/// Returns logins with each accident at each request.
pub(super) fn all(tape: &Tape) -> impl Iterator<Item = (String, Stage)> {
    accidents_at(tape, places(tape)).chain(closings(tape).map(|(what, _, stage)| (what, stage)))
}

fn accidents_at(tape: &Tape, places: Vec<Place>) -> impl Iterator<Item = (String, Stage)> {
    let every = if places.is_empty() { Vec::new() } else { every(tape) };
    let pairs =
        places.into_iter().flat_map(move |place| every.clone().into_iter().map(move |what| (place.clone(), what)));
    pairs.map(move |(place, what)| (format!("{what:?} at {place}"), Stage::accident(tape, &place, what)))
}

/// Returns logins whose upstream refuses connections from one request on, with that request.
fn closings(tape: &Tape) -> impl Iterator<Item = (String, Place, Stage)> {
    let places = places(tape);
    let pairs: Vec<_> = places.iter().cloned().zip(places.iter().skip(1).cloned()).collect();
    pairs.into_iter().map(move |(last, refused)| {
        (format!("a refused connection at {refused}"), refused, Stage::closing_after(tape, &last))
    })
}

fn every(tape: &Tape) -> Vec<Accident> {
    let mut every = [gateway_errors(), own_words(tape), nonsense()].concat();
    every.extend([empty(), Accident::Silence, Accident::CutOff]);
    every
}

/// Returns the answers of a failing gateway.
fn gateway_errors() -> Vec<Accident> {
    server_errors().into_iter().map(Accident::Replaced).collect()
}

/// Returns the upstream's own answers with a status of 5xx. Some upstreams refuse a login with such a status: their tape
/// has it.
fn own_words(tape: &Tape) -> Vec<Accident> {
    let refused = refused_answers(tape).into_iter().filter(|answer| !answer.status.is_server_error());
    let refused = refused.map(|answer| Accident::Replaced(answer.status(StatusCode::SERVICE_UNAVAILABLE)));
    [Accident::Status(StatusCode::INTERNAL_SERVER_ERROR)].into_iter().chain(refused).collect()
}

/// Returns malformed answers with the status of a success.
fn nonsense() -> Vec<Accident> {
    let maintenance = page(StatusCode::OK, "under maintenance");
    let answers = [maintenance, Answer::json(&json!([])), Answer::json(&json!({}))];
    answers.into_iter().map(Accident::Replaced).chain([Accident::Truncated]).collect()
}

/// Returns a success without a body.
fn empty() -> Accident {
    Accident::Replaced(Answer { status: StatusCode::OK, content_type: "text/html", body: Vec::new() })
}
