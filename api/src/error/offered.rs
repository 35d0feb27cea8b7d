//! Merge offers as clients receive them, beside an error or with a login. See `usecase::merge`.

use std::fmt;

use domain::Timestamp;

/// A merge that the person may confirm. `Debug` omits the token.
#[derive(Clone, PartialEq, Eq)]
pub struct MergeOffer {
    /// The token for `mergePreview` and `mergeUsers`; valid for one merge.
    pub token: String,
    /// When the offer expires.
    pub expires_at: Timestamp,
    /// What the person may see of the other account.
    pub hint: Hint,
}

/// Masked data by which its owner recognizes the other account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// The phone, masked.
    pub phone: Option<String>,
    /// The first letter of the nickname. Absent while the owner is in doubt (R6).
    pub nickname: Option<String>,
}

impl fmt::Debug for MergeOffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MergeOffer").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}
