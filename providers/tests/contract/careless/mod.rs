//! Tests of the contract: for each promise, a provider that breaks it must fail. Each is the official account provider, or
//! GitHub's, with one flaw.

mod beyond;
mod provider;

use std::cell::Cell;
use std::collections::BTreeSet;
use std::panic::catch_unwind;

use http::StatusCode;
use providers::Factory;
use providers::contract::{Answer, BeyondLogins, PROMISES, Person, Tape, check};
use serde_json::json;

/// The flaw of a provider.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Flaw {
    NamesAnotherPerson,
    ShowsTheVerifier,
    BlamesTheUpstream,
    BlamesThePerson,
    CallsEveryCodeGood,
    TriesTwice,
    DeclaresTooMuch,
    OverlooksWhatIsUnknown,
    NeedsNoSecret,
    CallsWhenItIsBuilt,
    VouchesForAnyPhone,
    NeverSaysTheSameTwice,
    RepeatsTheCode,
    LogsTheCode,
    PrintsTheSecret,
    ReadsTooMuch,
    NeedsAName,
    NamesNoField,
    RepeatsAnotherAddress,
    OmitsTheAddress,
    PanicsWithoutAState,
    AcceptsAnotherPersonWithoutAState,
    BlamesThePersonForTheUnknown,
    CallsTheCodeGoodAfterwards,
    ForgetsThatTheCodeIsSpent,
    IgnoresTheStatus,
    PromisesUnionIds,
    DropsTheWords,
    OmitsTheChallenge,
    ChallengesInVain,
    InventsAQrCode,
    OmitsTheScene,
    OffersWhatItsTapeLacks,
    AdmitsEverySender,
    OverlooksBlocks,
    SkipsAFollower,
    BeginsAgain,
    SaysThatAllFollow,
    KeepsTheOldOpenId,
    HidesTheOutage,
    ReadsTheSender,
    PanicsAtAPush,
    LogsTheToken,
}

impl Flaw {
    /// Returns the kind of the provider that has the flaw: GitHub's protocol has a second request, a `redirect_uri` and PKCE.
    fn kind(self) -> &'static str {
        match self {
            Self::OmitsTheChallenge
            | Self::RepeatsAnotherAddress
            | Self::OmitsTheAddress
            | Self::PanicsWithoutAState
            | Self::AcceptsAnotherPersonWithoutAState
            | Self::CallsTheCodeGoodAfterwards
            | Self::ForgetsThatTheCodeIsSpent => "github",
            _ => "wechat-official-account",
        }
    }
}

const BROKEN: [(&str, Flaw); 59] = [
    ("a_good_code_names_the_person", Flaw::NamesAnotherPerson),
    ("the_authorize_url_carries_state_and_return_address_and_no_secret", Flaw::ShowsTheVerifier),
    ("a_code_verifier_follows_its_challenge", Flaw::OmitsTheChallenge),
    ("a_code_verifier_follows_its_challenge", Flaw::ChallengesInVain),
    ("the_redirect_uri_returns_to_the_letter", Flaw::RepeatsAnotherAddress),
    ("the_redirect_uri_returns_to_the_letter", Flaw::OmitsTheAddress),
    ("a_code_without_its_state_names_the_person_or_is_rejected", Flaw::PanicsWithoutAState),
    ("a_code_without_its_state_names_the_person_or_is_rejected", Flaw::AcceptsAnotherPersonWithoutAState),
    ("a_used_code_is_rejected", Flaw::BlamesTheUpstream),
    ("a_used_code_is_rejected", Flaw::DropsTheWords),
    ("a_forged_code_is_rejected", Flaw::BlamesTheUpstream),
    ("an_expired_code_is_rejected", Flaw::BlamesTheUpstream),
    ("a_quota_is_rate_limited", Flaw::BlamesTheUpstream),
    ("a_wrong_secret_wakes_the_operator", Flaw::BlamesThePerson),
    ("an_unknown_error_is_an_unexpected_answer", Flaw::BlamesThePersonForTheUnknown),
    ("an_upstream_that_fails_is_unavailable", Flaw::BlamesThePerson),
    ("an_upstream_that_fails_in_its_own_words_is_unavailable", Flaw::BlamesThePerson),
    ("an_upstream_that_fails_in_its_own_words_is_unavailable", Flaw::IgnoresTheStatus),
    ("an_upstream_that_hangs_is_unavailable", Flaw::BlamesThePerson),
    ("an_upstream_that_refuses_the_connection_is_unavailable", Flaw::BlamesThePerson),
    ("an_upstream_that_refuses_the_connection_is_unavailable", Flaw::ForgetsThatTheCodeIsSpent),
    ("an_upstream_that_hangs_up_in_the_middle_is_unavailable", Flaw::BlamesThePerson),
    ("nonsense_is_an_unexpected_answer", Flaw::BlamesTheUpstream),
    ("a_code_that_was_sent_is_never_unspent", Flaw::CallsEveryCodeGood),
    ("a_code_that_was_sent_is_never_unspent", Flaw::CallsTheCodeGoodAfterwards),
    ("a_code_that_was_sent_is_never_unspent", Flaw::ForgetsThatTheCodeIsSpent),
    ("an_accident_to_the_profile_breaks_no_login", Flaw::NeedsAName),
    ("a_code_is_spent_by_exactly_one_request", Flaw::TriesTwice),
    ("union_ids_come_as_declared", Flaw::DeclaresTooMuch),
    ("union_ids_come_as_declared", Flaw::PromisesUnionIds),
    ("an_unknown_setting_is_refused", Flaw::OverlooksWhatIsUnknown),
    ("a_missing_secret_is_refused_and_named", Flaw::NeedsNoSecret),
    ("building_calls_nobody", Flaw::CallsWhenItIsBuilt),
    ("abilities_keep_their_word", Flaw::VouchesForAnyPhone),
    ("layers_change_no_answer", Flaw::NeverSaysTheSameTwice),
    ("a_follow_qr_is_the_upstreams_and_has_its_scene", Flaw::InventsAQrCode),
    ("a_follow_qr_is_the_upstreams_and_has_its_scene", Flaw::OmitsTheScene),
    ("a_follow_qr_is_the_upstreams_and_has_its_scene", Flaw::OffersWhatItsTapeLacks),
    ("senders_are_those_that_the_upstream_names", Flaw::AdmitsEverySender),
    ("senders_are_those_that_the_upstream_names", Flaw::OverlooksBlocks),
    ("senders_are_those_that_the_upstream_names", Flaw::HidesTheOutage),
    ("senders_are_those_that_the_upstream_names", Flaw::OffersWhatItsTapeLacks),
    ("followers_are_those_that_the_upstream_lists", Flaw::SkipsAFollower),
    ("followers_are_those_that_the_upstream_lists", Flaw::BeginsAgain),
    ("followers_are_those_that_the_upstream_lists", Flaw::OffersWhatItsTapeLacks),
    ("a_follower_is_what_the_upstream_tells", Flaw::SaysThatAllFollow),
    ("a_follower_is_what_the_upstream_tells", Flaw::OffersWhatItsTapeLacks),
    ("an_open_id_changes_only_as_the_upstream_says", Flaw::KeepsTheOldOpenId),
    ("an_open_id_changes_only_as_the_upstream_says", Flaw::OffersWhatItsTapeLacks),
    ("an_accident_beyond_a_login_is_an_error", Flaw::HidesTheOutage),
    ("a_push_means_what_the_upstream_says", Flaw::ReadsTheSender),
    ("a_push_means_what_the_upstream_says", Flaw::PanicsAtAPush),
    ("nothing_secret_is_repeated_beyond_logins", Flaw::LogsTheToken),
    ("nothing_secret_is_repeated", Flaw::RepeatsTheCode),
    ("nothing_secret_is_repeated", Flaw::LogsTheCode),
    ("nothing_secret_is_repeated", Flaw::PrintsTheSecret),
    ("a_field_that_is_not_needed_breaks_no_login", Flaw::ReadsTooMuch),
    ("a_broken_profile_breaks_no_login", Flaw::NeedsAName),
    ("what_is_needed_and_wrong_is_named", Flaw::NamesNoField),
];

thread_local! {
    /// A factory is a plain function, so the flaw cannot be passed through its settings.
    static FLAW: Cell<Flaw> = const { Cell::new(Flaw::NamesAnotherPerson) };
}

/// Returns the tape of the provider that has the flaw.
fn tape(flaw: Flaw) -> Tape {
    let sound = crate::tape(flaw.kind());
    let tape = Tape { factory: Factory { kind: "careless", build: provider::build }, ..sound };
    match flaw {
        Flaw::PromisesUnionIds => Tape { without_union_id: None, ..tape },
        Flaw::OffersWhatItsTapeLacks => Tape { beyond_logins: BeyondLogins::NOTHING, ..tape },
        // The sound provider reads the answers of an upstream that refuses with 200.
        Flaw::DropsTheWords => Tape {
            used_code: |_| {
                Answer::json(&json!({ "errcode": 40163, "errmsg": "code been used" })).status(StatusCode::BAD_REQUEST)
            },
            ..tape
        },
        _ => tape,
    }
}

/// Returns the message of the broken promise; `None` if the provider keeps it.
fn complaint(promise: &str, flaw: Flaw) -> Option<String> {
    FLAW.set(flaw);
    complaint_about(promise, &tape(flaw))
}

/// Returns the message of the broken promise; `None` if the provider of the tape keeps it.
fn complaint_about(promise: &str, tape: &Tape) -> Option<String> {
    let broken = catch_unwind(|| check(promise, tape)).err()?;
    let text = broken.downcast_ref::<String>().cloned();
    Some(text.or_else(|| broken.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default())
}

#[test]
fn each_promise_is_broken_by_a_flaw_that_the_contract_finds() {
    for (promise, flaw) in BROKEN {
        let message = complaint(promise, flaw).unwrap_or_else(|| panic!("{flaw:?} keeps {promise}"));

        let has_hint = message.rsplit_once("\n  hint: ").is_some_and(|(_, hint)| hint.len() > 10);
        assert!(has_hint, "{flaw:?} breaks {promise}, and the message has no hint: {message}");
    }

    let broken: BTreeSet<_> = BROKEN.iter().map(|(promise, _)| *promise).collect();
    assert_eq!(broken, PROMISES.iter().map(|(promise, _)| *promise).collect());
}

#[test]
fn a_broken_promise_is_explained_by_its_scenario_its_requests_as_text_and_a_hint() {
    let explained = |promise: &str, flaw, parts: &[&str]| {
        let message = complaint(promise, flaw).expect("a broken promise");
        let missing: Vec<_> = parts.iter().filter(|part| !message.contains(**part)).collect();
        assert_eq!(missing, Vec::<&&str>::new(), "{message}");
    };

    explained(
        "a_used_code_is_rejected",
        Flaw::DropsTheWords,
        &[
            "scenario `used_code`",
            "expected: CodeUsed or CodeRejected",
            "got: UnexpectedAnswer: /sns/oauth2/access_token answered 400",
            "GET /sns/oauth2/access_token?appid=",
            "-> 400 application/json {\"errcode\":40163,\"errmsg\":\"code been used\"}",
            "hint: a status of 4xx with words?",
            "`Http::execute`",
        ],
    );
    explained(
        "a_code_verifier_follows_its_challenge",
        Flaw::OmitsTheChallenge,
        &[
            "scenario `good_code`",
            "expected: `code_challenge` = `",
            "POST /login/oauth/access_token",
            "hint: the exchange sends the code verifier: add `code_challenge`",
        ],
    );
    explained(
        "a_code_that_was_sent_is_never_unspent",
        Flaw::CallsTheCodeGoodAfterwards,
        &["502 text/html <html>", "at request 2 of the login, GET /user", "`.map_err(ProviderError::spent)`"],
    );
    explained(
        "the_redirect_uri_returns_to_the_letter",
        Flaw::RepeatsAnotherAddress,
        &["`redirect_uri` = `https://shop.example.com/back?from=a b&lang=zh-CN`", "POST /login/oauth/access_token"],
    );
    explained(
        "a_code_without_its_state_names_the_person_or_is_rejected",
        Flaw::PanicsWithoutAState,
        &["`Exchange::begun` is `None`", "hint: `Exchange::needed_begun` returns what was stored"],
    );
    explained(
        "an_unknown_error_is_an_unexpected_answer",
        Flaw::BlamesThePersonForTheUnknown,
        &["scenario `unknown_error`", "got: CodeRejected: WeChat answered 999999", "hint: an unknown number"],
    );
}

#[test]
fn a_flawed_tape_is_explained_like_a_flawed_provider() {
    let sound = crate::tape("github");
    let wrong_person = Tape { person: Person { open_id: "1", ..sound.person }, ..sound };
    let no_spending = Tape { spends_code: |_| false, ..sound };
    let unknown_quota = Tape { quota: |_| refusal("slow_down_a_little"), ..sound };
    let rejected_quota = Tape { quota: |_| refusal("bad_verification_code"), ..sound };

    for (promise, tape, parts) in [
        ("a_good_code_names_the_person", wrong_person, ["expected: the open id \"1\"", "is `Tape::person` the person"]),
        ("the_redirect_uri_returns_to_the_letter", no_spending, ["scenario `good_code`", "`Tape::spends_code`"]),
        (
            "a_code_is_spent_by_exactly_one_request",
            no_spending,
            ["POST /login/oauth/access_token", "`Tape::spends_code`"],
        ),
        ("a_quota_is_rate_limited", unknown_quota, ["scenario `quota`", "hint: map the number or word"]),
        ("a_quota_is_rate_limited", rejected_quota, ["\"error\":\"bad_verification_code\"", "its status is 429"]),
    ] {
        let message = complaint_about(promise, &tape).expect("a broken promise");

        let missing: Vec<_> = parts.iter().filter(|part| !message.contains(**part)).collect();
        assert_eq!(missing, Vec::<&&str>::new(), "{promise}: {message}");
    }
}

fn refusal(error: &str) -> Answer {
    Answer::json(&json!({ "error": error })).status(StatusCode::BAD_REQUEST)
}
