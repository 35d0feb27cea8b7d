//! Decides what follows when an upstream tells the unionId of a follower between logins. The rules are those of a
//! login, but no account is created: see [`login`](crate::login). For a new openId after a migration see [`change`].

pub mod change;
mod outcome;

use crate::login::{self, Act, Known, Proof};
use crate::{Boundness, Conflict, Rule, UserId};

pub use outcome::{Outcome, Tally};

/// What follows for one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The account has both keys already, or the upstream told no unionId.
    Unchanged,
    /// The openId and the unionId belong to no account: the person's first login creates one (R3).
    Wait,
    /// The account gets the unionId.
    AttachUnionId(UserId),
    /// The account of the unionId gets the openId.
    AttachOpenId(UserId),
    /// The shell is merged into the other account.
    Merge {
        /// The shell.
        from: UserId,
        /// The account that remains.
        into: UserId,
    },
    /// Nothing changes but a case.
    Case(UserId, Conflict),
}

/// Decides on one follower. Returns the rule, and what to write.
///
/// The answer came from the upstream's server and no client took part in it, so it counts as a bound login (R15).
#[must_use]
pub fn decide(known: &Known, told: &Proof) -> (Rule, Step) {
    let decision = login::decide(known, told, Boundness::Bound);
    let step = match (decision.act, decision.conflict) {
        (Act::Create { .. }, _) => Step::Wait,
        (Act::SignIn(user), Some(conflict)) => Step::Case(user, conflict),
        (Act::SignIn(_), None) => Step::Unchanged,
        (Act::AttachUnionId(user), _) => Step::AttachUnionId(user),
        (Act::AttachOpenId(user), _) => Step::AttachOpenId(user),
        (Act::Merge { from, into }, _) => Step::Merge { from, into },
    };
    (decision.rule, step)
}
