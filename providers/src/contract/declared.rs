//! The promises about what a provider says of itself: its settings, its abilities, its union ids, and that the layers around
//! it change nothing.

use domain::Profile;

use super::promises::{plays, settings};
use super::report::{GOOD, Report, must};
use super::stage::{Outcome, Stage, build, code, wait};
use super::tolerance::without_value;
use super::{Play, SECRET, Tape};
use crate::{EncryptedData, ErrorKind, PhoneCode, Problem, ShownPhone, UnionIds};

/// A setting that no provider has.
pub(super) const UNKNOWN: &str = "no_provider_has_this";

/// Proofs conform to [`Abilities::union_ids`](crate::Abilities), and name the provider's union scope.
pub(super) fn union_ids_come_as_declared(tape: &Tape) {
    let stage = Stage::play(tape, tape.good_code);
    let declared = stage.provider.abilities().union_ids;

    let outcome = stage.log_in();

    let report = Report { what: GOOD, stage: &stage, outcome: &outcome };
    let Ok(proof) = &outcome else { return report.must(false, "the person") };
    let scope = proof.union.as_ref().map(|union| &union.scope);
    let expected = format!("the union scope {:?}", stage.provider.union_scope());
    let hint = "`IdentityProvider::union_scope` is the scope of the union ids in the proofs, and `None` without them";
    report.must_or(scope == stage.provider.union_scope(), &expected, hint);
    let is_there = match declared {
        UnionIds::Never => false,
        UnionIds::Sometimes | UnionIds::Always => true,
    };
    let hint = "`Abilities::union_ids` is `Always` or `Sometimes` with a `union_scope`, and `Never` without";
    report.must_or(proof.union.is_some() == is_there, &format!("a proof as declared: {declared:?}"), hint);
    match (declared, tape.without_union_id) {
        (UnionIds::Sometimes, Some(play)) => a_proof_without_union_id_is_of_the_person(tape, play),
        (UnionIds::Sometimes, None) => {
            let expected = "a play of `Tape::without_union_id`, because `UnionIds::Sometimes` is declared";
            report.must_or(false, expected, "copy what the upstream answers for a person without a union id");
        }
        (UnionIds::Never | UnionIds::Always, play) => {
            let expected = format!("`Tape::without_union_id` to be `None`, because {declared:?} is declared");
            report.must_or(play.is_none(), &expected, "declare `UnionIds::Sometimes`, or remove the play");
        }
    }
    if let Some(union_id) = tape.person.union_id {
        an_absent_union_id_is_what_was_declared(tape, union_id);
    }
}

/// The upstream answers a good code without a union id.
fn a_proof_without_union_id_is_of_the_person(tape: &Tape, play: Play) {
    let stage = Stage::play(tape, play);
    let outcome = stage.log_in();
    let report = Report { what: "scenario `without_union_id`", stage: &stage, outcome: &outcome };
    let is_person =
        outcome.as_ref().is_ok_and(|proof| proof.key.open_id.as_str() == tape.person.open_id && proof.union.is_none());
    let hint = "an absent, empty or blank union id is `None`: read it with `JsonAnswer::maybe_text`";
    report.must_or(is_person, &format!("the open id {:?} and no union id", tape.person.open_id), hint);
}

/// The upstream leaves the union id out of every answer.
fn an_absent_union_id_is_what_was_declared(tape: &Tape, union_id: &'static str) {
    let stage = Stage::changed_everywhere(tape, without_value(union_id));
    let outcome = stage.log_in();
    let report = Report { what: "an answer without the union id", stage: &stage, outcome: &outcome };
    match (&outcome, stage.provider.abilities().union_ids) {
        (Err(_), _) => report.must_be(&[ErrorKind::UnexpectedAnswer]),
        (Ok(proof), UnionIds::Always) => report.must_or(
            proof.union.is_some(),
            "UnexpectedAnswer, because the declared `UnionIds::Always` promises a union id",
            "read it with `JsonAnswer::needed`: without it, the login opens a second account of the person",
        ),
        (Ok(_), UnionIds::Never | UnionIds::Sometimes) => {}
    }
}

/// A misspelt setting would otherwise be treated as absent.
pub(super) fn an_unknown_setting_is_refused(tape: &Tape) {
    let mut table = settings(tape);
    table.insert(UNKNOWN.to_owned(), true.into());

    let problems = build(tape, table).err().unwrap_or_default();

    let told = format!("expected: a problem of the path `{UNKNOWN}`\n  got: {problems:?}");
    let hint = "read the table with `read_table`, into a struct with `#[serde(deny_unknown_fields)]`";
    must(paths(&problems) == [UNKNOWN], "an unknown setting", &told, hint);
}

/// The secret is absent or blank.
pub(super) fn a_missing_secret_is_refused_and_named(tape: &Tape) {
    let table = settings(tape);
    let keys: Vec<_> = table.iter().filter(|(_, value)| value.as_str() == Some(SECRET)).map(|(key, _)| key).collect();
    let told = format!("expected: one setting with `SECRET`\n  got: {keys:?}");
    let hint = "`Tape::settings` has the planted `SECRET` in the place of the app's secret";
    must(keys.len() == 1, "the settings of the tape", &told, hint);
    let (mut without, mut blank) = (table.clone(), table.clone());
    without.remove(keys[0]);
    blank.insert(keys[0].clone(), "  ".into());

    for (what, table) in [("a missing secret", without), ("a blank secret", blank)] {
        let problems = build(tape, table).err().unwrap_or_default();

        let told = format!("expected: a problem of the path `{}`\n  got: {problems:?}", keys[0]);
        must(paths(&problems) == [keys[0]], what, &told, "read the secret with `Checks::secret`");
    }
}

/// An unavailable upstream must not keep the service from starting.
pub(super) fn building_calls_nobody(tape: &Tape) {
    let stage = Stage::play(tape, tape.good_code).layered();
    let provider = &stage.provider;

    let _ = (provider.app_id(), provider.union_scope(), provider.upstream(), provider.start(), provider.abilities());

    let told = format!("expected: no call of the upstream\n  got: {:?}", stage.calls());
    let hint = "read discovery documents and tokens when the first login needs them, not in `build`";
    must(stage.calls().is_empty(), "building the provider", &told, hint);
}

/// Undeclared operations are refused without a call to the upstream; an undeclared profile is empty.
pub(super) fn abilities_keep_their_word(tape: &Tape) {
    let stage = Stage::play(tape, tape.good_code);
    let (provider, abilities) = (&stage.provider, stage.provider.abilities());

    if abilities.phone.is_empty() {
        let phone_code = PhoneCode::parse(code().expose()).expect("the planted code has the shape of one");
        let data = EncryptedData { data: vec![0; 16], iv: [0; 16] };
        for shown in [ShownPhone::Code(phone_code), ShownPhone::Encrypted { login: code(), data }] {
            let refused = wait(provider.phone_number(&shown)).is_err();
            is_refused(refused, &stage, "`phone_number`", "declare it in `Abilities::phone`, or leave the method out");
        }
    }
    if !abilities.js_sdk {
        let refused = wait(provider.js_ticket()).is_err();
        is_refused(refused, &stage, "`js_ticket`", "declare it in `Abilities::js_sdk`, or leave the method out");
    }
    let has_id = !abilities.js_sdk || !provider.js_app_id().is_empty();
    let hint = "`js_app_id` is the `appId` of `wx.config`: leave it out if that is the app id";
    must(has_id, "tickets are declared", "expected: an app id for the JS-SDK\n  got: an empty one", hint);
    for (name, play) in [("good_code", Some(tape.good_code)), ("without_union_id", tape.without_union_id)] {
        let Some(play) = play else { continue };
        let stage = Stage::play(tape, play);
        let outcome = stage.log_in();
        let report = Report { what: &format!("scenario `{name}`"), stage: &stage, outcome: &outcome };
        let profile = outcome.as_ref().ok().map(|proof| &proof.profile);
        let is_kept = abilities.profile || profile == Some(&Profile::default());
        report.must_or(is_kept, "no profile, because none is declared", "set `Abilities::profile`");
    }
}

/// Panics if an operation that is not declared was not refused, or called the upstream.
fn is_refused(refused: bool, stage: &Stage, what: &str, hint: &str) {
    let got = if refused { "an error" } else { "a result" };
    let told = format!("expected: an error without a call\n  got: {got}, and the calls {:?}", stage.calls());
    must(refused && stage.calls().is_empty(), &format!("{what}, which is not declared"), &told, hint);
}

/// The layers pass on the provider's answers unchanged.
pub(super) fn layers_change_no_answer(tape: &Tape) {
    for (name, play) in plays(tape) {
        let (bare, layered) = (Stage::play(tape, play), Stage::play(tape, play).layered());

        let [bare_outcome, layered_outcome] = [&bare, &layered].map(|stage| comparable(stage.log_in()));

        let what = format!("scenario `{name}`, with and without the layers");
        let told = format!("expected: {bare_outcome:?}\n  got: {layered_outcome:?}");
        let hint = "the same login has the same outcome twice: an error has no counter, time or random value in it";
        must(bare_outcome == layered_outcome, &what, &told, hint);
        let [bare, layered] = [bare, layered].map(|stage| facts(&stage));
        let hint = "what the provider says of itself is a constant of its settings";
        must(bare == layered, &what, &format!("expected: {bare}\n  got: {layered}"), hint);
    }
}

/// Formats what a provider says of itself.
fn facts(stage: &Stage) -> String {
    let provider = &stage.provider;
    let (app, scope) = (provider.app_id(), provider.union_scope());
    format!("{app:?} {scope:?} {:?} {:?} {:?}", provider.upstream(), provider.start(), provider.abilities())
}

fn paths(problems: &[Problem]) -> Vec<&str> {
    problems.iter().map(|problem| problem.path.as_str()).collect()
}

/// Returns the outcome without the causes of an error, which have no equality.
fn comparable(outcome: Outcome) -> Result<domain::login::Proof, impl PartialEq + std::fmt::Debug> {
    outcome.map_err(|error| (error.kind, error.detail.clone(), error.retry_after, error.code_is_unspent()))
}
