//! Tests of the contract of line checks: for each promise, a check that breaks it must fail. Each is Alibaba Cloud's with
//! one flaw.

use std::cell::Cell;
use std::sync::Arc;

use api::contract::Given;
use api::contract::line::{PROMISES, Tape, check};
use api::line_check::{Line, LineCheckError, PhoneLineCheck};
use async_trait::async_trait;
use chrono::TimeDelta;
use domain::{PhoneNumber, Timestamp};

/// The flaw of a line check.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Flaw {
    CallsWhenItIsBuilt,
    AsksAboutAnotherTime,
    AsksAboutNumbersAbroad,
    CallsEveryLineTheSame,
    CallsFailuresUnknown,
    BlamesTheCarrier,
    BlamesTheOperator,
    TriesTwice,
    RepeatsTheNumber,
    LogsTheNumber,
}

const BROKEN: [(&str, Flaw); 17] = [
    ("building_makes_no_call", Flaw::CallsWhenItIsBuilt),
    ("number_and_time_are_written_as_documented", Flaw::AsksAboutAnotherTime),
    ("a_number_abroad_is_asked_about_only_where_it_is_known", Flaw::AsksAboutNumbersAbroad),
    ("every_documented_result_has_its_meaning", Flaw::CallsEveryLineTheSame),
    ("an_undocumented_result_is_unexpected", Flaw::CallsFailuresUnknown),
    ("every_documented_code_has_its_kind", Flaw::BlamesTheOperator),
    ("a_quota_is_rate_limited", Flaw::BlamesTheOperator),
    ("a_wrong_key_is_misconfigured", Flaw::BlamesTheCarrier),
    ("an_undocumented_code_is_unexpected", Flaw::BlamesTheOperator),
    ("a_gateway_that_throttles_is_rate_limited", Flaw::BlamesTheOperator),
    ("a_carrier_that_fails_is_unavailable", Flaw::BlamesTheOperator),
    ("a_carrier_that_does_not_answer_is_unavailable", Flaw::CallsFailuresUnknown),
    ("nonsense_is_an_unexpected_answer", Flaw::BlamesTheCarrier),
    ("nonsense_is_an_unexpected_answer", Flaw::CallsFailuresUnknown),
    ("a_check_is_exactly_one_request", Flaw::TriesTwice),
    ("nothing_secret_is_repeated", Flaw::RepeatsTheNumber),
    ("nothing_secret_is_repeated", Flaw::LogsTheNumber),
];

thread_local! {
    /// A tape is made of plain functions, so the flaw cannot be passed to them.
    static FLAW: Cell<Flaw> = const { Cell::new(Flaw::TriesTwice) };
}

#[test]
fn each_promise_is_broken_by_a_line_check_that_is_found_out() {
    let tape = Tape { build, ..crate::line_tape("aliyun") };

    crate::all_are_found_out(&BROKEN, PROMISES.iter().map(|(name, _)| *name), |promise, flaw| {
        FLAW.set(flaw);
        check(promise, &tape);
    });
}

#[derive(Debug)]
struct Careless {
    sound: Arc<dyn PhoneLineCheck>,
    flaw: Flaw,
}

fn build(given: &Given<'_>) -> Arc<dyn PhoneLineCheck> {
    let flaw = FLAW.get();
    if flaw == Flaw::CallsWhenItIsBuilt {
        crate::call(given);
    }
    Arc::new(Careless { sound: (crate::line_tape("aliyun").build)(given), flaw })
}

impl Careless {
    fn spoil(&self, error: LineCheckError, number: &PhoneNumber) -> Result<Line, LineCheckError> {
        Err(match self.flaw {
            Flaw::CallsFailuresUnknown => return Ok(Line::Unknown),
            Flaw::BlamesTheCarrier => LineCheckError::Unavailable(error.to_string()),
            Flaw::BlamesTheOperator => LineCheckError::Misconfigured(error.to_string()),
            Flaw::RepeatsTheNumber => LineCheckError::Unavailable(format!("{} is not known", number.e164())),
            _ => error,
        })
    }
}

#[async_trait]
impl PhoneLineCheck for Careless {
    async fn check(&self, number: &PhoneNumber, since: Timestamp) -> Result<Line, LineCheckError> {
        let since = if self.flaw == Flaw::AsksAboutAnotherTime { since.plus(TimeDelta::hours(8)) } else { since };
        if self.flaw == Flaw::LogsTheNumber {
            tracing::debug!(number = number.e164(), "asks about a line");
        }
        let home = PhoneNumber::parse("+8613900000009").expect("a number");
        let asked = if self.flaw == Flaw::AsksAboutNumbersAbroad { &home } else { number };
        let mut checked = self.sound.check(asked, since).await;
        if self.flaw == Flaw::TriesTwice {
            checked = self.sound.check(asked, since).await;
        }
        match checked {
            Ok(_) if self.flaw == Flaw::CallsEveryLineTheSame => Ok(Line::Same),
            Ok(line) => Ok(line),
            Err(error) => self.spoil(error, number),
        }
    }
}
