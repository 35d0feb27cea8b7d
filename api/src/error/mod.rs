//! API errors and their codes. See `words` for the texts and `graphql::present` for the conversion into answers.

mod code;
mod document;
mod language;
mod offered;
mod recent;
mod words;

use std::borrow::Cow;
use std::time::Duration;

use domain::{BadKey, BadMoney, BadPhone, NoSms};
use providers::{BadEncryptedData, ErrorKind, ProviderError};
use store::{StoreError, WriteError};

use crate::token::{BadCodeChallenge, BadCodeVerifier};

pub use code::ErrorCode;
pub use document::documentation;
pub use language::Language;
pub use offered::{Hint, MergeOffer};
pub use recent::{ErrorsOfHour, RecentErrors};
pub use words::Words;

/// The error of a request. See [`ApiError::code`] for the code that the client receives.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// A code, with a detail for developers such as a field, an index or a limit.
    #[error("{code}: {detail}")]
    Refused {
        /// The code in the answer.
        code: ErrorCode,
        /// A detail for developers, in English, without secrets and personal data. Empty if the code is sufficient.
        detail: Cow<'static, str>,
        /// How long to wait before a retry, if known.
        retry_after: Option<Duration>,
    },
    /// A code, with a merge that the person may confirm (R8).
    #[error("{code}")]
    Offered {
        /// The code in the answer.
        code: ErrorCode,
        /// The merge.
        offer: Box<MergeOffer>,
    },
    /// The provider failed or refused the request.
    #[error("the provider failed")]
    Provider(#[from] ProviderError),
    /// The database failed.
    #[error("the database failed")]
    Store(#[from] StoreError),
    /// An invariant is violated.
    #[error("{0}")]
    Internal(&'static str),
}

impl ApiError {
    /// Creates an error without a detail.
    #[must_use]
    pub fn refused(code: ErrorCode) -> Self {
        Self::detailed(code, "")
    }

    /// Creates an error with a detail for developers, without secrets and personal data.
    #[must_use]
    pub fn detailed(code: ErrorCode, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::Refused { code, detail: detail.into(), retry_after: None }
    }

    /// Creates an error that ends after `retry_after`.
    #[must_use]
    pub fn wait(code: ErrorCode, retry_after: Duration) -> Self {
        Self::Refused { code, detail: Cow::Borrowed(""), retry_after: Some(retry_after) }
    }

    /// Creates an error, with the merge that the person may confirm, if any.
    #[must_use]
    pub fn offered(code: ErrorCode, offer: Option<MergeOffer>) -> Self {
        match offer {
            Some(offer) => Self::Offered { code, offer: Box::new(offer) },
            None => Self::refused(code),
        }
    }

    /// Returns the code in the answer.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Refused { code, .. } | Self::Offered { code, .. } => *code,
            Self::Provider(error) => match error.kind {
                ErrorKind::CodeRejected => ErrorCode::InvalidCode,
                ErrorKind::CodeUsed => ErrorCode::CodeUsed,
                ErrorKind::Snapshot => ErrorCode::SnapshotUser,
                ErrorKind::ConsentRequired => ErrorCode::ConsentRequired,
                ErrorKind::StaleData => ErrorCode::EncryptedDataStale,
                ErrorKind::PersonBlocked => ErrorCode::LoginBlocked,
                ErrorKind::RateLimited => ErrorCode::UpstreamBusy,
                ErrorKind::Unavailable => ErrorCode::UpstreamUnavailable,
                ErrorKind::Misconfigured | ErrorKind::UnexpectedAnswer => ErrorCode::UpstreamFault,
            },
            Self::Store(StoreError::Closed) => ErrorCode::AccountClosed,
            // Concurrent writes conflicted on every attempt: the same request may succeed a moment later.
            Self::Store(StoreError::Contended(_)) => ErrorCode::ServiceUnavailable,
            Self::Store(error) if error.is_timeout() => ErrorCode::Timeout,
            Self::Store(error) if error.is_unavailable() => ErrorCode::ServiceUnavailable,
            Self::Store(_) | Self::Internal(_) => ErrorCode::Internal,
        }
    }

    /// Returns the merge that the person may confirm, if any.
    #[must_use]
    pub fn merge_offer(&self) -> Option<&MergeOffer> {
        match self {
            Self::Offered { offer, .. } => Some(offer),
            Self::Refused { .. } | Self::Provider(_) | Self::Store(_) | Self::Internal(_) => None,
        }
    }

    /// Returns the detail for developers. Empty for internal causes, which clients must not see.
    #[must_use]
    pub fn detail(&self) -> &str {
        match self {
            Self::Refused { detail, .. } => detail,
            Self::Offered { .. } | Self::Provider(_) | Self::Store(_) | Self::Internal(_) => "",
        }
    }

    /// Returns how long to wait before a retry, if known.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused { retry_after, .. } => *retry_after,
            Self::Provider(error) => error.retry_after,
            Self::Offered { .. } | Self::Store(_) | Self::Internal(_) => None,
        }
    }
}

impl WriteError for ApiError {
    fn store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Store(error) => Some(error),
            Self::Refused { .. } | Self::Offered { .. } | Self::Provider(_) | Self::Internal(_) => None,
        }
    }
}

impl From<BadPhone> for ApiError {
    fn from(bad: BadPhone) -> Self {
        Self::detailed(ErrorCode::InvalidPhone, format!("phone: {bad}"))
    }
}

impl From<NoSms> for ApiError {
    fn from(reason: NoSms) -> Self {
        Self::detailed(ErrorCode::InvalidPhone, format!("phone: {reason}"))
    }
}

impl From<BadKey> for ApiError {
    fn from(error: BadKey) -> Self {
        Self::detailed(ErrorCode::InvalidInput, error.to_string())
    }
}

impl From<BadCodeChallenge> for ApiError {
    fn from(error: BadCodeChallenge) -> Self {
        Self::detailed(ErrorCode::InvalidInput, error.to_string())
    }
}

impl From<BadCodeVerifier> for ApiError {
    fn from(error: BadCodeVerifier) -> Self {
        Self::detailed(ErrorCode::InvalidInput, error.to_string())
    }
}

impl From<BadEncryptedData> for ApiError {
    fn from(error: BadEncryptedData) -> Self {
        Self::detailed(ErrorCode::InvalidInput, error.to_string())
    }
}

impl From<BadMoney> for ApiError {
    fn from(error: BadMoney) -> Self {
        Self::detailed(ErrorCode::InvalidInput, error.to_string())
    }
}

/// Formats an error with all its causes, for logs.
#[must_use]
pub fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readme_of_the_providers_has_the_code_of_every_kind() {
        let page = include_str!("../../../providers/README.md");

        for kind in ErrorKind::ALL {
            let code = ApiError::from(ProviderError::new(kind, "")).code();
            let row = page.lines().find(|line| line.starts_with('|') && line.contains(&format!("`{kind:?}`")));
            let row = row.unwrap_or_else(|| panic!("a row for {kind:?}"));

            assert_eq!(row.split('|').nth(2).map(str::trim), Some(format!("`{code}`").as_str()), "{kind:?}");
        }
    }
}
