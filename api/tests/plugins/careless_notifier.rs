//! Tests of the contract of notifiers: for each promise, a notifier that breaks it must fail. Each sends by SMS and has one
//! flaw.

use std::cell::Cell;
use std::sync::Arc;

use api::contract::Given;
use api::contract::notice::{PROMISES, Tape, check};
use api::notify::{Notifier, NotifyError, Recipient};
use api::sms::{Kind, Notice};
use async_trait::async_trait;
use domain::PhoneNumber;

/// The flaw of a notifier.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Flaw {
    CallsWhenItIsBuilt,
    TellsTheFirstNumberOnly,
    CarriesNoCode,
    NeedsANumber,
    RetriesAlways,
    RetriesNever,
    TriesTwice,
    RepeatsTheNumber,
    LogsTheNumber,
}

const BROKEN: [(&str, Flaw); 13] = [
    ("building_makes_no_call", Flaw::CallsWhenItIsBuilt),
    ("a_notice_is_sent_once_on_each_channel", Flaw::TellsTheFirstNumberOnly),
    ("a_notice_is_sent_once_on_each_channel", Flaw::TriesTwice),
    ("kinds_are_carried_as_declared", Flaw::CarriesNoCode),
    ("a_person_without_a_channel_is_no_failure", Flaw::NeedsANumber),
    ("a_refusal_is_final", Flaw::RetriesAlways),
    ("a_throttled_notice_is_retried", Flaw::RetriesNever),
    ("a_notice_that_may_have_arrived_is_not_retried", Flaw::RetriesAlways),
    ("a_notice_that_was_certainly_not_sent_is_retried", Flaw::RetriesNever),
    ("a_notice_that_arrived_in_part_is_not_retried", Flaw::RetriesAlways),
    ("a_notice_is_sent_by_exactly_one_request", Flaw::TriesTwice),
    ("nothing_secret_is_repeated", Flaw::RepeatsTheNumber),
    ("nothing_secret_is_repeated", Flaw::LogsTheNumber),
];

thread_local! {
    /// A tape is made of plain functions, so the flaw cannot be passed to them.
    static FLAW: Cell<Flaw> = const { Cell::new(Flaw::TriesTwice) };
}

#[test]
fn each_promise_is_broken_by_a_notifier_that_is_found_out() {
    let tape = Tape { build, ..crate::by_sms::TAPE };

    crate::all_are_found_out(&BROKEN, PROMISES.iter().map(|(name, _)| *name), |promise, flaw| {
        FLAW.set(flaw);
        check(promise, &tape);
    });
}

#[derive(Debug)]
struct Careless {
    sound: Arc<dyn Notifier>,
    flaw: Flaw,
}

fn build(given: &Given<'_>) -> Arc<dyn Notifier> {
    let flaw = FLAW.get();
    if flaw == Flaw::CallsWhenItIsBuilt {
        crate::call(given);
    }
    Arc::new(Careless { sound: (crate::by_sms::TAPE.build)(given), flaw })
}

#[async_trait]
impl Notifier for Careless {
    fn carries(&self, kind: Kind) -> bool {
        self.sound.carries(kind) && !(self.flaw == Flaw::CarriesNoCode && kind == Kind::Code)
    }

    async fn notify(&self, to: &Recipient, notice: &Notice) -> Result<(), NotifyError> {
        let mut to = to.clone();
        if self.flaw == Flaw::TellsTheFirstNumberOnly {
            to.phones.truncate(1);
        }
        if self.flaw == Flaw::NeedsANumber && to.phones.is_empty() {
            return Err(NotifyError { reason: "there is no number".to_owned(), can_retry: false });
        }
        let first = to.phones.first().map(PhoneNumber::e164).unwrap_or_default();
        if self.flaw == Flaw::LogsTheNumber {
            tracing::info!(first, "tells a person");
        }
        let mut told = self.sound.notify(&to, notice).await;
        if self.flaw == Flaw::TriesTwice {
            told = self.sound.notify(&to, notice).await;
        }
        told.map_err(|error| match self.flaw {
            Flaw::RetriesAlways => NotifyError { can_retry: true, ..error },
            Flaw::RetriesNever => NotifyError { can_retry: false, ..error },
            Flaw::RepeatsTheNumber => NotifyError { reason: format!("{first} got nothing"), ..error },
            _ => error,
        })
    }
}
