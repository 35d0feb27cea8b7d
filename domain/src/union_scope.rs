//! The apps of a company move to another Open Platform account, which has other union ids for the same people (R5, in bulk).
//! Nothing here reads or writes: see `usecase::migrate_scope` for that.

use crate::{UnionId, UnionKey, UserId};

/// What one person was called, and is called from now on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renaming {
    /// The old scope's union id.
    pub old: UnionKey,
    /// The new scope's. The scope may be the same.
    pub new: UnionKey,
}

/// What is known about the two.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// Who has the old one.
    pub holder: Option<UserId>,
    /// What the holder has in the new scope.
    pub holds: Option<UnionId>,
    /// Who has the new one.
    pub owner: Option<UserId>,
}

/// What follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Nobody has either of the two.
    Unknown,
    /// Somebody has the new one and nobody the old one: it was done before.
    Done,
    /// The holder has the new one in place of the old one from now on.
    Replace(UserId),
    /// The holder has both; the old one goes.
    Drop(UserId),
    /// Nothing moves: one person in two accounts.
    OwnedByAnother {
        /// Who has the old one.
        holder: UserId,
        /// Who has the new one.
        owner: UserId,
    },
    /// Nothing moves: the holder has yet another one in the new scope.
    HasAnother {
        /// Who has the old one.
        holder: UserId,
    },
}

/// Decides on one person.
#[must_use]
pub fn decide(renaming: &Renaming, known: &Known) -> Step {
    let Some(holder) = known.holder else {
        return if known.owner.is_some() { Step::Done } else { Step::Unknown };
    };
    // In one and the same scope the old one itself is what the holder has there.
    let stays = renaming.old.scope != renaming.new.scope;
    match (known.owner, known.holds.as_ref().filter(|_| stays)) {
        (Some(_), _) if renaming.old == renaming.new => Step::Done,
        (Some(owner), _) if owner == holder => Step::Drop(holder),
        (Some(owner), None) => Step::OwnedByAnother { holder, owner },
        (Some(_) | None, Some(_)) => Step::HasAnother { holder },
        (None, None) => Step::Replace(holder),
    }
}
