//! Decides whether a person may remove a credential from their account (R7).

use crate::phone::Policy;
use crate::session::{NotNow, Standing, Step, may};
use crate::{Account, AppId, UnionKey, UnionScope};

/// The credential to be removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Credential<'a> {
    /// The openId of this app.
    OpenId(&'a AppId),
    /// The phone.
    Phone,
}

/// Why a credential is not removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RemoveRefusal {
    /// The account has no such credential.
    NotThere,
    /// It is the last one: without it no login would open the account.
    LastCredential,
    /// The login of the session does not allow it, or not yet.
    NotNow(NotNow),
}

/// Decides whether the credential may be removed.
pub fn decide(
    account: &Account,
    credential: Credential<'_>,
    standing: &Standing,
    policy: &Policy,
) -> Result<(), RemoveRefusal> {
    may(Step::RemoveCredential, standing, policy).map_err(RemoveRefusal::NotNow)?;
    let is_there = match credential {
        Credential::OpenId(app) => account.apps.contains(app),
        Credential::Phone => account.phone.is_some(),
    };
    if !is_there {
        return Err(RemoveRefusal::NotThere);
    }
    // What was cancelled at its upstream (R12) is no credential: it may go as long as one remains, and is not what
    // remains.
    let is_live = match credential {
        Credential::OpenId(app) => !account.cancelled.contains(app),
        Credential::Phone => true,
    };
    if account.credentials() <= usize::from(is_live) {
        return Err(RemoveRefusal::LastCredential);
    }
    Ok(())
}

/// Returns the unionId that is removed together with the openId of `app`: that of the app's scope, if none of the account's other
/// apps is in the scope.
///
/// As long as another app of the scope stays, each of its logins proves the unionId, and the unionId stays too. The person's
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
