//! A gateway's answers, for the contract of SMS carriers.

use std::sync::Arc;

use http::StatusCode;
use serde_json::json;

use super::HttpSms;
use crate::config::Sms as Settings;
use crate::contract::carrier::Tape;
use crate::contract::{Answer, Call, Given, SECRET, configured};
use crate::sms::Kind;

/// The answers of a gateway that takes texts, and says success by `"result": 0`.
pub(in crate::sms) const TAPE: Tape = Tape {
    name: "http",
    source: "https://www.rfc-editor.org/rfc/rfc9110#section-15",
    build: |given| Arc::new(HttpSms::new(&settings(given), given.http, given.clock)),
    carries: Kind::ALL,
    accepts: |call| {
        let text = |name: &str| call.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let is_signed = text("x-guiyi-timestamp") == "1760000000" && text("x-guiyi-signature").len() == 64;
        let has_text = call.value("content").is_some_and(|content| content.starts_with("【Hemu】"));
        match text("authorization").strip_prefix("Bearer ") {
            Some(SECRET) if is_signed && has_text => Answer::json(&json!({ "result": 0 })),
            Some(SECRET) => answer("400"),
            _ => answer("401"),
        }
    },
    number: |call: &Call| call.value("mobile"),
    written: ["+8613800000001", "+85251234567"],
    answer,
    codes: &[
        ("400", "rejected"),
        ("422", "rejected"),
        ("429", "rate_limited"),
        ("301", "misconfigured"),
        ("401", "misconfigured"),
        ("402", "misconfigured"),
        ("403", "misconfigured"),
        ("404", "misconfigured"),
        ("405", "misconfigured"),
        ("500", "unavailable"),
        ("502", "unavailable"),
        ("503", "unavailable"),
    ],
    refused_number: "422",
    quota: "429",
    wrong_key: "401",
    wrong_template: None,
    undocumented: "418",
};

fn settings(given: &Given<'_>) -> Settings {
    let table = toml::toml! {
        [sms]
        sender = "http"
        signature = "Hemu"
        [sms.http]
        url = (given.upstream.as_str())
        bearer = SECRET
        hmac_secret = SECRET
        success_pointer = "/result"
        success_equals = "0"
        [sms.http.fields]
        mobile = "{number}"
        content = "{text}"
    };
    *configured(table).sms
}

/// Its codes are statuses.
fn answer(code: &str) -> Answer {
    let status = code.parse().unwrap_or(StatusCode::IM_A_TEAPOT);
    Answer::json(&json!({ "result": 17, "message": "said by the gateway" })).status(status)
}
