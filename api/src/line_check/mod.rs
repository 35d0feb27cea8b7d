//! Checks with carriers whether a number has a new subscriber: the [`PhoneLineCheck`] trait and its implementations.
//! See `docs/plugins.md` for how to write one, and identity rule R6 for the consequences.

mod aliyun;

use async_trait::async_trait;
pub use domain::phone::Line;
use domain::{PhoneNumber, Timestamp};
use providers::{ErrorKind, Http, ProviderError};

use crate::clock::Clock;
use crate::config::{Config, LineCheckKind};
use crate::vendor_code::shown;

/// Why a check failed. Does not contain the number.
#[derive(Debug, thiserror::Error)]
pub enum LineCheckError {
    /// Rate limited: retry later.
    #[error("too many line checks: {0}")]
    RateLimited(String),
    /// The account or its permission is wrong, or it has no money: the operator has to act.
    #[error("the line check cannot be used: {0}")]
    Misconfigured(String),
    /// The carrier is down, slow or overloaded.
    #[error("the line check failed: {0}")]
    Unavailable(String),
    /// The carrier answered what its documentation does not explain.
    #[error("the answer to the line check is not as documented: {0}")]
    UnexpectedAnswer(String),
}

impl LineCheckError {
    /// Returns the error for a code that the carrier does not document. Repeats the code only if it looks like one.
    fn undocumented(code: &str) -> Self {
        Self::UnexpectedAnswer(shown(code).to_owned())
    }

    /// Returns the name of the kind.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::RateLimited(_) => "rate_limited",
            Self::Misconfigured(_) => "misconfigured",
            Self::Unavailable(_) => "unavailable",
            Self::UnexpectedAnswer(_) => "unexpected_answer",
        }
    }
}

/// The tape of each check with an upstream.
#[cfg(feature = "contract")]
pub const TAPES: &[crate::contract::line::Tape] = &[aliyun::tape::TAPE];

/// Checks lines with a carrier.
#[async_trait]
pub trait PhoneLineCheck: Send + Sync + std::fmt::Debug {
    /// Returns whether `number` got a new subscriber after `since`. Does not log the number.
    async fn check(&self, number: &PhoneNumber, since: Timestamp) -> Result<Line, LineCheckError>;
}

/// Returns the check that the configuration names.
#[must_use]
pub(crate) fn checker(config: &Config, http: &Http, clock: &Clock) -> Box<dyn PhoneLineCheck> {
    let settings = &config.line_check;
    match settings.checker {
        LineCheckKind::None => Box::new(Nobody),
        LineCheckKind::Aliyun => Box::new(aliyun::AliyunLineCheck::new(&settings.aliyun, http, clock)),
    }
}

/// The check without a carrier: every result is unknown.
#[derive(Debug)]
struct Nobody;

#[async_trait]
impl PhoneLineCheck for Nobody {
    async fn check(&self, _: &PhoneNumber, _: Timestamp) -> Result<Line, LineCheckError> {
        Ok(Line::Unknown)
    }
}

/// A call that failed without an answer of the carrier.
impl From<ProviderError> for LineCheckError {
    fn from(error: ProviderError) -> Self {
        match error.kind {
            ErrorKind::RateLimited => Self::RateLimited(error.detail),
            ErrorKind::Misconfigured => Self::Misconfigured(error.detail),
            ErrorKind::Unavailable => Self::Unavailable(error.detail),
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
