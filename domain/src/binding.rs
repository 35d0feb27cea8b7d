//! Whose account does a proven phone open? Rules R4a to R4d, with R6 and R9 where they bear on them.
//! Whether the code was right is found out before, in `usecase::phone`.

use chrono::TimeDelta;

use crate::{Account, Conflict, ConflictKind, PhoneNumber, Rule, Timestamp, UserId};

/// What the operator decided about phones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// How old a login may be when it joins two accounts (R4c).
    pub fresh_login: TimeDelta,
    /// How old a number's last proof may be (R6). Carriers freeze a cancelled number for at least 90 days.
    pub fresh_number: TimeDelta,
    /// Whether an imported number without a known last proof is trusted (R6).
    pub trust_unknown_proof: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Self { fresh_login: TimeDelta::minutes(5), fresh_number: TimeDelta::days(90), trust_unknown_proof: true }
    }
}

/// The account that has the number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// The account.
    pub account: Account,
    /// When somebody last proved to have the number.
    pub last_proof_at: Option<Timestamp>,
}

/// A person who is signed in and has just proved a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The person's account.
    pub caller: Account,
    /// When the person last signed in.
    pub signed_in_at: Timestamp,
    /// The number.
    pub number: PhoneNumber,
    /// Who has the number now.
    pub owner: Option<Owner>,
    /// The present.
    pub now: Timestamp,
}

/// What follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Binding {
    /// The number is the caller's already: only the proof is renewed.
    Renew,
    /// R4a: nobody has it.
    Bind,
    /// R4c: the caller's account goes into the phone's.
    Join {
        /// The caller's account, which ends as an alias.
        from: UserId,
        /// The phone's account, which goes on.
        into: UserId,
    },
    /// Nothing is bound.
    Refuse {
        /// The rule that refused.
        rule: Rule,
        /// What the person can do about it.
        refusal: Refusal,
        /// The case to open for an operator.
        conflict: Option<Conflict>,
    },
}

/// Why a proven number was not bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// R4d: the caller has another phone.
    HasAnotherPhone,
    /// R4c: the login is too old to join two accounts.
    StaleLogin,
    /// R6: the number may have gone to somebody else meanwhile.
    StaleNumber,
    /// R4b, R9: the number's account cannot be joined without somebody's choice.
    OwnedByAnother,
}

/// Decides on a number whose code was right.
#[must_use]
pub fn decide(request: &Request, policy: &Policy) -> Binding {
    let caller = &request.caller;
    if caller.phone.as_ref() == Some(&request.number) {
        return Binding::Renew;
    }
    let Some(owner) = &request.owner else {
        return match caller.phone {
            None => Binding::Bind,
            Some(_) => refuse(Rule::R4d, Refusal::HasAnotherPhone),
        };
    };
    if !proof_is_fresh(owner.last_proof_at, request.now, policy) {
        return refuse(Rule::R6, Refusal::StaleNumber);
    }
    let case = |rule, kind| Binding::Refuse {
        rule,
        refusal: Refusal::OwnedByAnother,
        conflict: Some(Conflict { kind, other: Some(owner.account.id), union: None }),
    };
    // A caller with a phone of its own clashes too: two verified numbers are a choice, not a join.
    if caller.clashes_with(&owner.account) {
        return case(Rule::R9, ConflictKind::LimitBroken);
    }
    if caller.both_external(&owner.account) {
        return case(Rule::R4b, ConflictKind::PhoneOwned);
    }
    if request.now.minus(policy.fresh_login) > request.signed_in_at {
        return refuse(Rule::R4c, Refusal::StaleLogin);
    }
    Binding::Join { from: caller.id, into: owner.account.id }
}

fn refuse(rule: Rule, refusal: Refusal) -> Binding {
    Binding::Refuse { rule, refusal, conflict: None }
}

fn proof_is_fresh(last: Option<Timestamp>, now: Timestamp, policy: &Policy) -> bool {
    match last {
        // A proof of the future is a mistake of somebody's clock or file, and proves nothing.
        Some(at) if at <= now => now.minus(policy.fresh_number) <= at,
        Some(_) | None => policy.trust_unknown_proof,
    }
}
