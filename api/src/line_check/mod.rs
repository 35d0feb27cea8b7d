//! Asks carriers whether a number's line went to somebody else: the [`PhoneLineCheck`] trait and who is asked.
//! What follows from the answer is decided by the identity rules (R6).

mod aliyun;

use async_trait::async_trait;
pub use domain::phone::Line;
use domain::{PhoneNumber, Timestamp};
use providers::{ErrorKind, Http, ProviderError};

use crate::clock::Clock;
use crate::config::{Config, LineCheckKind};

/// Why a carrier could not be asked, by what one can do about it. Free of the number.
#[derive(Debug, thiserror::Error)]
pub enum LineCheckError {
    /// Too many questions: wait.
    #[error("too many line checks: {0}")]
    RateLimited(String),
    /// Our account or its permission is wrong, or there is no money: the operator has to act.
    #[error("the line check cannot be used: {0}")]
    Misconfigured(String),
    /// The carrier is down, slow or busy.
    #[error("the line check failed: {0}")]
    Unavailable(String),
}

/// Asks a carrier about lines.
#[async_trait]
pub trait PhoneLineCheck: Send + Sync + std::fmt::Debug {
    /// Was the line of `number` given to somebody else after `since`? Logs nothing of the number.
    async fn check(&self, number: &PhoneNumber, since: Timestamp) -> Result<Line, LineCheckError>;
}

/// The check that the configuration names.
#[must_use]
pub(crate) fn checker(config: &Config, http: &Http, clock: &Clock) -> Box<dyn PhoneLineCheck> {
    let settings = &config.line_check;
    match settings.checker {
        LineCheckKind::None => Box::new(Nobody),
        LineCheckKind::Aliyun => Box::new(aliyun::AliyunLineCheck::new(&settings.aliyun, http, clock)),
    }
}

/// Nobody is asked, so nothing is known.
#[derive(Debug)]
struct Nobody;

#[async_trait]
impl PhoneLineCheck for Nobody {
    async fn check(&self, _: &PhoneNumber, _: Timestamp) -> Result<Line, LineCheckError> {
        Ok(Line::Unknown)
    }
}

/// A call that got no answer of the carrier's own.
impl From<ProviderError> for LineCheckError {
    fn from(error: ProviderError) -> Self {
        match error.kind {
            ErrorKind::RateLimited => Self::RateLimited(error.detail),
            ErrorKind::Misconfigured => Self::Misconfigured(error.detail),
            ErrorKind::Unavailable
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
