//! Tells people from programs before a code is sent: the [`HumanCheck`] trait and who is asked.
//! When a check is needed is decided in `usecase`.

mod http;

use std::fmt;
use std::net::IpAddr;

use async_trait::async_trait;
use providers::{ErrorKind, Http, ProviderError};
use secrecy::{ExposeSecret, SecretString};

use crate::config::{Config, HumanCheckKind};

/// The longest token of any service, with room to spare.
const MAX_TOKEN: usize = 8 * 1024;

/// What a client was given for a challenge that was solved. Does not print.
#[derive(Clone)]
pub struct HumanToken(SecretString);

impl HumanToken {
    /// Reads what a client sent. What no service gives is no answer to any challenge.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let fits = (1..=MAX_TOKEN).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        fits.then(|| Self(text.into()))
    }

    /// The token itself, for the service that gave it.
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

/// Why nobody could say whether a person asked, by what one can do about it. Free of the token and the secret.
#[derive(Debug, thiserror::Error)]
pub enum HumanCheckError {
    /// Our account is wrong: the operator has to act.
    #[error("the human check cannot be used: {0}")]
    Misconfigured(String),
    /// The service is down, slow or busy.
    #[error("the human check failed: {0}")]
    Unavailable(String),
}

/// Asks whether a person solved the challenge.
///
/// An implementation asks once and logs neither the token nor the address. No code is sent without its yes; that one token
/// sends one code only is seen to by Guiyi, whatever the service says.
#[async_trait]
pub trait HumanCheck: Send + Sync + std::fmt::Debug {
    /// Did a person solve the challenge that `token` was given for? `from` is where the request comes from, if that is known.
    async fn is_human(&self, token: &HumanToken, from: Option<IpAddr>) -> Result<bool, HumanCheckError>;
}

/// The check that the configuration names.
#[must_use]
pub(crate) fn checker(config: &Config, http: &Http) -> Option<Box<dyn HumanCheck>> {
    let settings = &config.human_check;
    match settings.kind {
        HumanCheckKind::None => None,
        HumanCheckKind::Http => Some(Box::new(http::SiteVerify::new(settings, http))),
    }
}

/// A call that got no answer of the service's own.
impl From<ProviderError> for HumanCheckError {
    fn from(error: ProviderError) -> Self {
        match error.kind {
            ErrorKind::Misconfigured => Self::Misconfigured(error.detail),
            ErrorKind::RateLimited
            | ErrorKind::Unavailable
            | ErrorKind::UnexpectedAnswer
            | ErrorKind::CodeRejected
            | ErrorKind::CodeUsed
            | ErrorKind::Snapshot
            | ErrorKind::ConsentRequired
            | ErrorKind::StaleData
            | ErrorKind::PersonBlocked => Self::Unavailable(error.detail),
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
