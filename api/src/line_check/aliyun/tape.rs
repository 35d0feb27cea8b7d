//! Alibaba Cloud's answers, for the contract of line checks.

use std::sync::Arc;

use http::StatusCode;
use serde_json::json;

use super::AliyunLineCheck;
use crate::config::AliyunLineCheck as Settings;
use crate::contract::line::Tape;
use crate::contract::{Answer, Given, SECRET};
use crate::line_check::Line;

/// Alibaba Cloud's answers to `DescribePhoneTwiceTelVerify`.
pub(in crate::line_check) const TAPE: Tape = Tape {
    name: "aliyun",
    source: "https://help.aliyun.com/document_detail/453355.html",
    build: |given| Arc::new(AliyunLineCheck::new(&settings(given), given.http, given.clock)),
    same: |call| {
        let is_right =
            call.value("AuthCode").as_deref() == Some(SECRET) && call.value("Mask").as_deref() == Some("NORMAL");
        if is_right { result("2") } else { answer("Forbidden.RAM") }
    },
    number: (|call| call.value("InputNumber"), "13800000001"),
    since: (|call| call.value("StartTime"), "2025-10-08 16:53:20"),
    knows_abroad: false,
    result,
    results: &[
        ("0", Line::Unknown),
        ("1", Line::Recycled),
        ("2", Line::Same),
        ("3", Line::Recycled),
        ("4", Line::Recycled),
    ],
    undocumented_result: "5",
    answer,
    codes: &[
        ("PortabilityNumberNotSupported", "unknown"),
        ("RequestNumberNotSupported", "unknown"),
        ("RequestFrequencyLimit", "rate_limited"),
        ("Throttling.User", "rate_limited"),
        ("InvalidAccessKeyId.NotFound", "misconfigured"),
        ("InvalidTimeStamp.Expired", "misconfigured"),
        ("SignatureDoesNotMatch", "misconfigured"),
        ("Forbidden.RAM", "misconfigured"),
        ("isp.SYSTEM_ERROR", "unavailable"),
        ("isp.UNKNOWN", "unavailable"),
    ],
    quota: "RequestFrequencyLimit",
    wrong_key: "SignatureDoesNotMatch",
    undocumented: "NeverDocumented",
};

fn settings(given: &Given<'_>) -> Settings {
    let table = toml::toml! {
        endpoint = (given.upstream.as_str())
        access_key_id = "test-key-id"
        access_key_secret = SECRET
        auth_code = SECRET
    };
    table.try_into().expect("the settings of the tape are sound")
}

fn result(result: &str) -> Answer {
    let data = json!({ "Carrier": "CMCC", "VerifyResult": result });
    Answer::json(&json!({ "Code": "OK", "Message": "OK", "Data": data, "RequestId": "68A40250-50CD-034C" }))
}

fn answer(code: &str) -> Answer {
    let body = json!({ "Code": code, "Message": "said by Alibaba Cloud", "RequestId": "68A40250-50CD-034C" });
    Answer::json(&body).status(if code.contains('.') { StatusCode::BAD_REQUEST } else { StatusCode::OK })
}
