//! Tests of the contract of SMS carriers: for each promise, a carrier that breaks it must fail. Each is Alibaba Cloud's
//! sender with one flaw.

use std::cell::Cell;
use std::fmt;
use std::sync::Arc;

use api::contract::carrier::{PROMISES, Tape, check};
use api::contract::{Given, SECRET};
use api::sms::{Kind, Message, SmsError, SmsSender};
use async_trait::async_trait;
use domain::PhoneNumber;

/// The flaw of a carrier.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Flaw {
    CallsWhenItIsBuilt,
    SendsNothing,
    CarriesEverything,
    SendsToAnother,
    ForgetsTheCountry,
    BlamesTheNumber,
    BlamesTheCarrier,
    BlamesTheOperator,
    CallsNonsenseASuccess,
    SaysThatNothingWasSent,
    SaysThatSomethingWasSent,
    TriesTwice,
    TellsNoCode,
    RepeatsTheCode,
    RepeatsTheNumber,
    LogsTheNumber,
    PrintsTheSecret,
}

const BROKEN: [(&str, Flaw); 26] = [
    ("building_makes_no_call", Flaw::CallsWhenItIsBuilt),
    ("a_message_is_accepted", Flaw::SendsNothing),
    ("a_message_is_accepted", Flaw::TriesTwice),
    ("kinds_are_carried_as_declared", Flaw::CarriesEverything),
    ("numbers_are_written_as_documented", Flaw::SendsToAnother),
    ("a_number_abroad_is_never_one_at_home", Flaw::ForgetsTheCountry),
    ("every_documented_code_has_its_kind", Flaw::BlamesTheNumber),
    ("every_documented_code_has_its_kind", Flaw::TellsNoCode),
    ("a_refused_number_is_rejected", Flaw::BlamesTheCarrier),
    ("a_quota_is_rate_limited", Flaw::BlamesTheNumber),
    ("a_wrong_key_is_misconfigured", Flaw::BlamesTheNumber),
    ("a_wrong_template_is_misconfigured", Flaw::BlamesTheNumber),
    ("an_undocumented_code_is_unexpected", Flaw::BlamesTheOperator),
    ("a_gateway_that_throttles_is_rate_limited", Flaw::BlamesTheCarrier),
    ("a_carrier_that_fails_is_unavailable", Flaw::BlamesTheOperator),
    ("a_carrier_that_fails_is_unavailable", Flaw::SaysThatNothingWasSent),
    ("a_carrier_that_hangs_is_unavailable", Flaw::SaysThatNothingWasSent),
    ("a_carrier_that_refuses_the_connection_is_unavailable", Flaw::SaysThatSomethingWasSent),
    ("a_carrier_that_hangs_up_in_the_middle_is_unavailable", Flaw::SaysThatNothingWasSent),
    ("nonsense_is_an_unexpected_answer", Flaw::BlamesTheCarrier),
    ("nonsense_is_an_unexpected_answer", Flaw::CallsNonsenseASuccess),
    ("a_message_is_sent_by_exactly_one_request", Flaw::TriesTwice),
    ("nothing_secret_is_repeated", Flaw::RepeatsTheCode),
    ("nothing_secret_is_repeated", Flaw::RepeatsTheNumber),
    ("nothing_secret_is_repeated", Flaw::LogsTheNumber),
    ("nothing_secret_is_repeated", Flaw::PrintsTheSecret),
];

thread_local! {
    /// A tape is made of plain functions, so the flaw cannot be passed to them.
    static FLAW: Cell<Flaw> = const { Cell::new(Flaw::SendsNothing) };
}

#[test]
fn each_promise_is_broken_by_a_carrier_that_is_found_out() {
    let tape = Tape { build, ..crate::carrier_tape("aliyun") };

    crate::all_are_found_out(&BROKEN, PROMISES.iter().map(|(name, _)| *name), |promise, flaw| {
        FLAW.set(flaw);
        check(promise, &tape);
    });
}

struct Careless {
    sound: Arc<dyn SmsSender>,
    flaw: Flaw,
}

fn build(given: &Given<'_>) -> Arc<dyn SmsSender> {
    let flaw = FLAW.get();
    if flaw == Flaw::CallsWhenItIsBuilt {
        crate::call(given);
    }
    Arc::new(Careless { sound: (crate::carrier_tape("aliyun").build)(given), flaw })
}

fn unavailable(unsent: bool) -> SmsError {
    SmsError::Unavailable { detail: "it failed".to_owned(), unsent }
}

impl Careless {
    fn spoil(&self, error: SmsError, number: &PhoneNumber, message: &Message) -> Result<(), SmsError> {
        Err(match (self.flaw, error) {
            (Flaw::BlamesTheNumber, error) => SmsError::Rejected(error.to_string()),
            (Flaw::BlamesTheCarrier, _) | (Flaw::SaysThatSomethingWasSent, SmsError::Unavailable { .. }) => {
                unavailable(false)
            }
            (Flaw::BlamesTheOperator, error) => SmsError::Misconfigured(error.to_string()),
            (Flaw::TellsNoCode, SmsError::Rejected(_)) => SmsError::Rejected("it was refused".to_owned()),
            (Flaw::CallsNonsenseASuccess, SmsError::UnexpectedAnswer(_)) => return Ok(()),
            (Flaw::SaysThatNothingWasSent, SmsError::Unavailable { .. }) => unavailable(true),
            (Flaw::RepeatsTheCode, SmsError::Unavailable { unsent, .. }) => {
                SmsError::Unavailable { detail: format!("{} was not sent", message.code()), unsent }
            }
            (Flaw::RepeatsTheNumber, SmsError::Unavailable { unsent, .. }) => {
                SmsError::Unavailable { detail: format!("{} got nothing", number.e164()), unsent }
            }
            (_, error) => error,
        })
    }
}

#[async_trait]
impl SmsSender for Careless {
    async fn send(&self, number: &PhoneNumber, message: &Message) -> Result<(), SmsError> {
        let changed = match self.flaw {
            Flaw::SendsToAnother => Some("+8613900000009".to_owned()),
            Flaw::ForgetsTheCountry => Some(number.e164().replacen("+1", "+861", 1)),
            _ => None,
        };
        let to = changed.map_or_else(|| number.clone(), |text| PhoneNumber::parse(&text).expect("a number"));
        if self.flaw == Flaw::SendsNothing {
            return Ok(());
        }
        if self.flaw == Flaw::LogsTheNumber {
            tracing::trace!(to = number.e164(), "sends a message");
        }
        let mut sent = self.sound.send(&to, message).await;
        if self.flaw == Flaw::TriesTwice {
            sent = self.sound.send(&to, message).await;
        }
        sent.or_else(|error| self.spoil(error, number, message))
    }

    fn carries(&self, kind: Kind) -> bool {
        self.flaw == Flaw::CarriesEverything || self.sound.carries(kind)
    }
}

impl fmt::Debug for Careless {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.flaw == Flaw::PrintsTheSecret { SECRET } else { "Careless" })
    }
}
