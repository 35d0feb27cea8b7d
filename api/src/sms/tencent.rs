//! Sender for Tencent Cloud's SMS: `SendSms` of sms 2021-01-11, signed with signature v3 (TC3-HMAC-SHA256).
//!
//! Source: <https://cloud.tencent.com/document/api/382/55981> (`SendSms`), 382/52071 (signature), 382/59177 and
//! 382/52075 (errors).

#[cfg(feature = "contract")]
pub(super) mod tape;

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

use super::error::Meaning::{Limited, LimitedFor, Ours, Rejected, Theirs};
use super::error::{Documented, refusal};
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
            Some(_) if answer.status().is_server_error() => Err(bad_status("SendSms", &answer).into()),
            Some(code) => Err(refusal(CODES, code)),
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

/// The codes, in the vendor's words.
const CODES: &[Documented] = &[
    ("InvalidParameterValue.IncorrectPhoneNumber", Rejected, "手机号格式错误。"),
    ("FailedOperation.PhoneNumberInBlacklist", Rejected, "手机号在免打扰名单库中"),
    ("FailedOperation.PhoneNumberOnBlacklist", Rejected, "手机号在黑名单库中"),
    ("FailedOperation.ContainSensitiveWord", Rejected, "短信内容中含有敏感词"),
    ("InvalidParameter.DirtyWordFound", Rejected, "存在敏感词。"),
    ("InvalidParameterValue.ContentLengthLimit", Rejected, "请求的短信内容太长"),
    ("UnsupportedOperation.UnsuportedRegion", Rejected, "不支持该地区短信下发。"),
    ("LimitExceeded.PhoneNumberCountLimit", Ours, "单次提交的手机号个数超过200个"),
    ("LimitExceeded.DeliveryFrequencyLimit", Limited, "下发短信命中了频率限制策略"),
    ("LimitExceeded.PhoneNumberDailyLimit", Limited, "单个手机号日下发短信条数超过设定的上限"),
    ("LimitExceeded.PhoneNumberOneHourLimit", LimitedFor(3_600), "单个手机号1小时内下发短信条数超过设定的上限"),
    ("LimitExceeded.PhoneNumberThirtySecondLimit", LimitedFor(30), "单个手机号30秒内下发短信条数超过设定的上限"),
    ("LimitExceeded.PhoneNumberSameContentDailyLimit", Limited, "单个手机号下发相同内容超过设定的上限"),
    ("LimitExceeded.AppDailyLimit", Limited, "业务短信日下发条数超过设定的上限"),
    ("LimitExceeded.DailyLimit", Limited, "短信日下发条数超过设定的上限 (国际/港澳台)"),
    ("LimitExceeded*", Limited, "超过配额限制。"),
    ("RequestLimitExceeded*", Limited, "请求的次数超过了频率限制。"),
    ("FailedOperation.InsufficientBalanceInSmsPackage", Ours, "套餐包余量不足"),
    ("FailedOperation.SignatureIncorrectOrUnapproved", Ours, "签名未审批或格式错误。"),
    ("FailedOperation.MissingSignatureList", Ours, "无法识别签名，请确认是否已有签名通过申请"),
    ("FailedOperation.TemplateIncorrectOrUnapproved", Ours, "模板未审批或内容不匹配。"),
    ("FailedOperation.MissingTemplateList", Ours, "无法识别模板，请确认是否已有模板通过申请"),
    ("FailedOperation.FailResolvePacket", Ours, "请求包解析失败"),
    ("FailedOperation.JsonParseFail", Ours, "解析请求包体时候失败。"),
    ("FailedOperation.OtherError", Ours, "其他错误，一般是由于参数携带不符合要求导致"),
    ("InvalidParameterValue.SdkAppIdNotExist", Ours, "SdkAppId 不存在。"),
    ("InvalidParameterValue.TemplateParameterFormatError", Ours, "验证码模板参数格式错误"),
    ("InvalidParameterValue.TemplateParameterLengthLimit", Ours, "单个模板变量字符数超过12个"),
    ("InvalidParameterValue.ProhibitedUseUrlInTemplateParameter", Ours, "禁止在模板变量中使用 URL。"),
    ("InvalidParameter.AppidAndBizId", Ours, "账号与应用id不匹配。"),
    ("InvalidParameter", Ours, "参数错误。"),
    ("MissingParameter*", Ours, "缺少参数。"),
    ("UnauthorizedOperation*", Ours, "请求没有权限"),
    ("AuthFailure.SignatureFailure", Ours, "签名错误。"),
    ("AuthFailure.SignatureExpire", Ours, "签名过期。"),
    ("AuthFailure.SecretIdNotFound", Ours, "密钥不存在。"),
    ("AuthFailure.UnauthorizedOperation", Ours, "请求未授权。"),
    ("AuthFailure*", Ours, ""),
    ("IpInBlacklist", Ours, "IP 地址在黑名单中。"),
    ("IpNotInWhitelist", Ours, "IP 地址不在白名单中。"),
    ("InternalError.RequestTimeException", Ours, "请求发起时间不正常"),
    ("InternalError.SigFieldMissing", Ours, "后端包体中请求包体没有 Sig 字段或 Sig 为空。"),
    ("InternalError.SigVerificationFail", Ours, "后端校验 Sig 失败。"),
    ("InternalError.RestApiInterfaceNotExist", Ours, "不存在该 RESTAPI 接口"),
    ("InternalError*", Theirs, "内部错误。"),
];

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
}
