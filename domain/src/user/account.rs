//! An account as the rules see it.

use crate::{AppId, ExternalId, PhoneNumber, Timestamp, UnionId, UnionKey, UnionScope, UserId};

/// An active account, with what the rules depend on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The id.
    pub id: UserId,
    /// When it was created. Of two equal accounts the older remains.
    pub created_at: Timestamp,
    /// The apps in which it has an openId.
    pub apps: Vec<AppId>,
    /// R12: those of the apps whose openId was cancelled at the upstream. It opens the account no more.
    pub cancelled: Vec<AppId>,
    /// Its unionIds.
    pub unions: Vec<UnionKey>,
    /// Its active phone.
    pub phone: Option<PhoneNumber>,
    /// The company's own id, if the company imported the account.
    pub external_id: Option<ExternalId>,
    /// Whether any of its openIds has placed an order.
    pub has_orders: bool,
}

impl Account {
    /// Returns whether the account is a shell: made by a first login, with nothing to lose in a merge.
    #[must_use]
    pub fn is_shell(&self) -> bool {
        self.phone.is_none() && self.external_id.is_none() && !self.has_orders && self.apps.len() <= 1
    }

    /// Returns how many logins open the account: its openIds, but for those that were cancelled at their upstream
    /// (R12), and its phone.
    #[must_use]
    pub fn credentials(&self) -> usize {
        self.apps.iter().filter(|app| !self.cancelled.contains(app)).count() + usize::from(self.phone.is_some())
    }

    /// Returns the account's unionId in `scope`.
    #[must_use]
    pub fn union_in(&self, scope: &UnionScope) -> Option<&UnionId> {
        self.unions.iter().find(|key| &key.scope == scope).map(|key| &key.union_id)
    }

    /// Returns whether a merge of the two would break R9: two openIds in one app, or two unionIds in one scope.
    ///
    /// Then they are two people. Two phones are no such reason: a person may have two, and chooses.
    #[must_use]
    pub fn breaks_limits_with(&self, other: &Self) -> bool {
        let same_app = self.apps.iter().any(|app| other.apps.contains(app));
        let same_scope = self.unions.iter().any(|key| other.union_in(&key.scope).is_some());
        same_app || same_scope
    }

    /// Returns whether the two differ in a field of which an account has one value, so that a merge needs a choice.
    #[must_use]
    pub fn clashes_with(&self, other: &Self) -> bool {
        self.breaks_limits_with(other) || (self.phone.is_some() && other.phone.is_some()) || self.both_external(other)
    }

    /// Returns whether both have an external id, one of which a merge would lose.
    #[must_use]
    pub fn both_external(&self, other: &Self) -> bool {
        self.external_id.is_some() && other.external_id.is_some()
    }
}
