//! Decides which account a proven number signs in to, when nothing else is known about the person: R4e, with R6.

use super::{Claim, Owner, Policy, proof_is_fresh};
use crate::session::{NotNow, Standing, Step, may};
use crate::{Boundness, Rule, Timestamp, UserId};

/// What a login by a number may lead to, as the operator decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberLogins {
    /// To nothing: no one signs in by a number.
    Off,
    /// To an account that has the number.
    Existing,
    /// To an account that has the number, or else to a new one.
    Open,
}

/// What follows from a number that a person has just proved to sign in by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberLogin {
    /// R4e: it opens this account, and its proof is renewed.
    SignIn(UserId),
    /// R4e: an account is created for it.
    Create,
    /// R6: an account is created for it, and another one, whose person no longer has the number, loses it.
    TakeOver {
        /// The account that loses it.
        from: UserId,
    },
    /// It opens no account.
    Refuse(Rule, LoginRefusal),
}

/// Why a proven number opens no account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginRefusal {
    /// R4e: no account has it, and none is created.
    Unregistered,
    /// R4d: an account has changed away from it, and it is kept for that account for a while.
    Kept,
    /// R6: it may have another subscriber since; the person has to say.
    StaleNumber,
    /// R6: the person claims the account, and has to sign in to it in another way.
    ProveMore,
    /// R6: the account that would lose it is cooling off.
    NotNow(NotNow),
}

/// Decides on a number whose code was right. The number alone is known of the person: whatever needs a second proof is refused.
#[must_use]
pub fn decide_login(
    owner: Option<&Owner>,
    (claim, logins): (Claim, NumberLogins),
    policy: &Policy,
    now: Timestamp,
) -> NumberLogin {
    let new = |login| match logins {
        NumberLogins::Open => login,
        NumberLogins::Off | NumberLogins::Existing => NumberLogin::Refuse(Rule::R4e, LoginRefusal::Unregistered),
    };
    match owner {
        None => new(NumberLogin::Create),
        Some(owner) if !proof_is_fresh(owner, now, policy) => match claim {
            Claim::None => NumberLogin::Refuse(Rule::R6, LoginRefusal::StaleNumber),
            Claim::Mine => NumberLogin::Refuse(Rule::R6, LoginRefusal::ProveMore),
            Claim::NewToMe => new(take_over(owner, policy, now)),
        },
        Some(owner) if owner.is_kept => NumberLogin::Refuse(Rule::R4d, LoginRefusal::Kept),
        Some(owner) => NumberLogin::SignIn(owner.account.id),
    }
}

/// R6: the login is fresh, and only the cooling-off of the other account can forbid the step.
fn take_over(owner: &Owner, policy: &Policy, now: Timestamp) -> NumberLogin {
    let standing = Standing { bound: Boundness::Bound, signed_in_at: now, cooling_until: owner.cooling_until, now };
    match may(Step::TakeNumberOver, &standing, policy) {
        Ok(()) => NumberLogin::TakeOver { from: owner.account.id },
        Err(reason) => NumberLogin::Refuse(Rule::R6, LoginRefusal::NotNow(reason)),
    }
}
