//! Sender for Huawei Cloud's Message & SMS: `batchSendSms/v1`, signed with AK/SK (SDK-HMAC-SHA256).
//!
//! Source: <https://support.huaweicloud.com/api-msgsms/sms_05_0001.html> (`batchSendSms`),
//! <https://support.huaweicloud.com/api-msgsms/sms_05_0046.html> and
//! <https://support.huaweicloud.com/devg-apisign/api-sign-algorithm-005.html> (signature),
//! <https://support.huaweicloud.com/api-msgsms/sms_05_0050.html> and
//! <https://support.huaweicloud.com/api-msgsms/sms_05_0051.html> (codes).

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
use serde_json::Value;
use sha2::{Digest, Sha256};
use url::{Url, form_urlencoded};

use super::error::Meaning::{Limited, LimitedFor, Ours, Rejected};
use super::error::{Documented, refusal};
use super::{Kind, Message, SmsError, SmsSender, fill};
use crate::clock::Clock;
use crate::config;
use crate::signing::{authority, hmac_sha256};

const ALGORITHM: &str = "SDK-HMAC-SHA256";
const FORM: &str = "application/x-www-form-urlencoded";
/// The signed headers, sorted by name.
const SIGNED: &str = "content-type;host;x-sdk-date";
const SUCCESS: &str = "000000";

/// A sender with an application at Huawei Cloud.
pub(super) struct HuaweiSms {
    settings: config::HuaweiSms,
    url: Url,
    http: Http,
    clock: Clock,
}

/// A request before it is signed.
struct Unsigned<'a> {
    method: &'a Method,
    url: &'a Url,
    content_type: &'a str,
    date: &'a str,
    body: &'a str,
}

impl HuaweiSms {
    pub(super) fn new(settings: &config::HuaweiSms, http: &Http, clock: &Clock) -> Self {
        let mut url = settings.endpoint.clone();
        url.set_path("/sms/batchSendSms/v1");
        Self { settings: settings.clone(), url, http: http.clone(), clock: clock.clone() }
    }

    fn signed(&self, body: String) -> Result<Request<Vec<u8>>, SmsError> {
        let date = date(self.clock.now());
        let unsigned = Unsigned { method: &Method::POST, url: &self.url, content_type: FORM, date: &date, body: &body };
        let signature = unsigned.signature(&self.settings.app_secret);
        let key = &self.settings.app_key;
        Request::builder()
            .method(Method::POST)
            .uri(self.url.as_str())
            .header(HOST, authority(&self.url))
            .header(CONTENT_TYPE, FORM)
            .header("X-Sdk-Date", &date)
            .header(AUTHORIZATION, format!("{ALGORITHM} Access={key}, SignedHeaders={SIGNED}, Signature={signature}"))
            .body(body.into_bytes())
            // The cause is omitted: it could quote the request.
            .map_err(|_| SmsError::Misconfigured("a request to Huawei Cloud cannot be made".to_owned()))
    }

    fn form(&self, number: &PhoneNumber, message: &Message) -> Result<String, SmsError> {
        let kind = message.kind();
        let template = self.settings.templates.of(kind).ok_or_else(|| SmsError::no_template(kind))?;
        let filled = template.params.iter().map(|pattern| fill(pattern, |blank| message.blank(blank)));
        let params = filled.collect::<Result<Vec<_>, _>>().map_err(SmsError::Misconfigured)?;
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("from", self.channel(kind));
        form.append_pair("to", number.e164());
        form.append_pair("templateId", &template.id);
        if !params.is_empty() {
            form.append_pair("templateParas", &Value::from(params).to_string());
        }
        if !self.settings.sign_name.is_empty() {
            form.append_pair("signature", &self.settings.sign_name);
        }
        Ok(form.finish())
    }

    /// Returns the channel of a kind of message. Channels belong to signatures, and those of codes are others than those
    /// of notices.
    fn channel(&self, kind: Kind) -> &str {
        let Self { settings: config::HuaweiSms { sender, notice_sender, .. }, .. } = self;
        if kind == Kind::Code || notice_sender.is_empty() { sender } else { notice_sender }
    }
}

impl Unsigned<'_> {
    fn signature(&self, secret: &SecretString) -> String {
        let digest = |text: &str| HEXLOWER.encode(&Sha256::digest(text.as_bytes()));
        let (host, path) = (authority(self.url), self.url.path());
        // The canonical path ends with a slash, which the path of the request does not.
        let slash = if path.ends_with('/') { "" } else { "/" };
        let query = self.url.query().unwrap_or_default();
        let headers = format!("content-type:{}\nhost:{host}\nx-sdk-date:{}\n", self.content_type, self.date);
        let canonical = format!("{}\n{path}{slash}\n{query}\n{headers}\n{SIGNED}\n{}", self.method, digest(self.body));
        let to_sign = format!("{ALGORITHM}\n{}\n{}", self.date, digest(&canonical));
        HEXLOWER.encode(&hmac_sha256(secret.expose_secret().as_bytes(), to_sign.as_bytes()))
    }
}

fn date(now: Timestamp) -> String {
    DateTime::<Utc>::from(now).format("%Y%m%dT%H%M%SZ").to_string()
}

#[async_trait]
impl SmsSender for HuaweiSms {
    async fn send(&self, number: &PhoneNumber, message: &Message) -> Result<(), SmsError> {
        let answer = self.http.execute(self.signed(self.form(number, message)?)?).await?;
        let said = serde_json::from_slice::<Value>(answer.body()).ok();
        match said.as_ref().and_then(code) {
            Some(SUCCESS) if answer.status().is_success() => Ok(()),
            Some(code) if !answer.status().is_server_error() => Err(refusal(CODES, code)),
            Some(_) | None => Err(bad_status("batchSendSms", &answer).into()),
        }
    }

    fn carries(&self, kind: Kind) -> bool {
        self.settings.templates.of(kind).is_some()
    }
}

/// Returns the code of the one message if there is one, else of the whole call.
fn code(said: &Value) -> Option<&str> {
    let of_call = said.get("code")?.as_str()?;
    match said.pointer("/result/0/status") {
        Some(status) => status.as_str(),
        None => Some(of_call),
    }
}

/// The codes, in the vendor's words.
const CODES: &[Documented] = &[
    ("E000000", Ours, "系统异常，一般是请求格式异常，短信平台无法解析"),
    ("E000027", Ours, "非法请求"),
    ("E000040", Ours, "ContentType值应该为application/x-www-form-urlencoded"),
    ("E000041", Ours, "X-Sdk-Date为空"),
    ("E000042", Ours, "X-Sdk-Date格式错误"),
    ("E000043", Ours, "Authorization格式错误"),
    ("E000044", Ours, "X-Sdk-Date过期"),
    ("E000045", Ours, "Authorization校验失败"),
    // HTTP消息头未找到Authorization字段, and others of the headers.
    ("E00000*", Ours, "Authorization"),
    ("E00002*", Ours, "X-WSSE"),
    ("E000101", Ours, "鉴权失败"),
    ("E000102", Ours, "app_key无效"),
    ("E000103", Ours, "app_key不可用"),
    ("E000104", Ours, "app_secret无效"),
    ("E000105", Ours, "PasswordDigest无效"),
    ("E000106", Ours, "app_key没有调用本API的权限"),
    ("E000109", Ours, "用户状态未激活"),
    ("E000110", Ours, "时间超出限制"),
    ("E000111", Ours, "用户名或密码错误"),
    ("E000112", Ours, "用户状态已冻结"),
    ("E000503", Ours, "参数格式错误"),
    ("E000620", Ours, "对端app IP不在白名单列表中"),
    ("E000623", Limited, "SP短信发送量达到限额"),
    ("E000630", Limited, "短信发送量达到国家/地区级限额"),
    // 短信平台进行正常的业务流控，请等待一段时间（10分钟左右）后重试。
    ("E200015", LimitedFor(600), "待发送短信数量太大"),
    ("E200018", Ours, "国内短信发送方通道校验失败"),
    ("E200020", Ours, "国内短信签名通道校验失败"),
    ("E200024", Ours, "没有国际短信能力"),
    ("E200025", Rejected, "国际短信接收方通道校验失败"),
    ("E200026", Ours, "国际短信接收方匹配通道失败"),
    ("E200027", Ours, "匹配网关失败"),
    ("E200028", Ours, "模板变量校验失败"),
    ("E200029", Ours, "模板类型校验失败"),
    ("E200030", Ours, "模板未激活"),
    ("E200031", Ours, "协议校验失败"),
    ("E200032", Ours, "短信需要模板"),
    ("E200033", Ours, "模板类型不正确"),
    ("E200036", Ours, "南向速率管控配置或权重配置为0"),
    ("E200041", Rejected, "同一短信内容接收号码重复"),
];

impl fmt::Debug for HuaweiSms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HuaweiSms({})", self.url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the source page on signatures.
    #[test]
    fn the_signature_is_the_documents() {
        let url = "https://service.region.example.com/v1/77b6a44cba5143ab91d13ab9a8ff44fd/vpcs?\
                   limit=2&marker=13551d6b-755d-4757-b956-536f674975c0";
        let unsigned = Unsigned {
            method: &Method::GET,
            url: &Url::parse(url).expect("a URL"),
            content_type: "application/json",
            date: "20191115T033655Z",
            body: "",
        };

        let signature = unsigned.signature(&"MFyfvK41ba2giqM7Uio6PznpdUKGpownRZlmVmHc".into());

        assert_eq!(signature, "7be6668032f70418fcc22abc52071e57aff61b84a1d2381bb430d6870f4f6ebe");
    }

    #[test]
    fn the_code_of_the_message_outweighs_that_of_the_call() {
        let of = |said: &str| code(&serde_json::from_str(said).expect("JSON")).map(str::to_owned);

        assert_eq!(of(r#"{"code":"E000101","description":"Authentication failed."}"#).as_deref(), Some("E000101"));
        let refused = r#"{"code":"E000510","result":[{"status":"E200028"}]}"#;
        assert_eq!(of(refused).as_deref(), Some("E200028"));
        assert_eq!(of(r#"{"code":"000000","result":[{"status":"E200015"}]}"#).as_deref(), Some("E200015"));
        assert_eq!(of(r#"{"code":"000000","result":[{"status":7}]}"#), None);
        assert_eq!(of(r#"{"result":[{"status":"000000"}]}"#), None);
    }
}
