//! R16: decides what follows when an upstream tells the new openId of a person whose old account was migrated to
//! another one.

use crate::login::{Link, shell_merge};
use crate::{Account, AppId, Conflict, ConflictKind, OpenKey, UserId};

/// The two openIds of one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// In the account that was migrated.
    pub old: OpenKey,
    /// In the account that it was migrated to.
    pub new: OpenKey,
}

/// What is known about the two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OldAndNew {
    /// The account of the old openId.
    pub holder: Option<Account>,
    /// What is known about the new openId.
    pub new: Link,
}

/// What follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Both belong to one account already.
    Done(UserId),
    /// The new openId is linked to the account of the old one.
    LinkNew(UserId),
    /// The old openId, which orders have made known, is linked to the account of the new one.
    LinkOld(UserId),
    /// Neither belongs to an account.
    Wait,
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

/// Decides on one person, within the limits of R9.
#[must_use]
pub fn decide(known: &OldAndNew, change: &Change) -> Step {
    match (&known.holder, &known.new) {
        (None, Link::New | Link::Unclaimed(_)) => Step::Wait,
        (None, Link::Owned(owner)) if has(owner, &change.old.app) => limit_broken(owner, None),
        (None, Link::Owned(owner)) => Step::LinkOld(owner.id),
        (Some(holder), Link::New | Link::Unclaimed(_)) if has(holder, &change.new.app) => limit_broken(holder, None),
        (Some(holder), Link::New | Link::Unclaimed(_)) => Step::LinkNew(holder.id),
        (Some(holder), Link::Owned(owner)) if holder.id == owner.id => Step::Done(holder.id),
        (Some(holder), Link::Owned(owner)) => two_accounts(holder, owner),
    }
}

fn two_accounts(holder: &Account, owner: &Account) -> Step {
    if holder.breaks_limits_with(owner) {
        return limit_broken(holder, Some(owner));
    }
    match shell_merge(holder, owner) {
        Some((from, into)) => Step::Merge { from, into },
        None => case(holder, ConflictKind::TwoAccounts, Some(owner)),
    }
}

fn has(account: &Account, app: &AppId) -> bool {
    account.apps.contains(app)
}

fn limit_broken(account: &Account, other: Option<&Account>) -> Step {
    case(account, ConflictKind::LimitBroken, other)
}

fn case(account: &Account, kind: ConflictKind, other: Option<&Account>) -> Step {
    Step::Case(account.id, Conflict { kind, other: other.map(|other| other.id), union: None })
}
