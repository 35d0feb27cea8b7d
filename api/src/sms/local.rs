//! The senders that deliver no message: `log` and `none`.

use async_trait::async_trait;
use domain::PhoneNumber;

use super::{Kind, Message, SmsError, SmsSender};

/// Writes messages to the log, including codes. Development only.
#[derive(Debug)]
pub(super) struct Log;

#[async_trait]
impl SmsSender for Log {
    async fn send(&self, number: &PhoneNumber, message: &Message) -> Result<(), SmsError> {
        match message {
            Message::Code { code, .. } => {
                tracing::warn!("the SMS code for {number:?} is {code} (sms.sender = \"log\")");
            }
            Message::Notice(notice) => {
                tracing::warn!("the SMS notice for {number:?} is {} (sms.sender = \"log\")", notice.kind().name());
            }
        }
        Ok(())
    }
}

/// Refuses every message.
#[derive(Debug)]
pub(super) struct Nobody;

#[async_trait]
impl SmsSender for Nobody {
    async fn send(&self, _: &PhoneNumber, _: &Message) -> Result<(), SmsError> {
        Err(SmsError::Misconfigured("no sender is configured: set sms.sender".to_owned()))
    }

    fn carries(&self, _: Kind) -> bool {
        false
    }
}
