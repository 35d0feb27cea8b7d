//! Decides what an imported account of the company becomes: which account it concerns, what it joins, and what it does not touch
//! (rule IMPORT).

use crate::{Account, ExternalId, OpenKey, PhoneNumber, UnionKey, UserId};

/// The keys by which the company knows a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keys {
    /// The company's own id.
    pub external_id: ExternalId,
    /// The phone.
    pub phone: Option<PhoneNumber>,
    /// The openIds, at most one per app.
    pub open_ids: Vec<OpenKey>,
    /// The unionIds, at most one per scope.
    pub union_ids: Vec<UnionKey>,
}

/// The owner of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    /// The key is free.
    Nobody,
    /// An account that was disabled or erased.
    Closed,
    /// This account.
    Account(Account),
}

/// The owners of the keys, in the order of [`Keys`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owners {
    /// The account of the external id, through merges.
    pub external_id: Owner,
    /// The account that has the phone, or for which it is reserved.
    pub phone: Owner,
    /// The owner of each openId.
    pub open_ids: Vec<Owner>,
    /// The owner of each unionId.
    pub union_ids: Vec<Owner>,
}

/// What an import does with one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Nothing: the account is closed, and an import does not reopen it.
    LeaveClosed,
    /// None of the keys is known: an account is created.
    Create,
    /// The account is known, and gets the keys that it lacks.
    Complete {
        /// The account.
        user: UserId,
        /// Shells that are merged into it, because the company says that their keys belong to the same person.
        joins: Vec<UserId>,
    },
    /// Nothing: the row contradicts what other accounts have.
    Refuse(ImportRefusal),
}

/// Why nothing of a row is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportRefusal {
    /// The contradiction.
    pub clash: Clash,
    /// The other account concerned.
    pub other: Option<UserId>,
}

/// A contradiction between a row and the stored accounts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Clash {
    /// R4b: an import proves no number, so it neither joins the account of a number nor takes the number.
    #[error("the phone belongs to another account")]
    PhoneOwned,
    /// R4d: the account has another phone, and only its person changes it.
    #[error("the account has another phone")]
    PhoneDiffers,
    /// R1c: an account with something to lose has this openId.
    #[error("the openId belongs to another account")]
    OpenIdOwned(OpenKey),
    /// R9: the account has another openId in this app.
    #[error("the account has another openId in this app")]
    OpenIdDiffers(OpenKey),
    /// R1c: an account with something to lose has this unionId.
    #[error("the unionId belongs to another account")]
    UnionIdOwned(UnionKey),
    /// R5, R9: the account has another unionId in this scope.
    #[error("the account has another unionId in this scope")]
    UnionIdDiffers(UnionKey),
    /// The openIds and unionIds belong to an account that was imported with another external id.
    #[error("the openId or unionId belongs to an account with another externalId")]
    ExternalIdDiffers,
    /// A key of a closed account stays with it.
    #[error("one of the keys belongs to a closed account")]
    KeyOfClosed,
}

/// Decides on one account of the company. An import never takes a key from an account; a row is written whole or not at all.
///
/// The row concerns the account with the external id; else the account that has the openIds and unionIds, if it has no other
/// external id; else a new one. A phone alone identifies no account: the company's list proves no number.
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

fn try_to_decide(keys: &Keys, owners: &Owners, known: Option<&Account>) -> Result<Decision, ImportRefusal> {
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

/// Returns the accounts that have one of the openIds or unionIds, each with the refusal if it cannot be joined.
fn linked<'a>(keys: &Keys, owners: &'a Owners) -> Result<Vec<(&'a Account, Clash)>, ImportRefusal> {
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

/// Returns the account with something to lose, else the oldest.
fn main_one<'a>(linked: &[(&'a Account, Clash)]) -> Option<&'a Account> {
    linked.iter().map(|(account, _)| *account).min_by_key(|one| (one.is_shell(), one.created_at, one.id))
}

fn phone_fits(keys: &Keys, owners: &Owners, account: &Account) -> Result<(), ImportRefusal> {
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

/// Returns the account as it is after all the others were merged into it. Only shells are merged, within the limits.
fn join_shells(account: &Account, linked: &[(&Account, Clash)]) -> Result<(Account, Vec<UserId>), ImportRefusal> {
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

/// R9: a free key is given only if the account has none of its kind.
fn limits_hold(keys: &Keys, owners: &Owners, whole: &Account) -> Result<(), ImportRefusal> {
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

fn refusal(clash: Clash, other: Option<&Account>) -> ImportRefusal {
    ImportRefusal { clash, other: other.map(|other| other.id) }
}
