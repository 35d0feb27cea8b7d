//! Sender for Alibaba Cloud's Short Message Service: `SendSms` of Dysmsapi 2017-05-25.
//!
//! Source: <https://help.aliyun.com/document_detail/55284.html> (`SendSms`) and
//! <https://help.aliyun.com/document_detail/101346.html> (error codes).

use std::collections::BTreeMap;

use async_trait::async_trait;
use domain::PhoneNumber;
use http::StatusCode;
use providers::Http;

use super::{Kind, Message, SmsError, SmsSender, fill, national};
use crate::aliyun::{Action, Aliyun, Answer};
use crate::clock::Clock;
use crate::config::{self, Templates};

const SEND_SMS: Action = Action { name: "SendSms", version: "2017-05-25" };

/// A sender with an account at Alibaba Cloud.
#[derive(Debug)]
pub(super) struct AliyunSms {
    api: Aliyun,
    sign_name: String,
    templates: Templates<BTreeMap<String, String>>,
}

impl AliyunSms {
    pub(super) fn new(settings: &config::AliyunSms, http: &Http, clock: &Clock) -> Self {
        let key = (settings.access_key_id.as_str(), &settings.access_key_secret);
        Self {
            api: Aliyun::new((http, clock), &settings.endpoint, key),
            sign_name: settings.sign_name.clone(),
            templates: settings.templates.clone(),
        }
    }
}

#[async_trait]
impl SmsSender for AliyunSms {
    async fn send(&self, number: &PhoneNumber, message: &Message) -> Result<(), SmsError> {
        let template = self.templates.of(message.kind()).ok_or_else(|| SmsError::no_template(message.kind()))?;
        let mut params = BTreeMap::new();
        for (name, pattern) in &template.params {
            let value = fill(pattern, |blank| message.blank(blank)).map_err(SmsError::Misconfigured)?;
            params.insert(name.as_str(), value);
        }
        let params = serde_json::to_string(&params).expect("a map of texts is JSON");
        let parameters = [
            ("PhoneNumbers", national(number)),
            ("SignName", &self.sign_name),
            ("TemplateCode", &template.id),
            ("TemplateParam", &params),
        ];
        let answer = self.api.call(SEND_SMS, &parameters).await?;
        if answer.code == "OK" { Ok(()) } else { Err(refusal(&answer)) }
    }

    fn carries(&self, kind: Kind) -> bool {
        self.templates.of(kind).is_some()
    }
}

/// Returns the error of a code other than `OK`. Omits the vendor's message, which may repeat the number and the text.
fn refusal(answer: &Answer) -> SmsError {
    let code = answer.code.as_str();
    let detail = |words: &str| format!("{code} {words}");
    let limited = |words: &str| SmsError::RateLimited { retry_after: None, detail: detail(words) };
    let ours = |words: &str| SmsError::Misconfigured(detail(words));
    let theirs = |words: &str| SmsError::Unavailable { detail: detail(words), unsent: false };
    match code {
        "isv.MOBILE_NUMBER_ILLEGAL" => SmsError::Rejected(detail("非法手机号")),
        "isv.BLACK_KEY_CONTROL_LIMIT" => SmsError::Rejected(detail("黑名单管控")),
        "isv.SMS_CONTENT_ILLEGAL" => SmsError::Rejected(detail("短信内容包含禁止发送内容")),
        "isv.DOMESTIC_NUMBER_NOT_SUPPORTED" => SmsError::Rejected(detail("国际/港澳台消息模板不支持发送境内号码")),
        "isv.BUSINESS_LIMIT_CONTROL" => limited("业务限流"),
        "isv.DAY_LIMIT_CONTROL" => limited("触发日发送限额"),
        "isv.MONTH_LIMIT_CONTROL" => limited("触发月发送限额"),
        "isv.AMOUNT_NOT_ENOUGH" => ours("账户余额不足"),
        "isv.OUT_OF_SERVICE" => ours("业务停机"),
        "isv.SMS_TEMPLATE_ILLEGAL" => ours("短信模板不合法"),
        "isv.SMS_SIGNATURE_ILLEGAL" => ours("短信签名不合法"),
        "isv.SMS_SIGNATURE_SCENE_ILLEGAL" => ours("签名和模板类型不一致"),
        "isv.TEMPLATE_MISSING_PARAMETERS" => ours("模板缺少变量"),
        "isv.INVALID_JSON_PARAM" => ours("JSON参数不合法"),
        "isp.RAM_PERMISSION_DENY" => ours("RAM权限不足"),
        "InvalidAccessKeyId.NotFound" => ours("Specified access key is not found."),
        "SignatureDoesNotMatch" => ours("Specified signature is not matched with our calculation."),
        "InvalidTimeStamp.Expired" => ours("Specified time stamp or date value is expired."),
        "isp.SYSTEM_ERROR" => theirs("系统出现错误，请重新调用"),
        // Every code of the gateway's throttling has this prefix.
        _ if code.starts_with("Throttling") => limited("Request was denied due to request throttling."),
        // `isp.` means an error of the provider's, `isv.` one of the account's.
        _ if code.starts_with("isp.") || answer.status.is_server_error() => theirs(""),
        _ if answer.status == StatusCode::TOO_MANY_REQUESTS => limited(""),
        _ => ours(""),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn kind(code: &str, status: u16) -> &'static str {
        let status = StatusCode::from_u16(status).expect("a status");
        refusal(&Answer { status, code: code.to_owned(), body: Value::Null }).name()
    }

    #[test]
    fn every_refusal_is_sorted_by_what_one_can_do() {
        let sorted = [
            ("isv.MOBILE_NUMBER_ILLEGAL", 200),
            ("isv.BUSINESS_LIMIT_CONTROL", 200),
            ("Throttling.User", 400),
            ("isv.AMOUNT_NOT_ENOUGH", 200),
            ("isv.SMS_TEMPLATE_ILLEGAL", 200),
            ("SignatureDoesNotMatch", 400),
            ("InvalidAccessKeyId.NotFound", 404),
            ("isp.SYSTEM_ERROR", 200),
            ("ServiceUnavailable", 503),
            ("isv.SOMETHING_NEW", 200),
        ];

        let sorted = sorted.map(|(code, status)| format!("{code}: {}", kind(code, status)));

        insta::assert_snapshot!(sorted.join("\n"), @r"
        isv.MOBILE_NUMBER_ILLEGAL: rejected
        isv.BUSINESS_LIMIT_CONTROL: rate_limited
        Throttling.User: rate_limited
        isv.AMOUNT_NOT_ENOUGH: misconfigured
        isv.SMS_TEMPLATE_ILLEGAL: misconfigured
        SignatureDoesNotMatch: misconfigured
        InvalidAccessKeyId.NotFound: misconfigured
        isp.SYSTEM_ERROR: unavailable
        ServiceUnavailable: unavailable
        isv.SOMETHING_NEW: misconfigured
        ");
    }
}
