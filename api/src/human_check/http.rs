//! Client for any captcha service with the `siteverify` protocol: one POST of a form, and a JSON answer with `success`.
//! Vendors with other protocols need an adapter or an embedding program.
//!
//! Sources: <https://docs.hcaptcha.com/#verify-the-user-response-server-side>,
//! <https://developers.cloudflare.com/turnstile/get-started/server-side-validation/>,
//! <https://developers.google.com/recaptcha/docs/verify>.

#[cfg(feature = "contract")]
pub(super) mod tape;

use std::net::IpAddr;
use std::time::Duration;

use async_trait::async_trait;
use http::header::CONTENT_TYPE;
use http::{Method, Request, StatusCode};
use providers::Http;
use secrecy::ExposeSecret;
use serde::Deserialize;
use tokio::time::timeout;
use url::form_urlencoded;

use super::{HumanCheck, HumanCheckError, HumanToken};
use crate::config;
use crate::vendor_code::shown;

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

    fn read(&self, status: StatusCode, body: &[u8]) -> Result<bool, HumanCheckError> {
        let detail = |with: &str| format!("the service answered {} {with} `success`", status.as_u16());
        let Ok(answer) = serde_json::from_slice::<Answer>(body) else {
            let detail = detail("without");
            return Err(match status {
                StatusCode::TOO_MANY_REQUESTS => HumanCheckError::Unavailable(detail),
                _ if status.is_server_error() => HumanCheckError::Unavailable(detail),
                _ if status.is_client_error() => HumanCheckError::Misconfigured(detail),
                _ => HumanCheckError::UnexpectedAnswer(detail),
            });
        };
        if !answer.success {
            return refused(status, &answer.error_codes);
        }
        // An error status with `success` is not a pass.
        if !status.is_success() {
            let detail = detail("with");
            return Err(if status.is_server_error() {
                HumanCheckError::Unavailable(detail)
            } else {
                HumanCheckError::UnexpectedAnswer(detail)
            });
        }
        if self.settings.min_score == 0.0 {
            return Ok(true);
        }
        let no_score =
            || HumanCheckError::Misconfigured("the service returns no `score`: min_score must be 0".to_owned());
        Ok(answer.score.ok_or_else(no_score)? >= self.settings.min_score)
    }
}

/// The codes of tokens that are wrong, expired or used, of all services:
///
/// - "The response parameter (verification token) was not passed", "… is invalid or malformed" or "… is missing";
/// - hCaptcha: "… is expired", "… was already verified once", "… has already been checked, or has another issue";
/// - Turnstile and Google: "The response is no longer valid: either is too old or has been used previously."
const OF_THE_TOKEN: [&str; 7] = [
    "missing-input-response",
    "invalid-input-response",
    "expired-input-response",
    "already-seen-response",
    "invalid-or-already-seen-response",
    "timeout-or-duplicate",
    "browser-error",
];
/// The codes that concern the account or the request: "The secret parameter was not passed", "… was invalid or did not
/// exist", "The request was rejected because it was malformed"; hCaptcha: "The sitekey is not registered with the provided
/// secret", "You have used a testing sitekey but have not used its matching secret", "The remoteip parameter is missing" or
/// "… is not a valid IP address or blinded value".
const OF_THE_ACCOUNT: [&str; 7] = [
    "missing-input-secret",
    "invalid-input-secret",
    "sitekey-secret-mismatch",
    "not-using-dummy-passcode",
    "bad-request",
    "missing-remoteip",
    "invalid-remoteip",
];

/// Interprets an answer without `success`. A code that concerns the account outweighs the others; an answer without any
/// code is about the token.
fn refused(status: StatusCode, codes: &[String]) -> Result<bool, HumanCheckError> {
    let said = |code: &String| format!("the service answered {code}");
    if let Some(code) = codes.iter().find(|code| OF_THE_ACCOUNT.contains(&code.as_str())) {
        return Err(HumanCheckError::Misconfigured(said(code)));
    }
    // Turnstile: "An internal error happened while validating the response. The request can be retried."
    if let Some(code) = codes.iter().find(|code| *code == "internal-error") {
        return Err(HumanCheckError::Unavailable(said(code)));
    }
    match codes.first() {
        Some(code) if !codes.iter().any(|code| OF_THE_TOKEN.contains(&code.as_str())) => {
            Err(HumanCheckError::UnexpectedAnswer(shown(code).to_owned()))
        }
        None if status.is_server_error() => {
            Err(HumanCheckError::Unavailable(format!("the service answered {}", status.as_u16())))
        }
        Some(_) | None => Ok(false),
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
