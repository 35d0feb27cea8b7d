//! Captcha verification before an SMS code is sent: the [`HumanCheck`] trait and its implementations. See
//! `usecase::sms` for when a check is needed, and `docs/plugins.md` for how to write one.

mod http;

use std::fmt;
use std::net::IpAddr;

use async_trait::async_trait;
use providers::{ErrorKind, Http, ProviderError};
use secrecy::{ExposeSecret, SecretString};

use crate::config::{Config, HumanCheckKind};

/// The longest accepted token, in bytes. Longer than any service's.
const MAX_TOKEN: usize = 8 * 1024;

/// The token that a client received for a solved challenge. Does not print.
#[derive(Clone)]
pub struct HumanToken(SecretString);

impl HumanToken {
    /// Parses a token. Text that no service issues yields `None`, which counts as unsolved.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let fits = (1..=MAX_TOKEN).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        fits.then(|| Self(text.into()))
    }

    /// Returns the token, to send it to its service.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for HumanToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HumanToken(…)")
    }
}

/// Why a check could not be done. Contains neither the token nor the secret.
#[derive(Debug, thiserror::Error)]
pub enum HumanCheckError {
    /// The account or its settings are wrong: the operator has to act.
    #[error("the human check cannot be used: {0}")]
    Misconfigured(String),
    /// The service is down, slow or overloaded.
    #[error("the human check failed: {0}")]
    Unavailable(String),
    /// The service answered what its documentation does not explain.
    #[error("the answer to the human check is not as documented: {0}")]
    UnexpectedAnswer(String),
}

impl HumanCheckError {
    /// Returns the name of the kind, for counters.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Misconfigured(_) => "misconfigured",
            Self::Unavailable(_) => "unavailable",
            Self::UnexpectedAnswer(_) => "unexpected_answer",
        }
    }
}

/// The tape of each check with an upstream.
#[cfg(feature = "contract")]
pub const TAPES: &[crate::contract::human::Tape] = &[http::tape::TAPE];

/// Verifies that a person solved the challenge.
///
/// Implementations ask the service once and log neither the token nor the address. No code is sent unless the check
/// passes. Guiyi itself ensures that one token sends one code only.
#[async_trait]
pub trait HumanCheck: Send + Sync + std::fmt::Debug {
    /// Returns whether a person solved the challenge of `token`. `from` is the client's address, if known.
    async fn is_human(&self, token: &HumanToken, from: Option<IpAddr>) -> Result<bool, HumanCheckError>;
}

/// Returns the check that the configuration names.
#[must_use]
pub(crate) fn checker(config: &Config, http: &Http) -> Option<Box<dyn HumanCheck>> {
    let settings = &config.human_check;
    match settings.kind {
        HumanCheckKind::None => None,
        HumanCheckKind::Http => Some(Box::new(http::SiteVerify::new(settings, http))),
    }
}

/// A call that failed without an answer of the service.
impl From<ProviderError> for HumanCheckError {
    fn from(error: ProviderError) -> Self {
        match error.kind {
            ErrorKind::Misconfigured => Self::Misconfigured(error.detail),
            ErrorKind::RateLimited | ErrorKind::Unavailable => Self::Unavailable(error.detail),
            ErrorKind::UnexpectedAnswer
            | ErrorKind::CodeRejected
            | ErrorKind::CodeUsed
            | ErrorKind::Snapshot
            | ErrorKind::ConsentRequired
            | ErrorKind::StaleData
            | ErrorKind::PersonBlocked => Self::UnexpectedAnswer(error.detail),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_service_gives_is_no_token() {
        let (longest, long) = ("t".repeat(MAX_TOKEN), "t".repeat(MAX_TOKEN + 1));

        assert!(HumanToken::read(&longest).is_some());
        for text in ["", " ", "a b", "a\nb", "é", "\0", &long] {
            assert!(HumanToken::read(text).is_none(), "{text:.20}");
        }
    }

    #[test]
    fn a_token_does_not_print() {
        let token = HumanToken::read("planted").expect("a token");

        assert_eq!(format!("{token:?}"), "HumanToken(…)");
    }
}
