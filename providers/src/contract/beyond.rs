//! The promises beyond logins: the QR code that brings followers, the followers, the addresses of pushes, and what a push means.
//! What a tape does not offer has to be refused without a call.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use domain::OpenId;
use ipnet::IpNet;
use serde_json::{Value, json};

use super::report::must;
use super::stage::{Place, Stage, answer, wait};
use super::tools::{Accident, nonsense, server_errors, words_of};
use super::{Answer, FOLLOWERS, NEW_OPEN_ID, OLD_APP, Play, QR_SCENE, QR_TEXT, SENDERS, Tape};
use crate::{
    ChangedOpenId, ErrorKind, Follower, FollowerPage, Followers, PersonPush, ProviderError, PushMessage, PushReader,
    Pushed, ToldOf,
};

/// How long the QR code is valid.
const LIFE: Duration = Duration::from_mins(5);

/// The outcome of a call, as text.
pub(super) type Described = Result<String, ProviderError>;

/// Makes a call of a provider.
type Make = fn(&Stage) -> Described;

/// A call beyond a login: its name, the upstream's answers, and how it is made.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ability {
    pub(super) name: &'static str,
    pub(super) play: Play,
    pub(super) call: Make,
}

/// Returns every call that the tape offers.
pub(super) fn offered(tape: &Tape) -> Vec<Ability> {
    let beyond = tape.beyond_logins;
    let calls: [(&str, Option<Play>, Make); 5] = [
        ("follow_qr", beyond.follow_qr, |stage| in_words(follow_qr(stage))),
        ("senders", beyond.senders, |stage| in_words(senders(stage))),
        ("Followers::page", beyond.followers, |stage| in_words(page(stage, None))),
        ("Followers::about", beyond.followers, |stage| in_words(about(stage))),
        ("Followers::new_open_ids", beyond.followers, |stage| in_words(new_open_ids(stage))),
    ];
    calls.into_iter().filter_map(|(name, play, call)| Some(Ability { name, play: play?, call })).collect()
}

impl Ability {
    /// Returns the tape whose good login is this call.
    pub(super) fn tape(self, tape: &Tape) -> Tape {
        Tape { good_code: self.play, ..*tape }
    }

    /// Returns every request of the call, in order.
    #[track_caller]
    pub(super) fn places(self, tape: &Tape) -> Vec<Place> {
        let stage = Stage::play(tape, self.play);
        let told = (self.call)(&stage);
        let hint = "does the play of the tape answer every request of the call?";
        must(told.is_ok(), self.name, &format!("expected: a result\n  got: {told:?}, {:?}", stage.calls()), hint);
        stage.calls().into_iter().enumerate().map(|numbered| Place::of(tape, numbered)).collect()
    }
}

/// The QR code is the upstream's, and a scan of it is pushed with the scene.
pub(super) fn a_follow_qr_is_the_upstreams_and_has_its_scene(tape: &Tape) {
    let what = "`follow_qr`";
    let Some(play) = tape.beyond_logins.follow_qr else {
        return is_refused(tape, what, |stage| follow_qr(stage).is_err());
    };
    let stage = Stage::play(tape, play);

    let text = follow_qr(&stage);

    let told = format!("expected: the text `{QR_TEXT}`\n  got: {text:?}, {:?}", stage.calls());
    must(text.ok().as_deref() == Some(QR_TEXT), what, &told, "return the text of the upstream's code as it is");
    let told = format!("expected: the scene `{QR_SCENE}` in a request\n  got: {:?}", stage.calls());
    must(was_sent(&stage, QR_SCENE), what, &told, "a scan is assigned to its login by the scene: pass it on");
}

/// A list that is empty or cannot be read would refuse every push, or admit every address: it is an error.
pub(super) fn senders_are_those_that_the_upstream_names(tape: &Tape) {
    let what = "`PushReader::senders`";
    let Some(play) = tape.beyond_logins.senders else {
        return is_refused(tape, what, |stage| senders(stage).is_err());
    };
    let stage = Stage::play(tape, play);
    let mut told = senders(&stage);
    let mut expected: Vec<IpNet> = SENDERS.iter().map(|text| network(text)).collect();
    expected.sort_unstable();
    if let Ok(told) = &mut told {
        told.sort_unstable();
    }
    let got = format!("expected: {expected:?}\n  got: {told:?}, {:?}", stage.calls());
    must(told.is_ok_and(|told| told == expected), what, &got, "read addresses and blocks, of IPv6 too");

    for broken in [json!([]), json!(["nowhere"]), json!({}), Value::Null] {
        let broken = &broken;
        let stage = Stage::play_changed(
            tape,
            play,
            Box::new({
                let broken = broken.clone();
                move |good| without_lists(good, &broken)
            }),
        );

        let told = senders(&stage);

        let got = format!("expected: UnexpectedAnswer\n  got: {told:?}, {:?}", stage.calls());
        let is_told = told.is_err_and(|error| error.kind == ErrorKind::UnexpectedAnswer);
        let hint = "an answer without a usable address is an error, and never an empty list";
        must(is_told, &format!("{what}, where each list of the answer is {broken}"), &got, hint);
    }
}

/// The list has all followers in the upstream's order, and goes on where the last page ended.
pub(super) fn followers_are_those_that_the_upstream_lists(tape: &Tape) {
    let what = "`Followers::page`";
    let Some(play) = tape.beyond_logins.followers else {
        return is_refused(tape, what, |stage| stage.provider.followers().is_none());
    };
    let stage = Stage::play(tape, play);

    let first = page(&stage, None);

    let got =
        format!("expected: {FOLLOWERS:?} and the position of the next page\n  got: {first:?}, {:?}", stage.calls());
    let open_ids = |page: &FollowerPage| page.open_ids.iter().map(|id| id.as_str().to_owned()).collect::<Vec<_>>();
    let is_first = first.as_ref().is_ok_and(|first| open_ids(first) == FOLLOWERS && first.unusable == 0);
    must(is_first, what, &got, "read every openId of the page, and count those that cannot be read as `unusable`");
    let Some(next) = first.ok().and_then(|first| first.next) else {
        return must(false, what, &got, "`FollowerPage::next` is the position from which the upstream goes on");
    };
    let stage = Stage::play(tape, play);
    let last = page(&stage, Some(&next));
    let got = format!("expected: an empty page, the last one\n  got: {last:?}, {:?}", stage.calls());
    let is_last = last.is_ok_and(|last| last.open_ids.is_empty() && last.next.is_none());
    must(
        is_last && was_sent(&stage, &next),
        &format!("{what} at `{next}`"),
        &got,
        "send the position of the next page",
    );
}

/// Nothing is said about a person that the upstream did not say.
pub(super) fn a_follower_is_what_the_upstream_tells(tape: &Tape) {
    let what = "`Followers::about`";
    let Some(play) = tape.beyond_logins.followers else {
        return is_refused(tape, what, |stage| stage.provider.followers().is_none());
    };
    let stage = Stage::play(tape, play);

    let told = about(&stage);

    let got = format!("got: {told:?}, {:?}", stage.calls());
    let Ok(ToldOf::Each(people)) = &told else {
        return must(false, what, &got, "return `ToldOf::Each` with what the upstream told");
    };
    let told: Vec<_> = people
        .iter()
        .map(|Follower { open_id, union, follows, .. }| {
            (open_id.as_str(), union.as_ref().map(|union| union.union_id.as_str()), *follows)
        })
        .collect();
    let expected = [(FOLLOWERS[0], tape.person.union_id, true), (FOLLOWERS[1], None, false)];
    let hint =
        "the first follower follows and has the union id of `Tape::person`; the second one does not, and has none";
    must(told == expected, what, &format!("expected: {expected:?}\n  {got}"), hint);
    let scopes = people
        .iter()
        .filter_map(|person| person.union.as_ref())
        .all(|union| stage.provider.union_scope() == Some(&union.scope));
    must(scopes, what, &got, "the scope of a union id is `IdentityProvider::union_scope`");
    let are_sent = FOLLOWERS.iter().all(|open_id| was_sent(&stage, open_id));
    must(are_sent, what, &got, "ask about every openId in one request");
}

/// An openId that the upstream does not convert has no new one: another openId would be another person's login.
pub(super) fn an_open_id_changes_only_as_the_upstream_says(tape: &Tape) {
    let what = "`Followers::new_open_ids`";
    let Some(play) = tape.beyond_logins.followers else {
        return is_refused(tape, what, |stage| stage.provider.followers().is_none());
    };
    let stage = Stage::play(tape, play);

    let told = new_open_ids(&stage);

    let got = format!("got: {told:?}, {:?}", stage.calls());
    let [old, other] = ids();
    let new: OpenId = NEW_OPEN_ID.parse().expect("an openId");
    let expected = ToldOf::Each(vec![ChangedOpenId { old, new: Some(new) }, ChangedOpenId { old: other, new: None }]);
    let is_told = told.as_ref().is_ok_and(|told| *told == expected);
    let hint = "`ChangedOpenId::new` is `None` unless the upstream says that it converted the openId";
    must(is_told, what, &format!("expected: {expected:?}\n  {got}"), hint);
    must(was_sent(&stage, OLD_APP), what, &got, "send the other account's id as it is given");
}

/// An outage is never an answer: an empty list, a person who does not follow, or no new openId.
pub(super) fn an_accident_beyond_a_login_is_an_error(tape: &Tape) {
    for ability in offered(tape) {
        for (kinds, accidents) in [
            (&[ErrorKind::Unavailable][..], server_errors().into_iter().map(Accident::Replaced).collect::<Vec<_>>()),
            (&[ErrorKind::Unavailable], vec![Accident::Silence, Accident::CutOff]),
            (&[ErrorKind::UnexpectedAnswer, ErrorKind::Unavailable], nonsense()),
        ] {
            for place in ability.places(tape) {
                for accident in &accidents {
                    ends_in(tape, (ability, &place, accident), kinds);
                }
            }
        }
        let last = ability.places(tape).pop().expect("a call of the upstream");
        for (play, kind) in [(tape.quota, ErrorKind::RateLimited), (tape.unknown_error, ErrorKind::UnexpectedAnswer)] {
            let accident = Accident::Replaced(refusal(tape, play));
            ends_in(tape, (ability, &last, &accident), &[kind]);
        }
    }
}

/// A push names its person, and a broken one no other.
pub(super) fn a_push_means_what_the_upstream_says(tape: &Tape) {
    let stage = Stage::play(tape, tape.good_code);
    let pushes = (tape.beyond_logins.pushes)();
    let Some(reader) = stage.provider.push_reader() else {
        let hint = "implement `IdentityProvider::push_reader`, or leave `BeyondLogins::pushes` empty";
        return must(pushes.is_empty(), "a push", "expected: a reader\n  got: none", hint);
    };
    let person = tape.person.open_id;
    let unheard_of = json!({ "FromUserName": person, "CreateTime": 1, "MsgType": "event", "Event": "unheard_of" });
    for other in [json!({}), unheard_of] {
        let read = read(reader, &other);
        let is_other = matches!(read, Some(Pushed::Other));
        must(is_other, &format!("the push {other}"), &format!("expected: Other\n  got: {read:?}"), PUSH_HINT);
    }
    for (push, event) in pushes {
        let told = read(reader, &push);
        let is_told =
            matches!(&told, Some(Pushed::Person(told)) if told.open_id.as_str() == person && told.event == event);
        let got = format!("expected: {event:?} of {person}\n  got: {told:?}");
        must(
            is_told,
            &format!("the push {push}"),
            &got,
            "read the person and the event as the upstream documents them",
        );
        for broken in broken(&push, person) {
            let told = read(reader, &broken);
            let is_sound = match &told {
                Some(Pushed::Person(PersonPush { open_id, .. })) => open_id.as_str() == person,
                Some(Pushed::Other) => true,
                Some(Pushed::Secret(_)) | None => false,
            };
            let got = format!("expected: Other, or the same person\n  got: {told:?}");
            must(is_sound, &format!("the push {broken}"), &got, PUSH_HINT);
        }
    }
    must(stage.calls().is_empty(), "a push", &format!("expected: no call\n  got: {:?}", stage.calls()), PUSH_HINT);
}

const PUSH_HINT: &str =
    "a push that cannot be read says nothing about a person: `Pushed::Other`, without a panic or a call";

/// Returns what a reader makes of a push; `None` if it panics.
fn read(reader: &dyn PushReader, push: &Value) -> Option<Pushed> {
    let message = PushMessage::parse(push.to_string().as_bytes()).expect("a message");
    catch_unwind(AssertUnwindSafe(|| reader.read(&message))).ok()
}

/// Returns the push with each of its fields broken: it is absent, or has an odd value. The field that names the person has no
/// other text, which would be another person.
fn broken(push: &Value, person: &str) -> Vec<Value> {
    let fields = push.as_object().expect("a push is an object");
    let odd = [Value::Null, json!(""), json!({ "a": 1 }), json!("\u{0}"), json!(u64::MAX), json!("x".repeat(2_000))];
    let of = |value: &Value| if value == person { &odd[..3] } else { &odd[..] };
    let changed = fields.iter().flat_map(|(name, value)| of(value).iter().map(move |odd| (name, odd)));
    let changed = changed.map(|(name, odd)| {
        let mut push = push.clone();
        push[name] = odd.clone();
        push
    });
    changed.collect()
}

#[track_caller]
fn ends_in(tape: &Tape, (ability, place, accident): (Ability, &Place, &Accident), kinds: &[ErrorKind]) {
    let stage = Stage::accident(&ability.tape(tape), place, accident.clone());

    let told = (ability.call)(&stage);

    let what = format!("`{}`: {accident:?} at {place}", ability.name);
    let got = format!("expected: one of {kinds:?}\n  got: {told:?}");
    let hint = "an answer that is no success is an error of its kind, and never an empty result";
    must(told.is_err_and(|error| kinds.contains(&error.kind)), &what, &got, hint);
}

/// Returns the upstream's answer to a login that it refuses.
fn refusal(tape: &Tape, play: Play) -> Answer {
    let stage = Stage::play(tape, play);
    // Another promise checks the error.
    let _ = stage.log_in();
    answer(play, stage.calls().last().expect("a request of a login"), stage.url())
}

/// Panics if a call that the tape does not offer is not refused, or calls the upstream.
#[track_caller]
fn is_refused(tape: &Tape, what: &str, refused: impl FnOnce(&Stage) -> bool) {
    let stage = Stage::play(tape, tape.good_code);
    let refused = refused(&stage);
    let got = if refused { "an error" } else { "a result" };
    let told = format!("expected: an error without a call\n  got: {got}, and the calls {:?}", stage.calls());
    let hint = "leave the method out, or fill in `Tape::beyond_logins`";
    must(refused && stage.calls().is_empty(), &format!("{what}, which the tape does not offer"), &told, hint);
}

fn follow_qr(stage: &Stage) -> Result<String, ProviderError> {
    wait(stage.provider.follow_qr(QR_SCENE, LIFE))
}

fn senders(stage: &Stage) -> Result<Vec<IpNet>, ProviderError> {
    let missing = || ProviderError::unsupported("there is no reader of pushes");
    wait(stage.provider.push_reader().ok_or_else(missing)?.senders())
}

fn page(stage: &Stage, at: Option<&str>) -> Result<FollowerPage, ProviderError> {
    wait(followers(stage)?.page(at))
}

fn about(stage: &Stage) -> Result<ToldOf<Follower>, ProviderError> {
    wait(followers(stage)?.about(&ids()))
}

fn new_open_ids(stage: &Stage) -> Result<ToldOf<ChangedOpenId>, ProviderError> {
    wait(followers(stage)?.new_open_ids(OLD_APP, &ids()))
}

fn followers(stage: &Stage) -> Result<&dyn Followers, ProviderError> {
    stage.provider.followers().ok_or_else(|| ProviderError::unsupported("there is no list of followers"))
}

fn ids() -> [OpenId; 2] {
    FOLLOWERS.map(|id| id.parse().expect("an openId"))
}

fn network(text: &str) -> IpNet {
    let address = || text.parse().map(|address: std::net::IpAddr| address.into());
    text.parse().or_else(|_| address()).expect("an address or a block")
}

fn was_sent(stage: &Stage, text: &str) -> bool {
    stage.calls().iter().any(|call| words_of(call).contains(text))
}

fn in_words<T: std::fmt::Debug>(told: Result<T, ProviderError>) -> Described {
    told.map(|told| format!("{told:?}"))
}

/// Replaces each list at the top of an answer.
fn without_lists(good: Answer, instead: &Value) -> Answer {
    let Ok(Value::Object(mut fields)) = serde_json::from_slice(&good.body) else { return good };
    for field in fields.values_mut().filter(|field| field.is_array()) {
        *field = instead.clone();
    }
    Answer { body: Value::Object(fields).to_string().into_bytes(), ..good }
}
