//! Alibaba Cloud's answers, for the contract of SMS carriers.

use std::sync::Arc;

use http::StatusCode;
use serde_json::{Value, json};

use super::AliyunSms;
use crate::config::AliyunSms as Settings;
use crate::contract::carrier::Tape;
use crate::contract::{Answer, CODE, Call, Given, SECRET};
use crate::sms::Kind;

/// Alibaba Cloud's answers to `SendSms`.
pub(in crate::sms) const TAPE: Tape = Tape {
    name: "aliyun",
    source: "https://help.aliyun.com/document_detail/101346.html",
    build: |given| Arc::new(AliyunSms::new(&settings(given), given.http, given.clock)),
    carries: &[Kind::Code, Kind::OpenIdLinked],
    accepts: |call| {
        let param = call.value("TemplateParam").and_then(|param| serde_json::from_str::<Value>(&param).ok());
        let known = match call.value("TemplateCode").as_deref() {
            Some("SMS_1") => param == Some(json!({ "code": CODE, "ttl": "5" })),
            Some("SMS_2") => param == Some(json!({ "app": "Hemu Mall" })),
            _ => false,
        };
        match call.value("SignName").as_deref() {
            Some("禾木") if known && is_signed(call) => answer("OK", "OK"),
            Some("禾木") if known => answer("SignatureDoesNotMatch", "Specified signature is not matched."),
            _ => answer("isv.SMS_SIGNATURE_ILLEGAL", "短信签名不合法"),
        }
    },
    number: |call| call.value("PhoneNumbers"),
    // 国际/港澳台消息：国际区号+号码，例如852000012****。
    written: ["13800000001", "85251234567"],
    answer: |code| answer(code, "said by Alibaba Cloud"),
    codes: &[
        ("isv.MOBILE_NUMBER_ILLEGAL", "rejected"),
        ("isv.BLACK_KEY_CONTROL_LIMIT", "rejected"),
        ("isv.SMS_CONTENT_ILLEGAL", "rejected"),
        ("isv.TEMPLATE_PARAMS_ILLEGAL", "rejected"),
        ("isv.DOMESTIC_NUMBER_NOT_SUPPORTED", "rejected"),
        ("isv.BUSINESS_LIMIT_CONTROL", "rate_limited"),
        ("isv.DAY_LIMIT_CONTROL", "rate_limited"),
        ("isv.MONTH_LIMIT_CONTROL", "rate_limited"),
        ("Throttling.User", "rate_limited"),
        ("Throttling.Api", "rate_limited"),
        ("isv.AMOUNT_NOT_ENOUGH", "misconfigured"),
        ("isv.OUT_OF_SERVICE", "misconfigured"),
        ("isv.PRODUCT_UN_SUBSCRIPT", "misconfigured"),
        ("isv.PRODUCT_UNSUBSCRIBE", "misconfigured"),
        ("isv.ACCOUNT_NOT_EXISTS", "misconfigured"),
        ("isv.ACCOUNT_ABNORMAL", "misconfigured"),
        ("isv.DENY_IP_RANGE", "misconfigured"),
        ("isv.SMS_TEMPLATE_ILLEGAL", "misconfigured"),
        ("isv.TEMPLATE_MISSING_PARAMETERS", "misconfigured"),
        ("isv.SMS_SIGNATURE_ILLEGAL", "misconfigured"),
        ("isv.SMS_SIGNATURE_SCENE_ILLEGAL", "misconfigured"),
        ("isv.SMS_SIGN_ILLEGAL", "misconfigured"),
        ("isv.SIGN_STATE_ILLEGAL", "misconfigured"),
        ("isv.EXTEND_CODE_ERROR", "misconfigured"),
        ("isv.INVALID_PARAMETERS", "misconfigured"),
        ("isv.INVALID_JSON_PARAM", "misconfigured"),
        ("isv.PARAM_LENGTH_LIMIT", "misconfigured"),
        ("isv.PARAM_NOT_SUPPORT_URL", "misconfigured"),
        ("isv.MOBILE_COUNT_OVER_LIMIT", "misconfigured"),
        ("isp.RAM_PERMISSION_DENY", "misconfigured"),
        ("Forbidden.RAM", "misconfigured"),
        ("InvalidAccessKeyId.NotFound", "misconfigured"),
        ("InvalidAccessKeyId.Inactive", "misconfigured"),
        ("SignatureDoesNotMatch", "misconfigured"),
        ("InvalidTimeStamp.Expired", "misconfigured"),
        ("isp.SYSTEM_ERROR", "unavailable"),
    ],
    refused_number: "isv.MOBILE_NUMBER_ILLEGAL",
    quota: "isv.BUSINESS_LIMIT_CONTROL",
    wrong_key: "SignatureDoesNotMatch",
    wrong_template: Some("isv.SMS_TEMPLATE_ILLEGAL"),
    undocumented: "isv.NEVER_DOCUMENTED",
};

fn settings(given: &Given<'_>) -> Settings {
    let table = toml::toml! {
        endpoint = (given.upstream.as_str())
        access_key_id = "test-key-id"
        access_key_secret = SECRET
        sign_name = "禾木"
        [templates]
        code = { id = "SMS_1", params = { code = "{code}", ttl = "{minutes}" } }
        open_id_linked = { id = "SMS_2", params = { app = "{app}" } }
    };
    table.try_into().expect("the settings of the tape are sound")
}

/// Whether the request has all that a signature is made of. `tests/carriers/carrier.py` verifies signatures.
fn is_signed(call: &Call) -> bool {
    let has = |name: &str, value: &str| call.headers.get(name).is_some_and(|found| found == value);
    let authorization = call.headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    has("x-acs-action", "SendSms")
        && has("x-acs-version", "2017-05-25")
        && authorization.starts_with("ACS3-HMAC-SHA256 Credential=test-key-id,")
}

/// Codes of the product come with status 200, those of the gateway with 4xx.
fn answer(code: &str, message: &str) -> Answer {
    let body = json!({ "Code": code, "Message": message, "RequestId": "F655A8D5-B967-440B-8683-DAD6FF8DE990" });
    let is_of_product = code == "OK" || code.starts_with("is");
    Answer::json(&body).status(if is_of_product { StatusCode::OK } else { StatusCode::BAD_REQUEST })
}
