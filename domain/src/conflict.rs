//! A link that was refused or is doubtful, kept as a case for an operator.
//! The rules in `linking` and `binding` decide when one is opened.

use crate::words::words;
use crate::{UnionKey, UserId};

words! {
    /// Why a case was opened.
    ConflictKind {
        /// R1c: an open id and its union id belong to two accounts, both with something to lose.
        TwoAccounts = "TWO_ACCOUNTS",
        /// R5: the upstream now tells another union id for a known open id.
        UnionIdChanged = "UNION_ID_CHANGED",
        /// R9: a link would give somebody two open ids in one app or two union ids in one scope.
        LimitBroken = "LIMIT_BROKEN",
        /// R4b: a proven phone belongs to another account that cannot be joined without a choice.
        PhoneOwned = "PHONE_OWNED",
    }
}

/// A case to be opened; the account that was signed in is added when it is recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// Why.
    pub kind: ConflictKind,
    /// The other account concerned, where there is one.
    pub other: Option<UserId>,
    /// The union id concerned, where there is one.
    pub union: Option<UnionKey>,
}
