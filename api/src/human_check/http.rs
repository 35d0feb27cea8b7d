//! Client for any captcha service with the `siteverify` protocol: one POST of a form, and a JSON answer with `success`.
//! Vendors with other protocols need an adapter or an embedding program.
//!
//! Sources: <https://docs.hcaptcha.com/#verify-the-user-response-server-side>,
//! <https://developers.cloudflare.com/turnstile/get-started/server-side-validation/>,
//! <https://developers.google.com/recaptcha/docs/verify>.

use std::net::IpAddr;
use std::time::Duration;

use async_trait::async_trait;
use http::header::CONTENT_TYPE;
use http::{Method, Request};
use providers::Http;
use secrecy::ExposeSecret;
use serde::Deserialize;
use tokio::time::timeout;
use url::form_urlencoded;

use super::{HumanCheck, HumanCheckError, HumanToken};
use crate::config;

/// A captcha service.
#[derive(Debug)]
pub(super) struct SiteVerify {
    settings: config::HumanCheck,
    http: Http,
}

/// The fields that all services return.
#[derive(Deserialize)]
struct Answer {
    success: bool,
    score: Option<f64>,
    #[serde(default, rename = "error-codes")]
    error_codes: Vec<String>,
}

impl SiteVerify {
    pub(super) fn new(settings: &config::HumanCheck, http: &Http) -> Self {
        Self { settings: settings.clone(), http: http.clone() }
    }

    fn request(&self, token: &HumanToken, from: Option<IpAddr>) -> Result<Request<Vec<u8>>, HumanCheckError> {
        let unusable = || HumanCheckError::Misconfigured("human_check.url cannot be used".to_owned());
        let url = self.settings.url.as_ref().ok_or_else(unusable)?;
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("secret", self.settings.secret.expose_secret()).append_pair("response", token.expose());
        if let Some(address) = from.filter(|_| self.settings.send_address) {
            form.append_pair("remoteip", &address.to_string());
        }
        Request::builder()
            .method(Method::POST)
            .uri(url.as_str())
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form.finish().into_bytes())
            .map_err(|_| unusable())
    }

    fn read(&self, status: http::StatusCode, body: &[u8]) -> Result<bool, HumanCheckError> {
        let Ok(answer) = serde_json::from_slice::<Answer>(body) else {
            let detail = format!("the service answered {} without `success`", status.as_u16());
            let ours = status.is_client_error() && status != http::StatusCode::TOO_MANY_REQUESTS;
            return Err(if ours {
                HumanCheckError::Misconfigured(detail)
            } else {
                HumanCheckError::Unavailable(detail)
            });
        };
        if !answer.success {
            return answer.error_codes.iter().find_map(|code| fault(code)).map_or(Ok(false), Err);
        }
        // An error status with `success` is not a pass.
        if !status.is_success() {
            let detail = format!("the service answered {} with `success`", status.as_u16());
            return Err(HumanCheckError::Unavailable(detail));
        }
        if self.settings.min_score == 0.0 {
            return Ok(true);
        }
        let no_score =
            || HumanCheckError::Misconfigured("the service returns no `score`: min_score must be 0".to_owned());
        Ok(answer.score.ok_or_else(no_score)? >= self.settings.min_score)
    }
}

/// Returns the error of a code that does not concern the token. All other codes mean that the token is wrong, expired
/// or used.
fn fault(code: &str) -> Option<HumanCheckError> {
    match code {
        // "The secret parameter was not passed." "… was invalid or did not exist." hCaptcha: "The sitekey is not registered
        // with the provided secret."
        "missing-input-secret" | "invalid-input-secret" | "sitekey-secret-mismatch" | "not-using-dummy-passcode" => {
            Some(HumanCheckError::Misconfigured(format!("the service answered {code}")))
        }
        // Turnstile: "An internal error happened while validating the response. The request can be retried."
        "internal-error" => Some(HumanCheckError::Unavailable(format!("the service answered {code}"))),
        _ => None,
    }
}

#[async_trait]
impl HumanCheck for SiteVerify {
    async fn is_human(&self, token: &HumanToken, from: Option<IpAddr>) -> Result<bool, HumanCheckError> {
        let patience = Duration::from_secs(self.settings.timeout_seconds.into());
        let slow = |_| HumanCheckError::Unavailable("the service took too long".to_owned());
        let answer = timeout(patience, self.http.execute(self.request(token, from)?)).await.map_err(slow)??;
        self.read(answer.status(), answer.body())
    }
}
