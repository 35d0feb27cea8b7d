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
        /// R6: somebody says that a number with an old proof, and with it its account, was theirs.
        PhoneStale = "PHONE_STALE",
    }
}

words! {
    /// How an operator closes a case.
    Resolution {
        /// They are one person: the two accounts are merged (R14).
        Merge = "MERGE",
        /// They are two people, or things are right as they are: nothing changes.
        KeepApart = "KEEP_APART",
        /// R5: the app moved to another scope's numbering: the new union id replaces the old one.
        AcceptUnionId = "ACCEPT_UNION_ID",
        /// R6: the number is given to the person who proved it.
        GivePhone = "GIVE_PHONE",
    }
}

impl Resolution {
    /// Does this decision make sense for a case of that kind?
    #[must_use]
    pub const fn fits(self, kind: ConflictKind) -> bool {
        match (self, kind) {
            (Self::KeepApart, _)
            | (Self::Merge, ConflictKind::TwoAccounts | ConflictKind::PhoneOwned | ConflictKind::PhoneStale)
            | (Self::AcceptUnionId, ConflictKind::UnionIdChanged)
            | (Self::GivePhone, ConflictKind::PhoneOwned | ConflictKind::PhoneStale) => true,
            // R9: no decision makes two people one.
            (Self::Merge, ConflictKind::LimitBroken | ConflictKind::UnionIdChanged)
            | (
                Self::AcceptUnionId,
                ConflictKind::TwoAccounts
                | ConflictKind::LimitBroken
                | ConflictKind::PhoneOwned
                | ConflictKind::PhoneStale,
            )
            | (Self::GivePhone, ConflictKind::TwoAccounts | ConflictKind::LimitBroken | ConflictKind::UnionIdChanged) => {
                false
            }
        }
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

impl Conflict {
    /// Does a decision to keep things as they are hold, so that the same case is not opened again?
    ///
    /// A unionId brings the same case up at every login. What a person has to prove anew each time, an SMS code for a
    /// number, deserves a new look each time.
    #[must_use]
    pub const fn stays_settled(&self) -> bool {
        self.union.is_some()
    }
}
