//! Sender for Alibaba Cloud's Short Message Service: `SendSms` of Dysmsapi 2017-05-25.
//!
//! Source: <https://help.aliyun.com/document_detail/55284.html> (`SendSms`) and
//! <https://help.aliyun.com/document_detail/101346.html> (error codes).

#[cfg(feature = "contract")]
pub(super) mod tape;

use std::collections::BTreeMap;

use async_trait::async_trait;
use domain::PhoneNumber;
use http::StatusCode;
use providers::Http;

use super::error::Meaning::{Limited, Ours, Rejected, Theirs};
use super::error::{Documented, refusal};
use super::message::national;
use super::{Kind, Message, SmsError, SmsSender, fill};
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
            ("PhoneNumbers", national(number)?),
            ("SignName", &self.sign_name),
            ("TemplateCode", &template.id),
            ("TemplateParam", &params),
        ];
        let answer = self.api.call(SEND_SMS, &parameters).await?;
        if answer.code == "OK" { Ok(()) } else { Err(refusal_of(&answer)) }
    }

    fn carries(&self, kind: Kind) -> bool {
        self.templates.of(kind).is_some()
    }
}

/// The codes, in the vendor's words.
const CODES: &[Documented] = &[
    ("isv.MOBILE_NUMBER_ILLEGAL", Rejected, "非法手机号"),
    ("isv.BLACK_KEY_CONTROL_LIMIT", Rejected, "黑名单管控"),
    ("isv.SMS_CONTENT_ILLEGAL", Rejected, "短信内容包含禁止发送内容"),
    ("isv.TEMPLATE_PARAMS_ILLEGAL", Rejected, "模板变量里包含非法关键字"),
    ("isv.DOMESTIC_NUMBER_NOT_SUPPORTED", Rejected, "国际/港澳台消息模板不支持发送境内号码"),
    ("isv.BUSINESS_LIMIT_CONTROL", Limited, "业务限流"),
    ("isv.DAY_LIMIT_CONTROL", Limited, "触发日发送限额"),
    ("isv.MONTH_LIMIT_CONTROL", Limited, "触发月发送限额"),
    ("isv.AMOUNT_NOT_ENOUGH", Ours, "账户余额不足"),
    ("isv.OUT_OF_SERVICE", Ours, "业务停机"),
    ("isv.PRODUCT_UN_SUBSCRIPT", Ours, "未开通云通信产品的阿里云客户"),
    ("isv.PRODUCT_UNSUBSCRIBE", Ours, "产品未开通"),
    ("isv.ACCOUNT_NOT_EXISTS", Ours, "账户不存在"),
    ("isv.ACCOUNT_ABNORMAL", Ours, "账户异常"),
    ("isv.DENY_IP_RANGE", Ours, "源IP地址所在的地区被禁用"),
    ("isv.SMS_TEMPLATE_ILLEGAL", Ours, "短信模板不合法"),
    ("isv.TEMPLATE_MISSING_PARAMETERS", Ours, "模板缺少变量"),
    ("isv.SMS_SIGNATURE_ILLEGAL", Ours, "短信签名不合法"),
    ("isv.SMS_SIGNATURE_SCENE_ILLEGAL", Ours, "签名和模板类型不一致"),
    ("isv.SMS_SIGN_ILLEGAL", Ours, "签名禁止使用"),
    ("isv.SIGN_STATE_ILLEGAL", Ours, "签名状态为“不可用”"),
    ("isv.EXTEND_CODE_ERROR", Ours, "扩展码使用错误，相同的扩展码不可用于多个签名"),
    ("isv.INVALID_PARAMETERS", Ours, "参数异常"),
    ("isv.INVALID_JSON_PARAM", Ours, "JSON参数不合法"),
    ("isv.PARAM_LENGTH_LIMIT", Ours, "参数超出长度限制"),
    ("isv.PARAM_NOT_SUPPORT_URL", Ours, "不支持URL"),
    ("isv.MOBILE_COUNT_OVER_LIMIT", Ours, "手机号码数量超过限制"),
    ("isp.RAM_PERMISSION_DENY", Ours, "RAM权限不足"),
    ("Forbidden*", Ours, "User not authorized to operate on the specified resource."),
    ("InvalidAccessKeyId*", Ours, "Specified access key is not found."),
    ("SignatureDoesNotMatch", Ours, "Specified signature is not matched with our calculation."),
    ("InvalidTimeStamp*", Ours, "Specified time stamp or date value is expired."),
    // "The request was denied due to request throttling", by user or API.
    ("Throttling*", Limited, "Request was denied due to request throttling."),
    ("isp.SYSTEM_ERROR", Theirs, "系统出现错误，请重新调用"),
    // `isp.` means an error of the provider's, `isv.` one of the account's.
    ("isp.*", Theirs, ""),
];

/// Returns the error of a code other than `OK`.
fn refusal_of(answer: &Answer) -> SmsError {
    match refusal(CODES, &answer.code) {
        SmsError::UnexpectedAnswer(detail) if answer.status.is_server_error() => {
            SmsError::Unavailable { detail, unsent: false }
        }
        SmsError::UnexpectedAnswer(detail) if answer.status == StatusCode::TOO_MANY_REQUESTS => {
            SmsError::RateLimited { retry_after: None, detail }
        }
        other => other,
    }
}
