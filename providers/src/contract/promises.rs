//! The promises about logins, one function each, which panics if the provider breaks it. See `declared` for what a provider
//! says of itself, `accidents` for the failures that every upstream can have, `tolerance` for odd answers, and `secrecy` for
//! the promise that no secret leaks.

use std::panic::{AssertUnwindSafe, catch_unwind};

use url::Url;

use super::ears::Ears;
use super::report::{GOOD, ONE_SPENDS, Report, must, names_the_person};
use super::stage::{REDIRECT_URI, STATE, Stage, answer, kept, wait};
use super::tools::words_of;
use super::{Answer, Play, Tape, planted};
use crate::{ErrorKind, LoginScope, oauth};

/// A login that begins and ends correctly yields the upstream's open id, app and union id.
pub(super) fn a_good_code_names_the_person(tape: &Tape) {
    let stage = Stage::play(tape, tape.good_code);

    let outcome = stage.log_in();

    let report = Report { what: GOOD, stage: &stage, outcome: &outcome };
    let Ok(proof) = &outcome else { return report.must(false, "the person") };
    let app = stage.provider.app_id();
    let hint = "the key of the proof has the id that `IdentityProvider::app_id` returns";
    report.must_or(proof.key.app == *app, &format!("the app {app:?}"), hint);
    let hint =
        "does the provider read the field of the id in the app, and is `Tape::person` the person of `good_code`?";
    let is_person = proof.key.open_id.as_str() == tape.person.open_id;
    report.must_or(is_person, &format!("the open id {:?}", tape.person.open_id), hint);
    let hint = "an id that is the same in several apps is the `UnionKey` of the proof, if the settings have a \
                `union_scope`; `Tape::person` then has both ids";
    let union_id = proof.union.as_ref().map(|union| union.union_id.as_str());
    report.must_or(union_id == tape.person.union_id, &format!("the union id {:?}", tape.person.union_id), hint);
}

/// Both values are in the URL unchanged, and the URL contains nothing that is usable by itself.
pub(super) fn the_authorize_url_carries_state_and_return_address_and_no_secret(tape: &Tape) {
    let stage = Stage::play(tape, tape.good_code);

    for scope in [LoginScope::Base, LoginScope::UserInfo] {
        let address = wait(stage.authorize_url(scope));

        let what = format!("the authorize URL of a login with the scope {scope:?}");
        if !stage.provider.start().is_browser() {
            let told = format!("expected: an error without a call\n  got: {address:?}, {} calls", stage.calls().len());
            let hint = "leave `authorize_url` out: a login that begins in no browser has no address";
            must(address.is_err() && stage.calls().is_empty(), &what, &told, hint);
            continue;
        }
        let Some(url) = address.as_ref().ok().and_then(|address| Url::parse(address).ok()) else {
            let hint = "implement `authorize_url`, and build the address with `oauth::address`";
            return must(false, &what, &format!("expected: an address\n  got: {address:?}"), hint);
        };
        for (name, expected) in [("redirect_uri", REDIRECT_URI), ("state", STATE)] {
            let told = format!("expected: `{name}` = `{expected}`\n  got: {url}");
            let hint = "percent-encode the value once, as `oauth::address` does";
            must(parameter(&url, name).as_deref() == Some(expected), &what, &told, hint);
        }
        let leaked = planted::all_in(url.as_str());
        let told = format!("expected: no secret\n  got: {leaked:?} in {url}");
        let hint = "the browser carries the state, and of the verifier only `oauth::code_challenge`";
        must(leaked.is_empty(), &what, &told, hint);
    }
}

/// PKCE (RFC 7636) needs both halves: a verifier without its challenge protects nothing, or the upstream refuses it, and a
/// challenge without its verifier makes the upstream refuse every code.
pub(super) fn a_code_verifier_follows_its_challenge(tape: &Tape) {
    let stage = Stage::play(tape, tape.good_code);
    let outcome = stage.log_in();
    let report = Report { what: GOOD, stage: &stage, outcome: &outcome };
    report.must(outcome.is_ok(), "the person");
    let sent = stage.calls().iter().any(|call| planted::all_in(&words_of(call)).contains(&planted::VERIFIER));
    if !stage.provider.start().is_browser() {
        let hint = "no authorize URL carries its challenge, and `Exchange::begun` is `None`";
        return report.must_or(!sent, "no code verifier, because the login begins in no browser", hint);
    }
    for scope in [LoginScope::Base, LoginScope::UserInfo] {
        let Ok(address) = wait(stage.authorize_url(scope)) else {
            return report.must(false, "an authorize URL");
        };
        let url: Option<Url> = address.parse().ok();
        let told = |name| url.as_ref().and_then(|url| parameter(url, name));
        let (challenge, method) = (told("code_challenge"), told("code_challenge_method"));
        let expected = sent.then(|| oauth::code_challenge(&kept()));
        let hint = if sent {
            "the exchange sends the code verifier: add `code_challenge`, which is `oauth::code_challenge(request.kept)`, \
             and `code_challenge_method` = `S256` to the authorize URL"
        } else {
            "the authorize URL has a `code_challenge`: send `BegunLogin::kept.code_verifier` in the exchange"
        };
        let expected_words = match &expected {
            Some(challenge) => {
                format!("`code_challenge` = `{challenge}` and `code_challenge_method` = `S256` in {address}")
            }
            None => format!("no `code_challenge` in {address}"),
        };
        let is_there = challenge == expected && method.as_deref() == expected.as_ref().map(|_| "S256");
        report.must_or(is_there, &expected_words, hint);
    }
}

fn parameter(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// An address that differs in one letter is refused, by strict upstreams.
pub(super) fn the_redirect_uri_returns_to_the_letter(tape: &Tape) {
    let stage = Stage::play(tape, tape.good_code);
    let outcome = stage.log_in();
    let report = Report { what: GOOD, stage: &stage, outcome: &outcome };
    let spending = stage.spending();
    report.must_or(spending.len() == 1, "one request that spends the code", ONE_SPENDS);
    let Some(parameter) = tape.redirect_uri else {
        let sent = spending[0].value("redirect_uri");
        let hint = "the exchange repeats the address: `Tape::redirect_uri` is the name of the parameter";
        return report.must_or(sent.is_none(), "no redirect_uri, because `Tape::redirect_uri` is `None`", hint);
    };
    let is_browser = stage.provider.start().is_browser();
    let expected = "`Tape::redirect_uri` to be `None`, because the login begins in no browser";
    report.must_or(is_browser, expected, "set `Tape::redirect_uri` to `None`");
    let expected = format!("`{parameter}` = `{REDIRECT_URI}` in the exchange");
    let hint = "send `BegunLogin::redirect_uri` as it is: `Exchange::needed_begun` has it";
    report.must_or(spending[0].value(parameter).as_deref() == Some(REDIRECT_URI), &expected, hint);
}

/// Where the configuration allows codes without a state, [`Exchange::begun`](crate::Exchange) is `None`. The provider may need
/// what was stored, and then rejects the code.
pub(super) fn a_code_without_its_state_names_the_person_or_is_rejected(tape: &Tape) {
    let stage = Stage::play(tape, tape.good_code);
    let good = names_the_person(&stage);
    let stage = Stage::play(tape, tape.good_code);

    let outcome = catch_unwind(AssertUnwindSafe(|| stage.log_in_without_a_state()));

    let Ok(outcome) = outcome else {
        panic!(
            "the provider panics where `Exchange::begun` is `None`\n  hint: `Exchange::needed_begun` returns what was stored, \
             or the error for a code without it"
        );
    };
    let report = Report { what: "`Exchange::begun` is `None`", stage: &stage, outcome: &outcome };
    match &outcome {
        Ok(proof) => {
            let hint = "without `Exchange::begun` the provider reads another id: return the error of `needed_begun`";
            report.must_or(proof.key == good.key && proof.union == good.union, "the same person", hint);
        }
        Err(error) => {
            report.must_be(&[ErrorKind::CodeRejected]);
            report.must(!error.code_is_unspent() || stage.spent() == 0, "a spent code: the upstream received it");
        }
    }
}

/// The code was exchanged before; some upstreams do not distinguish that from a wrong code.
pub(super) fn a_used_code_is_rejected(tape: &Tape) {
    ends_in(tape, ("used_code", tape.used_code), &[ErrorKind::CodeUsed, ErrorKind::CodeRejected]);
}

/// The upstream never issued the code.
pub(super) fn a_forged_code_is_rejected(tape: &Tape) {
    ends_in(tape, ("forged_code", tape.forged_code), &[ErrorKind::CodeRejected]);
}

/// The code has expired.
pub(super) fn an_expired_code_is_rejected(tape: &Tape) {
    ends_in(tape, ("expired_code", tape.expired_code), &[ErrorKind::CodeRejected]);
}

/// The client is told to wait, not to log in again.
pub(super) fn a_quota_is_rate_limited(tape: &Tape) {
    ends_in(tape, ("quota", tape.quota), &[ErrorKind::RateLimited]);
}

/// The person is not asked to log in again for an error whose meaning is not known.
pub(super) fn an_unknown_error_is_an_unexpected_answer(tape: &Tape) {
    ends_in(tape, ("unknown_error", tape.unknown_error), &[ErrorKind::UnexpectedAnswer]);
}

/// The person cannot fix it: one line of level ERROR tells the operator what to do.
pub(super) fn a_wrong_secret_wakes_the_operator(tape: &Tape) {
    let stage = Stage::play(tape, tape.wrong_secret).layered();

    let (outcome, said) = Ears::during(|| stage.log_in());

    let report = Report { what: "scenario `wrong_secret`", stage: &stage, outcome: &outcome };
    let hint = "the upstream's word for a wrong secret, id or registration is `Misconfigured`";
    let is_misconfigured = outcome.as_ref().is_err_and(|error| error.kind == ErrorKind::Misconfigured);
    report.must_or(is_misconfigured, "Misconfigured", hint);
    let advice: Vec<_> = said.errors().into_iter().map(|mut fields| fields["advice"].take()).collect();
    let expected = format!("one line of level ERROR with the advice, and not {advice:?}");
    let hint = "the layers write the line that alerts the operator: log nothing of level ERROR";
    report.must_or(advice == [ErrorKind::Misconfigured.advice()], &expected, hint);
}

/// Returns every scenario of the tape.
pub(super) fn plays(tape: &Tape) -> Vec<(&'static str, Play)> {
    let refused = refusals(tape);
    let without = tape.without_union_id.map(|play| ("without_union_id", play));
    [("good_code", tape.good_code)].into_iter().chain(without).chain(refused).collect()
}

/// Returns every scenario that ends without a proof.
pub(super) fn refusals(tape: &Tape) -> [(&'static str, Play); 6] {
    [
        ("used_code", tape.used_code),
        ("forged_code", tape.forged_code),
        ("expired_code", tape.expired_code),
        ("quota", tape.quota),
        ("wrong_secret", tape.wrong_secret),
        ("unknown_error", tape.unknown_error),
    ]
}

/// Returns the upstream's answer to the last request of each refused login.
pub(super) fn refused_answers(tape: &Tape) -> Vec<Answer> {
    let refused = refusals(tape).into_iter().filter_map(|(_, play)| {
        let stage = Stage::play(tape, play);
        // Other promises check the error.
        let _ = stage.log_in();
        stage.calls().last().map(|call| answer(play, call, stage.url()))
    });
    refused.collect()
}

/// Returns valid settings for an upstream that is never called.
pub(super) fn settings(tape: &Tape) -> toml::Table {
    (tape.settings)(&"http://127.0.0.1:9".parse().expect("an address on loopback is sound"))
}

/// Plays a scenario that ends with an error of one of these kinds.
#[track_caller]
fn ends_in(tape: &Tape, (name, play): (&str, Play), kinds: &[ErrorKind]) {
    let stage = Stage::play(tape, play);
    let outcome = stage.log_in();
    Report { what: &format!("scenario `{name}`"), stage: &stage, outcome: &outcome }.must_be(kinds);
}
