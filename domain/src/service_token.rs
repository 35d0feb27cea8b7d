//! The permissions of a service token.

use crate::words::words;

words! {
    /// A permission of a service token.
    ServiceScope {
        /// Read the orders of any person.
        OrdersRead = "orders:read",
        /// Record orders and change their status.
        OrdersWrite = "orders:write",
        /// Search people, and read any person's account; phone numbers are masked.
        UsersRead = "users:read",
        /// Read any person's phone number in full; each reading is audited.
        UsersReadPhone = "users:read:phone",
        /// Change any person's account: undo a merge, record a person event.
        UsersWrite = "users:write",
        /// Merge any two accounts, and set any person's phone.
        UsersManage = "users:manage",
        /// Read the cases.
        ConflictsRead = "conflicts:read",
        /// Close cases, which may merge accounts and move keys between them.
        ConflictsWrite = "conflicts:write",
        /// Disable and enable any person's account, and end its sessions.
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
        /// Read counts of logins, merges and cases, and the health of the service.
        StatisticsRead = "statistics:read",
        /// Read the settings of the service, without secrets.
        SettingsRead = "settings:read",
    }
}
