//! A person takes a credential away from the own account (R7).
//! What is told to whom afterwards is decided in the use case.

use crate::phone::Policy;
use crate::session::{NotNow, Standing, Step, may};
use crate::{Account, AppId, UnionKey, UnionScope};

/// What is to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Credential<'a> {
    /// The open id of this app.
    OpenId(&'a AppId),
    /// The phone.
    Phone,
}

/// Why a credential stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The account has no such credential.
    NotThere,
    /// It is the last one: without it nobody could ever sign in again.
    LastCredential,
    /// Not with this login, or not yet.
    NotNow(NotNow),
}

/// May the credential go?
pub fn decide(
    account: &Account,
    credential: Credential<'_>,
    standing: &Standing,
    policy: &Policy,
) -> Result<(), Refusal> {
    may(Step::RemoveCredential, standing, policy).map_err(Refusal::NotNow)?;
    let is_there = match credential {
        Credential::OpenId(app) => account.apps.contains(app),
        Credential::Phone => account.phone.is_some(),
    };
    if !is_there {
        return Err(Refusal::NotThere);
    }
    if account.apps.len() + usize::from(account.phone.is_some()) <= 1 {
        return Err(Refusal::LastCredential);
    }
    Ok(())
}

/// The union id that goes along with the open id of `app`: that of the app's scope, when none of the account's other
/// apps is in it.
///
/// As long as another app of the scope stays, the union id is proved at each of its logins and stays too; the person's
/// next login through `app` then comes back to this account (R2).
#[must_use]
pub fn union_to_go<'a, 's>(
    account: &'a Account,
    app: &AppId,
    scope_of: impl Fn(&AppId) -> Option<&'s UnionScope>,
) -> Option<&'a UnionKey> {
    let scope = scope_of(app)?;
    let stays = account.apps.iter().any(|other| other != app && scope_of(other) == Some(scope));
    account.unions.iter().find(|key| !stays && &key.scope == scope)
}
