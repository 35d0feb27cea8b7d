//! The message of a broken promise: the scenario, every request with its answer as text, the outcome, and a hint.

use std::fmt::Write;

use domain::login::Proof;

use super::stage::{Outcome, Stage};
use super::upstream::Reply;
use crate::ErrorKind;

/// The scenario in which the person signs in.
pub(super) const GOOD: &str = "scenario `good_code`";
/// The scenario of too many calls.
const QUOTA: &str = "scenario `quota`";

/// The hint where none or several requests of a good login spend the code.
pub(super) const ONE_SPENDS: &str = "`Tape::spends_code` has to match the one request that exchanges the code: does it \
                                     compare the path as the requests above have it?";
const LOOK_AT_THE_STATUS: &str = "look at the status before the body: `bad_status` maps a 5xx";

/// A login that ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct Report<'a> {
    /// The scenario.
    pub(super) what: &'a str,
    pub(super) stage: &'a Stage,
    pub(super) outcome: &'a Outcome,
}

/// Logs in the person of a good login, and returns the proof.
#[track_caller]
pub(super) fn names_the_person(stage: &Stage) -> Proof {
    let outcome = stage.log_in();
    Report { what: GOOD, stage, outcome: &outcome }.must(outcome.is_ok(), "the person");
    outcome.expect("it was checked")
}

/// Panics with a message of the same form if a promise does not hold that no login can show.
#[track_caller]
pub(super) fn must(holds: bool, what: &str, told: &str, hint: &str) {
    assert!(holds, "{what}\n  {told}\n  hint: {hint}");
}

impl Report<'_> {
    /// Panics with the message if a promise does not hold.
    #[track_caller]
    pub(super) fn must(&self, holds: bool, expected: &str) {
        assert!(holds, "{}", self.message(expected, self.hint()));
    }

    /// Panics with the message and this hint if a promise does not hold.
    #[track_caller]
    pub(super) fn must_or(&self, holds: bool, expected: &str, hint: &str) {
        assert!(holds, "{}", self.message(expected, hint));
    }

    /// Panics if the login did not end with an error of one of these kinds.
    #[track_caller]
    pub(super) fn must_be(&self, kinds: &[ErrorKind]) {
        let names: Vec<_> = kinds.iter().map(|kind| format!("{kind:?}")).collect();
        let is_one = self.outcome.as_ref().is_err_and(|error| kinds.contains(&error.kind));
        self.must(is_one, &names.join(" or "));
    }

    fn message(&self, expected: &str, hint: &str) -> String {
        let outcome = match self.outcome {
            Ok(proof) => format!("a proof of {:?}, {:?}, {:?}", proof.key, proof.union, proof.profile),
            Err(error) if error.code_is_unspent() => format!("{:?}, code unspent: {error}", error.kind),
            Err(error) => format!("{:?}: {error}", error.kind),
        };
        let mut message = format!("{}\n  expected: {expected}\n  got: {outcome}", self.what);
        for (call, reply) in self.stage.replies() {
            let reply = match reply {
                Reply::Whole(answer) => format!("{answer:?}"),
                Reply::Last(answer) => format!("{answer:?}, and then refuses connections"),
                Reply::Half(answer) => format!("{answer:?}, cut off in the middle"),
                Reply::Silence => "nothing".to_owned(),
            };
            let _ = write!(message, "\n  {call:?}\n    -> {reply}");
        }
        let _ = write!(message, "\n  hint: {hint}");
        message
    }

    /// Returns what is most likely wrong in the provider or in the tape.
    fn hint(&self) -> &'static str {
        let last = self.stage.replies().pop().map(|(_, reply)| reply);
        let status = match &last {
            Some(Reply::Whole(answer) | Reply::Half(answer) | Reply::Last(answer)) => Some(answer.status),
            Some(Reply::Silence) | None => None,
        };
        let is_server_error = status.is_some_and(|status| status.is_server_error());
        let Err(error) = self.outcome else {
            return if is_server_error {
                LOOK_AT_THE_STATUS
            } else {
                "read the refusal before the result of the answer"
            };
        };
        if error.code_is_unspent() && self.stage.spent() > 0 {
            return "the code was sent: add `.map_err(ProviderError::spent)` to each request after the one that spends it";
        }
        if is_server_error && error.kind != ErrorKind::Unavailable {
            return LOOK_AT_THE_STATUS;
        }
        let has_words = status.is_some_and(|status| status.is_client_error());
        match error.kind {
            _ if self.what == QUOTA => {
                "map the number or word of this answer to `RateLimited`, also where its status is 4xx, whose words \
                 `Http::execute` returns; if the upstream has none, its status is 429, which `bad_status` maps"
            }
            ErrorKind::UnexpectedAnswer if has_words && error.detail.contains(" answered ") => {
                "a status of 4xx with words? `Http::get` and `Http::post_json` drop the body of such an answer: use \
                 `Http::post_form_response`, `Http::post_json_response` or `Http::execute`, and read the words"
            }
            ErrorKind::UnexpectedAnswer => "does the provider map this answer, and does it read it with `JsonAnswer`?",
            ErrorKind::CodeRejected if self.what == GOOD => {
                "the tape refuses this request: compare it with what the play `good_code` requires"
            }
            ErrorKind::CodeRejected => "an unknown number or word is `UnexpectedAnswer`, in the last arm of the table",
            ErrorKind::Unavailable if status.is_some() => {
                "the upstream answered: only a status of 5xx, or a word that says so, is an outage"
            }
            _ => "choose the kind by what can be done about the error: see the table in the README of `providers`",
        }
    }
}
