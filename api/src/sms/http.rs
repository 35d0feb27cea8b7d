//! Sender for any gateway that takes a message by one HTTP POST. Its fields, signature and success condition are
//! settings.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use data_encoding::HEXLOWER;
use domain::PhoneNumber;
use http::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use http::{Method, Request, Response, StatusCode};
use providers::Http;
use secrecy::ExposeSecret;
use serde_json::Value;
use url::form_urlencoded;

use super::{Message, SmsError, SmsSender, fill, national};
use crate::clock::Clock;
use crate::config::{BodyKind, Sms};
use crate::signing::hmac_sha256;

/// A sender through an HTTP gateway.
#[derive(Debug)]
pub(super) struct HttpSms {
    sms: Sms,
    http: Http,
    clock: Clock,
}

impl HttpSms {
    pub(super) fn new(sms: &Sms, http: &Http, clock: &Clock) -> Self {
        Self { sms: sms.clone(), http: http.clone(), clock: clock.clone() }
    }

    fn request(&self, number: &PhoneNumber, message: &Message) -> Result<Request<Vec<u8>>, SmsError> {
        let gateway = &self.sms.http;
        let unusable = |what: &str| SmsError::Misconfigured(format!("sms.http.{what} cannot be used"));
        let url = gateway.url.as_ref().ok_or_else(|| unusable("url"))?;
        let text = self.sms.signed_text(message);
        let value = |name: &str| match name {
            "number" => Some(Cow::Borrowed(number.e164())),
            "national" => Some(national(number).into()),
            "text" => Some(text.as_str().into()),
            other => message.blank(other),
        };
        let mut fields = BTreeMap::new();
        for (name, pattern) in &gateway.fields {
            fields.insert(name.as_str(), fill(pattern, value).map_err(|_| unusable("fields"))?);
        }
        let (kind, body) = match gateway.body {
            BodyKind::Json => ("application/json", serde_json::to_string(&fields).expect("a map of texts is JSON")),
            BodyKind::Form => (
                "application/x-www-form-urlencoded",
                form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish(),
            ),
        };
        let mut request = Request::builder().method(Method::POST).uri(url.as_str()).header(CONTENT_TYPE, kind);
        let bearer = gateway.bearer.expose_secret();
        if !bearer.is_empty() {
            request = request.header(AUTHORIZATION, format!("Bearer {bearer}"));
        }
        let secret = gateway.hmac_secret.expose_secret();
        if !secret.is_empty() {
            let timestamp = self.clock.now().unix_parts().0.to_string();
            let signature = HEXLOWER.encode(&hmac_sha256(secret.as_bytes(), format!("{timestamp}.{body}").as_bytes()));
            request = request.header("X-Guiyi-Timestamp", timestamp).header("X-Guiyi-Signature", signature);
        }
        request.body(body.into_bytes()).map_err(|_| unusable("bearer"))
    }

    /// Returns whether the answer meets the configured success condition.
    fn is_success(&self, answer: &Response<Vec<u8>>) -> bool {
        let gateway = &self.sms.http;
        if gateway.success_pointer.is_empty() {
            return true;
        }
        let said = serde_json::from_slice::<Value>(answer.body()).ok();
        let found = said.as_ref().and_then(|said| said.pointer(&gateway.success_pointer));
        let text = found.map(|found| found.as_str().map_or_else(|| found.to_string(), str::to_owned));
        text.as_deref() == Some(gateway.success_equals.as_str())
    }
}

#[async_trait]
impl SmsSender for HttpSms {
    async fn send(&self, number: &PhoneNumber, message: &Message) -> Result<(), SmsError> {
        let answer = self.http.execute(self.request(number, message)?).await?;
        let status = answer.status();
        let detail = format!("the gateway answered {}", status.as_u16());
        match status {
            _ if status.is_success() && self.is_success(&answer) => Ok(()),
            _ if status.is_success() => {
                Err(SmsError::Rejected("the gateway's answer does not meet the success condition".to_owned()))
            }
            _ if status.is_server_error() => Err(SmsError::Unavailable { detail, unsent: false }),
            StatusCode::TOO_MANY_REQUESTS => {
                let seconds = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
                Err(SmsError::RateLimited { retry_after: seconds.map(Duration::from_secs), detail })
            }
            StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY => Err(SmsError::Rejected(detail)),
            // A wrong address, key or method, or a redirect, which is not followed.
            _ => Err(SmsError::Misconfigured(detail)),
        }
    }
}
