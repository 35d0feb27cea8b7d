//! The actions that the audit records. Links have a journal of their own: see [`Rule`](crate::Rule).

use crate::words::words;

words! {
    /// An action that an operator can see in the audit.
    AuditAction {
        /// A login code was presented again by another client, or too late, and was refused.
        LoginRepeatRefused = "LOGIN_REPEAT_REFUSED",
        /// A new key for sealing phone numbers was made.
        DataKeyMade = "DATA_KEY_MADE",
        /// A document was added to the list of allowed documents.
        DocumentAdded = "DOCUMENT_ADDED",
        /// A document was removed from that list.
        DocumentRemoved = "DOCUMENT_REMOVED",
        /// A spent refresh token was presented too late, and its session was ended.
        RefreshTokenReplayed = "REFRESH_TOKEN_REPLAYED",
        /// A person ended one of their sessions.
        SessionEnded = "SESSION_ENDED",
        /// A person or an operator ended all sessions of an account.
        SessionsEnded = "SESSIONS_ENDED",
        /// An operator disabled an account.
        UserDisabled = "USER_DISABLED",
        /// An operator enabled an account.
        UserEnabled = "USER_ENABLED",
        /// A person's phone number was shown in full to an operator.
        PhoneRead = "PHONE_READ",
        /// A service token was created.
        TokenCreated = "TOKEN_CREATED",
        /// A service token was used for the first time on a day from a block of addresses.
        TokenUsed = "TOKEN_USED",
        /// A service token was revoked.
        TokenRevoked = "TOKEN_REVOKED",
        /// A person became an operator at the command line, or got another role.
        OperatorAdded = "OPERATOR_ADDED",
        /// An operator was removed at the command line.
        OperatorRemoved = "OPERATOR_REMOVED",
        /// An operator signed in.
        OperatorSignedIn = "OPERATOR_SIGNED_IN",
        /// An operator signed out.
        OperatorSignedOut = "OPERATOR_SIGNED_OUT",
        /// An act was asked for that waits for a second operator.
        RequestMade = "REQUEST_MADE",
        /// A second operator approved an act, which was carried out.
        RequestApproved = "REQUEST_APPROVED",
        /// An act that waited for a second operator was declined.
        RequestDeclined = "REQUEST_DECLINED",
        /// An operator closed a case.
        CaseClosed = "CASE_CLOSED",
        /// An operator set a person's phone.
        PhoneSet = "PHONE_SET",
        /// An operator merged two accounts without a case.
        UsersMerged = "USERS_MERGED",
        /// An operator undid a merge.
        MergeUndone = "MERGE_UNDONE",
        /// A batch of accounts was imported.
        UsersImported = "USERS_IMPORTED",
        /// A batch of orders was imported.
        OrdersImported = "ORDERS_IMPORTED",
        /// An operator corrected the openId or the time of an order.
        OrderCorrected = "ORDER_CORRECTED",
        /// A batch of unionIds was moved to another scope.
        ScopeMigrated = "SCOPE_MIGRATED",
        /// A run that asks an app's upstream about its followers' unionIds ended.
        UnionIdsBackfilled = "UNION_IDS_BACKFILLED",
        /// A run that asks for the openIds of a migrated account ended.
        OpenIdsChanged = "OPEN_IDS_CHANGED",
        /// The links of such a run were undone.
        OpenIdChangesUndone = "OPEN_ID_CHANGES_UNDONE",
        /// A person event from a back office changed something.
        PersonEventRecorded = "PERSON_EVENT_RECORDED",
        /// A person asked to be erased.
        ErasureAsked = "ERASURE_ASKED",
        /// An erasure was called off: by the person, or because the account is in use again.
        ErasureCancelled = "ERASURE_CANCELLED",
        /// An account was erased.
        UserErased = "USER_ERASED",
        /// Everything that is kept about a person was handed out.
        UserExported = "USER_EXPORTED",
        /// A key of the deployment was used for the first time.
        KeyInUse = "KEY_IN_USE",
    }
}
