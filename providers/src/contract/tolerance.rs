//! The promises about upstreams that write more, less or something else than they document. Each field of each answer of a
//! login is replaced by every type of JSON in turn.

use domain::Profile;
use domain::login::Proof;
use serde_json::{Map, Value};

use super::stage::{Change, Outcome, Stage, answer};
use super::{Answer, Play, TOKEN, Tape, planted};
use crate::ErrorKind;

/// What upstreams write in the place of a value that is documented otherwise.
const ODD: [&str; 10] =
    ["null", "true", "5", "0.5", "1e999", "\"\"", "\"\\ud83c\"", "\"\u{1}\"", "[]", "{\"formatted\":[null]}"];

/// Fields that an answer has beyond the documented ones.
const MORE: [(&str, &str); 3] =
    [("guiyi_unread", "{\"a\":[{}]}"), ("guiyi_huge", "-1e999"), ("guiyi_cut", "\"\\ud83c\"")];

/// A field that the provider does not read may have any type or be absent; an answer may have more fields, each of them
/// twice, any content type, and a byte order mark.
pub(super) fn a_field_that_is_not_needed_breaks_no_login(tape: &Tape) {
    for play in good_plays(tape) {
        let good = Good::of(tape, play);
        for told in &good.told {
            for field in told.fields.keys().filter(|field| !told.needed.contains(&field.as_str())) {
                for odd in ODD.into_iter().chain(["\"text\""]) {
                    good.still_names_the_person(tape, (told, &format!("{field} = {odd}")), with(field, Some(odd)));
                }
                good.still_names_the_person(tape, (told, &format!("no {field}")), with(field, None));
            }
            for (what, change) in in_other_ways() {
                good.still_names_the_person(tape, (told, what), change);
            }
        }
    }
}

/// Name and picture may be absent, cut or of any type: the person signs in, with what is left of the profile.
pub(super) fn a_broken_profile_breaks_no_login(tape: &Tape) {
    let good = Good::of(tape, tape.good_code);
    let Profile { nickname, avatar_url } = &good.proof.profile;
    let mut found = good.proof.profile == Profile::default();
    for told in &good.told {
        let shown = |value: &Value| [nickname, avatar_url].into_iter().flatten().any(|text| value == text);
        for (field, _) in told.fields.iter().filter(|(_, value)| shown(value)) {
            found = true;
            for (what, change) in ODD.map(|odd| (odd, with(field, Some(odd)))).into_iter().chain([cut(field)]) {
                let what = format!("{field} = {what}");
                let proof = good.still_names_the_person(tape, (told, &what), change);

                assert_ne!(proof.profile, good.proof.profile, "{what}: the profile is not from the answer");
            }
        }
    }
    assert!(found, "no answer of the tape has the profile of a good login: {:?}", good.proof.profile);
}

/// A field that the provider needs and that has a wrong type is an unexpected answer, and the log names the field, but not
/// its value. One that is null or absent may also mean that the person has no such id.
pub(super) fn what_is_needed_and_wrong_is_named(tape: &Tape) {
    let planted = [format!("[\"{TOKEN}\"]"), format!("{{\"{TOKEN}\":\"{TOKEN}\"}}"), "true".to_owned()];
    let mut found = false;
    for play in good_plays(tape) {
        let good = Good::of(tape, play);
        for told in &good.told {
            for field in told.needed.iter().copied().filter(|field| told.fields.contains_key(*field)) {
                found = true;
                for wrong in planted.iter().filter(|wrong| !is_like(&told.fields[field], wrong)) {
                    let outcome = good.changed(tape, told, with(field, Some(wrong)));
                    is_named(&outcome, field, &format!("{}: {field} = {wrong}", told.path));
                }
                for absent in [None, Some("null")] {
                    match good.changed(tape, told, with(field, absent)) {
                        Ok(proof) => assert_eq!(proof.key, good.proof.key, "{}: {field} = {absent:?}", told.path),
                        outcome => is_named(&outcome, field, &format!("{}: {field} = {absent:?}", told.path)),
                    }
                }
            }
        }
    }
    assert!(found, "the tape needs no field of any answer");
}

/// Returns whether a value in JSON has the type of a good one.
fn is_like(good: &Value, value: &str) -> bool {
    match good {
        Value::Array(_) => value.starts_with('['),
        Value::Object(_) => value.starts_with('{'),
        Value::Bool(_) => value == "true",
        Value::Null | Value::Number(_) | Value::String(_) => false,
    }
}

#[track_caller]
fn is_named(outcome: &Outcome, field: &str, what: &str) {
    let Err(error) = outcome else { panic!("{what}: {outcome:?}") };
    assert_eq!(error.kind, ErrorKind::UnexpectedAnswer, "{what}: {error:?}");
    assert!(error.detail.contains(field), "{what}: the field is not named: {error:?}");
    assert_eq!(planted::all_in(&format!("{error:?}")), [""; 0], "{what}");
}

fn good_plays(tape: &Tape) -> impl Iterator<Item = Play> {
    [tape.good_code].into_iter().chain(tape.without_union_id)
}

/// A login that succeeds, with the JSON objects among its answers.
struct Good {
    play: Play,
    proof: Proof,
    told: Vec<Told>,
}

/// One answer of a good login.
struct Told {
    /// The number of its request, counted from 0.
    at: usize,
    path: String,
    fields: Map<String, Value>,
    needed: &'static [&'static str],
}

impl Good {
    fn of(tape: &Tape, play: Play) -> Self {
        let stage = Stage::play(tape, play);
        let proof = stage.log_in().expect("a good code names a person");
        let told = stage.calls().into_iter().enumerate().filter_map(|(at, call)| {
            let fields = fields(&answer(play, &call, stage.url()))?;
            Some(Told { at, needed: (tape.needed)(&call), path: call.path, fields })
        });
        Self { play, proof, told: told.collect() }
    }

    fn changed(&self, tape: &Tape, told: &Told, change: Change) -> Outcome {
        Stage::changed(tape, self.play, (told.at, change)).log_in()
    }

    #[track_caller]
    fn still_names_the_person(&self, tape: &Tape, (told, what): (&Told, &str), change: Change) -> Proof {
        let proof = self.changed(tape, told, change);

        let proof = proof.unwrap_or_else(|error| panic!("{}: {what}: {error:?}", told.path));
        assert_eq!((&proof.key, &proof.union), (&self.proof.key, &self.proof.union), "{}: {what}", told.path);
        proof
    }
}

fn fields(answer: &Answer) -> Option<Map<String, Value>> {
    serde_json::from_slice(&answer.body).ok()
}

/// Rewrites an answer, given its fields with their values in JSON.
fn rewritten(rewrite: impl Fn(Vec<(String, String)>) -> Vec<(String, String)> + Send + Sync + 'static) -> Change {
    Box::new(move |answer| {
        let told = fields(&answer).expect("the answer is a JSON object, as in the good login");
        let told = told.into_iter().map(|(name, value)| (name, value.to_string())).collect();
        let told: Vec<_> = rewrite(told).iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
        Answer { body: format!("{{{}}}", told.join(",")).into_bytes(), ..answer }
    })
}

/// Gives a field another value, as JSON, or removes it.
fn with(field: &str, value: Option<&str>) -> Change {
    let (field, value) = (field.to_owned(), value.map(str::to_owned));
    rewritten(move |told| {
        let others = told.into_iter().filter(|(name, _)| *name != field);
        others.chain(value.clone().map(|value| (field.clone(), value))).collect()
    })
}

/// Gives a field a text that is not UTF-8.
fn cut(field: &str) -> (&'static str, Change) {
    let change = with(field, Some("\"cut\""));
    let change: Change = Box::new(move |answer| {
        let mut cut = change(answer);
        let at = cut.body.windows(5).position(|bytes| bytes == b"\"cut\"").expect("it was put there");
        cut.body[at + 1..at + 4].fill(0xff);
        cut
    });
    ("no UTF-8", change)
}

fn in_other_ways() -> [(&'static str, Change); 4] {
    let marked = |mut answer: Answer| {
        answer.body.splice(..0, "\u{feff}\r\n".bytes());
        answer
    };
    let more = |told: Vec<_>| {
        let more = MORE.map(|(name, value)| (name.to_owned(), value.to_owned()));
        told.into_iter().chain(more).collect()
    };
    [
        ("a byte order mark", Box::new(marked)),
        ("another content type", Box::new(|answer: Answer| answer.content_type("text/plain; charset=gbk"))),
        ("more fields", rewritten(more)),
        ("every field twice", rewritten(|told| [told.clone(), told].concat())),
    ]
}
