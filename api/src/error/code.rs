//! The error codes, which are part of the public schema. See `words` for the texts of each code.

use async_graphql::Enum;

/// Declares the codes in the order of the documentation.
macro_rules! codes {
    ($($(#[$meta:meta])* $code:ident = $name:literal,)+) => {
        /// The code of an error, in `errors[].extensions.code`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Enum)]
        pub enum ErrorCode { $($(#[$meta])* #[graphql(name = $name)] $code,)+ }

        impl ErrorCode {
            /// Every code, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$code,)+];

            /// The code's name in answers.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$code => $name,)+ }
            }

            /// Finds a code by its name.
            #[must_use]
            pub fn named(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|code| code.as_str() == name)
            }
        }
    };
}

codes! {
    /// The document is not valid GraphQL or does not match the schema.
    InvalidQuery = "INVALID_QUERY",
    /// The document is too deep or too expensive.
    QueryTooComplex = "QUERY_TOO_COMPLEX",
    /// The request body is larger than allowed.
    BodyTooLarge = "BODY_TOO_LARGE",
    /// The document is not on the list of allowed documents.
    DocumentNotAllowed = "DOCUMENT_NOT_ALLOWED",
    /// No document with this hash is stored: send the hash together with the text.
    PersistedQueryNotFound = "PERSISTED_QUERY_NOT_FOUND",
    /// A value has the right type but is not valid.
    InvalidInput = "INVALID_INPUT",
    /// The request has no token, or the token is no longer valid.
    Unauthenticated = "UNAUTHENTICATED",
    /// The token lacks the required scope.
    Forbidden = "FORBIDDEN",
    /// The object does not exist or belongs to another person.
    NotFound = "NOT_FOUND",
    /// No app has this name.
    UnknownApp = "UNKNOWN_APP",
    /// The login names no app, and there is no default app.
    AppRequired = "APP_REQUIRED",
    /// The app has no browser logins.
    NotABrowserApp = "NOT_A_BROWSER_APP",
    /// The app has no logins with a native SDK.
    NotANativeApp = "NOT_A_NATIVE_APP",
    /// The app does not allow this return address.
    ReturnToNotAllowed = "RETURN_TO_NOT_ALLOWED",
    /// The app has no JS-SDK.
    NoJsSdk = "NO_JS_SDK",
    /// The app does not sign JS-SDK configurations for this page.
    PageNotAllowed = "PAGE_NOT_ALLOWED",
    /// The state is unknown, expired, used, or belongs to another app.
    InvalidState = "INVALID_STATE",
    /// The app requires the state of `beginLogin` with the code.
    StateRequired = "STATE_REQUIRED",
    /// The app requires every login to begin with a code challenge.
    ChallengeRequired = "CHALLENGE_REQUIRED",
    /// The authorization code is wrong, expired, or belongs to another app.
    InvalidCode = "INVALID_CODE",
    /// The authorization code was already exchanged.
    CodeUsed = "CODE_USED",
    /// WeChat shows a preview of the page to a snapshot user.
    SnapshotUser = "SNAPSHOT_USER",
    /// The person has not consented to share more than an openId.
    ConsentRequired = "CONSENT_REQUIRED",
    /// The person declined the login.
    LoginDenied = "LOGIN_DENIED",
    /// The encrypted data of the mini program does not match the login.
    EncryptedDataStale = "ENCRYPTED_DATA_STALE",
    /// The provider does not allow this person to sign in.
    LoginBlocked = "LOGIN_BLOCKED",
    /// The account is disabled.
    AccountClosed = "ACCOUNT_CLOSED",
    /// The provider's rate limit is reached.
    UpstreamBusy = "UPSTREAM_BUSY",
    /// The provider is down or does not answer in time.
    UpstreamUnavailable = "UPSTREAM_UNAVAILABLE",
    /// The provider refuses the app's request or returns an invalid answer.
    UpstreamFault = "UPSTREAM_FAULT",
    /// The refresh token is unknown, expired or used, or its session has ended.
    InvalidRefreshToken = "INVALID_REFRESH_TOKEN",
    /// The text is not a phone number, or the number cannot receive SMS.
    InvalidPhone = "INVALID_PHONE",
    /// The person has to solve a challenge before a code is sent.
    HumanCheckRequired = "HUMAN_CHECK_REQUIRED",
    /// Too many codes were sent to this number, or requested by this account, from this device or from this network.
    TooManyCodes = "TOO_MANY_CODES",
    /// The SMS could not be sent.
    SmsUnavailable = "SMS_UNAVAILABLE",
    /// The SMS code is wrong or expired.
    PhoneCodeRejected = "PHONE_CODE_REJECTED",
    /// Too many wrong SMS codes were sent.
    TooManyTries = "TOO_MANY_TRIES",
    /// The number belongs to another account, and the two are not merged automatically.
    PhoneOwnedByAnother = "PHONE_OWNED_BY_ANOTHER",
    /// The account already has another phone.
    PhoneAlreadyBound = "PHONE_ALREADY_BOUND",
    /// The number's last proof is too old to give access to its account.
    PhoneProofTooOld = "PHONE_PROOF_TOO_OLD",
    /// A quick verification by WeChat is not a sufficient proof.
    PhoneProofTooWeak = "PHONE_PROOF_TOO_WEAK",
    /// The app does not support this kind of phone verification.
    PhoneCheckUnsupported = "PHONE_CHECK_UNSUPPORTED",
    /// The service has no logins by phone.
    PhoneLoginOff = "PHONE_LOGIN_OFF",
    /// No account has this phone.
    PhoneNotRegistered = "PHONE_NOT_REGISTERED",
    /// The number alone does not give access to its account: a second proof is required.
    SecondProofRequired = "SECOND_PROOF_REQUIRED",
    /// The login is too old for this operation.
    FreshLoginRequired = "FRESH_LOGIN_REQUIRED",
    /// The login is not bound to its browser or device, so it can use and change only its own session.
    BoundLoginRequired = "BOUND_LOGIN_REQUIRED",
    /// It is the account's last way to sign in.
    LastCredential = "LAST_CREDENTIAL",
    /// The account took over a number in the last 24 hours; nothing can be removed from it yet.
    CoolingOff = "COOLING_OFF",
    /// The login to link belongs to another account.
    OpenIdOwnedByAnother = "OPEN_ID_OWNED_BY_ANOTHER",
    /// The account would have two openIds of one app or two unionIds of one union scope.
    LimitBroken = "LIMIT_BROKEN",
    /// The merge token is unknown, used, expired or another person's, or one of the accounts has changed since.
    MergeTokenRejected = "MERGE_TOKEN_REJECTED",
    /// The two accounts differ in a field, and the request has no choice for it.
    MergeChoiceRequired = "MERGE_CHOICE_REQUIRED",
    /// The merge can no longer be undone, or not yet.
    UndoImpossible = "UNDO_IMPOSSIBLE",
    /// The case is already closed.
    ConflictClosed = "CONFLICT_CLOSED",
    /// The decision is not, or no longer, possible for this case.
    DecisionDoesNotFit = "DECISION_DOES_NOT_FIT",
    /// Another request for this act waits for a second operator.
    RequestPending = "REQUEST_PENDING",
    /// The request was approved or declined before.
    RequestClosed = "REQUEST_CLOSED",
    /// The request waited too long for a second operator.
    RequestExpired = "REQUEST_EXPIRED",
    /// Another operator has to approve the request.
    SecondOperatorRequired = "SECOND_OPERATOR_REQUIRED",
    /// The cursor is not valid.
    InvalidCursor = "INVALID_CURSOR",
    /// `first` or `last` is not from 1 to 100, or both are given.
    InvalidPage = "INVALID_PAGE",
    /// No sums of orders are kept for this filter.
    NoTotals = "NO_TOTALS",
    /// A reported order contradicts the recorded one.
    OrderClash = "ORDER_CLASH",
    /// A rate limit for this network or this app is exceeded.
    RateLimited = "RATE_LIMITED",
    /// The request took too long.
    Timeout = "TIMEOUT",
    /// The service is temporarily unavailable.
    ServiceUnavailable = "SERVICE_UNAVAILABLE",
    /// An internal error occurred.
    Internal = "INTERNAL",
}

impl std::fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
