//! What can go wrong with an upstream, sorted by what one can do about it.
//! Which upstream number means what is written in each provider's file.

use std::fmt;
use std::time::Duration;

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// What one can do about an upstream's failure. Closed: a provider maps every answer to one of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The code is forged, expired or of another app: start the login again.
    CodeRejected,
    /// The code was exchanged before: start the login again.
    CodeUsed,
    /// The upstream shows a stand-in person; the real one has to ask for the full service.
    Snapshot,
    /// The person has not agreed to what was asked: start the login again with the scope that asks.
    ConsentRequired,
    /// What the host app encrypted does not fit the login: log in first, then ask for the data again.
    StaleData,
    /// The upstream bars this person from signing in.
    PersonBlocked,
    /// Too many calls: wait.
    RateLimited,
    /// Our credentials or registration are wrong: the operator has to act.
    Misconfigured,
    /// The upstream is down, slow or busy: try again later.
    Unavailable,
    /// The upstream's answer makes no sense to us.
    UnexpectedAnswer,
}

impl ErrorKind {
    /// What the operator reads beside the error.
    #[must_use]
    pub const fn advice(self) -> &'static str {
        match self {
            Self::CodeRejected | Self::CodeUsed => {
                "ask the person to sign in again; codes are short-lived and for one use"
            }
            Self::Snapshot => "ask the person to tap `use full service` and sign in again",
            Self::ConsentRequired => "start the login again with the scope that asks the person",
            Self::StaleData => "let the client log in first, then ask for the data and send both",
            Self::PersonBlocked => "the upstream refuses this person; do not retry",
            Self::RateLimited => "wait before the next call",
            Self::Misconfigured => "check the app's id, secret and registration at the upstream",
            Self::Unavailable => "try again later",
            Self::UnexpectedAnswer => "compare the upstream's answer with its documentation",
        }
    }

    /// Is it nobody's fault but ours or the upstream's, so that the operator has to be woken?
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

    /// The kind as counters and log lines name it.
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

/// A failed call to an upstream. Carries neither secrets, codes, tokens nor the upstream's body.
#[derive(Debug)]
pub struct ProviderError {
    /// What one can do.
    pub kind: ErrorKind,
    /// What happened, for the log: the upstream's own number and words.
    pub detail: String,
    /// How long to wait, where the upstream says so.
    pub retry_after: Option<Duration>,
    unspent: bool,
    source: Option<Cause>,
}

impl ProviderError {
    /// An error of `kind`; `detail` must be free of secrets.
    #[must_use]
    pub fn new(kind: ErrorKind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into(), retry_after: None, unspent: false, source: None }
    }

    /// The provider was asked for what its abilities do not name.
    #[must_use]
    pub fn unsupported(detail: &'static str) -> Self {
        Self::new(ErrorKind::Misconfigured, detail)
    }

    /// The same with the error that caused it, which must be free of secrets too.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Cause>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The same, where nothing was sent: the code that was to be spent is still good.
    #[must_use]
    pub fn unspent(mut self) -> Self {
        self.unspent = true;
        self
    }

    /// The same, where an earlier request had spent the code already: that this one never left changes nothing.
    #[must_use]
    pub fn spent(mut self) -> Self {
        self.unspent = false;
        self
    }

    /// Is the code still good, because the request that was to spend it never left?
    #[must_use]
    pub fn code_is_unspent(&self) -> bool {
        self.unspent
    }

    /// The same for somebody else who waited for the same thing. The cause is told only once.
    #[must_use]
    pub(crate) fn for_another(&self) -> Self {
        let Self { kind, detail, retry_after, unspent, source: _ } = self;
        Self { kind: *kind, detail: detail.clone(), retry_after: *retry_after, unspent: *unspent, source: None }
    }

    /// The same with a time to wait.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }
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
