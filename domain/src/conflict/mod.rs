//! Decides how an operator closes a case (R14): whether the decision fits, and what follows from it.

mod kind;

use crate::{Account, PhoneId, UnionId, UnionKey, UserId};

pub use kind::{Conflict, ConflictKind, Resolution};

/// A case, with everything that its closing depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// Why it was opened.
    pub kind: ConflictKind,
    /// The account that was signed in, if it is active.
    pub user: Option<Account>,
    /// The other account concerned, if it is active.
    pub other: Option<Account>,
    /// The unionId concerned.
    pub union: Option<UnionKey>,
    /// The account that has this unionId now.
    pub union_owner: Option<UserId>,
    /// The phone concerned, if it still belongs to the other account or is reserved for it.
    pub phone: Option<PhoneId>,
}

/// What to write when a case is closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Closing {
    /// Nothing changes.
    Nothing,
    /// The two accounts are merged, as [`merge`](crate::merge) plans it.
    Merge([UserId; 2]),
    /// The account gets another unionId in this scope.
    ReplaceUnionId {
        /// The account.
        user: UserId,
        /// The former unionId.
        old: Option<UnionId>,
        /// The new one.
        new: UnionKey,
    },
    /// The number moves from one account to the other.
    GivePhone {
        /// The phone that ends.
        phone: PhoneId,
        /// The account that had the number.
        from: UserId,
        /// The account that gets it.
        to: UserId,
    },
}

/// Why a decision does not fit a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Misfit {
    /// It does not apply to this kind of case.
    #[error("it does not apply to a case of this kind")]
    Kind,
    /// It would change an account that is closed or deleted.
    #[error("one of the accounts is no longer active")]
    AccountGone,
    /// R5: the new unionId belongs to another account, whose case has to be settled first.
    #[error("the new unionId belongs to another account")]
    UnionIdOwned,
    /// The number no longer belongs to the other account, or the case does not name it.
    #[error("the number no longer belongs to the other account")]
    PhoneGone,
}

/// Returns what follows from a decision.
pub fn decide(resolution: Resolution, case: &Case) -> Result<Closing, Misfit> {
    if !resolution.fits(case.kind) {
        return Err(Misfit::Kind);
    }
    let user = case.user.as_ref().ok_or(Misfit::AccountGone);
    let other = case.other.as_ref().ok_or(Misfit::AccountGone);
    match resolution {
        Resolution::KeepApart => Ok(Closing::Nothing),
        Resolution::Merge => Ok(Closing::Merge([user?.id, other?.id])),
        Resolution::AcceptUnionId => {
            let user = user?;
            let new = case.union.clone().ok_or(Misfit::Kind)?;
            if case.union_owner.is_some_and(|owner| owner != user.id) {
                return Err(Misfit::UnionIdOwned);
            }
            Ok(Closing::ReplaceUnionId { user: user.id, old: user.union_in(&new.scope).cloned(), new })
        }
        Resolution::GivePhone => {
            let (user, other) = (user?, other?);
            let phone = case.phone.ok_or(Misfit::PhoneGone)?;
            Ok(Closing::GivePhone { phone, from: other.id, to: user.id })
        }
    }
}
