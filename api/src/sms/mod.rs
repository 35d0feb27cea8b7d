//! Sending SMS: the [`SmsSender`] trait and its drivers, one per file. See `usecase::sms` for when a code may be sent, and
//! `docs/plugins.md` for how to write a driver.

mod aliyun;
pub(crate) mod budget;
mod error;
mod http;
mod huawei;
mod local;
mod message;
#[cfg(feature = "sandbox")]
mod sandbox;
mod tencent;

use std::sync::Arc;

use ::metrics::counter;
use async_trait::async_trait;
use domain::PhoneNumber;
use providers::Http;

use crate::clock::Clock;
use crate::config::{Config, SmsSenderKind};

pub use error::SmsError;
pub use message::{Kind, Message, Notice};
pub(crate) use message::{domestic, fill, is_blank};

/// Sends messages to phones.
///
/// Implementations log neither the number nor the code and do not retry: a message may have been sent although no
/// answer arrived.
#[async_trait]
pub trait SmsSender: Send + Sync + std::fmt::Debug {
    /// Sends `message` to `number`. Success means that the carrier accepted it.
    async fn send(&self, number: &PhoneNumber, message: &Message) -> Result<(), SmsError>;

    /// Returns whether messages of this kind can be sent. Some carriers need a template for each kind, which may not be
    /// configured.
    fn carries(&self, _: Kind) -> bool {
        true
    }
}

/// Returns the sender that the configuration names.
#[must_use]
pub(crate) fn sender(config: &Config, http: &Http, clock: &Clock) -> Arc<dyn SmsSender> {
    let sms = &config.sms;
    let sender: Arc<dyn SmsSender> = match (sms.sender, config.sandbox_url()) {
        #[cfg(feature = "sandbox")]
        (SmsSenderKind::Sandbox, Some(url)) => Arc::new(sandbox::Sandbox::new(sms, http, url)),
        (SmsSenderKind::Log, _) => Arc::new(local::Log),
        (SmsSenderKind::Aliyun, _) => Arc::new(aliyun::AliyunSms::new(&sms.aliyun, http, clock)),
        (SmsSenderKind::Tencent, _) => Arc::new(tencent::TencentSms::new(&sms.tencent, http, clock)),
        (SmsSenderKind::Huawei, _) => Arc::new(huawei::HuaweiSms::new(&sms.huawei, http, clock)),
        (SmsSenderKind::Http, _) => Arc::new(http::HttpSms::new(sms, http, clock)),
        (SmsSenderKind::None | SmsSenderKind::Sandbox, _) => Arc::new(local::Nobody),
    };
    for kind in Kind::ALL.iter().filter(|kind| !sender.carries(**kind)) {
        tracing::debug!(kind = kind.name(), "messages of this kind are not sent: no template is configured");
    }
    sender
}

/// The tape of each driver with an upstream.
#[cfg(feature = "contract")]
pub const TAPES: &[crate::contract::carrier::Tape] =
    &[aliyun::tape::TAPE, tencent::tape::TAPE, huawei::tape::TAPE, http::tape::TAPE];

/// Sends a message and counts it.
pub(crate) async fn send(sender: &dyn SmsSender, number: &PhoneNumber, message: &Message) -> Result<(), SmsError> {
    let sent = sender.send(number, message).await;
    let outcome = sent.as_ref().map_or_else(SmsError::name, |()| "sent");
    counter!("guiyi_sms_messages_total", "kind" => message.kind().name(), "outcome" => outcome).increment(1);
    sent.inspect_err(SmsError::report)
}
