//! Tencent Cloud's answers, for the contract of SMS carriers.

use std::sync::Arc;

use serde_json::{Value, json};

use super::TencentSms;
use crate::config::TencentSms as Settings;
use crate::contract::carrier::Tape;
use crate::contract::{Answer, CODE, Call, Given, SECRET};
use crate::sms::Kind;

/// Tencent Cloud's answers to `SendSms`.
pub(in crate::sms) const TAPE: Tape = Tape {
    name: "tencent",
    source: "https://cloud.tencent.com/document/api/382/59177",
    build: |given| Arc::new(TencentSms::new(&settings(given), given.http, given.clock)),
    carries: &[Kind::Code, Kind::OpenIdLinked],
    accepts: |call| {
        let Ok(body) = serde_json::from_slice::<Value>(&call.body) else { return refused("InvalidParameter") };
        let params = match body["TemplateId"].as_str() {
            Some("1110") => json!([CODE, "5"]),
            Some("1111") => json!(["Hemu Mall"]),
            _ => return sent("FailedOperation.TemplateIncorrectOrUnapproved"),
        };
        let is_right = body["TemplateParamSet"] == params && body["SignName"] == "禾木" && is_signed(call);
        if is_right { sent("Ok") } else { refused("AuthFailure.SignatureFailure") }
    },
    number: |call| {
        let body = serde_json::from_slice::<Value>(&call.body).ok()?;
        Some(body.pointer("/PhoneNumberSet/0")?.as_str()?.to_owned())
    },
    // 下发手机号码，采用 E.164 标准，格式为+[国家或地区码][手机号]。
    written: ["+8613800000001", "+85251234567"],
    answer: |code| if is_of_call(code) { refused(code) } else { sent(code) },
    codes: &[
        ("InvalidParameterValue.IncorrectPhoneNumber", "rejected"),
        ("FailedOperation.PhoneNumberInBlacklist", "rejected"),
        ("FailedOperation.PhoneNumberOnBlacklist", "rejected"),
        ("FailedOperation.ContainSensitiveWord", "rejected"),
        ("InvalidParameter.DirtyWordFound", "rejected"),
        ("InvalidParameterValue.ContentLengthLimit", "rejected"),
        ("UnsupportedOperation.UnsuportedRegion", "rejected"),
        ("LimitExceeded.AppDailyLimit", "rate_limited"),
        ("LimitExceeded.DailyLimit", "rate_limited"),
        ("LimitExceeded.DeliveryFrequencyLimit", "rate_limited"),
        ("LimitExceeded.PhoneNumberDailyLimit", "rate_limited"),
        ("LimitExceeded.PhoneNumberOneHourLimit", "rate_limited"),
        ("LimitExceeded.PhoneNumberSameContentDailyLimit", "rate_limited"),
        ("LimitExceeded.PhoneNumberThirtySecondLimit", "rate_limited"),
        ("LimitExceeded", "rate_limited"),
        ("RequestLimitExceeded", "rate_limited"),
        ("RequestLimitExceeded.UinLimitExceeded", "rate_limited"),
        ("LimitExceeded.PhoneNumberCountLimit", "misconfigured"),
        ("FailedOperation.InsufficientBalanceInSmsPackage", "misconfigured"),
        ("FailedOperation.SignatureIncorrectOrUnapproved", "misconfigured"),
        ("FailedOperation.MissingSignatureList", "misconfigured"),
        ("FailedOperation.TemplateIncorrectOrUnapproved", "misconfigured"),
        ("FailedOperation.MissingTemplateList", "misconfigured"),
        ("FailedOperation.FailResolvePacket", "misconfigured"),
        ("FailedOperation.JsonParseFail", "misconfigured"),
        ("FailedOperation.OtherError", "misconfigured"),
        ("InvalidParameterValue.SdkAppIdNotExist", "misconfigured"),
        ("InvalidParameterValue.TemplateParameterFormatError", "misconfigured"),
        ("InvalidParameterValue.TemplateParameterLengthLimit", "misconfigured"),
        ("InvalidParameterValue.ProhibitedUseUrlInTemplateParameter", "misconfigured"),
        ("InvalidParameter.AppidAndBizId", "misconfigured"),
        ("InvalidParameter", "misconfigured"),
        ("MissingParameter", "misconfigured"),
        ("MissingParameter.EmptyPhoneNumberSet", "misconfigured"),
        ("UnauthorizedOperation.RequestIpNotInWhitelist", "misconfigured"),
        ("UnauthorizedOperation.RequestPermissionDeny", "misconfigured"),
        ("UnauthorizedOperation.SdkAppIdIsDisabled", "misconfigured"),
        ("UnauthorizedOperation.SerivceSuspendDueToArrears", "misconfigured"),
        ("UnauthorizedOperation.SmsSdkAppIdVerifyFail", "misconfigured"),
        ("AuthFailure.InvalidSecretId", "misconfigured"),
        ("AuthFailure.SecretIdNotFound", "misconfigured"),
        ("AuthFailure.SignatureExpire", "misconfigured"),
        ("AuthFailure.SignatureFailure", "misconfigured"),
        ("AuthFailure.UnauthorizedOperation", "misconfigured"),
        ("IpInBlacklist", "misconfigured"),
        ("IpNotInWhitelist", "misconfigured"),
        ("InternalError.RequestTimeException", "misconfigured"),
        ("InternalError.SigFieldMissing", "misconfigured"),
        ("InternalError.SigVerificationFail", "misconfigured"),
        ("InternalError.RestApiInterfaceNotExist", "misconfigured"),
        ("InternalError", "unavailable"),
        ("InternalError.OtherError", "unavailable"),
        ("InternalError.SendAndRecvFail", "unavailable"),
        ("InternalError.Timeout", "unavailable"),
        ("InternalError.UnknownError", "unavailable"),
    ],
    refused_number: "InvalidParameterValue.IncorrectPhoneNumber",
    quota: "LimitExceeded.PhoneNumberDailyLimit",
    wrong_key: "AuthFailure.SignatureFailure",
    wrong_template: Some("FailedOperation.TemplateIncorrectOrUnapproved"),
    undocumented: "FailedOperation.NeverDocumented",
};

fn settings(given: &Given<'_>) -> Settings {
    let table = toml::toml! {
        endpoint = (given.upstream.as_str())
        region = "ap-guangzhou"
        secret_id = "test-secret-id"
        secret_key = SECRET
        sdk_app_id = "1400006666"
        sign_name = "禾木"
        [templates]
        code = { id = "1110", params = ["{code}", "{minutes}"] }
        open_id_linked = { id = "1111", params = ["{app}"] }
    };
    table.try_into().expect("the settings of the tape are sound")
}

/// Whether the request has all that a signature is made of. `tests/carriers/carrier.py` verifies signatures.
fn is_signed(call: &Call) -> bool {
    let text = |name: &str| call.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    text("x-tc-action") == "SendSms"
        && text("x-tc-version") == "2021-01-11"
        && text("authorization").starts_with("TC3-HMAC-SHA256 Credential=test-secret-id/2025-10-09/sms/tc3_request,")
}

/// Whether the code is of the whole call, and not of one of its messages.
fn is_of_call(code: &str) -> bool {
    !code.starts_with("FailedOperation") && !code.starts_with("LimitExceeded") && !code.contains("PhoneNumber")
}

/// Both kinds of answers come with status 200.
fn refused(code: &str) -> Answer {
    let error = json!({ "Code": code, "Message": "said by Tencent Cloud" });
    Answer::json(&json!({ "Response": { "Error": error, "RequestId": "ed93f3cb-f35e-473f-b9f3-0d451b8b79c6" } }))
}

fn sent(code: &str) -> Answer {
    let status = json!({
        "SerialNo": "5000:1045710669157053657849499619",
        "PhoneNumber": "",
        "Fee": i32::from(code == "Ok"),
        "SessionContext": "",
        "Code": code,
        "Message": "said by Tencent Cloud",
        "IsoCode": "CN",
    });
    Answer::json(&json!({
        "Response": { "SendStatusSet": [status], "RequestId": "a0aabda6-cf91-4f3e-a81f-9198114a2279" },
    }))
}
