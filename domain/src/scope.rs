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
        /// Change any person's account: undo a merge.
        UsersWrite = "users:write",
    }
}
