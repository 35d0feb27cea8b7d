//! Decides on the exchange of unionIds when the company's apps move to another Open Platform account, which has other unionIds for the
//! same people (R5, in bulk).

use crate::{UnionId, UnionKey, UserId};

/// The former and the new unionId of one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renaming {
    /// The unionId in the old scope.
    pub old: UnionKey,
    /// The unionId in the new scope, which may be the same.
    pub new: UnionKey,
}

/// What is known about the two.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Holders {
    /// The account that has the old one.
    pub holder: Option<UserId>,
    /// The unionId of this account in the new scope.
    pub holds: Option<UnionId>,
    /// The account that has the new one.
    pub owner: Option<UserId>,
}

/// What follows for one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// No account has either of the two.
    Unknown,
    /// An account has the new one and none the old one: it was done before.
    Done,
    /// The new one replaces the old one.
    Replace(UserId),
    /// The account has both: the old one is removed.
    Drop(UserId),
    /// Nothing changes: one person has two accounts.
    OwnedByAnother {
        /// The account with the old one.
        holder: UserId,
        /// The account with the new one.
        owner: UserId,
    },
    /// Nothing changes: the account has a third unionId in the new scope.
    HasAnother {
        /// The account with the old one.
        holder: UserId,
    },
}

/// Decides on one person.
#[must_use]
pub fn decide(renaming: &Renaming, known: &Holders) -> Step {
    let Some(holder) = known.holder else {
        return if known.owner.is_some() { Step::Done } else { Step::Unknown };
    };
    // Within one scope, the account's unionId is the old one itself.
    let stays = renaming.old.scope != renaming.new.scope;
    match (known.owner, known.holds.as_ref().filter(|_| stays)) {
        (Some(_), _) if renaming.old == renaming.new => Step::Done,
        (Some(owner), _) if owner == holder => Step::Drop(holder),
        (Some(owner), None) => Step::OwnedByAnother { holder, owner },
        (Some(_) | None, Some(_)) => Step::HasAnother { holder },
        (None, None) => Step::Replace(holder),
    }
}
