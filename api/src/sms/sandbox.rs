//! Sender to the sandbox's inbox, which is public. See `docs/sandbox.md`.

use async_trait::async_trait;
use domain::PhoneNumber;
use providers::Http;
use serde_json::json;
use url::Url;

use super::{Message, SmsError, SmsSender};
use crate::config::Sms;

/// Posts to `/_sandbox/sms`.
#[derive(Debug)]
pub(super) struct Sandbox {
    sms: Sms,
    http: Http,
    url: Url,
}

impl Sandbox {
    pub(super) fn new(sms: &Sms, http: &Http, mut url: Url) -> Self {
        url.set_path("/_sandbox/sms");
        Self { sms: sms.clone(), http: http.clone(), url }
    }
}

#[async_trait]
impl SmsSender for Sandbox {
    async fn send(&self, number: &PhoneNumber, message: &Message) -> Result<(), SmsError> {
        let body = json!({ "to": number.e164(), "code": message.code(), "text": self.sms.signed_text(message) });
        self.http.post_json(&self.url, &[], &body).await?;
        Ok(())
    }
}
