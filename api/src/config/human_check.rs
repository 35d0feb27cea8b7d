//! `[human_check]`: the captcha settings. See `config.default.toml` for the keys.

use providers::{Checks, Problem};
use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

use super::Mistake;
use crate::text::text;

/// The longest time that a request can wait for the check and still send its code.
const MAX_TIMEOUT_SECONDS: u32 = 10;

/// `[human_check]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "every key is documented in config.default.toml, which is the reference")]
pub struct HumanCheck {
    pub kind: HumanCheckKind,
    pub url: Option<Url>,
    pub secret: SecretString,
    pub send_address: bool,
    pub min_score: f64,
    pub timeout_seconds: u32,
}

/// The captcha service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HumanCheckKind {
    /// None: codes are sent without a check.
    None,
    /// A service with the `siteverify` protocol.
    Http,
}

/// Warns when messages cost money and no check is configured.
pub(crate) fn without_human_check(settings: &HumanCheck) -> Option<Mistake> {
    let said = text!(
        "none: programs can ask for SMS codes until the limits and the budget stop them; in production a captcha should be \
         required before the first code of a device",
        "none：程序可以不断请求短信验证码，直到达到限额或用完预算；生产模式下，设备首次请求验证码前应进行人机验证"
    );
    match settings.kind {
        HumanCheckKind::None => Some(Mistake::new("human_check.kind", said)),
        HumanCheckKind::Http => None,
    }
}

/// Returns the problems that concern more than the type of a key.
pub(super) fn problems(settings: &HumanCheck) -> Vec<Problem> {
    let mut found = Checks::default();
    match settings.kind {
        HumanCheckKind::None => {}
        HumanCheckKind::Http => {
            match &settings.url {
                Some(url) => drop(found.upstream("human_check.url", url.as_str())),
                None => found.note("human_check.url", "is missing"),
            }
            found.secret("human_check.secret", Some(settings.secret.clone()));
        }
    }
    if !(0.0..=1.0).contains(&settings.min_score) {
        found.note("human_check.min_score", "must be 0 to 1");
    }
    if !(1..=MAX_TIMEOUT_SECONDS).contains(&settings.timeout_seconds) {
        found.note("human_check.timeout_seconds", format!("must be 1 to {MAX_TIMEOUT_SECONDS}"));
    }
    found.finish(Some(())).err().unwrap_or_default()
}
