//! Whose account does a proven phone open? Rules R4a to R4d and R6, with R8, R9 and R15 where they bear on them.
//! Whether the code was right is found out before, in `usecase::phone`.

mod number;

use chrono::TimeDelta;

pub use number::{BadPhone, PhoneNumber};

use crate::session::{NotNow, Standing, Step, may};
use crate::{Account, Conflict, ConflictKind, Rule, Timestamp, UserId};

/// What the operator decided about phones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// How old a login may be when it joins two accounts or changes a credential (R4c, R4d, R7).
    pub fresh_login: TimeDelta,
    /// How old a number's last proof may be (R6). Carriers freeze a cancelled number for at least 90 days.
    pub fresh_number: TimeDelta,
    /// Whether an imported number without a known last proof is trusted (R6).
    pub trust_unknown_proof: bool,
    /// Whether a quick code of WeChat's may bind a number that nobody has (R4a).
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
    /// Is a login recent enough for what cannot easily be taken back?
    #[must_use]
    pub fn is_fresh(&self, signed_in_at: Timestamp, now: Timestamp) -> bool {
        now.minus(self.fresh_login) <= signed_in_at
    }
}

/// How a number was proved, which is how much the proof is worth (section 3 of docs/identity-rules.md).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberProof {
    /// A code by SMS, just now: strong for the number.
    SmsCode,
    /// WeChat sent a code of its own to the number, just now: as an SMS code.
    WechatRealTime,
    /// WeChat knows the number from some time: weak. It never opens or joins an account that exists.
    WechatQuick,
}

impl NumberProof {
    /// Does it say nothing of who has the number today?
    #[must_use]
    pub const fn is_weak(self) -> bool {
        match self {
            Self::SmsCode | Self::WechatRealTime => false,
            Self::WechatQuick => true,
        }
    }
}

/// What the person wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To have a phone.
    Bind,
    /// To have this phone instead of another (R4d).
    Change,
}

/// What a carrier knows about a number's line since its last proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    /// Nothing, or nobody was asked.
    Unknown,
    /// It is still the same subscriber's.
    Same,
    /// It was given to somebody else.
    Recycled,
}

/// What the person says about a number whose last proof is too old (R6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// Nothing yet.
    None,
    /// "It was mine": the old account is the person's, who has to prove it by a second credential.
    Mine,
    /// "It is new to me": the old account is a stranger's, who loses the number and keeps the rest.
    NewToMe,
}

/// The account that has the number, or for which it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// The account.
    pub account: Account,
    /// Whether the account has changed away from the number, which is kept for it a while (R4d).
    pub is_kept: bool,
    /// Whether only a quick code of WeChat's ever proved the number.
    pub is_weak: bool,
    /// When somebody last proved to have the number.
    pub last_proof_at: Option<Timestamp>,
    /// R6: until when the account is not to lose anything.
    pub cooling_until: Option<Timestamp>,
    /// What the carrier knows.
    pub line: Line,
}

/// A person who is signed in and has just proved a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The person's account.
    pub caller: Account,
    /// How the person signed in, and until when the account is not to lose anything.
    pub standing: Standing,
    /// The number.
    pub number: PhoneNumber,
    /// How it was proved.
    pub proof: NumberProof,
    /// What for.
    pub purpose: Purpose,
    /// What the person says about a number with an old proof.
    pub claim: Claim,
    /// Who has the number now, or keeps it after a change.
    pub owner: Option<Owner>,
}

/// What follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Binding {
    /// The number is the caller's already: only the proof is renewed, and not even that by a weak one.
    Renew {
        /// Whether the proof counts as one of today.
        counts: bool,
    },
    /// R4a: nobody has it.
    Bind,
    /// R4d: the caller's phone is another one from now on; the old one is told, and kept for a while.
    Change,
    /// R4c: the caller's account goes into the phone's.
    Join {
        /// The caller's account, which ends as an alias.
        from: UserId,
        /// The phone's account, which goes on.
        into: UserId,
    },
    /// R6: the number leaves an account whose owner has it no longer, and is the caller's.
    TakeOver {
        /// Whose it was.
        from: UserId,
    },
    /// Nothing is bound.
    Refuse {
        /// The rule that refused.
        rule: Rule,
        /// What the person can do about it.
        refusal: Refusal,
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
    /// Whether the person has still to sign in to the other account, because what was proved is not enough (R6).
    pub needs_login: bool,
}

/// Why a proven number was not bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// R4d: the caller has another phone.
    HasAnotherPhone,
    /// R4c, R4d, R6, R15: not with this login, or not yet.
    NotNow(NotNow),
    /// R6: the number may have gone to somebody else meanwhile; the person has to say.
    StaleNumber,
    /// R6: it was the person's, who has to prove more.
    ProveMore,
    /// R4a, R4b: a quick code is not enough.
    WeakProof,
    /// R4b, R9: the number's account cannot be joined without somebody's choice.
    OwnedByAnother,
}

/// Decides on a number whose code was right.
#[must_use]
pub fn decide(request: &Request, policy: &Policy) -> Binding {
    let caller = &request.caller;
    // R15, before anything else: what an unbound login is told depends on nothing that anybody has.
    if let Err(reason) = may(Step::ProveNumber, &request.standing, policy) {
        return not_now(Rule::R15, reason);
    }
    if caller.phone.as_ref() == Some(&request.number) {
        return Binding::Renew { counts: !request.proof.is_weak() };
    }
    // A number that the caller has changed away from is still kept for the caller, who may change back.
    match request.owner.as_ref().filter(|owner| owner.account.id != caller.id) {
        None => decide_free(request, policy),
        Some(_) if request.proof.is_weak() => refuse(Rule::R4b, Refusal::WeakProof),
        Some(owner) if proof_is_fresh(owner, request.standing.now, policy) => decide_owned(request, owner, policy),
        Some(owner) => decide_stale(request, owner, policy),
    }
}

/// R4a and R4d.
fn decide_free(request: &Request, policy: &Policy) -> Binding {
    match (&request.caller.phone, request.purpose) {
        (None, _) if request.proof.is_weak() && !policy.quick_code_binds => refuse(Rule::R4a, Refusal::WeakProof),
        (None, Purpose::Bind | Purpose::Change) => match may(Step::BindNumber, &request.standing, policy) {
            Ok(()) => Binding::Bind,
            Err(reason) => not_now(Rule::R4a, reason),
        },
        (Some(_), Purpose::Bind) => refuse(Rule::R4d, Refusal::HasAnotherPhone),
        (Some(_), Purpose::Change) if request.proof.is_weak() => refuse(Rule::R4d, Refusal::WeakProof),
        (Some(_), Purpose::Change) => match may(Step::ChangeNumber, &request.standing, policy) {
            Ok(()) => Binding::Change,
            Err(reason) => not_now(Rule::R4d, reason),
        },
    }
}

/// R4b and R4c: another account has the number, and whoever holds it today is most likely that account's owner.
fn decide_owned(request: &Request, owner: &Owner, policy: &Policy) -> Binding {
    let (caller, other) = (&request.caller, &owner.account);
    // The number opens nothing any more, and its account may want it back: nobody joins through it.
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

/// R4c: does the caller's account go into the number's, without a choice? Both are one person's, and differ in nothing that an
/// account has one of. Asked again when no other request can change the two.
#[must_use]
pub fn still_joins(caller: &Account, owner: &Account) -> bool {
    caller.phone.is_none() && !caller.both_external(owner) && !caller.breaks_limits_with(owner)
}

/// R6: whoever holds the number today may be a stranger to the account that has it.
fn decide_stale(request: &Request, owner: &Owner, policy: &Policy) -> Binding {
    let (caller, other) = (&request.caller, &owner.account);
    let step = match request.claim {
        Claim::None => return refuse(Rule::R6, Refusal::StaleNumber),
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
            Binding::Refuse { rule: Rule::R6, refusal: Refusal::ProveMore, conflict, offer }
        }
        (Ok(()), Claim::NewToMe) if caller.phone.is_some() && request.purpose == Purpose::Bind => {
            refuse(Rule::R4d, Refusal::HasAnotherPhone)
        }
        (Ok(()), Claim::NewToMe) => Binding::TakeOver { from: other.id },
        (Ok(()), Claim::None) => refuse(Rule::R6, Refusal::StaleNumber),
    }
}

/// Who would lose a number by a take-over: the account that has it, and the caller who has another.
fn losers(request: &Request, owner: &Owner) -> Standing {
    match request.caller.phone {
        Some(_) => request.standing.and(owner.cooling_until),
        None => Standing { cooling_until: owner.cooling_until, ..request.standing },
    }
}

/// The rule that refused: of the login itself, of the cooling-off, or else the one that wanted a fresh login.
fn not_now(rule: Rule, reason: NotNow) -> Binding {
    let rule = match reason {
        NotNow::UnboundLogin => Rule::R15,
        NotNow::CoolingOff { .. } => Rule::R6,
        NotNow::StaleLogin => rule,
    };
    refuse(rule, Refusal::NotNow(reason))
}

fn refuse(rule: Rule, refusal: Refusal) -> Binding {
    Binding::Refuse { rule, refusal, conflict: None, offer: None }
}

fn case(rule: Rule, kind: ConflictKind, other: UserId, offer: Option<Offer>) -> Binding {
    let conflict = Some(Conflict { kind, other: Some(other), union: None });
    Binding::Refuse { rule, refusal: Refusal::OwnedByAnother, conflict, offer }
}

fn proof_is_fresh(owner: &Owner, now: Timestamp, policy: &Policy) -> bool {
    match (owner.line, owner.last_proof_at) {
        (Line::Recycled, _) => false,
        (Line::Same, _) => true,
        // A proof of the future is a mistake of somebody's clock or file, and proves nothing.
        (Line::Unknown, Some(at)) if at <= now => now.minus(policy.fresh_number) <= at,
        (Line::Unknown, Some(_) | None) => policy.trust_unknown_proof && !owner.is_weak,
    }
}
