//! The list of error codes, which is part of the public schema.
//! What each means to a person stands in `words`.

use async_graphql::Enum;

/// Declares the codes together with their order in the documentation.
macro_rules! codes {
    ($($(#[$meta:meta])* $code:ident = $name:literal,)+) => {
        /// What went wrong: stands in `errors[].extensions.code`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
        pub enum ErrorCode { $($(#[$meta])* #[graphql(name = $name)] $code,)+ }

        impl ErrorCode {
            /// Every code, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$code,)+];

            /// The code as it stands in answers.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$code => $name,)+ }
            }

            /// The code of this name.
            #[must_use]
            pub fn named(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|code| code.as_str() == name)
            }
        }
    };
}

codes! {
    /// The document is not valid GraphQL, or does not fit the schema.
    InvalidQuery = "INVALID_QUERY",
    /// The document is too deep or asks for too much at once.
    QueryTooComplex = "QUERY_TOO_COMPLEX",
    /// The request body is larger than allowed.
    BodyTooLarge = "BODY_TOO_LARGE",
    /// The document is not on the list of those that clients may send.
    DocumentNotAllowed = "DOCUMENT_NOT_ALLOWED",
    /// The document of this hash is not at hand: send the hash together with the text.
    PersistedQueryNotFound = "PERSISTED_QUERY_NOT_FOUND",
    /// A value has the right type and cannot be what it should name.
    InvalidInput = "INVALID_INPUT",
    /// Nobody is signed in, or the token is no longer valid.
    Unauthenticated = "UNAUTHENTICATED",
    /// The token does not allow this.
    Forbidden = "FORBIDDEN",
    /// There is no such thing, or it is somebody else's.
    NotFound = "NOT_FOUND",
    /// There is no app of this name.
    UnknownApp = "UNKNOWN_APP",
    /// The login names no app, and there is no default.
    AppRequired = "APP_REQUIRED",
    /// The app is not one that people log in to with a browser.
    NotABrowserApp = "NOT_A_BROWSER_APP",
    /// The app is not one whose logins a native SDK carries out.
    NotANativeApp = "NOT_A_NATIVE_APP",
    /// The app does not allow this address to return to.
    ReturnToNotAllowed = "RETURN_TO_NOT_ALLOWED",
    /// The app has no JS-SDK.
    NoJsSdk = "NO_JS_SDK",
    /// The app signs no JS-SDK configuration for this page.
    PageNotAllowed = "PAGE_NOT_ALLOWED",
    /// The state is unknown, expired, used, or of another app.
    InvalidState = "INVALID_STATE",
    /// The app wants the state of `beginLogin` along with the code.
    StateRequired = "STATE_REQUIRED",
    /// The app wants every login to begin with a code challenge.
    ChallengeRequired = "CHALLENGE_REQUIRED",
    /// The authorization code is wrong, expired or of another app.
    InvalidCode = "INVALID_CODE",
    /// The authorization code was exchanged before.
    CodeUsed = "CODE_USED",
    /// WeChat shows the page to a stand-in person.
    SnapshotUser = "SNAPSHOT_USER",
    /// The person has not agreed to show more than an openId.
    ConsentRequired = "CONSENT_REQUIRED",
    /// The person did not agree to sign in.
    LoginDenied = "LOGIN_DENIED",
    /// What the mini program encrypted does not fit the login.
    EncryptedDataStale = "ENCRYPTED_DATA_STALE",
    /// The upstream bars this person from signing in.
    LoginBlocked = "LOGIN_BLOCKED",
    /// The company closed this person's account.
    AccountClosed = "ACCOUNT_CLOSED",
    /// The upstream asks us to slow down.
    UpstreamBusy = "UPSTREAM_BUSY",
    /// The upstream is down or too slow.
    UpstreamUnavailable = "UPSTREAM_UNAVAILABLE",
    /// The upstream refuses us, or answers nonsense.
    UpstreamFault = "UPSTREAM_FAULT",
    /// The refresh token is unknown, expired, used or of an ended session.
    InvalidRefreshToken = "INVALID_REFRESH_TOKEN",
    /// The text is not a phone number, or none that SMS are sent to.
    InvalidPhone = "INVALID_PHONE",
    /// A person has to solve a challenge before a code is sent from this device.
    HumanCheckRequired = "HUMAN_CHECK_REQUIRED",
    /// Too many codes were sent to this number, or asked for by this account, on this device or from this network.
    TooManyCodes = "TOO_MANY_CODES",
    /// The SMS could not be sent.
    SmsUnavailable = "SMS_UNAVAILABLE",
    /// The SMS code is wrong or expired.
    PhoneCodeRejected = "PHONE_CODE_REJECTED",
    /// Too many wrong SMS codes.
    TooManyTries = "TOO_MANY_TRIES",
    /// The number is bound to another account that cannot be joined by itself.
    PhoneOwnedByAnother = "PHONE_OWNED_BY_ANOTHER",
    /// The account has another phone.
    PhoneAlreadyBound = "PHONE_ALREADY_BOUND",
    /// The number was last proved too long ago to open its account.
    PhoneProofTooOld = "PHONE_PROOF_TOO_OLD",
    /// A quick code of WeChat's is not enough for this.
    PhoneProofTooWeak = "PHONE_PROOF_TOO_WEAK",
    /// The app does not show phone numbers in this way.
    PhoneCheckUnsupported = "PHONE_CHECK_UNSUPPORTED",
    /// The number alone does not open its account: the person has to prove more.
    SecondProofRequired = "SECOND_PROOF_REQUIRED",
    /// The login is too old for this step.
    FreshLoginRequired = "FRESH_LOGIN_REQUIRED",
    /// The login was not bound to its browser or device, so it opens and changes nothing but its own session.
    BoundLoginRequired = "BOUND_LOGIN_REQUIRED",
    /// It is the only way left to sign in to the account.
    LastCredential = "LAST_CREDENTIAL",
    /// The account took a number over a short while ago, and nothing of it may be destroyed yet.
    CoolingOff = "COOLING_OFF",
    /// The login that was to be added is another account's.
    OpenIdOwnedByAnother = "OPEN_ID_OWNED_BY_ANOTHER",
    /// One account would have two logins of one app, or of one union scope: that would be two people.
    LimitBroken = "LIMIT_BROKEN",
    /// The merge token is unknown, used, expired or another person's, or an account has changed since.
    MergeTokenRejected = "MERGE_TOKEN_REJECTED",
    /// The two accounts differ in something, and nothing was chosen.
    MergeChoiceRequired = "MERGE_CHOICE_REQUIRED",
    /// The merge cannot be undone any more, or not yet.
    UndoImpossible = "UNDO_IMPOSSIBLE",
    /// An operator has closed the case before.
    ConflictClosed = "CONFLICT_CLOSED",
    /// The decision makes no sense for this case, or not any more.
    DecisionDoesNotFit = "DECISION_DOES_NOT_FIT",
    /// The cursor is not one of ours.
    InvalidCursor = "INVALID_CURSOR",
    /// `first` and `last` are not 1 to 100, or both are given.
    InvalidPage = "INVALID_PAGE",
    /// A reported order contradicts the recorded one.
    OrderClash = "ORDER_CLASH",
    /// Too much was asked from this network, or of this app, for now.
    RateLimited = "RATE_LIMITED",
    /// The request took too long.
    Timeout = "TIMEOUT",
    /// The service cannot work just now.
    ServiceUnavailable = "SERVICE_UNAVAILABLE",
    /// The fault is ours.
    Internal = "INTERNAL",
}

impl std::fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
