//! An operator closes a case (R14): does the decision fit, and what follows from it?
//! When a case is opened is decided where links are; who may close one is asked in the use case.

mod kind;

use crate::{Account, PhoneId, UnionId, UnionKey, UserId};

pub use kind::{Conflict, ConflictKind, Resolution};

/// A case with all that bears on closing it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// Why it was opened.
    pub kind: ConflictKind,
    /// The account that was signed in, while it is active.
    pub user: Option<Account>,
    /// The other account concerned, while it is active.
    pub other: Option<Account>,
    /// The union id concerned.
    pub union: Option<UnionKey>,
    /// Who has that union id now.
    pub union_owner: Option<UserId>,
    /// The phone concerned, while it is still the other account's, or kept for it.
    pub phone: Option<PhoneId>,
}

/// What to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Closing {
    /// Nothing: things stay as they are.
    Nothing,
    /// The two accounts become one, as `merging` plans it.
    Merge([UserId; 2]),
    /// The account has another union id in this scope from now on.
    ReplaceUnionId {
        /// Whose.
        user: UserId,
        /// What it had.
        old: Option<UnionId>,
        /// What it has now.
        new: UnionKey,
    },
    /// The number leaves one account for the other.
    GivePhone {
        /// The phone that ends.
        phone: PhoneId,
        /// Whose it was.
        from: UserId,
        /// Whose the number is now.
        to: UserId,
    },
}

/// Why a decision does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Misfit {
    /// It makes no sense for this kind of case.
    #[error("it makes no sense for a case of this kind")]
    Kind,
    /// It would change an account that is closed, or of which nothing is known any more.
    #[error("one of the accounts is not active any more")]
    AccountGone,
    /// R5: the new union id is another account's; whoever it is has to be settled first.
    #[error("the new unionId belongs to another account")]
    UnionIdOwned,
    /// The number is not the other account's any more, or nobody noted which it was.
    #[error("the number is not the other account's any more")]
    PhoneGone,
}

/// What follows from a decision.
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
