//! Decides whether an operator may set the number of an account (R14). An operator proves nothing: the number of
//! another account is never taken from it, and a person who proves the number later may have it.

use super::Owner;
use crate::{PhoneNumber, UserId};

/// What follows from an operator's wish to set a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setting {
    /// The account has the number.
    Unchanged,
    /// The number becomes the account's phone, and a former one is kept for it for a while, as after a change (R4d).
    Set,
    /// Another account has the number, or it is kept for that account.
    OwnedBy(UserId),
}

/// Decides by the account's present phone, and by the account that has the number or for which it is kept.
#[must_use]
pub fn set_by_operator(
    user: UserId,
    (present, wanted): (Option<&PhoneNumber>, &PhoneNumber),
    owner: Option<&Owner>,
) -> Setting {
    match owner.map(|owner| owner.account.id).filter(|owner| *owner != user) {
        Some(owner) => Setting::OwnedBy(owner),
        None if present == Some(wanted) => Setting::Unchanged,
        None => Setting::Set,
    }
}
