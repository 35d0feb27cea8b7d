//! Decides which account a proven phone number opens: rules R4a to R4d and R6, with R8, R9 and R15.

mod line;
mod login;
mod number;
mod operator;

use chrono::TimeDelta;

pub use line::{BadCountry, Country, LineType};
pub use login::{LoginRefusal, NumberLogin, NumberLogins, decide_login};
pub use number::{BadPhone, BadPrefix, MobilePrefix, PhoneNumber};
pub use operator::{Setting, set_by_operator};

use crate::session::{NotNow, Standing, Step, may};
use crate::{Account, Conflict, ConflictKind, Rule, Timestamp, UserId};

/// The operator's policy for phones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// The maximum age of a login that joins two accounts or changes a credential (R4a, R4c, R4d, R7).
    pub fresh_login: TimeDelta,
    /// The maximum age of a number's last proof (R6). Carriers freeze a cancelled number for at least 90 days.
    pub fresh_number: TimeDelta,
    /// Whether an imported number without a known last proof is trusted (R6).
    pub trust_unknown_proof: bool,
    /// Whether a quick code of WeChat may bind a free number (R4a).
    pub quick_code_binds: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            fresh_login: TimeDelta::minutes(5),
            fresh_number: TimeDelta::days(90),
            trust_unknown_proof: true,
            quick_code_binds: true,
        }
    }
}

impl Policy {
    /// Returns whether a login is recent enough for a step that cannot easily be undone.
    #[must_use]
    pub fn is_fresh(&self, signed_in_at: Timestamp, now: Timestamp) -> bool {
        now.minus(self.fresh_login) <= signed_in_at
    }
}

/// How a number was proved, and so what the proof is worth (section 3 of docs/identity-rules.md).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberProof {
    /// By an SMS code, just now: strong for the number.
    SmsCode,
    /// By a code that WeChat sent to the number, just now: equivalent to an SMS code.
    WechatRealTime,
    /// By WeChat, which verified the number at some time: weak. It never opens or joins an existing account.
    WechatQuick,
}

impl NumberProof {
    /// Returns whether the proof does not tell who has the number today.
    #[must_use]
    pub const fn is_weak(self) -> bool {
        match self {
            Self::SmsCode | Self::WechatRealTime => false,
            Self::WechatQuick => true,
        }
    }
}

/// The purpose of a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To have a phone.
    Bind,
    /// To replace the present phone (R4d).
    Change,
}

/// What a carrier knows about the line of a number since its last proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    /// Nothing, or no carrier was asked.
    Unknown,
    /// It has the same subscriber.
    Same,
    /// It has another subscriber.
    Recycled,
}

/// The person's claim about a number whose last proof is too old (R6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// None yet.
    None,
    /// "It was mine": the old account belongs to the person, who has to prove it by a second credential.
    Mine,
    /// "It is new to me": the old account belongs to another person, and loses the number but nothing else.
    NewToMe,
}

/// The account that has the number, or for which it is reserved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// The account.
    pub account: Account,
    /// Whether the account changed away from the number, which stays reserved for it for a while (R4d).
    pub is_kept: bool,
    /// Whether only a quick code of WeChat ever proved the number.
    pub is_weak: bool,
    /// The time of the last proof of the number.
    pub last_proof_at: Option<Timestamp>,
    /// R6: the end of the account's cooling-off.
    pub cooling_until: Option<Timestamp>,
    /// What the carrier knows.
    pub line: Line,
}

/// A person who is signed in and has just proved a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The person's account.
    pub caller: Account,
    /// The login of the session, and the end of the account's cooling-off.
    pub standing: Standing,
    /// The number.
    pub number: PhoneNumber,
    /// How it was proved.
    pub proof: NumberProof,
    /// The purpose.
    pub purpose: Purpose,
    /// The person's claim about a number with an old proof.
    pub claim: Claim,
    /// The account that has the number now, or for which it is reserved after a change.
    pub owner: Option<Owner>,
}

/// What follows from a proven number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Binding {
    /// The number is the caller's already: the time of its proof is renewed, unless the proof is weak.
    Renew {
        /// Whether the proof counts as one of today.
        counts: bool,
    },
    /// R4a: the number is free, and is bound.
    Bind,
    /// R4d: the number replaces the caller's phone. The old number gets a notice, and stays reserved for a while.
    Change,
    /// R4c: the caller's account is merged into the phone's.
    Join {
        /// The caller's account, which becomes an alias.
        from: UserId,
        /// The phone's account, which remains.
        into: UserId,
    },
    /// R6: the number moves from an account whose owner no longer has it to the caller.
    TakeOver {
        /// The account that had it.
        from: UserId,
    },
    /// Nothing is bound.
    Refuse {
        /// The rule that refuses.
        rule: Rule,
        /// What the person can do about it.
        refusal: BindRefusal,
        /// The case to open for an operator.
        conflict: Option<Conflict>,
        /// The merge that the person may confirm (R8).
        offer: Option<Offer>,
    },
}

/// A merge that a person may confirm (R8).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offer {
    /// The other account.
    pub other: UserId,
    /// Whether the person still has to sign in to the other account, because the proof is not enough (R6).
    pub needs_login: bool,
}

/// Why a proven number is not bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BindRefusal {
    /// R4d: the caller has another phone.
    HasAnotherPhone,
    /// R4a, R4c, R4d, R6, R15: the login of the session does not allow it, or not yet.
    NotNow(NotNow),
    /// R6: the number may have another subscriber since; the person has to say.
    StaleNumber,
    /// R6: the person claims the number, and has to prove more.
    ProveMore,
    /// R4a, R4b: a quick code is not enough.
    WeakProof,
    /// R4b, R9: joining the number's account needs a choice.
    OwnedByAnother,
}

/// Decides on a number whose code was right.
#[must_use]
pub fn decide(request: &Request, policy: &Policy) -> Binding {
    let caller = &request.caller;
    // R15, before anything else: the answer to an unbound login depends on no stored data.
    if let Err(reason) = may(Step::ProveNumber, &request.standing, policy) {
        return not_now(Rule::R15, reason);
    }
    if caller.phone.as_ref() == Some(&request.number) {
        return Binding::Renew { counts: !request.proof.is_weak() };
    }
    // A number that the caller changed away from stays reserved for the caller, who may change back.
    match request.owner.as_ref().filter(|owner| owner.account.id != caller.id) {
        None => decide_free(request, policy),
        Some(_) if request.proof.is_weak() => refuse(Rule::R4b, BindRefusal::WeakProof),
        Some(owner) if proof_is_fresh(owner, request.standing.now, policy) => decide_owned(request, owner, policy),
        Some(owner) => decide_stale(request, owner, policy),
    }
}

/// R4a and R4d.
fn decide_free(request: &Request, policy: &Policy) -> Binding {
    match (&request.caller.phone, request.purpose) {
        (None, _) if request.proof.is_weak() && !policy.quick_code_binds => refuse(Rule::R4a, BindRefusal::WeakProof),
        (None, Purpose::Bind | Purpose::Change) => match may(Step::BindNumber, &request.standing, policy) {
            Ok(()) => Binding::Bind,
            Err(reason) => not_now(Rule::R4a, reason),
        },
        (Some(_), Purpose::Bind) => refuse(Rule::R4d, BindRefusal::HasAnotherPhone),
        (Some(_), Purpose::Change) if request.proof.is_weak() => refuse(Rule::R4d, BindRefusal::WeakProof),
        (Some(_), Purpose::Change) => match may(Step::ChangeNumber, &request.standing, policy) {
            Ok(()) => Binding::Change,
            Err(reason) => not_now(Rule::R4d, reason),
        },
    }
}

/// R4b and R4c: another account has the number, and the person who has the number today most likely owns that account.
fn decide_owned(request: &Request, owner: &Owner, policy: &Policy) -> Binding {
    let (caller, other) = (&request.caller, &owner.account);
    // The number opens nothing any more, and its account may want it back: no account is joined through it.
    if owner.is_kept {
        return case(Rule::R4b, ConflictKind::PhoneOwned, other.id, None);
    }
    if caller.breaks_limits_with(other) {
        return case(Rule::R9, ConflictKind::LimitBroken, other.id, None);
    }
    let are_halves = still_joins(caller, other);
    let step = if are_halves { Step::JoinByNumber } else { Step::AskForMerge };
    if let Err(reason) = may(step, &request.standing.and(owner.cooling_until), policy) {
        return not_now(Rule::R4c, reason);
    }
    if are_halves {
        return Binding::Join { from: caller.id, into: other.id };
    }
    let offer = Offer { other: other.id, needs_login: false };
    case(Rule::R4b, ConflictKind::PhoneOwned, other.id, Some(offer))
}

/// R4c: returns whether the caller's account is merged into the number's without a choice: both belong to one person, and differ in no
/// field of which an account has one value. Called again under the locks of both.
#[must_use]
pub fn still_joins(caller: &Account, owner: &Account) -> bool {
    caller.phone.is_none() && !caller.both_external(owner) && !caller.breaks_limits_with(owner)
}

/// R6: the person who has the number today may not be the owner of its account.
fn decide_stale(request: &Request, owner: &Owner, policy: &Policy) -> Binding {
    let (caller, other) = (&request.caller, &owner.account);
    let step = match request.claim {
        Claim::None => return refuse(Rule::R6, BindRefusal::StaleNumber),
        Claim::Mine => may(Step::AskForMerge, &request.standing, policy),
        Claim::NewToMe => may(Step::TakeNumberOver, &losers(request, owner), policy),
    };
    match (step, request.claim) {
        (Err(reason), _) => not_now(Rule::R6, reason),
        (Ok(()), Claim::Mine) if caller.breaks_limits_with(other) => {
            case(Rule::R9, ConflictKind::LimitBroken, other.id, None)
        }
        (Ok(()), Claim::Mine) => {
            let conflict = Some(Conflict { kind: ConflictKind::PhoneStale, other: Some(other.id), union: None });
            let offer = Some(Offer { other: other.id, needs_login: true });
            Binding::Refuse { rule: Rule::R6, refusal: BindRefusal::ProveMore, conflict, offer }
        }
        (Ok(()), Claim::NewToMe) if caller.phone.is_some() && request.purpose == Purpose::Bind => {
            refuse(Rule::R4d, BindRefusal::HasAnotherPhone)
        }
        (Ok(()), Claim::NewToMe) => Binding::TakeOver { from: other.id },
        (Ok(()), Claim::None) => refuse(Rule::R6, BindRefusal::StaleNumber),
    }
}

/// The accounts that would lose a number by a take-over: the one that has it, and the caller who has another.
fn losers(request: &Request, owner: &Owner) -> Standing {
    match request.caller.phone {
        Some(_) => request.standing.and(owner.cooling_until),
        None => Standing { cooling_until: owner.cooling_until, ..request.standing },
    }
}

/// The rule that refuses: R15, the cooling-off (R6), or else the rule that requires a fresh login.
fn not_now(rule: Rule, reason: NotNow) -> Binding {
    let rule = match reason {
        NotNow::UnboundLogin => Rule::R15,
        NotNow::CoolingOff { .. } => Rule::R6,
        NotNow::StaleLogin => rule,
    };
    refuse(rule, BindRefusal::NotNow(reason))
}

fn refuse(rule: Rule, refusal: BindRefusal) -> Binding {
    Binding::Refuse { rule, refusal, conflict: None, offer: None }
}

fn case(rule: Rule, kind: ConflictKind, other: UserId, offer: Option<Offer>) -> Binding {
    let conflict = Some(Conflict { kind, other: Some(other), union: None });
    Binding::Refuse { rule, refusal: BindRefusal::OwnedByAnother, conflict, offer }
}

fn proof_is_fresh(owner: &Owner, now: Timestamp, policy: &Policy) -> bool {
    match (owner.line, owner.last_proof_at) {
        (Line::Recycled, _) => false,
        (Line::Same, _) => true,
        // A proof in the future is a wrong clock or file, and proves nothing.
        (Line::Unknown, Some(at)) if at <= now => now.minus(policy.fresh_number) <= at,
        (Line::Unknown, Some(_) | None) => policy.trust_unknown_proof && !owner.is_weak,
    }
}
