//! Sender for Tencent Cloud's SMS: `SendSms` of sms 2021-01-11, signed with signature v3 (TC3-HMAC-SHA256).
//!
//! Source: <https://cloud.tencent.com/document/api/382/55981> (`SendSms`), 382/52071 (signature), 382/59177 and
//! 382/52075 (errors).

use std::fmt;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use data_encoding::HEXLOWER;
use domain::{PhoneNumber, Timestamp};
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use http::{Method, Request};
use providers::{Http, bad_status};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{Kind, Message, SmsError, SmsSender, fill};
use crate::clock::Clock;
use crate::config;
use crate::signing::{authority, hmac_sha256};

const JSON: &str = "application/json; charset=utf-8";

/// A sender with an account at Tencent Cloud.
pub(super) struct TencentSms {
    settings: config::TencentSms,
    http: Http,
    clock: Clock,
}

impl TencentSms {
    pub(super) fn new(settings: &config::TencentSms, http: &Http, clock: &Clock) -> Self {
        Self { settings: settings.clone(), http: http.clone(), clock: clock.clone() }
    }

    fn signed(&self, body: String) -> Result<Request<Vec<u8>>, SmsError> {
        let settings = &self.settings;
        let now = self.clock.now();
        let host = authority(&settings.endpoint);
        let (scope, signature) = sign(&settings.secret_key, (&host, &body), ("sms", now));
        let credential = format!("{}/{scope}", settings.secret_id);
        Request::builder()
            .method(Method::POST)
            .uri(settings.endpoint.as_str())
            .header(HOST, host)
            .header(CONTENT_TYPE, JSON)
            .header("X-TC-Action", "SendSms")
            .header("X-TC-Version", "2021-01-11")
            .header("X-TC-Region", &settings.region)
            .header("X-TC-Timestamp", now.unix_parts().0)
            .header(
                AUTHORIZATION,
                format!(
                    "TC3-HMAC-SHA256 Credential={credential}, SignedHeaders=content-type;host, Signature={signature}"
                ),
            )
            .body(body.into_bytes())
            // The cause is omitted: it could quote the request.
            .map_err(|_| SmsError::Misconfigured("a request to Tencent Cloud cannot be made".to_owned()))
    }
}

/// Returns the credential scope and the signature of a request to the root of `host` with this body.
fn sign(secret: &SecretString, (host, body): (&str, &str), (service, now): (&str, Timestamp)) -> (String, String) {
    let digest = |text: &str| HEXLOWER.encode(&Sha256::digest(text.as_bytes()));
    let date = DateTime::<Utc>::from(now).format("%Y-%m-%d").to_string();
    let scope = format!("{date}/{service}/tc3_request");
    let canonical = format!("POST\n/\n\ncontent-type:{JSON}\nhost:{host}\n\ncontent-type;host\n{}", digest(body));
    let to_sign = format!("TC3-HMAC-SHA256\n{}\n{scope}\n{}", now.unix_parts().0, digest(&canonical));
    let first = format!("TC3{}", secret.expose_secret());
    let key = [date.as_str(), service, "tc3_request"]
        .iter()
        .fold(first.into_bytes(), |key, part| hmac_sha256(&key, part.as_bytes()).to_vec());
    (scope, HEXLOWER.encode(&hmac_sha256(&key, to_sign.as_bytes())))
}

#[async_trait]
impl SmsSender for TencentSms {
    async fn send(&self, number: &PhoneNumber, message: &Message) -> Result<(), SmsError> {
        let settings = &self.settings;
        let kind = message.kind();
        let template = settings.templates.of(kind).ok_or_else(|| SmsError::no_template(kind))?;
        let filled = template.params.iter().map(|pattern| fill(pattern, |blank| message.blank(blank)));
        let params = filled.collect::<Result<Vec<_>, _>>().map_err(SmsError::Misconfigured)?;
        let body = json!({
            "PhoneNumberSet": [number.e164()],
            "SmsSdkAppId": settings.sdk_app_id,
            "SignName": settings.sign_name,
            "TemplateId": template.id,
            "TemplateParamSet": params,
        });
        let answer = self.http.execute(self.signed(body.to_string())?).await?;
        let said = serde_json::from_slice::<Value>(answer.body()).ok();
        match said.as_ref().and_then(code) {
            Some("Ok") => Ok(()),
            Some(code) => Err(refusal(code)),
            None => Err(bad_status("SendSms", &answer).into()),
        }
    }

    fn carries(&self, kind: Kind) -> bool {
        self.settings.templates.of(kind).is_some()
    }
}

/// Returns the code of the call if it failed, else of its one message. Both come with status 200.
fn code(said: &Value) -> Option<&str> {
    let response = said.get("Response")?;
    let of_call = response.pointer("/Error/Code");
    of_call.or_else(|| response.pointer("/SendStatusSet/0/Code"))?.as_str()
}

/// Returns the error of a code other than `Ok`. Omits the vendor's message, which may repeat the number and the text.
fn refusal(code: &str) -> SmsError {
    let detail = |words: &str| format!("{code} {words}");
    let limited = |words: &str| SmsError::RateLimited { retry_after: None, detail: detail(words) };
    let ours = |words: &str| SmsError::Misconfigured(detail(words));
    match code {
        "InvalidParameterValue.IncorrectPhoneNumber" => SmsError::Rejected(detail("手机号格式错误。")),
        "FailedOperation.PhoneNumberInBlacklist" => SmsError::Rejected(detail("手机号在免打扰名单库中")),
        "FailedOperation.ContainSensitiveWord" => SmsError::Rejected(detail("短信内容中含有敏感词")),
        "InvalidParameterValue.ContentLengthLimit" => SmsError::Rejected(detail("请求的短信内容太长")),
        "LimitExceeded.DeliveryFrequencyLimit" => limited("下发短信命中了频率限制策略"),
        "LimitExceeded.PhoneNumberDailyLimit" => limited("单个手机号日下发短信条数超过设定的上限"),
        "LimitExceeded.PhoneNumberOneHourLimit" => limited("单个手机号1小时内下发短信条数超过设定的上限"),
        "LimitExceeded.PhoneNumberThirtySecondLimit" => limited("单个手机号30秒内下发短信条数超过设定的上限"),
        "LimitExceeded.DailyLimit" => limited("业务短信日下发条数超过设定的上限"),
        "RequestLimitExceeded" => limited("请求的次数超过了频率限制。"),
        "FailedOperation.InsufficientBalanceInSmsPackage" => ours("套餐包余量不足"),
        "FailedOperation.SignatureIncorrectOrUnapproved" => ours("签名未审批或格式错误。"),
        "FailedOperation.TemplateIncorrectOrUnapproved" => ours("模板未审批或内容不匹配。"),
        "InvalidParameterValue.SdkAppIdNotExist" => ours("SdkAppId 不存在。"),
        "AuthFailure.SignatureFailure" => ours("签名错误。"),
        "AuthFailure.SignatureExpire" => ours("签名过期。"),
        "AuthFailure.SecretIdNotFound" => ours("密钥不存在。"),
        "AuthFailure.UnauthorizedOperation" => ours("请求未授权。"),
        // Families whose members differ only in name.
        _ if code.starts_with("LimitExceeded") || code.starts_with("RequestLimitExceeded") => limited(""),
        _ if code.starts_with("InternalError") => {
            SmsError::Unavailable { detail: detail("内部错误。"), unsent: false }
        }
        _ => ours(""),
    }
}

impl fmt::Debug for TencentSms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TencentSms({})", self.settings.endpoint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of "Signature method v3": cloud.tencent.com/document/api/213/30654.
    #[test]
    fn the_signature_is_the_documents() {
        let body = r#"{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}"#;
        let secret = "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE".into();
        let now = Timestamp::from_millis(1_551_113_065_000);

        let signed = sign(&secret, ("cvm.tencentcloudapi.com", body), ("cvm", now));

        assert_eq!(signed.0, "2019-02-25/cvm/tc3_request");
        assert_eq!(signed.1, "72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168");
    }

    #[test]
    fn every_refusal_is_sorted_by_what_one_can_do() {
        let codes = [
            "InvalidParameterValue.IncorrectPhoneNumber",
            "LimitExceeded.PhoneNumberDailyLimit",
            "LimitExceeded.SomethingNew",
            "FailedOperation.InsufficientBalanceInSmsPackage",
            "AuthFailure.SignatureFailure",
            "InternalError.Timeout",
            "SomethingNew",
        ];

        let sorted = codes.map(|code| format!("{code}: {}", refusal(code).name()));

        insta::assert_snapshot!(sorted.join("\n"), @r"
        InvalidParameterValue.IncorrectPhoneNumber: rejected
        LimitExceeded.PhoneNumberDailyLimit: rate_limited
        LimitExceeded.SomethingNew: rate_limited
        FailedOperation.InsufficientBalanceInSmsPackage: misconfigured
        AuthFailure.SignatureFailure: misconfigured
        InternalError.Timeout: unavailable
        SomethingNew: misconfigured
        ");
    }
}
