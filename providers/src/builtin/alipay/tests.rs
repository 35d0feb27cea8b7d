//! Tests of Alipay's settings, times and kinds of refusal. See `sign` for those of signatures.

use std::sync::Arc;

use super::example_keys::{
    ALIPAY_CERTIFICATE, ALIPAY_PUBLIC, APP_CERTIFICATE, APP_PRIVATE, APP_PUBLIC, ROOT_CERTIFICATES,
};
use super::*;
use crate::{HttpLimits, TokensInMemory};

fn problems(table: toml::Table) -> Vec<(String, String)> {
    let http = crate::Http::new(HttpLimits::default()).expect("a client");
    let settings = Settings { table, http, tokens: Arc::new(TokensInMemory::default()), sandbox: None };
    let problems = (FACTORY.build)(settings).map(|_| ()).err().unwrap_or_default();
    problems.into_iter().map(|problem| (problem.path, problem.reason)).collect()
}

#[test]
fn every_mistake_in_the_settings_is_named_at_once() {
    let found = problems(toml::toml! {
        private_key = "no key"
        alipay_public_key = "-----BEGIN CERTIFICATE-----"
        identity = "union_id"
        api_url = "http://openapi.alipay.com"
    });

    let paths: Vec<_> = found.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(paths, ["private_key", "alipay_public_key", "identity", "app_id", "api_url"]);
    assert!(found.iter().all(|(_, reason)| !reason.contains("no key")), "{found:?}");
    let found = problems(toml::toml! { app_id = "2014072300007148" });
    assert_eq!(found, [("alipay_public_key", "is missing"), ("private_key", "is missing")].map(named));
}

#[test]
fn the_apps_own_key_is_not_taken_for_that_of_alipay() {
    let with = |public: &str| {
        toml::toml! {
            app_id = "2014072300007148"
            private_key = APP_PRIVATE
            alipay_public_key = public
        }
    };

    assert_eq!(problems(with(ALIPAY_PUBLIC)), []);
    let found = problems(with(APP_PUBLIC));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].0 == "alipay_public_key" && found[0].1.contains("app's own key"), "{found:?}");
}

#[test]
fn certificates_take_the_place_of_the_public_key_and_have_to_fit() {
    let with = |certificates: [(&str, &str); 3]| {
        let mut table = toml::toml! {
            app_id = "2014072300007148"
            private_key = APP_PRIVATE
        };
        table.extend(certificates.map(|(key, text)| (key.to_owned(), text.into())));
        table
    };
    let keys = ["app_cert", "alipay_cert", "alipay_root_cert"];
    let good = [(keys[0], APP_CERTIFICATE), (keys[1], ALIPAY_CERTIFICATE), (keys[2], ROOT_CERTIFICATES)];
    let paths = |table| problems(table).into_iter().map(|(path, _)| path).collect::<Vec<_>>();

    assert_eq!(problems(with(good)), []);
    for (at, key) in keys.iter().enumerate() {
        let mut without = with(good);
        without.remove(*key);
        let mut wrong = good;
        wrong[at].1 = "no certificate";
        assert_eq!((paths(without), paths(with(wrong))), (vec![(*key).to_owned()], vec![(*key).to_owned()]));
    }
    let [_, _, roots] = good;
    let swapped = problems(with([(keys[0], ALIPAY_CERTIFICATE), (keys[1], APP_CERTIFICATE), roots]));
    let expected = [
        ("app_cert", "is of another key than private_key"),
        ("alipay_cert", "is the app's own certificate (应用公钥证书)"),
    ];
    assert!(swapped.iter().zip(expected).all(|(found, known)| found.0 == known.0 && found.1.starts_with(known.1)));
    let mut both = with(good);
    both.insert("alipay_public_key".into(), ALIPAY_PUBLIC.into());
    assert_eq!(paths(both), ["alipay_public_key"]);
}

#[test]
fn a_request_is_dated_in_beijing() {
    assert_eq!(in_beijing(1_406_142_470), "2014-07-24 03:07:50");
    assert_eq!(in_beijing(1_798_732_800), "2027-01-01 00:00:00");
    assert_eq!(timestamp().len(), "2014-07-24 03:07:50".len());
}

#[test]
fn every_refusal_has_its_kind() {
    for (kind, refusals) in [
        (ErrorKind::CodeRejected, [(40_002, "isv.code-invalid"), (20_001, "aop.auth-token-time-out")].as_slice()),
        (
            ErrorKind::ConsentRequired,
            &[(20_001, "aop.invalid-auth-token"), (40_006, "isv.insufficient-user-permissions")],
        ),
        (ErrorKind::Unavailable, &[(20_000, "isp.unknow-error"), (20_000, "aop.unknow-error"), (20_000, "")]),
        (ErrorKind::RateLimited, &[(40_005, "isv.app-call-limited"), (40_005, "isv.method-call-limited")]),
        (ErrorKind::Misconfigured, &[(40_002, "isv.invalid-signature"), (40_001, "isv.missing-app-id")]),
        (ErrorKind::Misconfigured, &[(40_003, "isv.missing-signature-config"), (40_006, "")]),
        (ErrorKind::UnexpectedAnswer, &[(40_002, ""), (40_002, "isv.unheard-of"), (0, ""), (40_004, "ACQ.NEW")]),
    ] {
        for (number, word) in refusals {
            assert_eq!(kind_of(*number, word), kind, "{number} {word}");
        }
    }
}

fn named((path, reason): (&str, &str)) -> (String, String) {
    (path.to_owned(), reason.to_owned())
}
