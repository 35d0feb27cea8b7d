//! What a back-office system may do with its service token.
//! What a signed-in person may do follows from ownership, not from scopes.

use crate::words::words;

words! {
    /// One permission of a service token.
    ServiceScope {
        /// Read the orders of any person.
        OrdersRead = "orders:read",
        /// Record orders and change their status.
        OrdersWrite = "orders:write",
        /// Read any person's account.
        UsersRead = "users:read",
        /// Change any person's account: undo a merge, and record what an upstream tells of a person.
        UsersWrite = "users:write",
        /// Read the cases of links that were refused or are doubtful.
        ConflictsRead = "conflicts:read",
        /// Close such cases, which may merge accounts and move keys between them.
        ConflictsWrite = "conflicts:write",
        /// Disable any person's account, and enable it again.
        UsersDisable = "users:disable",
        /// Read which service tokens there are.
        TokensRead = "tokens:read",
        /// Make service tokens that may do no more than the own, and revoke any.
        TokensWrite = "tokens:write",
        /// Read the audit.
        AuditRead = "audit:read",
    }
}
