//! Huawei Cloud's answers, for the contract of SMS carriers.

use std::sync::Arc;

use http::StatusCode;
use serde_json::json;

use super::HuaweiSms;
use crate::config::HuaweiSms as Settings;
use crate::contract::carrier::Tape;
use crate::contract::{Answer, CODE, Call, Given, SECRET};
use crate::sms::Kind;

/// Huawei Cloud's answers to `batchSendSms/v1`.
pub(in crate::sms) const TAPE: Tape = Tape {
    name: "huawei",
    source: "https://support.huaweicloud.com/api-msgsms/sms_05_0050.html",
    build: |given| Arc::new(HuaweiSms::new(&settings(given), given.http, given.clock)),
    carries: &[Kind::Code, Kind::PhoneBound],
    accepts: |call| {
        let form = ["from", "templateId", "templateParas", "signature"].map(|name| call.value(name));
        let code = [Some("csms12345678"), Some("8ff55eac"), Some(r#"["pl4nted-c0de-091eXm0w3pLeC0de"]"#), Some("禾木")];
        assert!(code[2].is_some_and(|paras| paras.contains(CODE)), "the tape has the planted code");
        let notice = [Some("csms87654321"), Some("979b639c"), None, Some("禾木")];
        let form = form.each_ref().map(Option::as_deref);
        match call.path.as_str() {
            "/sms/batchSendSms/v1" if !is_signed(call) => call_refused("E000045"),
            "/sms/batchSendSms/v1" if form == code || form == notice => sent("000000"),
            "/sms/batchSendSms/v1" => sent("E200028"),
            _ => Answer::json(&json!({})).status(StatusCode::NOT_FOUND),
        }
    },
    number: |call| call.value("to"),
    // 全局号码格式（包含国家码），示例：+8615123456789。
    written: ["+8613800000001", "+85251234567"],
    answer: |code| if code.starts_with("E2") { sent(code) } else { call_refused(code) },
    codes: &[
        ("E200025", "rejected"),
        ("E200041", "rejected"),
        ("E000623", "rate_limited"),
        ("E000630", "rate_limited"),
        ("E200015", "rate_limited"),
        ("E000000", "misconfigured"),
        ("E000001", "misconfigured"),
        ("E000008", "misconfigured"),
        ("E000020", "misconfigured"),
        ("E000027", "misconfigured"),
        ("E000040", "misconfigured"),
        ("E000041", "misconfigured"),
        ("E000042", "misconfigured"),
        ("E000043", "misconfigured"),
        ("E000044", "misconfigured"),
        ("E000045", "misconfigured"),
        ("E000101", "misconfigured"),
        ("E000102", "misconfigured"),
        ("E000103", "misconfigured"),
        ("E000104", "misconfigured"),
        ("E000105", "misconfigured"),
        ("E000106", "misconfigured"),
        ("E000109", "misconfigured"),
        ("E000110", "misconfigured"),
        ("E000111", "misconfigured"),
        ("E000112", "misconfigured"),
        ("E000503", "misconfigured"),
        ("E000620", "misconfigured"),
        ("E200018", "misconfigured"),
        ("E200020", "misconfigured"),
        ("E200024", "misconfigured"),
        ("E200028", "misconfigured"),
        ("E200029", "misconfigured"),
        ("E200030", "misconfigured"),
        ("E200031", "misconfigured"),
        ("E200032", "misconfigured"),
        ("E200033", "misconfigured"),
    ],
    refused_number: "E200025",
    quota: "E200015",
    wrong_key: "E000045",
    wrong_template: Some("E200030"),
    undocumented: "E299999",
};

fn settings(given: &Given<'_>) -> Settings {
    let table = toml::toml! {
        endpoint = (given.upstream.as_str())
        app_key = "test-app-key"
        app_secret = SECRET
        sender = "csms12345678"
        notice_sender = "csms87654321"
        sign_name = "禾木"
        [templates]
        code = { id = "8ff55eac", params = ["{code}"] }
        phone_bound = { id = "979b639c" }
    };
    table.try_into().expect("the settings of the tape are sound")
}

/// Whether the request has all that a signature is made of. `tests/carriers/carrier.py` verifies signatures.
fn is_signed(call: &Call) -> bool {
    let text = |name: &str| call.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let signed = "SDK-HMAC-SHA256 Access=test-app-key, SignedHeaders=content-type;host;x-sdk-date, Signature=";
    text("x-sdk-date") == "20251009T085320Z" && text("authorization").starts_with(signed)
}

/// The call is refused: status 400, 401 or 403, and no `result`.
fn call_refused(code: &str) -> Answer {
    let status = match code {
        _ if code.starts_with("E0001") => StatusCode::UNAUTHORIZED,
        "E000620" => StatusCode::FORBIDDEN,
        _ => StatusCode::BAD_REQUEST,
    };
    Answer::json(&json!({ "code": code, "description": "said by Huawei Cloud" })).status(status)
}

/// The call is accepted, and its one message too, or not: "E000510, the SMS fails to be sent. For details, see status."
fn sent(status: &str) -> Answer {
    let code = if status == "000000" { "000000" } else { "E000510" };
    Answer::json(&json!({
        "result": [{
            "total": 1,
            "originTo": "",
            "createTime": "2025-10-09T08:53:20Z",
            "from": "1069********0012",
            "smsMsgId": "d6e3cdd0-522b-4692-8304-a07553cdf591_8539659",
            "countryId": "CN",
            "status": status,
        }],
        "code": code,
        "description": "said by Huawei Cloud",
    }))
}
