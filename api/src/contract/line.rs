//! The contract of line checks: the promises of every [`PhoneLineCheck`].

use std::sync::Arc;

use domain::Timestamp;
use providers::contract::tools::{Accident, nonsense};

use super::stage::{Stage, accidents, echoes, failures, says_nothing_secret, throttled};
use super::{ABROAD, Answer, Call, Given, HOME, number, promises};
use crate::line_check::{Line, LineCheckError, PhoneLineCheck};

/// The time of the last proof in every scenario: 2025-10-08, 16:53:20 in China.
pub const SINCE: Timestamp = Timestamp::from_millis(1_759_913_600_000);

/// How one line check behaves.
///
/// The struct deliberately has no default: a new scenario keeps every check from compiling until its tape covers it.
#[derive(Debug, Clone, Copy)]
pub struct Tape {
    /// The name of the check.
    pub name: &'static str,
    /// The page that documents the codes.
    pub source: &'static str,
    /// Builds the check, with [`SECRET`](super::SECRET) as the account's secret.
    pub build: fn(&Given<'_>) -> Arc<dyn PhoneLineCheck>,
    /// Answers a request as the carrier does: with the result that the line has the same subscriber.
    pub same: fn(&Call) -> Answer,
    /// Returns the number in a request, and [`HOME`] as the carrier documents numbers.
    pub number: (fn(&Call) -> Option<String>, &'static str),
    /// Returns the time in a request, and [`SINCE`] as the carrier documents times.
    pub since: (fn(&Call) -> Option<String>, &'static str),
    /// Whether the carrier knows numbers abroad.
    pub knows_abroad: bool,
    /// The carrier's answer with a result.
    pub result: fn(&str) -> Answer,
    /// The documented results.
    pub results: &'static [(&'static str, Line)],
    /// A result that the carrier does not document.
    pub undocumented_result: &'static str,
    /// The carrier's answer with a code.
    pub answer: fn(&str) -> Answer,
    /// The documented codes, each with the name of its [`LineCheckError`]; `unknown` if it means that the carrier cannot
    /// tell.
    pub codes: &'static [(&'static str, &'static str)],
    /// The code for too many checks.
    pub quota: &'static str,
    /// The code for a wrong secret.
    pub wrong_key: &'static str,
    /// A code that the carrier does not document.
    pub undocumented: &'static str,
}

promises! {
    $
    /// Tests the line check of a [`Tape`](crate::contract::line::Tape), with one test for each promise. Belongs in a test
    /// module of its own, named after the check.
    line, line_contract, Tape;
    building_makes_no_call,
    number_and_time_are_written_as_documented,
    a_number_abroad_is_asked_about_only_where_it_is_known,
    every_documented_result_has_its_meaning,
    an_undocumented_result_is_unexpected,
    every_documented_code_has_its_kind,
    a_quota_is_rate_limited,
    a_wrong_key_is_misconfigured,
    an_undocumented_code_is_unexpected,
    a_gateway_that_throttles_is_rate_limited,
    a_carrier_that_fails_is_unavailable,
    a_carrier_that_does_not_answer_is_unavailable,
    nonsense_is_an_unexpected_answer,
    a_check_is_exactly_one_request,
    nothing_secret_is_repeated,
}

type Check = Stage<Arc<dyn PhoneLineCheck>>;

impl Check {
    fn check(&self, text: &str) -> Result<Line, LineCheckError> {
        let number = number(text);
        self.run(async |check| check.check(&number, SINCE).await)
    }
}

/// An unavailable carrier must not keep the service from starting.
fn building_makes_no_call(tape: &Tape) {
    assert_eq!(Stage::play(tape.build, tape.same).calls().len(), 0);
}

/// The number and the time of its last proof, in the carrier's own time zone.
fn number_and_time_are_written_as_documented(tape: &Tape) {
    let stage = Stage::play(tape.build, tape.same);

    let line = stage.check(HOME).expect("the carrier answers a right request");

    assert_eq!(line, Line::Same);
    let call = stage.calls().pop().expect("the carrier was called");
    assert_eq!((tape.number.0)(&call).as_deref(), Some(tape.number.1));
    assert_eq!((tape.since.0)(&call).as_deref(), Some(tape.since.1));
}

/// A carrier of one country would take the number for another.
fn a_number_abroad_is_asked_about_only_where_it_is_known(tape: &Tape) {
    let stage = Stage::play(tape.build, tape.same);

    let line = stage.check(ABROAD).expect("a number abroad is no mistake");

    let expected = if tape.knows_abroad { (Line::Same, 1) } else { (Line::Unknown, 0) };
    assert_eq!((line, stage.calls().len()), expected);
}

/// The same subscriber, another one, or neither is known.
fn every_documented_result_has_its_meaning(tape: &Tape) {
    for line in [Line::Unknown, Line::Same, Line::Recycled] {
        assert!(tape.results.iter().any(|(_, of)| *of == line), "no documented result is {line:?}");
    }
    for (result, line) in tape.results {
        let found = Stage::answer(tape.build, (tape.result)(result)).check(HOME);

        assert_eq!(found.ok(), Some(*line), "{result}");
    }
}

/// It must not pass for the same subscriber, nor for another.
fn an_undocumented_result_is_unexpected(tape: &Tape) {
    assert!(tape.results.iter().all(|(result, _)| *result != tape.undocumented_result), "it is documented");
    let stage = Stage::answer(tape.build, (tape.result)(tape.undocumented_result));

    is(stage.check(HOME), "unexpected_answer", tape.undocumented_result);
}

/// The error has the code, for the operator, and a kind by what can be done.
fn every_documented_code_has_its_kind(tape: &Tape) {
    assert!(tape.source.starts_with("https://"), "the page of the codes is public: {}", tape.source);
    for (code, kind) in tape.codes {
        let checked = Stage::answer(tape.build, (tape.answer)(code)).check(HOME);

        if *kind == "unknown" {
            assert_eq!(checked.ok(), Some(Line::Unknown), "{code}");
            continue;
        }
        let error = checked.expect_err("the code is a refusal");
        assert_eq!(error.name(), *kind, "{code}: {error}");
        assert!(error.to_string().contains(code), "the operator does not learn {code}: {error}");
    }
}

/// The operator may need a larger quota; the age of the proof decides.
fn a_quota_is_rate_limited(tape: &Tape) {
    is(Stage::answer(tape.build, (tape.answer)(tape.quota)).check(HOME), "rate_limited", tape.quota);
}

/// The operator has to act.
fn a_wrong_key_is_misconfigured(tape: &Tape) {
    is(Stage::answer(tape.build, (tape.answer)(tape.wrong_key)).check(HOME), "misconfigured", tape.wrong_key);
}

/// The operator compares it with the documentation.
fn an_undocumented_code_is_unexpected(tape: &Tape) {
    assert!(tape.codes.iter().all(|(code, _)| *code != tape.undocumented), "{} is documented", tape.undocumented);
    let stage = Stage::answer(tape.build, (tape.answer)(tape.undocumented));

    is(stage.check(HOME), "unexpected_answer", tape.undocumented);
}

/// 429 with a page, from a proxy in front of the carrier.
fn a_gateway_that_throttles_is_rate_limited(tape: &Tape) {
    is(Stage::answer(tape.build, throttled()).check(HOME), "rate_limited", "429");
}

/// Status 5xx with a page, with nothing, and with a code of the carrier's.
fn a_carrier_that_fails_is_unavailable(tape: &Tape) {
    for accident in failures((tape.answer)(tape.undocumented)) {
        let checked = Stage::accident(tape.build, tape.same, &accident).check(HOME);

        is(checked, "unavailable", &format!("{accident:?}"));
    }
}

/// It hangs, cuts the connection, or refuses it.
fn a_carrier_that_does_not_answer_is_unavailable(tape: &Tape) {
    for accident in [Accident::Silence, Accident::CutOff] {
        let checked = Stage::accident(tape.build, tape.same, &accident).check(HOME);

        is(checked, "unavailable", &format!("{accident:?}"));
    }
    let (closing, number) = (Stage::play(tape.build, tape.same), number(HOME));
    let checked = closing.run_while_closed(async |check: &Arc<dyn PhoneLineCheck>| check.check(&number, SINCE).await);
    is(checked, "unavailable", "a refused connection");
}

/// A malformed answer says nothing about the line.
fn nonsense_is_an_unexpected_answer(tape: &Tape) {
    for accident in nonsense() {
        let checked = Stage::accident(tape.build, tape.same, &accident).check(HOME);

        is(checked, "unexpected_answer", &format!("{accident:?}"));
    }
}

/// A person waits for the check, and each one costs money.
fn a_check_is_exactly_one_request(tape: &Tape) {
    for accident in accidents() {
        let stage = Stage::accident(tape.build, tape.same, &accident);

        stage.check(HOME).expect_err("the answer is none");

        assert_eq!(stage.calls().len(), 1, "{accident:?}");
    }
}

/// Neither the secret nor the number is in an error, a log line or the check's own form, also if the carrier repeats what
/// it was sent.
fn nothing_secret_is_repeated(tape: &Tape) {
    let good = Stage::play(tape.build, tape.same);
    says_nothing_secret("a check", &format!("{:?}", good.plugin), || good.check(HOME));
    let call = good.calls().pop().expect("the carrier was called");
    let codes = [tape.quota, tape.wrong_key, tape.undocumented].map(tape.answer);
    let answers: Vec<_> = codes.into_iter().chain([(tape.same)(&call)]).collect();
    let echoes = echoes(&call, &answers).into_iter().map(Accident::Replaced);
    for accident in echoes.chain(accidents()) {
        let stage = Stage::accident(tape.build, tape.same, &accident);
        says_nothing_secret(&format!("{accident:?}"), &format!("{:?}", stage.plugin), || stage.check(HOME));
    }
}

#[track_caller]
fn is(checked: Result<Line, LineCheckError>, kind: &str, what: &str) {
    let error = checked.expect_err("nothing is known of the line");
    assert_eq!(error.name(), kind, "{what}: {error}");
}
