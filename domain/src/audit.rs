//! What is written into the audit, so that an operator can see it.
//! Links have a journal of their own: see `rule`.

use crate::words::words;

words! {
    /// What happened that an operator should be able to see.
    AuditAction {
        /// A login code came again, from somebody else or too late, and was refused.
        LoginRepeatRefused = "LOGIN_REPEAT_REFUSED",
        /// A new key was made, for phone numbers to be sealed with.
        DataKeyMade = "DATA_KEY_MADE",
        /// A document was put on the list of those that clients may send.
        DocumentAdded = "DOCUMENT_ADDED",
        /// A document was taken off that list.
        DocumentRemoved = "DOCUMENT_REMOVED",
        /// A spent refresh token came back too late, and its session was ended.
        RefreshTokenReplayed = "REFRESH_TOKEN_REPLAYED",
        /// A person signed out of one session, perhaps another one than the own.
        SessionEnded = "SESSION_ENDED",
        /// A person signed out everywhere.
        SessionsEnded = "SESSIONS_ENDED",
        /// An operator disabled an account.
        UserDisabled = "USER_DISABLED",
        /// An operator enabled an account again.
        UserEnabled = "USER_ENABLED",
        /// A service token was made.
        TokenCreated = "TOKEN_CREATED",
        /// A service token was used: the first time of a day from a block of addresses.
        TokenUsed = "TOKEN_USED",
        /// A service token was revoked.
        TokenRevoked = "TOKEN_REVOKED",
        /// An operator closed a case.
        CaseClosed = "CASE_CLOSED",
        /// An operator undid a merge.
        MergeUndone = "MERGE_UNDONE",
        /// A batch of accounts was imported.
        UsersImported = "USERS_IMPORTED",
        /// A batch of orders was imported.
        OrdersImported = "ORDERS_IMPORTED",
        /// A batch of union ids was moved to another scope.
        ScopeMigrated = "SCOPE_MIGRATED",
        /// What a back office told of a person changed something.
        PersonEventRecorded = "PERSON_EVENT_RECORDED",
        /// A key of the deployment was used for the first time.
        KeyInUse = "KEY_IN_USE",
    }
}
