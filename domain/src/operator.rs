//! People who work at the support desk, what their role permits, and who acts for the company: an operator or a system.

use std::fmt;
use std::str::FromStr;

use crate::words::words;
use crate::{OperatorId, ServiceScope, ServiceTokenId};

words! {
    /// The role of an operator.
    OperatorRole {
        /// Reads accounts, orders, cases and numbers; phone numbers are masked.
        Viewer = "viewer",
        /// Does the daily work of a support desk.
        Agent = "agent",
        /// Does everything that a service token can.
        Admin = "admin",
    }
}

words! {
    /// An act that may need a second operator.
    RequestKind {
        /// Merges two accounts.
        Merge = "MERGE",
        /// Undoes a merge.
        Undo = "UNDO",
        /// Sets the phone of an account.
        SetPhone = "SET_PHONE",
        /// Erases an account.
        Erase = "ERASE",
        /// Closes a case by a merge of its two accounts.
        CaseMerge = "CASE_MERGE",
    }
}

impl RequestKind {
    /// Returns the permission that the act needs: of the operator who asks, and of the one who approves.
    #[must_use]
    pub const fn scope(self) -> ServiceScope {
        match self {
            Self::Merge | Self::SetPhone => ServiceScope::UsersManage,
            Self::Undo => ServiceScope::UsersWrite,
            Self::Erase => ServiceScope::UsersErase,
            Self::CaseMerge => ServiceScope::ConflictsWrite,
        }
    }
}

impl OperatorRole {
    /// Returns the permissions of the role: those that a service token would need.
    #[must_use]
    pub const fn scopes(self) -> &'static [ServiceScope] {
        use ServiceScope::{
            ConflictsRead, ConflictsWrite, OrdersRead, StatisticsRead, UsersDisable, UsersManage, UsersRead,
            UsersReadPhone, UsersWrite,
        };
        match self {
            Self::Viewer => &[OrdersRead, UsersRead, ConflictsRead, StatisticsRead],
            Self::Agent => &[
                OrdersRead,
                UsersRead,
                UsersReadPhone,
                UsersWrite,
                UsersManage,
                ConflictsRead,
                ConflictsWrite,
                UsersDisable,
                StatisticsRead,
            ],
            Self::Admin => ServiceScope::ALL,
        }
    }
}

/// Who acts for the company, as the journal and the audit name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Principal {
    /// A system with a service token.
    Token(ServiceTokenId),
    /// A person who is signed in as an operator.
    Operator(OperatorId),
}

impl Principal {
    /// Returns the service token, if it is one.
    #[must_use]
    pub const fn token(self) -> Option<ServiceTokenId> {
        match self {
            Self::Token(token) => Some(token),
            Self::Operator(_) => None,
        }
    }

    /// Returns the operator, if it is one.
    #[must_use]
    pub const fn operator(self) -> Option<OperatorId> {
        match self {
            Self::Token(_) => None,
            Self::Operator(operator) => Some(operator),
        }
    }
}

impl From<ServiceTokenId> for Principal {
    fn from(token: ServiceTokenId) -> Self {
        Self::Token(token)
    }
}

impl From<OperatorId> for Principal {
    fn from(operator: OperatorId) -> Self {
        Self::Operator(operator)
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Token(token) => token.fmt(f),
            Self::Operator(operator) => operator.fmt(f),
        }
    }
}

/// Text that is neither the id of a service token nor that of an operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an id of the form svc_ or opr_ and 32 hexadecimal digits")]
pub struct BadPrincipal;

impl FromStr for Principal {
    type Err = BadPrincipal;

    fn from_str(text: &str) -> Result<Self, BadPrincipal> {
        let token = text.parse().map(Self::Token).ok();
        token.or_else(|| text.parse().map(Self::Operator).ok()).ok_or(BadPrincipal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Timestamp;

    #[test]
    fn each_role_may_do_what_the_role_below_may() {
        let [viewer, agent, admin] =
            [OperatorRole::Viewer, OperatorRole::Agent, OperatorRole::Admin].map(OperatorRole::scopes);

        assert!(viewer.iter().all(|scope| agent.contains(scope)));
        assert!(agent.iter().all(|scope| admin.contains(scope)));
    }

    #[test]
    fn a_viewer_changes_nothing_and_sees_no_full_number() {
        for scope in OperatorRole::Viewer.scopes() {
            assert!(scope.as_str().ends_with(":read"), "{scope}");
        }
    }

    #[test]
    fn a_principal_survives_its_text_form() {
        let now = Timestamp::from_millis(1);

        for principal in [Principal::Token(ServiceTokenId::new(now)), Principal::Operator(OperatorId::new(now))] {
            assert_eq!(principal.to_string().parse(), Ok(principal));
        }
        for text in ["", "svc_", "opr_1", "usr_00000000000000000000000000000000"] {
            assert_eq!(text.parse::<Principal>(), Err(BadPrincipal), "{text}");
        }
    }
}
