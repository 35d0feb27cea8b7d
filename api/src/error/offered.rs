//! A merge that a person may confirm, as it goes to the client: beside a refusal, or with a login.
//! When one is offered is decided in `domain`; what its confirmation does is `usecase::merge`'s business.

use std::fmt;

use domain::Timestamp;

/// A merge that the person may confirm. Does not print its token.
#[derive(Clone, PartialEq, Eq)]
pub struct MergeOffer {
    /// For `mergePreview` and `mergeUsers`, once.
    pub token: String,
    /// Until when.
    pub expires_at: Timestamp,
    /// By what the person may know the other account.
    pub hint: Hint,
}

/// Just enough of the other account for its owner to know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// The phone, masked.
    pub phone: Option<String>,
    /// The nickname's first letter. Absent while it is in doubt whose account it is (R6).
    pub nickname: Option<String>,
}

impl fmt::Debug for MergeOffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MergeOffer").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}
