//! Decides whether a person who is signed in may add another login to their account (R13).

use crate::login::{Known, Link, Proof};
use crate::phone::{Offer, Policy};
use crate::session::{NotNow, Standing, Step, may};
use crate::{Account, Boundness, Conflict, ConflictKind, Rule, UserId};

/// A person who is signed in, and the login to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The person's account.
    pub caller: Account,
    /// The login of the session.
    pub standing: Standing,
    /// R15: whether the login to be added is bound.
    pub added: Boundness,
}

/// What follows from the proof of the login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Addition {
    /// The openId belongs to the caller already.
    Known {
        /// Whether the unionId of the proof is new and free, and is attached (R1b).
        with_union: bool,
    },
    /// The openId is linked to the caller's account.
    Attach {
        /// Whether the unionId of the proof is attached too.
        with_union: bool,
    },
    /// Nothing is added.
    Refuse {
        /// The rule that refuses.
        rule: Rule,
        /// What the person can do about it.
        refusal: AddRefusal,
        /// The case to open for an operator.
        conflict: Option<Conflict>,
        /// The merge that the person may confirm (R8).
        offer: Option<Offer>,
    },
}

/// Why a login is not added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddRefusal {
    /// The login of the session does not allow it, or not yet.
    NotNow(NotNow),
    /// R15: the login to be added is not bound.
    UnboundAddition,
    /// R8: the openId belongs to another account, which may be merged.
    OwnedByAnother,
    /// R9: the caller has another openId in this app, or another unionId in this scope.
    LimitBroken,
}

/// Checks whether the person may add this login now. Called before its code is spent, and again by [`decide`].
pub fn may_add(standing: &Standing, added: Boundness, policy: &Policy) -> Result<(), AddRefusal> {
    may(Step::AddLogin, standing, policy).map_err(AddRefusal::NotNow)?;
    match added {
        Boundness::Bound => Ok(()),
        Boundness::Unbound => Err(AddRefusal::UnboundAddition),
    }
}

/// Decides on the proof of a further login.
#[must_use]
pub fn decide(request: &Request, known: &Known, proof: &Proof, policy: &Policy) -> Addition {
    let caller = &request.caller;
    if let Err(refusal) = may_add(&request.standing, request.added, policy) {
        let rule = match refusal {
            AddRefusal::NotNow(NotNow::UnboundLogin) | AddRefusal::UnboundAddition => Rule::R15,
            AddRefusal::NotNow(NotNow::StaleLogin | NotNow::CoolingOff { .. })
            | AddRefusal::OwnedByAnother
            | AddRefusal::LimitBroken => Rule::R13,
        };
        return Addition::Refuse { rule, refusal, conflict: None, offer: None };
    }
    let held = proof.union.as_ref().and_then(|told| caller.union_in(&told.scope));
    let is_held = held.is_some() && held == proof.union.as_ref().map(|told| &told.union_id);
    let stranger = |owner: Option<&Account>| owner.filter(|owner| owner.id != caller.id).cloned();
    let union_owner = stranger(known.union_owner.as_ref());
    let is_mine = matches!(&known.link, Link::Owned(owner) if owner.id == caller.id);
    if let Link::Owned(owner) = &known.link
        && !is_mine
    {
        return meet(caller, owner, proof);
    }
    if let Some(owner) = union_owner {
        return meet(caller, &owner, proof);
    }
    if (held.is_some() && !is_held && proof.union.is_some()) || (!is_mine && caller.apps.contains(&proof.key.app)) {
        return limit(proof, None);
    }
    let with_union = proof.union.is_some() && !is_held;
    if is_mine { Addition::Known { with_union } } else { Addition::Attach { with_union } }
}

/// The proof belongs to another account: it is never moved, but a merge may be offered.
fn meet(caller: &Account, owner: &Account, proof: &Proof) -> Addition {
    if caller.breaks_limits_with(owner) {
        return limit(proof, Some(owner.id));
    }
    let conflict = Conflict { kind: ConflictKind::TwoAccounts, other: Some(owner.id), union: proof.union.clone() };
    let offer = Offer { other: owner.id, needs_login: false };
    Addition::Refuse {
        rule: Rule::R13,
        refusal: AddRefusal::OwnedByAnother,
        conflict: Some(conflict),
        offer: Some(offer),
    }
}

fn limit(proof: &Proof, other: Option<UserId>) -> Addition {
    let conflict = Conflict { kind: ConflictKind::LimitBroken, other, union: proof.union.clone() };
    Addition::Refuse { rule: Rule::R9, refusal: AddRefusal::LimitBroken, conflict: Some(conflict), offer: None }
}
