//! One of the company's own accounts comes in: whom it concerns, what it joins, what it must not touch (rule IMPORT).
//! How files are read and batches are written is told in `api` and `store`.

use crate::{Account, ExternalId, OpenKey, PhoneNumber, UnionKey, UserId};

/// The keys that the company knows a person by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keys {
    /// The company's own id.
    pub external_id: ExternalId,
    /// The phone.
    pub phone: Option<PhoneNumber>,
    /// Open ids, at most one of an app.
    pub open_ids: Vec<OpenKey>,
    /// Union ids, at most one of a scope.
    pub union_ids: Vec<UnionKey>,
}

/// Whose a key is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    /// Nobody's.
    Nobody,
    /// An account's that an operator closed, or that was forgotten.
    Closed,
    /// This account's.
    Account(Account),
}

/// Whose the keys are, in the order of [`Keys`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owners {
    /// Where the external id leads to, through merges.
    pub external_id: Owner,
    /// Who has the phone, or for whom it is kept.
    pub phone: Owner,
    /// Who has each open id.
    pub open_ids: Vec<Owner>,
    /// Who has each union id.
    pub union_ids: Vec<Owner>,
}

/// What follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Nothing: the account is closed, and an import brings nobody back.
    LeaveClosed,
    /// Nobody is known by any of the keys: an account is made.
    Create,
    /// The account is known, and gets what it lacks.
    Complete {
        /// The account.
        user: UserId,
        /// Shells that go into it, because the company says that their keys are the same person's.
        joins: Vec<UserId>,
    },
    /// Nothing: the company says what cannot be so without taking something from somebody.
    Refuse(Refusal),
}

/// Why nothing of it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What is in the way.
    pub clash: Clash,
    /// The other account concerned.
    pub other: Option<UserId>,
}

/// What is in the way.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Clash {
    /// R4b: an import proves no number, so it never joins the number's account, nor takes the number.
    #[error("the phone belongs to another account")]
    PhoneOwned,
    /// R4d: the account has another phone, and only its person changes it.
    #[error("the account has another phone")]
    PhoneDiffers,
    /// R1c: somebody with something to lose has this open id.
    #[error("the openId belongs to another account")]
    OpenIdOwned(OpenKey),
    /// R9: the account has another open id in this app.
    #[error("the account has another openId in this app")]
    OpenIdDiffers(OpenKey),
    /// R1c: somebody with something to lose has this union id.
    #[error("the unionId belongs to another account")]
    UnionIdOwned(UnionKey),
    /// R5, R9: the account has another union id in this scope.
    #[error("the account has another unionId in this scope")]
    UnionIdDiffers(UnionKey),
    /// The open ids and union ids lead to an account that came with another external id.
    #[error("the openId or unionId belongs to an account with another externalId")]
    ExternalIdDiffers,
    /// A key of an account that was closed stays there.
    #[error("one of the keys belongs to an account that was closed")]
    KeyOfClosed,
}

/// Decides on one of the company's accounts. It never takes a key from anybody; all of it is written, or nothing.
///
/// Whom it concerns: the account with the external id; else the one that has the open ids and union ids, if it has no
/// other external id; else nobody yet. A phone alone never says whom: the company's list proves no number.
#[must_use]
pub fn decide(keys: &Keys, owners: &Owners) -> Decision {
    let known = match &owners.external_id {
        Owner::Closed => return Decision::LeaveClosed,
        Owner::Account(account) => Some(account),
        Owner::Nobody => None,
    };
    match try_to_decide(keys, owners, known) {
        Ok(decision) => decision,
        Err(refusal) => Decision::Refuse(refusal),
    }
}

fn try_to_decide(keys: &Keys, owners: &Owners, known: Option<&Account>) -> Result<Decision, Refusal> {
    let linked = linked(keys, owners)?;
    let Some(account) = known.or_else(|| main_one(&linked)) else {
        return match &owners.phone {
            Owner::Nobody => Ok(Decision::Create),
            Owner::Closed => Err(refusal(Clash::KeyOfClosed, None)),
            Owner::Account(other) => Err(refusal(Clash::PhoneOwned, Some(other))),
        };
    };
    if known.is_none() && account.external_id.is_some() {
        return Err(refusal(Clash::ExternalIdDiffers, Some(account)));
    }
    phone_fits(keys, owners, account)?;
    let (whole, joins) = join_shells(account, &linked)?;
    limits_hold(keys, owners, &whole)?;
    Ok(Decision::Complete { user: account.id, joins })
}

/// The accounts that have one of the open ids or union ids, each with what is said when it cannot join.
fn linked<'a>(keys: &Keys, owners: &'a Owners) -> Result<Vec<(&'a Account, Clash)>, Refusal> {
    let open_ids = keys.open_ids.iter().cloned().map(Clash::OpenIdOwned).zip(&owners.open_ids);
    let union_ids = keys.union_ids.iter().cloned().map(Clash::UnionIdOwned).zip(&owners.union_ids);
    let mut linked: Vec<(&Account, Clash)> = Vec::new();
    for (clash, owner) in open_ids.chain(union_ids) {
        match owner {
            Owner::Nobody => {}
            Owner::Closed => return Err(refusal(Clash::KeyOfClosed, None)),
            Owner::Account(account) if linked.iter().any(|(known, _)| known.id == account.id) => {}
            Owner::Account(account) => linked.push((account, clash)),
        }
    }
    Ok(linked)
}

/// The one with something to lose, else the oldest.
fn main_one<'a>(linked: &[(&'a Account, Clash)]) -> Option<&'a Account> {
    linked.iter().map(|(account, _)| *account).min_by_key(|one| (one.is_shell(), one.created_at, one.id))
}

fn phone_fits(keys: &Keys, owners: &Owners, account: &Account) -> Result<(), Refusal> {
    let Some(told) = &keys.phone else { return Ok(()) };
    match &account.phone {
        Some(phone) if phone == told => return Ok(()),
        Some(_) => return Err(refusal(Clash::PhoneDiffers, Some(account))),
        None => {}
    }
    match &owners.phone {
        Owner::Nobody => Ok(()),
        Owner::Closed => Err(refusal(Clash::KeyOfClosed, None)),
        Owner::Account(other) => Err(refusal(Clash::PhoneOwned, Some(other))),
    }
}

/// The account as it is when all the others have gone into it; only shells go, and only within the limits.
fn join_shells(account: &Account, linked: &[(&Account, Clash)]) -> Result<(Account, Vec<UserId>), Refusal> {
    let (mut whole, mut joins) = (account.clone(), Vec::new());
    for (other, clash) in linked.iter().filter(|(other, _)| other.id != account.id) {
        if !other.is_shell() || whole.clashes_with(other) {
            return Err(refusal(clash.clone(), Some(other)));
        }
        whole.apps.extend(other.apps.iter().cloned());
        whole.unions.extend(other.unions.iter().cloned());
        joins.push(other.id);
    }
    Ok((whole, joins))
}

/// R9: what nobody has is given only where the account has nothing of the kind.
fn limits_hold(keys: &Keys, owners: &Owners, whole: &Account) -> Result<(), Refusal> {
    for (key, owner) in keys.open_ids.iter().zip(&owners.open_ids) {
        if *owner == Owner::Nobody && whole.apps.contains(&key.app) {
            return Err(refusal(Clash::OpenIdDiffers(key.clone()), Some(whole)));
        }
    }
    for (key, owner) in keys.union_ids.iter().zip(&owners.union_ids) {
        if *owner == Owner::Nobody && whole.union_in(&key.scope).is_some() {
            return Err(refusal(Clash::UnionIdDiffers(key.clone()), Some(whole)));
        }
    }
    Ok(())
}

fn refusal(clash: Clash, other: Option<&Account>) -> Refusal {
    Refusal { clash, other: other.map(|other| other.id) }
}
