//! The provider contract: promises that are tested against every provider, over real HTTP on loopback.
//!
//! Each provider's [`Tape`] describes how its upstream behaves; the README of this crate explains how to write one. One
//! line tests a provider against the contract: `providers::contract!(TAPE);`. Every promise becomes a test of that name.
//! No promise can be skipped: a tape has no default, so that a new field in it keeps every provider from compiling until
//! it is filled in, and a test compares the tests with [`PROMISES`].
//!
//! [`Playing`] is the upstream of a tape for a person who tries the provider: `cargo run -p providers --features contract
//! --example play -- KIND`. [`Upstream`] is a scripted upstream for tests of your own.

mod accidents;
mod beyond;
mod declared;
mod ears;
mod planted;
mod playing;
mod promises;
mod report;
mod secrecy;
mod stage;
mod tape;
mod tolerance;
pub mod tools;
mod upstream;

pub use playing::Playing;
pub use tape::{
    Answer, BeyondLogins, CODE, Call, FOLLOWERS, NEW_OPEN_ID, OLD_APP, Person, Play, QR_SCENE, QR_TEXT, SECRET,
    SENDERS, Scene, TOKEN, Tape,
};
pub use upstream::{Reply, Script, Upstream};

/// A promise: its name, and a function that panics if a provider breaks it.
pub type Promise = (&'static str, fn(&Tape));

/// Builds the table from the names of the functions.
macro_rules! promises {
    ($($place:ident::$name:ident,)+) => { &[$((stringify!($name), $place::$name)),+] };
}

/// All promises, in the order of [`contract!`](crate::contract!).
pub const PROMISES: &[Promise] = promises![
    promises::a_good_code_names_the_person,
    promises::the_authorize_url_carries_state_and_return_address_and_no_secret,
    promises::a_code_verifier_follows_its_challenge,
    promises::the_redirect_uri_returns_to_the_letter,
    promises::a_code_without_its_state_names_the_person_or_is_rejected,
    promises::a_used_code_is_rejected,
    promises::a_forged_code_is_rejected,
    promises::an_expired_code_is_rejected,
    promises::a_quota_is_rate_limited,
    promises::a_wrong_secret_wakes_the_operator,
    promises::an_unknown_error_is_an_unexpected_answer,
    accidents::an_upstream_that_fails_is_unavailable,
    accidents::an_upstream_that_fails_in_its_own_words_is_unavailable,
    accidents::an_upstream_that_hangs_is_unavailable,
    accidents::an_upstream_that_refuses_the_connection_is_unavailable,
    accidents::an_upstream_that_hangs_up_in_the_middle_is_unavailable,
    accidents::nonsense_is_an_unexpected_answer,
    accidents::a_code_that_was_sent_is_never_unspent,
    accidents::an_accident_to_the_profile_breaks_no_login,
    accidents::a_code_is_spent_by_exactly_one_request,
    declared::union_ids_come_as_declared,
    declared::an_unknown_setting_is_refused,
    declared::a_missing_secret_is_refused_and_named,
    declared::building_calls_nobody,
    declared::abilities_keep_their_word,
    declared::layers_change_no_answer,
    beyond::a_follow_qr_is_the_upstreams_and_has_its_scene,
    beyond::senders_are_those_that_the_upstream_names,
    beyond::followers_are_those_that_the_upstream_lists,
    beyond::a_follower_is_what_the_upstream_tells,
    beyond::an_open_id_changes_only_as_the_upstream_says,
    beyond::an_accident_beyond_a_login_is_an_error,
    beyond::a_push_means_what_the_upstream_says,
    secrecy::nothing_secret_is_repeated,
    secrecy::nothing_secret_is_repeated_beyond_logins,
    tolerance::a_field_that_is_not_needed_breaks_no_login,
    tolerance::a_broken_profile_breaks_no_login,
    tolerance::what_is_needed_and_wrong_is_named,
];

/// Checks one promise.
///
/// # Panics
///
/// If the provider breaks the promise, or the contract has no promise of this name.
pub fn check(promise: &str, tape: &Tape) {
    let found = PROMISES.iter().find(|(name, _)| *name == promise);
    let Some((_, keeps)) = found else { panic!("the contract has no promise `{promise}`") };
    keeps(tape);
}

/// Tests the provider of a [`Tape`](crate::contract::Tape) against the contract, with one test for each promise.
///
/// Belongs in a test module of its own, named after the provider:
///
/// ```
/// mod wechat_official_account {
///     providers::contract!(providers::builtin::TAPES[0]);
/// }
/// ```
#[macro_export]
macro_rules! contract {
    ($tape:expr) => {
        $crate::contract!(
            $tape;
            a_good_code_names_the_person,
            the_authorize_url_carries_state_and_return_address_and_no_secret,
            a_code_verifier_follows_its_challenge,
            the_redirect_uri_returns_to_the_letter,
            a_code_without_its_state_names_the_person_or_is_rejected,
            a_used_code_is_rejected,
            a_forged_code_is_rejected,
            an_expired_code_is_rejected,
            a_quota_is_rate_limited,
            a_wrong_secret_wakes_the_operator,
            an_unknown_error_is_an_unexpected_answer,
            an_upstream_that_fails_is_unavailable,
            an_upstream_that_fails_in_its_own_words_is_unavailable,
            an_upstream_that_hangs_is_unavailable,
            an_upstream_that_refuses_the_connection_is_unavailable,
            an_upstream_that_hangs_up_in_the_middle_is_unavailable,
            nonsense_is_an_unexpected_answer,
            a_code_that_was_sent_is_never_unspent,
            an_accident_to_the_profile_breaks_no_login,
            a_code_is_spent_by_exactly_one_request,
            union_ids_come_as_declared,
            an_unknown_setting_is_refused,
            a_missing_secret_is_refused_and_named,
            building_calls_nobody,
            abilities_keep_their_word,
            layers_change_no_answer,
            a_follow_qr_is_the_upstreams_and_has_its_scene,
            senders_are_those_that_the_upstream_names,
            followers_are_those_that_the_upstream_lists,
            a_follower_is_what_the_upstream_tells,
            an_open_id_changes_only_as_the_upstream_says,
            an_accident_beyond_a_login_is_an_error,
            a_push_means_what_the_upstream_says,
            nothing_secret_is_repeated,
            nothing_secret_is_repeated_beyond_logins,
            a_field_that_is_not_needed_breaks_no_login,
            a_broken_profile_breaks_no_login,
            what_is_needed_and_wrong_is_named,
        );
    };
    ($tape:expr; $($promise:ident,)+) => {
        $(#[test] fn $promise() { $crate::contract::check(stringify!($promise), &$tape); })+

        #[test]
        fn no_promise_is_left_out() {
            let promised: Vec<&str> = $crate::contract::PROMISES.iter().map(|(name, _)| *name).collect();

            assert_eq!([$(stringify!($promise)),+].as_slice(), promised);
        }
    };
}
