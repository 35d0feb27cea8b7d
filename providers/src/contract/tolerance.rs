//! The promises about upstreams that write more, less or something else than they document. Each field of each answer of a
//! login is replaced by every type of JSON in turn.

use domain::Profile;
use domain::login::Proof;
use serde_json::{Map, Value};

use super::report::{GOOD, must, names_the_person};
use super::stage::{Change, Outcome, Stage, answer};
use super::{Answer, Play, TOKEN, Tape, planted};
use crate::ErrorKind;

/// What upstreams write in the place of a value that is documented otherwise.
const ODD: [&str; 10] =
    ["null", "true", "5", "0.5", "1e999", "\"\"", "\"\\ud83c\"", "\"\u{1}\"", "[]", "{\"formatted\":[null]}"];

/// Fields that an answer has beyond the documented ones.
const MORE: [(&str, &str); 3] = [("x_unread", "{\"a\":[{}]}"), ("x_huge", "-1e999"), ("x_cut", "\"\\ud83c\"")];

/// A field that the provider does not read may have any type or be absent; an answer may have more fields, each of them
/// twice, any content type, and a byte order mark.
pub(super) fn a_field_that_is_not_needed_breaks_no_login(tape: &Tape) {
    for play in good_plays(tape) {
        let good = Good::of(tape, play);
        for told in &good.told {
            for (field, _) in told.paths().iter().filter(|(field, _)| !told.may_need(field)) {
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
    for told_of in &good.told {
        let shown = |value: &Value| [nickname, avatar_url].into_iter().flatten().any(|text| value == text);
        for (field, _) in told_of.paths().iter().filter(|(_, value)| shown(value)) {
            found = true;
            for (what, change) in ODD.map(|odd| (odd, with(field, Some(odd)))).into_iter().chain([cut(field)]) {
                let what = format!("{field} = {what}");
                let proof = good.still_names_the_person(tape, (told_of, &what), change);

                let told = format!("expected: another profile\n  got: {:?}", proof.profile);
                let hint = "read name and picture from this answer; a constant is not a profile";
                must(proof.profile != good.proof.profile, &format!("{}: {what}", told_of.path), &told, hint);
            }
        }
    }
    let told = format!("expected: an answer with the profile\n  got: {:?}", good.proof.profile);
    let hint = "name and picture of a good login have to be in an answer of `good_code`, to the letter";
    must(found, GOOD, &told, hint);
}

/// A field that the provider needs and that has a wrong type is an unexpected answer, and the log names the field, but not
/// its value. One that is null or absent may also mean that the person has no such id.
pub(super) fn what_is_needed_and_wrong_is_named(tape: &Tape) {
    let planted = [format!("[\"{TOKEN}\"]"), format!("{{\"{TOKEN}\":\"{TOKEN}\"}}"), "true".to_owned()];
    let mut found = false;
    for play in good_plays(tape) {
        let good = Good::of(tape, play);
        for told in &good.told {
            for (field, good_value) in told.paths().iter().filter(|(field, _)| told.needed.contains(&field.as_str())) {
                found = true;
                for wrong in planted.iter().filter(|wrong| !is_like(good_value, wrong)) {
                    let outcome = good.changed(tape, told, with(field, Some(wrong)));
                    is_named(&outcome, field, &format!("{}: {field} = {wrong}", told.path));
                }
                for absent in [None, Some("null")] {
                    match good.changed(tape, told, with(field, absent)) {
                        Ok(proof) => {
                            let what = format!("{}: {field} = {absent:?}", told.path);
                            let told = format!("expected: {:?}\n  got: {:?}", good.proof.key, proof.key);
                            let hint = "read the id with `JsonAnswer::needed`: another field is another person";
                            must(proof.key == good.proof.key, &what, &told, hint);
                        }
                        outcome => is_named(&outcome, field, &format!("{}: {field} = {absent:?}", told.path)),
                    }
                }
            }
        }
    }
    let hint = "`Tape::needed` lists at least the field of the open id";
    must(found, GOOD, "expected: a field that the provider needs\n  got: none", hint);
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
    let field = field.rsplit('.').next().unwrap_or(field);
    let is_named = outcome.as_ref().is_err_and(|error| {
        let is_clean = planted::all_in(&format!("{error:?}")).is_empty();
        error.kind == ErrorKind::UnexpectedAnswer && error.detail.contains(field) && is_clean
    });
    let told =
        format!("expected: UnexpectedAnswer with `{field}` in its detail, and not its value\n  got: {outcome:?}");
    must(is_named, what, &told, "read the field with `JsonAnswer::needed`, or remove it from `Tape::needed`");
}

fn good_plays(tape: &Tape) -> impl Iterator<Item = Play> {
    [tape.good_code].into_iter().chain(tape.without_union_id)
}

/// A login that succeeds, with the JSON objects among its answers.
struct Good {
    play: Play,
    proof: Proof,
    told: Vec<ReadAnswer>,
}

/// One answer of a good login.
struct ReadAnswer {
    /// The number of its request, counted from 0.
    at: usize,
    path: String,
    fields: Map<String, Value>,
    needed: &'static [&'static str],
}

impl Good {
    fn of(tape: &Tape, play: Play) -> Self {
        let stage = Stage::play(tape, play);
        let proof = names_the_person(&stage);
        let told = stage.calls().into_iter().enumerate().filter_map(|(at, call)| {
            let fields = fields(&answer(play, &call, stage.url()))?;
            Some(ReadAnswer { at, needed: (tape.needed)(&call), path: call.path, fields })
        });
        Self { play, proof, told: told.collect() }
    }

    fn changed(&self, tape: &Tape, told: &ReadAnswer, change: Change) -> Outcome {
        Stage::changed(tape, self.play, (told.at, change)).log_in()
    }

    #[track_caller]
    fn still_names_the_person(&self, tape: &Tape, (told, what): (&ReadAnswer, &str), change: Change) -> Proof {
        let proof = self.changed(tape, told, change);

        let proof = proof.unwrap_or_else(|error| {
            panic!(
                "{}: {what}\n  expected: the person\n  got: {error:?}\n  hint: read what the login does not need with \
                 `JsonAnswer::text`; what it needs belongs in `Tape::needed`",
                told.path
            )
        });
        let is_same = (&proof.key, &proof.union) == (&self.proof.key, &self.proof.union);
        let got =
            format!("expected: {:?}\n  got: {:?}", (&self.proof.key, &self.proof.union), (&proof.key, &proof.union));
        let hint = "the ids of the person come from the fields of `Tape::needed` alone";
        must(is_same, &format!("{}: {what}", told.path), &got, hint);
        proof
    }
}

impl ReadAnswer {
    /// Returns every field with its value; those of an inner object as `outer.inner`.
    fn paths(&self) -> Vec<(String, Value)> {
        let mut paths = Vec::new();
        add_paths("", &self.fields, &mut paths);
        paths
    }

    /// Returns whether the tape needs the field, a field in it, or the object that it is in.
    fn may_need(&self, field: &str) -> bool {
        let is_in = |inner: &str, outer: &str| inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with('.'));
        self.needed.iter().any(|needed| *needed == field || is_in(needed, field) || is_in(field, needed))
    }
}

fn add_paths(outer: &str, fields: &Map<String, Value>, paths: &mut Vec<(String, Value)>) {
    for (name, value) in fields {
        let path = format!("{outer}{name}");
        if let Value::Object(inner) = value {
            add_paths(&format!("{path}."), inner, paths);
        }
        paths.push((path, value.clone()));
    }
}

fn fields(answer: &Answer) -> Option<Map<String, Value>> {
    serde_json::from_slice(&answer.body).ok()
}

/// The fields of an object, with their values in JSON.
type Texts = Vec<(String, String)>;

/// Rewrites an answer, given its fields.
fn rewritten(rewrite: impl Fn(Texts) -> Texts + Send + Sync + 'static) -> Change {
    Box::new(move |answer| {
        let told = fields(&answer).expect("the answer is a JSON object, as in the good login");
        Answer { body: written(&rewrite(texts(told))).into_bytes(), ..answer }
    })
}

fn texts(object: Map<String, Value>) -> Texts {
    object.into_iter().map(|(name, value)| (name, value.to_string())).collect()
}

fn written(texts: &Texts) -> String {
    let fields: Vec<_> = texts.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
    format!("{{{}}}", fields.join(","))
}

/// Gives a field another value, as JSON, or removes it.
fn with(field: &str, value: Option<&str>) -> Change {
    let (field, value) = (field.to_owned(), value.map(str::to_owned));
    rewritten(move |told| replaced(told, &field, value.as_deref()))
}

fn replaced(mut told: Texts, field: &str, value: Option<&str>) -> Texts {
    let outer = field.split_once('.').and_then(|(outer, inner)| {
        let at = told.iter().position(|(name, _)| name == outer)?;
        Some((at, serde_json::from_str(&told[at].1).ok()?, inner))
    });
    if let Some((at, object, inner)) = outer {
        told[at].1 = written(&replaced(texts(object), inner, value));
    } else {
        told.retain(|(name, _)| name != field);
        told.extend(value.map(|value| (field.to_owned(), value.to_owned())));
    }
    told
}

/// Removes every field that has this value, as a text or as a number.
pub(super) fn without_value(value: &'static str) -> Change {
    Box::new(move |answer| {
        let Some(mut told) = fields(&answer) else { return answer };
        told.retain(|_, held| match held {
            Value::String(text) => text.as_str() != value,
            Value::Number(number) => number.to_string() != value,
            _ => true,
        });
        Answer { body: Value::Object(told).to_string().into_bytes(), ..answer }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_of_an_inner_object_is_found_replaced_and_removed() {
        let answer = Answer::json(&serde_json::json!({ "code": 0, "data": { "id": "lan", "more": { "a.b": 1 } } }));
        let changed = |field, value| String::from_utf8(with(field, value)(answer.clone()).body).expect("a text");
        let told = ReadAnswer {
            at: 0,
            path: String::new(),
            fields: fields(&answer).expect("an object"),
            needed: &["data.id"],
        };

        let paths: Vec<_> = told.paths().into_iter().map(|(path, _)| path).collect();
        assert_eq!(paths, ["code", "data.id", "data.more.a.b", "data.more", "data"]);
        assert_eq!(paths.iter().filter(|path| told.may_need(path)).collect::<Vec<_>>(), ["data.id", "data"]);
        assert_eq!(changed("data.id", Some("5")), r#"{"code":0,"data":{"more":{"a.b":1},"id":5}}"#);
        assert_eq!(changed("data.more", None), r#"{"code":0,"data":{"id":"lan"}}"#);
        assert_eq!(changed("data.more.a.b", None), r#"{"code":0,"data":{"id":"lan","more":{}}}"#);
        assert_eq!(changed("code", None), r#"{"data":{"id":"lan","more":{"a.b":1}}}"#);
    }
}
