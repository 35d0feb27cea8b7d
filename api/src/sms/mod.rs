//! How messages reach phones: the [`SmsSender`] trait, and which of its drivers the configuration names.
//! When a code may be sent, and what it is worth, is decided in `usecase`; a driver has a file of its own.

mod aliyun;
pub(crate) mod budget;
mod error;
mod http;
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
pub(crate) use message::{fill, is_blank, national};

/// Sends messages to phones.
///
/// Implementations log neither the number nor the code, and try once: a message may have gone out although no answer came.
#[async_trait]
pub trait SmsSender: Send + Sync + std::fmt::Debug {
    /// Sends `message` to `number`; done means that the carrier accepted it.
    async fn send(&self, number: &PhoneNumber, message: &Message) -> Result<(), SmsError>;

    /// Can messages of this kind be sent? Some carriers want a template for each kind, and it may not have been set up.
    fn carries(&self, _: Kind) -> bool {
        true
    }
}

/// The sender that the configuration names.
#[must_use]
pub(crate) fn sender(config: &Config, http: &Http, clock: &Clock) -> Arc<dyn SmsSender> {
    let sms = &config.sms;
    let sender: Arc<dyn SmsSender> = match (sms.sender, config.sandbox_url()) {
        #[cfg(feature = "sandbox")]
        (SmsSenderKind::Sandbox, Some(url)) => Arc::new(sandbox::Sandbox::new(sms, http, url)),
        (SmsSenderKind::Log, _) => Arc::new(local::Log),
        (SmsSenderKind::Aliyun, _) => Arc::new(aliyun::AliyunSms::new(&sms.aliyun, http, clock)),
        (SmsSenderKind::Tencent, _) => Arc::new(tencent::TencentSms::new(&sms.tencent, http, clock)),
        (SmsSenderKind::Http, _) => Arc::new(http::HttpSms::new(sms, http, clock)),
        (SmsSenderKind::None | SmsSenderKind::Sandbox, _) => Arc::new(local::Nobody),
    };
    for kind in Kind::ALL.iter().filter(|kind| !sender.carries(**kind)) {
        tracing::debug!(kind = kind.name(), "messages of this kind are not sent: nothing is set up for them");
    }
    sender
}

/// Sends a message and counts it.
pub(crate) async fn send(sender: &dyn SmsSender, number: &PhoneNumber, message: &Message) -> Result<(), SmsError> {
    let sent = sender.send(number, message).await;
    let outcome = sent.as_ref().map_or_else(SmsError::name, |()| "sent");
    counter!("guiyi_sms_messages_total", "kind" => message.kind().name(), "outcome" => outcome).increment(1);
    sent.inspect_err(SmsError::report)
}
