//! What the rules need to know about an account, and nothing else.
//! How it is read from the tables is `store`'s business.

use crate::{AppId, ExternalId, PhoneNumber, Timestamp, UnionId, UnionKey, UnionScope, UserId};

/// One active account, as the rules see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Whose.
    pub id: UserId,
    /// When it was made; of two equal accounts the older survives.
    pub created_at: Timestamp,
    /// The apps in which it has an open id.
    pub apps: Vec<AppId>,
    /// Its union ids.
    pub unions: Vec<UnionKey>,
    /// Its active phone.
    pub phone: Option<PhoneNumber>,
    /// The company's own id, if the account came from the company.
    pub external_id: Option<ExternalId>,
    /// Whether any of its open ids has placed an order.
    pub has_orders: bool,
}

impl Account {
    /// Was this account made by a first login, so that nothing would be lost if it went into another?
    #[must_use]
    pub fn is_shell(&self) -> bool {
        self.phone.is_none() && self.external_id.is_none() && !self.has_orders && self.apps.len() <= 1
    }

    /// The account's union id in `scope`.
    #[must_use]
    pub fn union_in(&self, scope: &UnionScope) -> Option<&UnionId> {
        self.unions.iter().find(|key| &key.scope == scope).map(|key| &key.union_id)
    }

    /// Would one account made of these two break R9: two open ids in one app, or two union ids in one scope?
    ///
    /// Then they are two people. Two phones are not: somebody may well have two, and chooses.
    #[must_use]
    pub fn breaks_limits_with(&self, other: &Self) -> bool {
        let same_app = self.apps.iter().any(|app| other.apps.contains(app));
        let same_scope = self.unions.iter().any(|key| other.union_in(&key.scope).is_some());
        same_app || same_scope
    }

    /// Do these two differ in what an account has one of, so that making them one needs a choice?
    #[must_use]
    pub fn clashes_with(&self, other: &Self) -> bool {
        self.breaks_limits_with(other) || (self.phone.is_some() && other.phone.is_some()) || self.both_external(other)
    }

    /// Do both carry an id of the company's, so that joining them would lose one?
    #[must_use]
    pub fn both_external(&self, other: &Self) -> bool {
        self.external_id.is_some() && other.external_id.is_some()
    }
}
