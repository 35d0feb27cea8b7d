//! Upstream failures, classified by what can be done about them.

use std::fmt;
use std::time::Duration;

use domain::Profile;

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// What can be done about an upstream's failure. A closed list: a provider maps every answer to one of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The code is forged, expired or of another app: start the login again.
    CodeRejected,
    /// The code was exchanged before: start the login again.
    CodeUsed,
    /// The upstream shows a snapshot user; the real person has to request the full service.
    Snapshot,
    /// The person has not agreed to what was requested: start the login again with the scope that asks for consent.
    ConsentRequired,
    /// The host app's encrypted data does not match the login: log in first, then request the data again.
    StaleData,
    /// The upstream bars this person from signing in.
    PersonBlocked,
    /// Too many calls: wait.
    RateLimited,
    /// The app's credentials or registration are wrong: the operator has to act.
    Misconfigured,
    /// The upstream is down, slow or busy: try again later.
    Unavailable,
    /// The upstream's answer is not as documented.
    UnexpectedAnswer,
}

impl ErrorKind {
    /// All kinds.
    pub const ALL: [Self; 10] = [
        Self::CodeRejected,
        Self::CodeUsed,
        Self::Snapshot,
        Self::ConsentRequired,
        Self::StaleData,
        Self::PersonBlocked,
        Self::RateLimited,
        Self::Misconfigured,
        Self::Unavailable,
        Self::UnexpectedAnswer,
    ];

    /// The advice to the operator that is logged with the error.
    #[must_use]
    pub const fn advice(self) -> &'static str {
        match self {
            Self::CodeRejected | Self::CodeUsed => {
                "ask the person to sign in again; codes are short-lived and for one use"
            }
            Self::Snapshot => "ask the person to tap `use full service` and sign in again",
            Self::ConsentRequired => "start the login again with the scope that asks the person",
            Self::StaleData => "let the client log in first, then request the data and send both",
            Self::PersonBlocked => "the upstream refuses this person; do not retry",
            Self::RateLimited => "wait before the next call",
            Self::Misconfigured => "check the app's id, secret and registration at the upstream",
            Self::Unavailable => "try again later",
            Self::UnexpectedAnswer => "compare the upstream's answer with its documentation",
        }
    }

    /// Returns whether the failure says something about the person or the login, so that it must not be overlooked where only
    /// the profile is missing.
    #[must_use]
    pub const fn is_about_the_login(self) -> bool {
        match self {
            Self::CodeRejected
            | Self::CodeUsed
            | Self::Snapshot
            | Self::ConsentRequired
            | Self::StaleData
            | Self::PersonBlocked => true,
            Self::RateLimited | Self::Misconfigured | Self::Unavailable | Self::UnexpectedAnswer => false,
        }
    }

    /// Returns whether the operator must be alerted, because only they or the upstream can fix it.
    #[must_use]
    pub const fn wakes_operator(self) -> bool {
        match self {
            Self::Misconfigured | Self::UnexpectedAnswer => true,
            Self::CodeRejected
            | Self::CodeUsed
            | Self::Snapshot
            | Self::ConsentRequired
            | Self::StaleData
            | Self::PersonBlocked
            | Self::RateLimited
            | Self::Unavailable => false,
        }
    }

    /// The kind's name in metrics and log lines.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::CodeRejected => "code_rejected",
            Self::CodeUsed => "code_used",
            Self::Snapshot => "snapshot",
            Self::ConsentRequired => "consent_required",
            Self::StaleData => "stale_data",
            Self::PersonBlocked => "person_blocked",
            Self::RateLimited => "rate_limited",
            Self::Misconfigured => "misconfigured",
            Self::Unavailable => "unavailable",
            Self::UnexpectedAnswer => "unexpected_answer",
        }
    }
}

/// A failed call to an upstream. Contains no secret, code, token or upstream body.
#[derive(Debug)]
pub struct ProviderError {
    /// What can be done about it.
    pub kind: ErrorKind,
    /// The cause for the log: the upstream's own number and words.
    pub detail: String,
    /// How long to wait, if the upstream says so.
    pub retry_after: Option<Duration>,
    unspent: bool,
    source: Option<Cause>,
}

impl ProviderError {
    /// Creates an error; `detail` must be free of secrets.
    #[must_use]
    pub fn new(kind: ErrorKind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into(), retry_after: None, unspent: false, source: None }
    }

    /// Creates the error for an operation that the provider's abilities do not include.
    #[must_use]
    pub fn unsupported(detail: &'static str) -> Self {
        Self::new(ErrorKind::Misconfigured, detail)
    }

    /// Adds the error that caused it, which must be free of secrets too.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Cause>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Marks the code as unspent: no request was sent.
    #[must_use]
    pub fn unspent(mut self) -> Self {
        self.unspent = true;
        self
    }

    /// Marks the code as spent: an earlier request has spent it, even if this one was not sent.
    #[must_use]
    pub fn spent(mut self) -> Self {
        self.unspent = false;
        self
    }

    /// Returns whether the code is still valid, because the request that spends it was never sent.
    #[must_use]
    pub fn code_is_unspent(&self) -> bool {
        self.unspent
    }

    /// Copies the error, without its cause, for another caller that waited for the same result.
    #[must_use]
    pub(crate) fn for_another(&self) -> Self {
        let Self { kind, detail, retry_after, unspent, source: _ } = self;
        Self { kind: *kind, detail: detail.clone(), retry_after: *retry_after, unspent: *unspent, source: None }
    }

    /// Sets how long to wait.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }
}

/// Logs why a person signs in without a profile, and returns the empty one. For a request after which both keys are known.
///
/// ```
/// # let read: Result<domain::Profile, providers::ProviderError> = Ok(domain::Profile::default());
/// let profile = read.unwrap_or_else(|error| providers::without_profile(&error));
/// ```
pub fn without_profile(error: &ProviderError) -> Profile {
    tracing::warn!("signs a person in without a profile: {error}");
    Profile::default()
}

impl fmt::Display for ProviderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}

impl std::error::Error for ProviderError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|cause| cause as &(dyn std::error::Error + 'static))
    }
}
