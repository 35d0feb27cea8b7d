//! A refused or doubtful link, recorded as a case for an operator. [`login`](crate::login) and [`phone`](crate::phone) decide when
//! a case is opened.

use crate::words::words;
use crate::{UnionKey, UserId};

words! {
    /// Why a case was opened.
    ConflictKind {
        /// R1c: an openId and its unionId belong to two accounts, and both have something to lose.
        TwoAccounts = "TWO_ACCOUNTS",
        /// R5: the upstream returns another unionId for a known openId.
        UnionIdChanged = "UNION_ID_CHANGED",
        /// R9: a link would give one account two openIds in one app or two unionIds in one scope.
        LimitBroken = "LIMIT_BROKEN",
        /// R4b: a proven phone belongs to another account that cannot be joined without a choice.
        PhoneOwned = "PHONE_OWNED",
        /// R6: a person claims that a number with an old proof, and its account, is theirs.
        PhoneStale = "PHONE_STALE",
    }
}

words! {
    /// How an operator closes a case.
    Resolution {
        /// Both accounts belong to one person: they are merged (R14).
        Merge = "MERGE",
        /// The accounts belong to two people, or the links are right as they are: nothing changes.
        KeepApart = "KEEP_APART",
        /// R5: the app moved to another scope: the new unionId replaces the old one.
        AcceptUnionId = "ACCEPT_UNION_ID",
        /// R6: the number is given to the person who proved it.
        GivePhone = "GIVE_PHONE",
    }
}

impl Resolution {
    /// Returns whether this decision fits a case of that kind.
    #[must_use]
    pub const fn fits(self, kind: ConflictKind) -> bool {
        match (self, kind) {
            (Self::KeepApart, _)
            | (Self::Merge, ConflictKind::TwoAccounts | ConflictKind::PhoneOwned | ConflictKind::PhoneStale)
            | (Self::AcceptUnionId, ConflictKind::UnionIdChanged)
            | (Self::GivePhone, ConflictKind::PhoneOwned | ConflictKind::PhoneStale) => true,
            // R9: no decision makes one person of two.
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

/// A case to be opened. The account that is signed in is added when the case is recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// Why it is opened.
    pub kind: ConflictKind,
    /// The other account concerned, if any.
    pub other: Option<UserId>,
    /// The unionId concerned, if any.
    pub union: Option<UnionKey>,
}

impl Conflict {
    /// Returns whether a decision to change nothing is final, so that the same case is not opened again.
    ///
    /// A unionId would open the same case at every login. An SMS code proves a number anew each time, so each proof deserves
    /// a new case.
    #[must_use]
    pub const fn stays_settled(&self) -> bool {
        self.union.is_some()
    }
}
