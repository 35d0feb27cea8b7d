//! The promises of every provider, one function each, which panics if the provider breaks it. See `secrecy` for the promise
//! that no secret leaks.

use domain::Profile;
use http::StatusCode;
use secrecy::ExposeSecret;
use serde_json::json;
use url::Url;

use super::ears::Ears;
use super::stage::{Accident, Outcome, REDIRECT_URI, STATE, Stage, build, code, html, wait};
use super::{Answer, Play, SECRET, Tape, planted};
use crate::{EncryptedData, ErrorKind, LoginScope, PhoneCode, Problem, ProviderError, ShownPhone, UnionIds};

/// A setting that no provider has.
pub(super) const UNKNOWN: &str = "no_provider_has_this";

/// A login that begins and ends correctly yields the upstream's open id, app and union id.
pub(super) fn a_good_code_names_the_person(tape: &Tape) {
    let stage = Stage::play(tape, tape.good_code);

    let proof = stage.log_in().expect("a good code names a person");

    assert_eq!(&proof.key.app, stage.provider.app_id());
    assert_eq!(proof.key.open_id.as_str(), tape.person.open_id);
    assert_eq!(proof.union.map(|union| union.union_id.as_str().to_owned()).as_deref(), tape.person.union_id);
}

/// Both values are in the URL unchanged, and the URL contains nothing that is usable by itself.
pub(super) fn the_authorize_url_carries_state_and_return_address_and_no_secret(tape: &Tape) {
    let stage = Stage::play(tape, tape.good_code);

    for scope in [LoginScope::Base, LoginScope::UserInfo] {
        let address = wait(stage.authorize_url(scope));

        if !stage.provider.start().is_browser() {
            address.expect_err("a login that begins in no browser has no address");
            assert_eq!(stage.calls().len(), 0, "no call is made for an address that cannot exist");
            continue;
        }
        let address = address.expect("a login in a browser has an address");
        let url: Url = address.parse().expect("the address is a URL");
        let value = |name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
        assert_eq!(value("redirect_uri").as_deref(), Some(REDIRECT_URI));
        assert_eq!(value("state").as_deref(), Some(STATE));
        assert_eq!(planted::all_in(&address), [""; 0], "in {address}");
    }
}

/// The code was exchanged before; some upstreams do not distinguish that from a wrong code.
pub(super) fn a_used_code_is_rejected(tape: &Tape) {
    let error = failure(tape, tape.used_code);

    assert!(matches!(error.kind, ErrorKind::CodeUsed | ErrorKind::CodeRejected), "{error:?}");
}

/// The upstream never issued the code.
pub(super) fn a_forged_code_is_rejected(tape: &Tape) {
    let error = failure(tape, tape.forged_code);

    assert_eq!(error.kind, ErrorKind::CodeRejected, "{error:?}");
}

/// The code has expired.
pub(super) fn an_expired_code_is_rejected(tape: &Tape) {
    let error = failure(tape, tape.expired_code);

    assert_eq!(error.kind, ErrorKind::CodeRejected, "{error:?}");
}

/// The client is told to wait, not to log in again.
pub(super) fn a_quota_is_rate_limited(tape: &Tape) {
    let error = failure(tape, tape.quota);

    assert_eq!(error.kind, ErrorKind::RateLimited, "{error:?}");
}

/// The person cannot fix it: one line of level ERROR tells the operator what to do.
pub(super) fn a_wrong_secret_wakes_the_operator(tape: &Tape) {
    let stage = Stage::play(tape, tape.wrong_secret).layered();

    let (outcome, said) = Ears::during(|| stage.log_in());

    assert_eq!(outcome.expect_err("a wrong secret proves nothing").kind, ErrorKind::Misconfigured);
    let advice: Vec<_> = said.errors().into_iter().map(|mut fields| fields["advice"].take()).collect();
    assert_eq!(advice, [ErrorKind::Misconfigured.advice()]);
}

/// The upstream answers 5xx, with a gateway's page or with an empty body.
pub(super) fn an_upstream_that_fails_is_unavailable(tape: &Tape) {
    for answer in server_errors() {
        is_unavailable(Stage::accident(tape, Accident::Replaced(answer)).log_in());
    }
}

/// The timeout of the settings' HTTP client expires.
pub(super) fn an_upstream_that_hangs_is_unavailable(tape: &Tape) {
    is_unavailable(Stage::accident(tape, Accident::Silence).log_in());
}

/// Nothing was sent. Only in this case may, and must, the error say that the code is unspent.
pub(super) fn an_upstream_that_refuses_the_connection_is_unavailable(tape: &Tape) {
    let stage = Stage::play(tape, tape.good_code);

    let error = stage.log_in_while_it_closes().expect_err("a closed upstream proves nothing");

    assert_eq!(error.kind, ErrorKind::Unavailable, "{error:?}");
    assert!(error.code_is_unspent(), "nothing was sent, so that the code is still good: {error:?}");
}

/// The connection is cut during the answer.
pub(super) fn an_upstream_that_hangs_up_in_the_middle_is_unavailable(tape: &Tape) {
    is_unavailable(Stage::accident(tape, Accident::CutOff).log_in());
}

/// A malformed answer is never a login. An empty one may also be a temporary failure.
pub(super) fn nonsense_is_an_unexpected_answer(tape: &Tape) {
    for accident in nonsense() {
        let error = Stage::accident(tape, accident.clone()).log_in().expect_err("nonsense proves nothing");

        assert_eq!(error.kind, ErrorKind::UnexpectedAnswer, "{accident:?}: {error:?}");
    }
    let error = Stage::accident(tape, empty()).log_in().expect_err("an empty answer proves nothing");
    assert!(matches!(error.kind, ErrorKind::Unavailable | ErrorKind::UnexpectedAnswer), "{error:?}");
}

/// Whatever the answer is: a second request would spend the code of a first one whose answer was lost.
pub(super) fn a_code_is_spent_by_exactly_one_request(tape: &Tape) {
    let accidents = server_errors().map(Accident::Replaced).into_iter().chain(nonsense());
    let accidents = accidents.chain([empty(), Accident::Silence, Accident::CutOff]);
    let scenes = accidents.map(|accident| (format!("{accident:?}"), Stage::accident(tape, accident)));
    let good = ("a good code".to_owned(), Stage::play(tape, tape.good_code));

    for (what, stage) in scenes.chain([good]) {
        // Other promises check the outcome.
        let _ = stage.log_in();

        assert_eq!(stage.spent(), 1, "{what}");
    }
}

/// Proofs conform to [`Abilities::union_ids`](crate::Abilities), and name the provider's union scope.
pub(super) fn union_ids_come_as_declared(tape: &Tape) {
    let stage = Stage::play(tape, tape.good_code);
    let declared = stage.provider.abilities().union_ids;

    let union = stage.log_in().expect("a good code names a person").union;

    assert_eq!(union.as_ref().map(|union| &union.scope), stage.provider.union_scope());
    let is_there = match declared {
        UnionIds::Never => false,
        UnionIds::Sometimes | UnionIds::Always => true,
    };
    assert_eq!(union.is_some(), is_there, "declared are {declared:?}");
    match (declared, tape.without_union_id) {
        (UnionIds::Sometimes, Some(play)) => {
            let proof = Stage::play(tape, play).log_in().expect("it is a good code too");
            assert_eq!((proof.key.open_id.as_str(), proof.union), (tape.person.open_id, None));
        }
        (UnionIds::Sometimes, None) => panic!("the tape does not play what comes without a union id"),
        (UnionIds::Never | UnionIds::Always, play) => assert!(play.is_none(), "declared are {declared:?}"),
    }
}

/// A misspelt setting would otherwise be treated as absent.
pub(super) fn an_unknown_setting_is_refused(tape: &Tape) {
    let mut table = settings(tape);
    table.insert(UNKNOWN.to_owned(), true.into());

    let problems = build(tape, table).expect_err("the setting is unknown");

    assert_eq!(paths(&problems), [UNKNOWN], "{problems:?}");
}

/// The secret is absent or blank.
pub(super) fn a_missing_secret_is_refused_and_named(tape: &Tape) {
    let table = settings(tape);
    let keys: Vec<_> = table.iter().filter(|(_, value)| value.as_str() == Some(SECRET)).map(|(key, _)| key).collect();
    assert_eq!(keys.len(), 1, "the tape's settings hold the secret once: {keys:?}");
    let (mut without, mut blank) = (table.clone(), table.clone());
    without.remove(keys[0]);
    blank.insert(keys[0].clone(), "  ".into());

    for table in [without, blank] {
        let problems = build(tape, table).expect_err("the secret is missing");

        assert_eq!(paths(&problems), [keys[0]], "{problems:?}");
    }
}

/// An unavailable upstream must not keep the service from starting.
pub(super) fn building_calls_nobody(tape: &Tape) {
    let stage = Stage::play(tape, tape.good_code).layered();
    let provider = &stage.provider;

    let _ = (provider.app_id(), provider.union_scope(), provider.upstream(), provider.start(), provider.abilities());

    assert_eq!(stage.calls().len(), 0);
}

/// Undeclared operations are refused without a call to the upstream; an undeclared profile is empty.
pub(super) fn abilities_keep_their_word(tape: &Tape) {
    let stage = Stage::play(tape, tape.good_code);
    let (provider, abilities) = (&stage.provider, stage.provider.abilities());

    if abilities.phone.is_empty() {
        let phone_code = PhoneCode::parse(code().expose()).expect("the planted code has the shape of one");
        let data = EncryptedData { data: vec![0; 16], iv: [0; 16] };
        for shown in [ShownPhone::Code(phone_code), ShownPhone::Encrypted { login: code(), data }] {
            wait(provider.phone_number(&shown)).expect_err("phone numbers are not declared");
        }
    }
    if !abilities.js_sdk {
        wait(provider.js_ticket()).map(|ticket| ticket.expose_secret().len()).expect_err("tickets are not declared");
    }

    assert_eq!(stage.calls().len(), 0);
    let profile = stage.log_in().expect("a good code names a person").profile;
    assert!(abilities.profile || profile == Profile::default(), "profiles are not declared: {profile:?}");
}

/// The layers pass on the provider's answers unchanged.
pub(super) fn layers_change_no_answer(tape: &Tape) {
    for (name, play) in plays(tape) {
        let (bare, layered) = (Stage::play(tape, play), Stage::play(tape, play).layered());

        let [bare_outcome, layered_outcome] = [&bare, &layered].map(|stage| comparable(stage.log_in()));

        assert_eq!(bare_outcome, layered_outcome, "{name}");
        assert_eq!(bare.provider.app_id(), layered.provider.app_id());
        assert_eq!(bare.provider.union_scope(), layered.provider.union_scope());
        assert_eq!(bare.provider.start(), layered.provider.start());
        assert_eq!(bare.provider.abilities(), layered.provider.abilities());
    }
}

/// Returns every scenario of the tape.
pub(super) fn plays(tape: &Tape) -> Vec<(&'static str, Play)> {
    let refused = refusals(tape);
    let without = tape.without_union_id.map(|play| ("without_union_id", play));
    [("good_code", tape.good_code)].into_iter().chain(without).chain(refused).collect()
}

/// Returns every scenario that ends without a proof.
pub(super) fn refusals(tape: &Tape) -> [(&'static str, Play); 5] {
    [
        ("used_code", tape.used_code),
        ("forged_code", tape.forged_code),
        ("expired_code", tape.expired_code),
        ("quota", tape.quota),
        ("wrong_secret", tape.wrong_secret),
    ]
}

/// Returns the answers of a failing gateway.
pub(super) fn server_errors() -> [Answer; 2] {
    let silent = Answer { status: StatusCode::SERVICE_UNAVAILABLE, content_type: "text/plain", body: Vec::new() };
    [html(StatusCode::BAD_GATEWAY, "502 Bad Gateway"), silent]
}

/// Returns malformed answers with the status of a success.
pub(super) fn nonsense() -> Vec<Accident> {
    let page = html(StatusCode::OK, "under maintenance");
    let answers = [page, Answer::json(&json!([])), Answer::json(&json!({}))];
    answers.into_iter().map(Accident::Replaced).chain([Accident::Truncated]).collect()
}

/// Returns a success without a body.
pub(super) fn empty() -> Accident {
    Accident::Replaced(Answer { status: StatusCode::OK, content_type: "text/html", body: Vec::new() })
}

/// Returns valid settings for an upstream that is never called.
pub(super) fn settings(tape: &Tape) -> toml::Table {
    (tape.settings)(&"http://127.0.0.1:9".parse().expect("an address on loopback is sound"))
}

fn failure(tape: &Tape, play: Play) -> ProviderError {
    Stage::play(tape, play).log_in().expect_err("it proves nothing")
}

#[track_caller]
fn is_unavailable(outcome: Outcome) {
    let error = outcome.expect_err("it proves nothing");
    assert_eq!(error.kind, ErrorKind::Unavailable, "{error:?}");
    assert!(!error.code_is_unspent(), "the upstream got the request, so that the code may be spent: {error:?}");
}

fn paths(problems: &[Problem]) -> Vec<&str> {
    problems.iter().map(|problem| problem.path.as_str()).collect()
}

/// Returns the outcome without the causes of an error, which have no equality.
fn comparable(outcome: Outcome) -> Result<domain::login::Proof, impl PartialEq + std::fmt::Debug> {
    outcome.map_err(|error| (error.kind, error.detail.clone(), error.retry_after, error.code_is_unspent()))
}
