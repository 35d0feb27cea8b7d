//! The trait that every way of signing in implements.
//! How a provider is made from the configuration lives in `factory`; what stands around one at run time, in `layer`.

use async_trait::async_trait;
use domain::login::Proof;
use domain::{AppId, PhoneNumber, UnionScope};
use secrecy::SecretString;

use crate::{Abilities, EncryptedData, LoginCode, PhoneCode, ProviderError, Start};

/// How much a login asks the person for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum LoginScope {
    /// An open id only, without asking anything.
    Base,
    /// Also nickname, picture and union id; the person is asked.
    #[default]
    UserInfo,
}

/// A login that is about to start in a browser.
#[derive(Clone, Copy)]
pub struct AuthorizeRequest<'a> {
    /// Where the upstream sends the browser back to.
    pub redirect_uri: &'a str,
    /// The one-time value that comes back with the code: `[a-zA-Z0-9]`, at most 128 bytes.
    pub state: &'a str,
    /// How much to ask for.
    pub scope: LoginScope,
    /// What the server keeps for the exchange.
    pub kept: &'a KeptSecrets,
}

/// What the server makes up when a browser login begins, keeps with its state, and needs again for the exchange.
/// WeChat knows neither; OAuth 2.1 and `OpenID` Connect want both. Does not print.
#[derive(Clone)]
pub struct KeptSecrets {
    /// Comes back inside the ID token (`OpenID` Connect Core 1.0, section 3.1.2.1): `[a-zA-Z0-9]`, at least 128 random bits.
    pub nonce: SecretString,
    /// Whose S256 hash goes into the authorize URL (RFC 7636 section 4.1): 43 to 128 characters.
    pub code_verifier: SecretString,
}

/// A login that comes back with its code.
#[derive(Debug, Clone, Copy)]
pub struct Exchange<'a> {
    /// The code, which this exchange spends.
    pub code: &'a LoginCode,
    /// How the login began; absent when no browser was involved, or when the app allows codes without a state.
    pub begun: Option<&'a BegunLogin>,
    /// What the host app encrypted for us, if the client sent it along.
    pub encrypted: Option<&'a EncryptedData>,
}

impl<'a> Exchange<'a> {
    /// The exchange of a code that comes alone.
    #[must_use]
    pub const fn of(code: &'a LoginCode) -> Self {
        Self { code, begun: None, encrypted: None }
    }
}

/// What was kept when a browser login began.
#[derive(Debug, Clone)]
pub struct BegunLogin {
    /// Where the upstream was told to send the browser back to; OAuth wants it repeated, to the letter.
    pub redirect_uri: String,
    /// What was made up for this login alone.
    pub kept: KeptSecrets,
}

/// How a person shows a phone number in the host app.
#[derive(Debug, Clone)]
pub enum ShownPhone {
    /// By a code of its own, which the server exchanges.
    Code(PhoneCode),
    /// Encrypted for the server with the key of a login, so that a fresh login code comes along.
    Encrypted {
        /// From a login made *before* the number was asked for; it is spent.
        login: LoginCode,
        /// The number.
        data: EncryptedData,
    },
}

/// One app's way of proving who a person is.
///
/// Whoever implements it owes its callers this much, and the contract (feature `contract`) checks it:
///
/// - Nothing secret leaves: no app secret, code, token or session key stands in an error, a log line, a span or a value
///   that is returned, except where a method returns the very thing.
/// - Every failure is a [`ProviderError`] of the [`ErrorKind`](crate::ErrorKind) that says what one can do about it,
///   with the upstream's own number and words as its detail.
/// - Upstreams are called through the [`Http`](crate::Http) of the settings, which limits time and size.
/// - Nothing is kept between calls that another replica would need: shared tokens live with the
///   [`TokenKeeper`](crate::TokenKeeper) of the settings.
///
/// [`layer::Layered`](crate::layer::Layered) adds deadlines, a limit of concurrent calls, a circuit breaker, spans and
/// counters around any provider; implementations add none of these.
#[async_trait]
pub trait IdentityProvider: Send + Sync + std::fmt::Debug {
    /// What the upstream calls the app; open ids are unique within it. It never changes while people have logged in.
    fn app_id(&self) -> &AppId;

    /// The issuer of the union ids that its proofs carry; `None` when they carry none.
    fn union_scope(&self) -> Option<&UnionScope>;

    /// Which upstream the calls go to, such as its host name. Apps of one upstream share its limit of concurrent calls
    /// and its circuit breaker, because they share its fate.
    fn upstream(&self) -> &str;

    /// How a login starts.
    fn start(&self) -> Start;

    /// What the provider can do beyond proving an open id. A promise: proofs keep to it.
    fn abilities(&self) -> Abilities;

    /// Can this be a code of the upstream's? One that cannot be is refused before anything is counted, kept or sent.
    ///
    /// A code that the upstream has issued always can. By default everything can be one, as OAuth has it (RFC 6749
    /// appendix A.11).
    fn could_issue(&self, code: &LoginCode) -> bool {
        let _ = code;
        true
    }

    /// The same for the code of a phone button.
    fn could_issue_for_phone(&self, code: &PhoneCode) -> bool {
        let _ = code;
        true
    }

    /// Where to send the browser; only asked of providers that start in a browser.
    ///
    /// The URL holds `redirect_uri` and `state` as given, percent-encoded once. It never holds the secret or the
    /// verifier. Errors: those of discovery, for upstreams that have one.
    async fn authorize_url(&self, request: &AuthorizeRequest<'_>) -> Result<String, ProviderError> {
        let _ = request;
        Err(ProviderError::unsupported("logins of this app do not begin in a browser"))
    }

    /// Spends the code at the upstream, in exactly one request, and says who the person is.
    ///
    /// The request that spends the code is never repeated: a code whose first exchange got lost is spent (WeChat
    /// answers 40163). When nothing was sent at all, the error says so with
    /// [`ProviderError::code_is_unspent`], which [`Http`](crate::Http) does by itself.
    ///
    /// The proof's open id is the upstream's for this app, never a client's word. An absent, empty or blank union id
    /// is `None`. A profile that the upstream anonymised is an empty [`Profile`](domain::Profile).
    async fn exchange(&self, login: &Exchange<'_>) -> Result<Proof, ProviderError>;

    /// The phone number that the person showed in the host app. Spends the code.
    ///
    /// Only asked of providers whose [`Abilities::phone`] is not empty. The number is one that the upstream vouches
    /// for: a watermark of another app is [`UnexpectedAnswer`](crate::ErrorKind::UnexpectedAnswer).
    async fn phone_number(&self, shown: &ShownPhone) -> Result<PhoneNumber, ProviderError> {
        let _ = shown;
        Err(ProviderError::unsupported("this app shows no phone numbers"))
    }

    /// What the JS-SDK calls the app: the `appId` of `wx.config`.
    ///
    /// Only asked of providers whose [`Abilities::js_sdk`] is true.
    fn js_app_id(&self) -> &str {
        self.app_id().as_str()
    }

    /// The ticket with which pages sign their JS-SDK configuration. Secret.
    ///
    /// Only asked of providers whose [`Abilities::js_sdk`] is true. Shared between replicas and fetched rarely.
    async fn js_ticket(&self) -> Result<SecretString, ProviderError> {
        Err(ProviderError::unsupported("this app has no JS-SDK"))
    }
}

impl std::fmt::Debug for AuthorizeRequest<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AuthorizeRequest").field("scope", &self.scope).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for KeptSecrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KeptSecrets(…)")
    }
}
