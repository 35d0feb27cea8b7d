//! The permissions of a service token.

use crate::words::words;

words! {
    /// A permission of a service token.
    ServiceScope {
        /// Read the orders of any person.
        OrdersRead = "orders:read",
        /// Record orders and change their status.
        OrdersWrite = "orders:write",
        /// Read any person's account.
        UsersRead = "users:read",
        /// Change any person's account: undo a merge, record a person event.
        UsersWrite = "users:write",
        /// Read the cases.
        ConflictsRead = "conflicts:read",
        /// Close cases, which may merge accounts and move keys between them.
        ConflictsWrite = "conflicts:write",
        /// Disable and enable any person's account.
        UsersDisable = "users:disable",
        /// Erase any person's account.
        UsersErase = "users:erase",
        /// Read everything that is kept about any person, in one document.
        UsersExport = "users:export",
        /// List service tokens.
        TokensRead = "tokens:read",
        /// Create service tokens with at most the own permissions, and revoke any.
        TokensWrite = "tokens:write",
        /// Read the audit.
        AuditRead = "audit:read",
        /// Read the feed of events.
        EventsRead = "events:read",
    }
}
