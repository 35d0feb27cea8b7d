//! The contract of SMS carriers: the promises of every [`SmsSender`].

use std::sync::Arc;

use providers::contract::tools::{Accident, nonsense};

use super::stage::{Stage, accidents, echoes, failures, says_nothing_secret, throttled};
use super::{ABROAD, Answer, CODE, Call, Given, HOME, LOOKALIKE, number, promises};
use crate::sms::{Kind, Message, Notice, SmsError, SmsSender};

/// How one carrier behaves.
///
/// The struct deliberately has no default: a new scenario keeps every carrier from compiling until its tape covers it.
#[derive(Debug, Clone, Copy)]
pub struct Tape {
    /// The name of the carrier.
    pub name: &'static str,
    /// The page that documents the codes.
    pub source: &'static str,
    /// Builds the sender, with [`SECRET`](super::SECRET) as the account's secret.
    pub build: fn(&Given<'_>) -> Arc<dyn SmsSender>,
    /// The kinds of messages for which the settings have a template; all, if the carrier takes texts.
    pub carries: &'static [Kind],
    /// Answers a request as the carrier does: accepts it, if it has what the carrier needs.
    pub accepts: fn(&Call) -> Answer,
    /// Returns the number in a request.
    pub number: fn(&Call) -> Option<String>,
    /// [`HOME`] and [`ABROAD`] as the carrier documents numbers.
    pub written: [&'static str; 2],
    /// The carrier's answer with a code.
    pub answer: fn(&str) -> Answer,
    /// The documented codes, each with the name of its [`SmsError`].
    pub codes: &'static [(&'static str, &'static str)],
    /// The code for a number that gets no messages.
    pub refused_number: &'static str,
    /// The code for too many messages.
    pub quota: &'static str,
    /// The code for a wrong secret.
    pub wrong_key: &'static str,
    /// The code for a wrong template; `None` if the carrier takes texts.
    pub wrong_template: Option<&'static str>,
    /// A code that the carrier does not document.
    pub undocumented: &'static str,
}

promises! {
    $
    /// Tests the carrier of a [`Tape`](crate::contract::carrier::Tape), with one test for each promise. Belongs in a test
    /// module of its own, named after the carrier.
    carrier, carrier_contract, Tape;
    building_makes_no_call,
    a_message_is_accepted,
    kinds_are_carried_as_declared,
    numbers_are_written_as_documented,
    a_number_abroad_is_never_one_at_home,
    every_documented_code_has_its_kind,
    a_refused_number_is_rejected,
    a_quota_is_rate_limited,
    a_wrong_key_is_misconfigured,
    a_wrong_template_is_misconfigured,
    an_undocumented_code_is_unexpected,
    a_gateway_that_throttles_is_rate_limited,
    a_carrier_that_fails_is_unavailable,
    a_carrier_that_hangs_is_unavailable,
    a_carrier_that_refuses_the_connection_is_unavailable,
    a_carrier_that_hangs_up_in_the_middle_is_unavailable,
    nonsense_is_an_unexpected_answer,
    a_message_is_sent_by_exactly_one_request,
    nothing_secret_is_repeated,
}

type Sender = Stage<Arc<dyn SmsSender>>;

impl Sender {
    fn send(&self, to: &str, message: &Message) -> Result<(), SmsError> {
        let number = number(to);
        self.run(async |sender| crate::sms::send(&**sender, &number, message).await)
    }

    fn send_code(&self) -> Result<(), SmsError> {
        self.send(HOME, &code())
    }
}

/// An unavailable carrier must not keep the service from starting.
fn building_makes_no_call(tape: &Tape) {
    let stage = Stage::play(tape.build, tape.accepts);

    for kind in Kind::ALL {
        let _ = stage.plugin.carries(*kind);
    }

    assert_eq!(stage.calls().len(), 0);
}

/// The carrier gets one request, with the number and all that it needs, and accepts the message.
fn a_message_is_accepted(tape: &Tape) {
    let stage = Stage::play(tape.build, tape.accepts);

    stage.send_code().expect("the carrier accepts a right request");

    assert_eq!(stage.calls().len(), 1);
}

/// Messages of the declared kinds are accepted; others are refused without a call.
fn kinds_are_carried_as_declared(tape: &Tape) {
    assert!(tape.carries.contains(&Kind::Code), "a carrier without codes is of no use");
    assert!(tape.wrong_template.is_some() || tape.carries == Kind::ALL, "a carrier of texts carries every kind");
    for message in messages() {
        let stage = Stage::play(tape.build, tape.accepts);
        let (kind, is_carried) = (message.kind(), tape.carries.contains(&message.kind()));

        let sent = stage.send(HOME, &message);

        assert_eq!(stage.plugin.carries(kind), is_carried, "{}", kind.name());
        if is_carried {
            sent.unwrap_or_else(|error| panic!("{} is carried: {error}", kind.name()));
        } else {
            is(sent, "misconfigured", kind.name());
        }
        assert_eq!(stage.calls().len(), usize::from(is_carried), "{}", kind.name());
    }
}

/// Of mainland China and of another country.
fn numbers_are_written_as_documented(tape: &Tape) {
    for (to, written) in [HOME, ABROAD].into_iter().zip(tape.written) {
        let stage = Stage::play(tape.build, tape.accepts);

        stage.send(to, &code()).unwrap_or_else(|error| panic!("{to} is a number: {error}"));

        let told = stage.calls().first().and_then(tape.number);
        assert_eq!(told.as_deref(), Some(written), "{to}");
    }
}

/// A number of North America without its plus is a mobile number of mainland China, and its owner would get the code. It
/// is written with its country, or refused before the call.
fn a_number_abroad_is_never_one_at_home(tape: &Tape) {
    let stage = Stage::play(tape.build, tape.accepts);

    let sent = stage.send(LOOKALIKE, &code());

    match stage.calls().first().map(tape.number) {
        None => is(sent, "rejected", LOOKALIKE),
        Some(written) => {
            let written = written.expect("the request has a number");
            let has_country = written.starts_with("+1") || written.starts_with("001");
            assert!(has_country, "the carrier reads {written} as a number of mainland China");
        }
    }
}

/// The error has the code, for the operator, and a kind by what can be done.
fn every_documented_code_has_its_kind(tape: &Tape) {
    assert!(tape.source.starts_with("https://"), "the page of the codes is public: {}", tape.source);
    for kind in ["rejected", "rate_limited", "misconfigured"] {
        assert!(tape.codes.iter().any(|(_, of)| *of == kind), "no documented code is {kind}");
    }
    for (code, kind) in tape.codes {
        let error = Stage::answer(tape.build, (tape.answer)(code)).send_code().expect_err("the code is a refusal");

        assert_eq!(error.name(), *kind, "{code}: {error}");
        assert!(error.to_string().contains(code), "the operator does not learn {code}: {error}");
    }
}

/// A retry is useless, and the message costs nothing.
fn a_refused_number_is_rejected(tape: &Tape) {
    answered(tape, tape.refused_number, "rejected");
}

/// The client waits.
fn a_quota_is_rate_limited(tape: &Tape) {
    answered(tape, tape.quota, "rate_limited");
}

/// The operator has to act.
fn a_wrong_key_is_misconfigured(tape: &Tape) {
    answered(tape, tape.wrong_key, "misconfigured");
}

/// The operator has to act. A carrier of texts has no templates.
fn a_wrong_template_is_misconfigured(tape: &Tape) {
    match tape.wrong_template {
        Some(code) => answered(tape, code, "misconfigured"),
        None => assert_eq!(tape.carries, Kind::ALL, "a carrier without templates takes texts"),
    }
}

/// It concerns the number, the operator or the carrier, and it is unknown whether the message was sent.
fn an_undocumented_code_is_unexpected(tape: &Tape) {
    assert!(tape.codes.iter().all(|(code, _)| *code != tape.undocumented), "{} is documented", tape.undocumented);

    answered(tape, tape.undocumented, "unexpected_answer");
}

/// 429 with a page, from a proxy in front of the carrier.
fn a_gateway_that_throttles_is_rate_limited(tape: &Tape) {
    is(Stage::answer(tape.build, throttled()).send_code(), "rate_limited", "429");
}

/// Status 5xx with a page, with nothing, and with a code of the carrier's.
fn a_carrier_that_fails_is_unavailable(tape: &Tape) {
    for accident in failures((tape.answer)(tape.undocumented)) {
        is_unavailable(Stage::accident(tape.build, tape.accepts, &accident).send_code(), false);
    }
}

/// The timeout of the HTTP client expires.
fn a_carrier_that_hangs_is_unavailable(tape: &Tape) {
    is_unavailable(Stage::accident(tape.build, tape.accepts, &Accident::Silence).send_code(), false);
}

/// Nothing was sent. Only in this case may, and must, the error say so: the message is refunded and sent again.
fn a_carrier_that_refuses_the_connection_is_unavailable(tape: &Tape) {
    let stage: Sender = Stage::play(tape.build, tape.accepts);
    let (number, code) = (number(HOME), code());

    is_unavailable(stage.run_while_closed(async |sender| sender.send(&number, &code).await), true);
}

/// The connection is cut during the answer.
fn a_carrier_that_hangs_up_in_the_middle_is_unavailable(tape: &Tape) {
    is_unavailable(Stage::accident(tape.build, tape.accepts, &Accident::CutOff).send_code(), false);
}

/// A malformed answer is never a success, and it does not say that nothing was sent.
fn nonsense_is_an_unexpected_answer(tape: &Tape) {
    for accident in nonsense() {
        let sent = Stage::accident(tape.build, tape.accepts, &accident).send_code();

        is(sent, "unexpected_answer", &format!("{accident:?}"));
    }
}

/// Whatever the answer is: the message may have been sent although no answer arrived.
fn a_message_is_sent_by_exactly_one_request(tape: &Tape) {
    for accident in accidents() {
        let stage = Stage::accident(tape.build, tape.accepts, &accident);

        stage.send_code().expect_err("the answer is none");

        assert_eq!(stage.calls().len(), 1, "{accident:?}");
    }
}

/// Neither the secret nor the code nor the number is in an error, a log line or the sender's own form, also if the carrier
/// repeats what it was sent.
fn nothing_secret_is_repeated(tape: &Tape) {
    let good = Stage::play(tape.build, tape.accepts);
    says_nothing_secret("a message that is accepted", &format!("{:?}", good.plugin), || good.send_code());
    let call = good.calls().pop().expect("the carrier was called");
    let codes = [tape.refused_number, tape.quota, tape.wrong_key, tape.undocumented].map(tape.answer);
    let answers: Vec<_> = codes.into_iter().chain([(tape.accepts)(&call)]).collect();
    let echoes = echoes(&call, &answers).into_iter().map(Accident::Replaced);
    for accident in echoes.chain(answers.into_iter().map(Accident::Replaced)).chain(accidents()) {
        let stage = Stage::accident(tape.build, tape.accepts, &accident);
        says_nothing_secret(&format!("{accident:?}"), &format!("{:?}", stage.plugin), || stage.send_code());
    }
}

fn code() -> Message {
    Message::Code { code: CODE.to_owned(), minutes: 5 }
}

/// Returns a message of each kind.
fn messages() -> Vec<Message> {
    let app = || "Hemu Mall".to_owned();
    let notices = [
        Notice::PhoneChanged,
        Notice::PhoneLeft,
        Notice::AccountsMerged,
        Notice::OpenIdUnlinked { app: app() },
        Notice::OpenIdLinked { app: app() },
        Notice::MergeUndone,
        Notice::PhoneUnbound,
        Notice::PhoneBound,
    ];
    let messages: Vec<_> = [code()].into_iter().chain(notices.map(Message::Notice)).collect();
    assert_eq!(messages.iter().map(Message::kind).collect::<Vec<_>>(), Kind::ALL, "every kind has a message");
    messages
}

#[track_caller]
fn answered(tape: &Tape, code: &str, kind: &str) {
    is(Stage::answer(tape.build, (tape.answer)(code)).send_code(), kind, code);
}

#[track_caller]
fn is(sent: Result<(), SmsError>, kind: &str, what: &str) {
    let error = sent.expect_err("the message was not sent");
    assert_eq!(error.name(), kind, "{what}: {error}");
}

#[track_caller]
fn is_unavailable(sent: Result<(), SmsError>, unsent: bool) {
    let error = sent.expect_err("the message was not sent");
    assert_eq!((error.name(), error.nothing_was_sent()), ("unavailable", unsent), "{error}");
}
