//! The contract of human checks: the promises of every [`HumanCheck`].

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use http::StatusCode;
use providers::contract::tools::{Accident, leaks, nonsense, words_of};

use super::stage::{Stage, accidents, echoes, failures, says_nothing_secret, throttled};
use super::{Answer, CODE, Call, Given, promises};
use crate::human_check::{HumanCheck, HumanCheckError, HumanToken};

/// The token of a solved challenge in every scenario. No output of a check may contain it.
pub const SOLVED: &str = CODE;
/// Another token.
const OTHER: &str = "a-token-that-the-service-did-not-issue";
/// The client's address.
const ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 77));
const ADDRESS_TEXT: &str = "203.0.113.77";

/// How one captcha service behaves.
///
/// The struct deliberately has no default: a new scenario keeps every check from compiling until its tape covers it.
#[derive(Debug, Clone, Copy)]
pub struct Tape {
    /// The name of the check.
    pub name: &'static str,
    /// The page that documents the codes.
    pub source: &'static str,
    /// Builds the check, with [`SECRET`](super::SECRET) as the account's secret.
    pub build: fn(&Given<'_>) -> Arc<dyn HumanCheck>,
    /// Answers a request as the service does: passes [`SOLVED`], and no other token.
    pub verdict: fn(&Call) -> Answer,
    /// Whether these settings send the client's address to the service.
    pub sends_address: bool,
    /// The service's answer with a code.
    pub answer: fn(&str) -> Answer,
    /// The documented codes, each with the name of its [`HumanCheckError`]; `refused` if it is about the token.
    pub codes: &'static [(&'static str, &'static str)],
    /// The code for a token that was used before.
    pub used: &'static str,
    /// The code for a wrong secret.
    pub wrong_key: &'static str,
    /// A code that the service does not document.
    pub undocumented: &'static str,
}

promises! {
    $
    /// Tests the human check of a [`Tape`](crate::contract::human::Tape), with one test for each promise. Belongs in a test
    /// module of its own, named after the check.
    human, human_contract, Tape;
    building_makes_no_call,
    a_solved_challenge_passes,
    another_token_does_not_pass,
    a_used_token_does_not_pass,
    every_documented_code_has_its_kind,
    a_wrong_key_is_misconfigured,
    an_undocumented_code_is_unexpected,
    a_pass_with_the_status_of_an_error_is_none,
    a_service_that_fails_is_unavailable,
    a_service_that_throttles_is_unavailable,
    a_service_that_does_not_answer_is_unavailable,
    nonsense_never_passes,
    a_check_is_exactly_one_request,
    the_address_is_sent_only_as_declared,
    nothing_secret_is_repeated,
}

type Check = Stage<Arc<dyn HumanCheck>>;
type Outcome = Result<bool, HumanCheckError>;

impl Check {
    fn ask(&self, text: &str) -> Outcome {
        let token = token(text);
        self.run(async |check| check.is_human(&token, Some(ADDRESS)).await)
    }

    fn passes(&self) -> Outcome {
        self.ask(SOLVED)
    }
}

/// An unavailable service must not keep Guiyi from starting.
fn building_makes_no_call(tape: &Tape) {
    assert_eq!(Stage::play(tape.build, tape.verdict).calls().len(), 0);
}

/// The token of a challenge that a person solved.
fn a_solved_challenge_passes(tape: &Tape) {
    let passes = Stage::play(tape.build, tape.verdict).passes();

    assert_eq!(passes.ok(), Some(true));
}

/// The service did not issue the token.
fn another_token_does_not_pass(tape: &Tape) {
    let passes = Stage::play(tape.build, tape.verdict).ask(OTHER);

    assert_eq!(passes.ok(), Some(false));
}

/// The person solves another challenge.
fn a_used_token_does_not_pass(tape: &Tape) {
    let passes = Stage::answer(tape.build, (tape.answer)(tape.used)).passes();

    assert_eq!(passes.ok(), Some(false));
}

/// The person solves another challenge, or the operator has to act.
fn every_documented_code_has_its_kind(tape: &Tape) {
    assert!(tape.source.starts_with("https://"), "the page of the codes is public: {}", tape.source);
    for kind in ["refused", "misconfigured"] {
        assert!(tape.codes.iter().any(|(_, of)| *of == kind), "no documented code is {kind}");
    }
    for (code, kind) in tape.codes {
        let passes = Stage::answer(tape.build, (tape.answer)(code)).passes();

        if *kind == "refused" {
            assert_eq!(passes.ok(), Some(false), "{code}");
        } else {
            is(passes, kind, code);
        }
    }
}

/// No person can pass, and the operator has to act.
fn a_wrong_key_is_misconfigured(tape: &Tape) {
    is(Stage::answer(tape.build, (tape.answer)(tape.wrong_key)).passes(), "misconfigured", tape.wrong_key);
}

/// It is never a pass, and people are not sent from challenge to challenge.
fn an_undocumented_code_is_unexpected(tape: &Tape) {
    assert!(tape.codes.iter().all(|(code, _)| *code != tape.undocumented), "{} is documented", tape.undocumented);
    let stage = Stage::answer(tape.build, (tape.answer)(tape.undocumented));

    is(stage.passes(), "unexpected_answer", tape.undocumented);
}

/// The body of a pass with another status than 2xx.
fn a_pass_with_the_status_of_an_error_is_none(tape: &Tape) {
    let stage = Stage::play(tape.build, tape.verdict);
    assert_eq!(stage.passes().ok(), Some(true));
    let pass = (tape.verdict)(&stage.calls()[0]);
    for status in [StatusCode::BAD_REQUEST, StatusCode::FORBIDDEN, StatusCode::INTERNAL_SERVER_ERROR] {
        let passes = Stage::answer(tape.build, pass.clone().status(status)).passes();

        assert_ne!(passes.ok(), Some(true), "{status}");
    }
}

/// Status 5xx with a page, with nothing, and with a code of the service's.
fn a_service_that_fails_is_unavailable(tape: &Tape) {
    let pass = Stage::play(tape.build, tape.verdict);
    assert_eq!(pass.passes().ok(), Some(true));
    let own = (tape.verdict)(&pass.calls()[0]);
    for accident in failures(own) {
        is(Stage::accident(tape.build, tape.verdict, &accident).passes(), "unavailable", &format!("{accident:?}"));
    }
}

/// 429 with a page.
fn a_service_that_throttles_is_unavailable(tape: &Tape) {
    is(Stage::answer(tape.build, throttled()).passes(), "unavailable", "429");
}

/// It hangs, cuts the connection, or refuses it.
fn a_service_that_does_not_answer_is_unavailable(tape: &Tape) {
    for accident in [Accident::Silence, Accident::CutOff] {
        is(Stage::accident(tape.build, tape.verdict, &accident).passes(), "unavailable", &format!("{accident:?}"));
    }
    let (closing, token) = (Stage::play(tape.build, tape.verdict), token(SOLVED));
    let passes = closing.run_while_closed(async |check: &Arc<dyn HumanCheck>| check.is_human(&token, None).await);
    is(passes, "unavailable", "a refused connection");
}

/// A malformed answer.
fn nonsense_never_passes(tape: &Tape) {
    for accident in nonsense() {
        let passes = Stage::accident(tape.build, tape.verdict, &accident).passes();

        is(passes, "unexpected_answer", &format!("{accident:?}"));
    }
}

/// A second request would find the token used.
fn a_check_is_exactly_one_request(tape: &Tape) {
    for accident in accidents() {
        let stage = Stage::accident(tape.build, tape.verdict, &accident);

        stage.passes().expect_err("the answer is none");

        assert_eq!(stage.calls().len(), 1, "{accident:?}");
    }
}

/// It is personal data.
fn the_address_is_sent_only_as_declared(tape: &Tape) {
    let stage = Stage::play(tape.build, tape.verdict);

    assert_eq!(stage.passes().ok(), Some(true));

    let is_sent = !leaks(&words_of(&stage.calls()[0]), &[ADDRESS_TEXT]).is_empty();
    assert_eq!(is_sent, tape.sends_address);
}

/// Neither the secret nor the token is in an error, a log line or the check's own form, also if the service repeats what
/// it was sent.
fn nothing_secret_is_repeated(tape: &Tape) {
    let good = Stage::play(tape.build, tape.verdict);
    says_nothing_secret("a check", &format!("{:?}", good.plugin), || good.passes());
    let call = good.calls().pop().expect("the service was called");
    let codes = [tape.used, tape.wrong_key, tape.undocumented].map(tape.answer);
    let echoes = echoes(&call, &codes).into_iter().map(Accident::Replaced);
    for accident in echoes.chain(accidents()) {
        let stage = Stage::accident(tape.build, tape.verdict, &accident);
        says_nothing_secret(&format!("{accident:?}"), &format!("{:?}", stage.plugin), || stage.passes());
    }
}

fn token(text: &str) -> HumanToken {
    HumanToken::read(text).expect("the planted token has the shape of one")
}

#[track_caller]
fn is(passes: Outcome, kind: &str, what: &str) {
    let error = passes.expect_err("the check was not done");
    assert_eq!(error.name(), kind, "{what}: {error}");
}
