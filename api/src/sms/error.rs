//! Why a message could not be sent. See the drivers for the vendors' error codes.

use std::time::Duration;

use providers::{ErrorKind, ProviderError};

use super::Kind;
use crate::vendor_code::shown;

/// A failure to send. Does not contain the number, the text or the vendor's message, which may repeat both.
#[derive(Debug, thiserror::Error)]
pub enum SmsError {
    /// The carrier refused the number or the content.
    #[error("the message was refused: {0}")]
    Rejected(String),
    /// Rate limited: retry later.
    #[error("too many messages: {detail}")]
    RateLimited {
        /// How long to wait, where known.
        retry_after: Option<Duration>,
        /// The vendor's code and description.
        detail: String,
    },
    /// The account, template or signature is wrong, or there is no money: the operator has to act.
    #[error("the sender cannot be used: {0}")]
    Misconfigured(String),
    /// The carrier is down, slow or overloaded.
    #[error("the carrier failed: {detail}")]
    Unavailable {
        /// What happened.
        detail: String,
        /// Whether it is certain that nothing was sent.
        unsent: bool,
    },
    /// The carrier answered what its documentation does not explain. The message may have been sent.
    #[error("the carrier's answer is not as documented: {0}")]
    UnexpectedAnswer(String),
}

/// What a code in the vendor's documentation means for the sender.
#[derive(Debug, Clone, Copy)]
pub(super) enum Meaning {
    /// [`SmsError::Rejected`].
    Rejected,
    /// [`SmsError::RateLimited`], for an unknown time.
    Limited,
    /// [`SmsError::RateLimited`], for so many seconds.
    LimitedFor(u64),
    /// [`SmsError::Misconfigured`].
    Ours,
    /// [`SmsError::Unavailable`].
    Theirs,
}

/// One code, or a family of codes where it ends in `*`, with its meaning and the vendor's words.
pub(super) type Documented = (&'static str, Meaning, &'static str);

/// Returns the error of a vendor's code, by the first entry that has it. Omits the vendor's message, which may repeat the
/// number and the text.
pub(super) fn refusal(documented: &[Documented], code: &str) -> SmsError {
    let has = |(known, _, _): &&Documented| match known.strip_suffix('*') {
        Some(family) => code.starts_with(family),
        None => code == *known,
    };
    let Some((_, meaning, words)) = documented.iter().find(has) else { return SmsError::undocumented(code) };
    let detail = format!("{} {words}", shown(code));
    match meaning {
        Meaning::Rejected => SmsError::Rejected(detail),
        Meaning::Limited => SmsError::RateLimited { retry_after: None, detail },
        Meaning::LimitedFor(seconds) => {
            SmsError::RateLimited { retry_after: Some(Duration::from_secs(*seconds)), detail }
        }
        Meaning::Ours => SmsError::Misconfigured(detail),
        Meaning::Theirs => SmsError::Unavailable { detail, unsent: false },
    }
}

impl SmsError {
    /// Returns the error for a code that the vendor does not document. Repeats the code only if it looks like one.
    pub(super) fn undocumented(code: &str) -> Self {
        Self::UnexpectedAnswer(shown(code).to_owned())
    }

    /// Returns the error for a kind of message without a template.
    pub(super) fn no_template(kind: Kind) -> Self {
        Self::Misconfigured(format!("there is no template for {}", kind.name()))
    }

    /// Returns whether it is certain that nothing was sent and nothing is charged.
    #[must_use]
    pub const fn nothing_was_sent(&self) -> bool {
        match self {
            Self::Rejected(_) | Self::RateLimited { .. } | Self::Misconfigured(_) => true,
            Self::Unavailable { unsent, .. } => *unsent,
            Self::UnexpectedAnswer(_) => false,
        }
    }

    /// Returns the name of the kind, for counters.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Rejected(_) => "rejected",
            Self::RateLimited { .. } => "rate_limited",
            Self::Misconfigured(_) => "misconfigured",
            Self::Unavailable { .. } => "unavailable",
            Self::UnexpectedAnswer(_) => "unexpected_answer",
        }
    }

    /// Logs the failure, at the level that its kind deserves.
    pub(crate) fn report(&self) {
        let outcome = self.name();
        match self {
            Self::Misconfigured(_) | Self::Unavailable { .. } | Self::UnexpectedAnswer(_) => {
                tracing::error!(outcome, "cannot send an SMS: {self}");
            }
            Self::RateLimited { .. } => tracing::warn!(outcome, "cannot send an SMS: {self}"),
            Self::Rejected(_) => tracing::info!(outcome, "cannot send an SMS: {self}"),
        }
    }
}

/// A call that failed without an answer of the vendor.
impl From<ProviderError> for SmsError {
    fn from(error: ProviderError) -> Self {
        match error.kind {
            ErrorKind::RateLimited => Self::RateLimited { retry_after: error.retry_after, detail: error.detail },
            ErrorKind::Misconfigured => Self::Misconfigured(error.detail),
            ErrorKind::Unavailable => Self::Unavailable { unsent: error.code_is_unspent(), detail: error.detail },
            // The HTTP client returns no other kind than the first; drivers interpret the vendor's statuses.
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
