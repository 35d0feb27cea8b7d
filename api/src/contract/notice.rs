//! The contract of notifiers: the promises of every [`Notifier`].

use std::sync::Arc;

use domain::{MessageId, UserId};
use providers::contract::tools::{Accident, Rig, nonsense};

use super::stage::{Stage, accidents, echoes, failures, says_nothing_secret, throttled};
use super::{Answer, Call, Given, HOME, NOW, number, promises};
use crate::notify::{Notifier, NotifyError, Recipient};
use crate::sms::{Kind, Notice};

/// A second number of the recipient.
const SECOND: &str = "+8613800000002";

/// How the upstream of one notifier behaves.
///
/// The struct deliberately has no default: a new scenario keeps every notifier from compiling until its tape covers it.
#[derive(Debug, Clone, Copy)]
pub struct Tape {
    /// The name of the notifier.
    pub name: &'static str,
    /// Builds the notifier, with [`SECRET`](super::SECRET) as the secret.
    pub build: fn(&Given<'_>) -> Arc<dyn Notifier>,
    /// The kinds that it carries.
    pub carries: &'static [Kind],
    /// The number of requests for a recipient.
    pub requests: fn(&Recipient) -> usize,
    /// Answers a request as the upstream does: accepts it, if it has what the upstream needs.
    pub accepts: fn(&Call) -> Answer,
    /// The upstream refuses the recipient or the content.
    pub refuses: fn(&Call) -> Answer,
}

promises! {
    $
    /// Tests the notifier of a [`Tape`](crate::contract::notice::Tape), with one test for each promise. Belongs in a test
    /// module of its own, named after the notifier.
    notice, notice_contract, Tape;
    building_makes_no_call,
    a_notice_is_sent_once_on_each_channel,
    kinds_are_carried_as_declared,
    a_person_without_a_channel_is_no_failure,
    a_refusal_is_final,
    a_throttled_notice_is_retried,
    a_notice_that_may_have_arrived_is_not_retried,
    a_notice_that_was_certainly_not_sent_is_retried,
    a_notice_that_arrived_in_part_is_not_retried,
    a_notice_is_sent_by_exactly_one_request,
    nothing_secret_is_repeated,
}

type Channel = Stage<Arc<dyn Notifier>>;

impl Channel {
    fn notify(&self, to: &Recipient) -> Result<(), NotifyError> {
        self.run(async |notifier| notifier.notify(to, &Notice::AccountsMerged).await)
    }

    fn tell(&self) -> Result<(), NotifyError> {
        self.notify(&person(&[HOME]))
    }
}

/// An unavailable upstream must not keep the service from starting.
fn building_makes_no_call(tape: &Tape) {
    let stage = Stage::play(tape.build, tape.accepts);

    for kind in Kind::ALL {
        let _ = stage.plugin.carries(*kind);
    }

    assert_eq!(stage.calls().len(), 0);
}

/// To a person with one number and to one with two.
fn a_notice_is_sent_once_on_each_channel(tape: &Tape) {
    for to in [person(&[HOME]), person(&[HOME, SECOND])] {
        let stage = Stage::play(tape.build, tape.accepts);

        stage.notify(&to).expect("the upstream accepts a right request");

        assert_eq!(stage.calls().len(), (tape.requests)(&to));
    }
    assert!((tape.requests)(&person(&[HOME])) > 0, "a person with a number is told");
}

/// What is not carried is not added to the outbox.
fn kinds_are_carried_as_declared(tape: &Tape) {
    assert!(tape.carries.contains(&Kind::AccountsMerged), "the scenarios are of the kind accounts_merged");
    let stage = Stage::play(tape.build, tape.accepts);

    let carried: Vec<_> = Kind::ALL.iter().copied().filter(|kind| stage.plugin.carries(*kind)).collect();

    assert_eq!(carried, tape.carries);
}

/// An imported account may have no number. A failure would alert the operator for ever.
fn a_person_without_a_channel_is_no_failure(tape: &Tape) {
    let (stage, to) = (Stage::play(tape.build, tape.accepts), person(&[]));

    stage.notify(&to).expect("there is nothing to send");

    assert_eq!(stage.calls().len(), (tape.requests)(&to));
}

/// The upstream would refuse the notice every time.
fn a_refusal_is_final(tape: &Tape) {
    failed(Stage::play(tape.build, tape.refuses).tell(), false, "a refusal");
}

/// 429 with a page.
fn a_throttled_notice_is_retried(tape: &Tape) {
    failed(Stage::answer(tape.build, throttled()).tell(), true, "429");
}

/// The upstream got the request, and failed, hung, broke off or answered nonsense.
fn a_notice_that_may_have_arrived_is_not_retried(tape: &Tape) {
    let play = Stage::play(tape.build, tape.accepts);
    play.tell().expect("the upstream accepts a right request");
    let own = (tape.accepts)(&play.calls()[0]);
    let accidents = failures(own).into_iter().chain([Accident::Silence, Accident::CutOff]).chain(nonsense());
    for accident in accidents {
        let told = Stage::accident(tape.build, tape.accepts, &accident).tell();

        failed(told, false, &format!("{accident:?}"));
    }
}

/// The connection was refused.
fn a_notice_that_was_certainly_not_sent_is_retried(tape: &Tape) {
    let (closing, to) = (Stage::play(tape.build, tape.accepts), person(&[HOME]));

    let told = closing
        .run_while_closed(async |notifier: &Arc<dyn Notifier>| notifier.notify(&to, &Notice::AccountsMerged).await);

    failed(told, true, "a refused connection");
}

/// The first of two requests is accepted and the second throttled: a retry would send the first a second time.
fn a_notice_that_arrived_in_part_is_not_retried(tape: &Tape) {
    let to = person(&[HOME, SECOND]);
    if (tape.requests)(&to) < 2 {
        assert_eq!((tape.requests)(&to), (tape.requests)(&person(&[HOME])), "one request is for all numbers");
        return;
    }
    let accepts = tape.accepts;
    let rig = Rig::answering_in_turn(move |call, before| if before == 0 { accepts(call) } else { throttled() });

    failed(Stage::set(tape.build, rig).notify(&to), false, "a part was sent");
}

/// Retries are the outbox's.
fn a_notice_is_sent_by_exactly_one_request(tape: &Tape) {
    let requests = (tape.requests)(&person(&[HOME]));
    for accident in accidents() {
        let stage = Stage::accident(tape.build, tape.accepts, &accident);

        stage.tell().expect_err("the answer is none");

        assert!(stage.calls().len() <= requests, "{accident:?}");
    }
}

/// Neither the secret nor a number is in an error, which the outbox stores, in a log line or in the notifier's own form,
/// also if the upstream repeats what it was sent.
fn nothing_secret_is_repeated(tape: &Tape) {
    let good = Stage::play(tape.build, tape.accepts);
    says_nothing_secret("a notice", &format!("{:?}", good.plugin), || good.tell());
    let call = good.calls().pop().expect("the upstream was called");
    let answers = [(tape.accepts)(&call), (tape.refuses)(&call)];
    let echoes = echoes(&call, &answers).into_iter().map(Accident::Replaced);
    for accident in echoes.chain(accidents()) {
        let stage = Stage::accident(tape.build, tape.accepts, &accident);
        says_nothing_secret(&format!("{accident:?}"), &format!("{:?}", stage.plugin), || stage.tell());
    }
}

fn person(phones: &[&str]) -> Recipient {
    Recipient::new(MessageId::new(NOW), UserId::new(NOW), phones.iter().map(|phone| number(phone)).collect())
}

#[track_caller]
fn failed(told: Result<(), NotifyError>, can_retry: bool, what: &str) {
    let error = told.expect_err("the notice was not sent");
    assert_eq!(error.can_retry, can_retry, "{what}: {error}");
}
