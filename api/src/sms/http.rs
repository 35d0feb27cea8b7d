//! Sender for any gateway that takes a message by one HTTP POST. Its fields, signature and success condition are
//! settings.

#[cfg(feature = "contract")]
pub(super) mod tape;

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

use super::message::national;
use super::{Message, SmsError, SmsSender, fill};
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
        let needs_national = gateway.fields.values().any(|pattern| pattern.contains("{national}"));
        let national = if needs_national { national(number)? } else { "" };
        let value = |name: &str| match name {
            "number" => Some(Cow::Borrowed(number.e164())),
            "national" => Some(national.into()),
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

    /// Compares an answer of status 2xx with the configured success condition.
    fn read(&self, answer: &Response<Vec<u8>>) -> Result<(), SmsError> {
        let gateway = &self.sms.http;
        if gateway.success_pointer.is_empty() {
            return Ok(());
        }
        let said = serde_json::from_slice::<Value>(answer.body()).ok();
        let found = match said.as_ref().and_then(|said| said.pointer(&gateway.success_pointer)) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            Some(Value::Bool(truth)) => truth.to_string(),
            Some(Value::Null | Value::Array(_) | Value::Object(_)) | None => {
                let pointer = &gateway.success_pointer;
                return Err(SmsError::UnexpectedAnswer(format!("the gateway answered nothing at {pointer}")));
            }
        };
        if found == gateway.success_equals {
            return Ok(());
        }
        Err(SmsError::Rejected("the gateway's answer does not meet the success condition".to_owned()))
    }
}

#[async_trait]
impl SmsSender for HttpSms {
    async fn send(&self, number: &PhoneNumber, message: &Message) -> Result<(), SmsError> {
        let answer = self.http.execute(self.request(number, message)?).await?;
        let status = answer.status();
        let detail = format!("the gateway answered {}", status.as_u16());
        match status {
            _ if status.is_success() => self.read(&answer),
            _ if status.is_server_error() => Err(SmsError::Unavailable { detail, unsent: false }),
            StatusCode::TOO_MANY_REQUESTS => {
                let seconds = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
                Err(SmsError::RateLimited { retry_after: seconds.map(Duration::from_secs), detail })
            }
            StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY => Err(SmsError::Rejected(detail)),
            // A wrong address, key or method.
            StatusCode::UNAUTHORIZED
            | StatusCode::PAYMENT_REQUIRED
            | StatusCode::FORBIDDEN
            | StatusCode::NOT_FOUND
            | StatusCode::METHOD_NOT_ALLOWED => Err(SmsError::Misconfigured(detail)),
            // Redirects are not followed.
            _ if status.is_redirection() => Err(SmsError::Misconfigured(detail)),
            _ => Err(SmsError::UnexpectedAnswer(detail)),
        }
    }
}

#[cfg(test)]
mod tests {
    use providers::HttpLimits;

    use super::*;
    use crate::config::{self, Source};

    fn request(field: &str, number: &str) -> Result<String, &'static str> {
        let overrides = toml::toml! {
            [sms]
            sender = "http"
            [sms.http]
            url = "https://sms.example.com/"
            [sms.http.fields]
            text = "{text}"
            to = field
        };
        let config = config::load(&Source { overrides, ..Source::default() }).expect("sound settings");
        let http = Http::new(HttpLimits::default()).expect("a client");
        let sender = HttpSms::new(&config.sms, &http, &Clock::default());
        let message = Message::Code { code: "314159".to_owned(), minutes: 5 };
        let made = sender.request(&PhoneNumber::parse(number).expect("a number"), &message);
        made.map(|request| String::from_utf8_lossy(request.body()).into_owned()).map_err(|error| error.name())
    }

    #[test]
    fn a_number_abroad_without_its_country_is_never_that_of_a_phone_in_china() {
        let is_sent_to = |field, number, to: &str| {
            request(field, number).is_ok_and(|body| body.contains(&format!(r#""to":"{to}""#)))
        };

        assert!(is_sent_to("{national}", "+8613800000001", "13800000001"));
        assert!(is_sent_to("{number}", "+13105551234", "+13105551234"));
        assert_eq!(request("{national}", "+13105551234"), Err("rejected"));
    }
}
