//! The answers of captcha services with the `siteverify` protocol, for the contract of human checks.

use std::sync::Arc;

use serde_json::json;

use super::SiteVerify;
use crate::contract::human::{SOLVED, Tape};
use crate::contract::{Answer, Given, SECRET, configured};

/// The answers that hCaptcha, Cloudflare Turnstile and Google document.
pub(in crate::human_check) const TAPE: Tape = Tape {
    name: "http",
    source: "https://docs.hcaptcha.com/#siteverify-error-codes-table",
    build: |given| Arc::new(SiteVerify::new(&settings(given), given.http)),
    verdict: |call| match (call.value("secret").as_deref(), call.value("response").as_deref()) {
        (Some(SECRET), Some(SOLVED)) => Answer::json(&json!({
            "success": true,
            "challenge_ts": "2025-10-09T08:53:20Z",
            "hostname": "shop.example.com",
            "error-codes": [],
        })),
        (Some(SECRET), _) => answer("invalid-input-response"),
        (_, _) => answer("invalid-input-secret"),
    },
    sends_address: false,
    answer,
    codes: &[
        ("missing-input-response", "refused"),
        ("invalid-input-response", "refused"),
        ("expired-input-response", "refused"),
        ("already-seen-response", "refused"),
        ("invalid-or-already-seen-response", "refused"),
        ("timeout-or-duplicate", "refused"),
        ("browser-error", "refused"),
        ("missing-input-secret", "misconfigured"),
        ("invalid-input-secret", "misconfigured"),
        ("sitekey-secret-mismatch", "misconfigured"),
        ("not-using-dummy-passcode", "misconfigured"),
        ("bad-request", "misconfigured"),
        ("missing-remoteip", "misconfigured"),
        ("invalid-remoteip", "misconfigured"),
        ("internal-error", "unavailable"),
    ],
    used: "timeout-or-duplicate",
    wrong_key: "invalid-input-secret",
    undocumented: "never-documented",
};

fn settings(given: &Given<'_>) -> crate::config::HumanCheck {
    let table = toml::toml! {
        [human_check]
        kind = "http"
        url = (given.upstream.as_str())
        secret = SECRET
    };
    configured(table).human_check
}

fn answer(code: &str) -> Answer {
    Answer::json(&json!({ "success": false, "error-codes": [code] }))
}
