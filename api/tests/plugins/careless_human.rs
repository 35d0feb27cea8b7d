//! Tests of the contract of human checks: for each promise, a check that breaks it must fail. Each is the `siteverify`
//! client with one flaw.

use std::cell::Cell;
use std::net::IpAddr;
use std::sync::Arc;

use api::contract::Given;
use api::contract::human::{PROMISES, Tape, check};
use api::human_check::{HumanCheck, HumanCheckError, HumanToken};
use async_trait::async_trait;
use providers::Http;
use url::Url;

/// The flaw of a human check.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Flaw {
    CallsWhenItIsBuilt,
    PassesNoToken,
    PassesEveryToken,
    PassesOnFailure,
    ReadsNoStatus,
    RefusesOnFailure,
    BlamesTheService,
    BlamesTheOperator,
    TriesTwice,
    SendsTheAddress,
    RepeatsTheToken,
    LogsTheToken,
}

const BROKEN: [(&str, Flaw); 18] = [
    ("building_makes_no_call", Flaw::CallsWhenItIsBuilt),
    ("a_solved_challenge_passes", Flaw::PassesNoToken),
    ("another_token_does_not_pass", Flaw::PassesEveryToken),
    ("a_used_token_does_not_pass", Flaw::PassesEveryToken),
    ("every_documented_code_has_its_kind", Flaw::BlamesTheService),
    ("a_wrong_key_is_misconfigured", Flaw::BlamesTheService),
    ("a_wrong_key_is_misconfigured", Flaw::RefusesOnFailure),
    ("an_undocumented_code_is_unexpected", Flaw::RefusesOnFailure),
    ("a_pass_with_the_status_of_an_error_is_none", Flaw::ReadsNoStatus),
    ("a_service_that_fails_is_unavailable", Flaw::PassesOnFailure),
    ("a_service_that_throttles_is_unavailable", Flaw::BlamesTheOperator),
    ("a_service_that_does_not_answer_is_unavailable", Flaw::PassesOnFailure),
    ("nonsense_never_passes", Flaw::PassesOnFailure),
    ("nonsense_never_passes", Flaw::BlamesTheService),
    ("a_check_is_exactly_one_request", Flaw::TriesTwice),
    ("the_address_is_sent_only_as_declared", Flaw::SendsTheAddress),
    ("nothing_secret_is_repeated", Flaw::RepeatsTheToken),
    ("nothing_secret_is_repeated", Flaw::LogsTheToken),
];

thread_local! {
    /// A tape is made of plain functions, so the flaw cannot be passed to them.
    static FLAW: Cell<Flaw> = const { Cell::new(Flaw::TriesTwice) };
}

#[test]
fn each_promise_is_broken_by_a_human_check_that_is_found_out() {
    let tape = Tape { build, ..crate::human_tape("http") };

    crate::all_are_found_out(&BROKEN, PROMISES.iter().map(|(name, _)| *name), |promise, flaw| {
        FLAW.set(flaw);
        check(promise, &tape);
    });
}

#[derive(Debug)]
struct Careless {
    sound: Arc<dyn HumanCheck>,
    flaw: Flaw,
    http: Http,
    url: Url,
}

fn build(given: &Given<'_>) -> Arc<dyn HumanCheck> {
    let flaw = FLAW.get();
    if flaw == Flaw::CallsWhenItIsBuilt {
        crate::call(given);
    }
    let sound = (crate::human_tape("http").build)(given);
    Arc::new(Careless { sound, flaw, http: given.http.clone(), url: given.upstream.clone() })
}

impl Careless {
    fn spoil(&self, error: HumanCheckError, token: &HumanToken) -> Result<bool, HumanCheckError> {
        Err(match self.flaw {
            Flaw::PassesOnFailure => return Ok(true),
            Flaw::RefusesOnFailure => return Ok(false),
            // A check that ignores the status would accept an error status with the body of a pass.
            Flaw::ReadsNoStatus if error.to_string().contains("with `success`") => return Ok(true),
            Flaw::BlamesTheService => HumanCheckError::Unavailable(error.to_string()),
            Flaw::BlamesTheOperator => HumanCheckError::Misconfigured(error.to_string()),
            Flaw::RepeatsTheToken => HumanCheckError::Unavailable(format!("{} was not verified", token.expose())),
            _ => error,
        })
    }
}

#[async_trait]
impl HumanCheck for Careless {
    async fn is_human(&self, token: &HumanToken, from: Option<IpAddr>) -> Result<bool, HumanCheckError> {
        if self.flaw == Flaw::LogsTheToken {
            tracing::trace!(token = token.expose(), "asks the service");
        }
        if self.flaw == Flaw::SendsTheAddress {
            let address = from.map(|address| format!("{address}")).unwrap_or_default();
            self.http.get(&self.url, &[("remoteip", &address)]).await?;
        }
        let mut passes = self.sound.is_human(token, from).await;
        if self.flaw == Flaw::TriesTwice {
            passes = self.sound.is_human(token, from).await;
        }
        match (self.flaw, passes) {
            (Flaw::PassesNoToken, Ok(_)) => Ok(false),
            (Flaw::PassesEveryToken, Ok(_)) => Ok(true),
            (_, Ok(passes)) => Ok(passes),
            (_, Err(error)) => self.spoil(error, token),
        }
    }
}
