//! `[sms]` with its drivers, and `[line_check]`. See `config.default.toml` for the keys and `sms_checks` for
//! validation.

use std::collections::BTreeMap;

use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

use crate::error::Language;
use crate::sms::{Kind, Message};

/// `[sms]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "every key is documented in config.default.toml, which is the reference")]
pub struct Sms {
    pub sender: SmsSenderKind,
    pub language: Language,
    pub signature: String,
    pub notices: bool,
    pub budget: Budget,
    pub aliyun: AliyunSms,
    pub tencent: TencentSms,
    pub huawei: HuaweiSms,
    pub http: HttpSms,
}

impl Sms {
    /// Returns the whole text of a message, with the company's signature as Chinese carriers require it.
    #[must_use]
    pub(crate) fn signed_text(&self, message: &Message) -> String {
        format!("【{}】{}", self.signature, message.text(self.language))
    }
}

/// The driver that sends messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SmsSenderKind {
    /// Sends nothing.
    None,
    /// Sends to the sandbox's inbox.
    Sandbox,
    /// Writes messages to the log.
    Log,
    /// Alibaba Cloud.
    Aliyun,
    /// Tencent Cloud.
    Tencent,
    /// Huawei Cloud.
    Huawei,
    /// Any gateway with an HTTP interface.
    Http,
}

impl SmsSenderKind {
    /// Returns whether a message costs money.
    #[must_use]
    pub fn costs(self) -> bool {
        match self {
            Self::Aliyun | Self::Tencent | Self::Huawei | Self::Http => true,
            Self::None | Self::Sandbox | Self::Log => false,
        }
    }
}

/// `[sms.budget]`
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "every key is documented in config.default.toml, which is the reference")]
pub struct Budget {
    pub price_cents: u32,
    pub daily_cents: u32,
    pub utc_offset_minutes: i32,
}

/// `[sms.aliyun]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "every key is documented in config.default.toml, which is the reference")]
pub struct AliyunSms {
    pub endpoint: Url,
    pub access_key_id: String,
    pub access_key_secret: SecretString,
    pub sign_name: String,
    pub templates: Templates<BTreeMap<String, String>>,
}

/// `[sms.tencent]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "every key is documented in config.default.toml, which is the reference")]
pub struct TencentSms {
    pub endpoint: Url,
    pub region: String,
    pub secret_id: String,
    pub secret_key: SecretString,
    pub sdk_app_id: String,
    pub sign_name: String,
    pub templates: Templates<Vec<String>>,
}

/// `[sms.huawei]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "every key is documented in config.default.toml, which is the reference")]
pub struct HuaweiSms {
    pub endpoint: Url,
    pub app_key: String,
    pub app_secret: SecretString,
    pub sender: String,
    pub notice_sender: String,
    pub sign_name: String,
    pub templates: Templates<Vec<String>>,
}

/// `[sms.http]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "every key is documented in config.default.toml, which is the reference")]
pub struct HttpSms {
    pub url: Option<Url>,
    pub body: BodyKind,
    pub fields: BTreeMap<String, String>,
    pub bearer: SecretString,
    pub hmac_secret: SecretString,
    pub success_pointer: String,
    pub success_equals: String,
}

/// The format of a request body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BodyKind {
    /// A JSON object.
    Json,
    /// A form.
    Form,
}

/// The vendor's templates, by kind of message. `P` is how the vendor takes placeholders: by name or by position.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, bound(deserialize = "P: Deserialize<'de> + Default"))]
#[expect(missing_docs, reason = "every key is documented in config.default.toml, which is the reference")]
pub struct Templates<P> {
    pub code: Option<Template<P>>,
    pub phone_changed: Option<Template<P>>,
    pub phone_left: Option<Template<P>>,
    pub accounts_merged: Option<Template<P>>,
    pub open_id_unlinked: Option<Template<P>>,
    pub open_id_linked: Option<Template<P>>,
    pub merge_undone: Option<Template<P>>,
    pub phone_unbound: Option<Template<P>>,
    pub phone_bound: Option<Template<P>>,
}

impl<P> Templates<P> {
    /// Returns the template of a kind, if there is one.
    #[must_use]
    pub fn of(&self, kind: Kind) -> Option<&Template<P>> {
        match kind {
            Kind::Code => self.code.as_ref(),
            Kind::PhoneChanged => self.phone_changed.as_ref(),
            Kind::PhoneLeft => self.phone_left.as_ref(),
            Kind::AccountsMerged => self.accounts_merged.as_ref(),
            Kind::OpenIdUnlinked => self.open_id_unlinked.as_ref(),
            Kind::OpenIdLinked => self.open_id_linked.as_ref(),
            Kind::MergeUndone => self.merge_undone.as_ref(),
            Kind::PhoneUnbound => self.phone_unbound.as_ref(),
            Kind::PhoneBound => self.phone_bound.as_ref(),
        }
    }
}

/// One template at the vendor.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, bound(deserialize = "P: Deserialize<'de> + Default"))]
#[expect(missing_docs, reason = "every key is documented in config.default.toml, which is the reference")]
pub struct Template<P> {
    pub id: String,
    #[serde(default)]
    pub params: P,
}

/// `[line_check]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "every key is documented in config.default.toml, which is the reference")]
pub struct LineCheck {
    pub checker: LineCheckKind,
    pub after_days: u32,
    pub aliyun: AliyunLineCheck,
}

/// The service that checks lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineCheckKind {
    /// None.
    None,
    /// Alibaba Cloud.
    Aliyun,
}

/// `[line_check.aliyun]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "every key is documented in config.default.toml, which is the reference")]
pub struct AliyunLineCheck {
    pub endpoint: Url,
    pub access_key_id: String,
    pub access_key_secret: SecretString,
    pub auth_code: SecretString,
}
