//! How SMS codes reach people: the [`SmsSender`] trait, the sandbox's inbox, and the log.
//! When a code may be sent, and what it is worth, is decided in `usecase::phone`.

use async_trait::async_trait;
use domain::PhoneNumber;
use providers::Http;
use url::Url;

use crate::config::{Config, SmsSenderKind};

/// A failure to send, free of the number and the code.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct SmsError(pub String);

/// Sends codes to phones.
///
/// Implementations log neither the number nor the code.
#[async_trait]
pub trait SmsSender: Send + Sync + std::fmt::Debug {
    /// Sends `code` to `number`; done means that the carrier accepted it.
    async fn send_code(&self, number: &PhoneNumber, code: &str) -> Result<(), SmsError>;
}

/// The sender that the configuration names.
#[must_use]
pub fn sender(config: &Config, http: &Http) -> Box<dyn SmsSender> {
    match (config.sms.sender, config.sandbox_url()) {
        (SmsSenderKind::Sandbox, Some(mut url)) => {
            url.set_path("/_sandbox/sms");
            Box::new(Sandbox { http: http.clone(), url })
        }
        (SmsSenderKind::Log, _) => Box::new(Log),
        (SmsSenderKind::None | SmsSenderKind::Sandbox, _) => Box::new(Nobody),
    }
}

fn text(code: &str) -> String {
    format!("【Guiyi】您的验证码是 {code}，请勿告知他人。")
}

/// The inbox of the sandbox, where anybody can read them.
#[derive(Debug)]
struct Sandbox {
    http: Http,
    url: Url,
}

#[async_trait]
impl SmsSender for Sandbox {
    async fn send_code(&self, number: &PhoneNumber, code: &str) -> Result<(), SmsError> {
        let message = serde_json::json!({ "to": number.e164(), "code": code, "text": text(code) });
        self.http.post_json(&self.url, &[], &message).await.map(|_| ()).map_err(|e| SmsError(e.to_string()))
    }
}

/// The log: the one place where a code may be read, in development only.
#[derive(Debug)]
struct Log;

#[async_trait]
impl SmsSender for Log {
    async fn send_code(&self, number: &PhoneNumber, code: &str) -> Result<(), SmsError> {
        tracing::warn!("the SMS code for {number:?} is {code} (sms.sender = \"log\")");
        Ok(())
    }
}

/// Nobody.
#[derive(Debug)]
struct Nobody;

#[async_trait]
impl SmsSender for Nobody {
    async fn send_code(&self, _: &PhoneNumber, _: &str) -> Result<(), SmsError> {
        Err(SmsError("no sender is configured: set sms.sender".to_owned()))
    }
}
