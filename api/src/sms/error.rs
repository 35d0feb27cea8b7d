//! Why a message could not be sent, by what one can do about it.
//! Which of a vendor's numbers means what stands in its driver.

use std::time::Duration;

use providers::{ErrorKind, ProviderError};

use super::Kind;

/// A failure to send, free of the number, the text and the vendor's own message: that one may repeat both.
#[derive(Debug, thiserror::Error)]
pub enum SmsError {
    /// The carrier refused the number or the content.
    #[error("the message was refused: {0}")]
    Rejected(String),
    /// Too many messages: wait.
    #[error("too many messages: {detail}")]
    RateLimited {
        /// How long to wait, where that is known.
        retry_after: Option<Duration>,
        /// The vendor's own number and words.
        detail: String,
    },
    /// Our account, template or signature is wrong, or there is no money: the operator has to act.
    #[error("the sender cannot be used: {0}")]
    Misconfigured(String),
    /// The carrier is down, slow or busy.
    #[error("the carrier failed: {detail}")]
    Unavailable {
        /// What happened.
        detail: String,
        /// Whether it is certain that nothing was sent.
        unsent: bool,
    },
}

impl SmsError {
    /// Nothing is set up for messages of a kind.
    pub(super) fn no_template(kind: Kind) -> Self {
        Self::Misconfigured(format!("there is no template for {}", kind.name()))
    }

    /// Is it certain that nothing was sent, so that nothing has to be paid?
    #[must_use]
    pub const fn nothing_was_sent(&self) -> bool {
        match self {
            Self::Rejected(_) | Self::RateLimited { .. } | Self::Misconfigured(_) => true,
            Self::Unavailable { unsent, .. } => *unsent,
        }
    }

    /// The kind as counters name it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Rejected(_) => "rejected",
            Self::RateLimited { .. } => "rate_limited",
            Self::Misconfigured(_) => "misconfigured",
            Self::Unavailable { .. } => "unavailable",
        }
    }

    /// Writes the failure to the log, as loud as it is for the operator.
    pub(crate) fn report(&self) {
        let outcome = self.name();
        match self {
            Self::Misconfigured(_) | Self::Unavailable { .. } => {
                tracing::error!(outcome, "a text message could not be sent: {self}");
            }
            Self::RateLimited { .. } => tracing::warn!(outcome, "a text message could not be sent: {self}"),
            Self::Rejected(_) => tracing::info!(outcome, "a text message could not be sent: {self}"),
        }
    }
}

/// A call that got no answer of the vendor's own.
impl From<ProviderError> for SmsError {
    fn from(error: ProviderError) -> Self {
        match error.kind {
            ErrorKind::RateLimited => Self::RateLimited { retry_after: error.retry_after, detail: error.detail },
            ErrorKind::Misconfigured => Self::Misconfigured(error.detail),
            // No other kind comes from the HTTP client; what a vendor means by a status is its driver's to say.
            ErrorKind::Unavailable
            | ErrorKind::UnexpectedAnswer
            | ErrorKind::CodeRejected
            | ErrorKind::CodeUsed
            | ErrorKind::Snapshot
            | ErrorKind::ConsentRequired
            | ErrorKind::StaleData
            | ErrorKind::PersonBlocked => Self::Unavailable { unsent: error.code_is_unspent(), detail: error.detail },
        }
    }
}
