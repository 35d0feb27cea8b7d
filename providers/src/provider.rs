//! The [`IdentityProvider`] trait and its parameters. See `factory` for construction and `layer` for run-time limits.

use std::time::Duration;

use async_trait::async_trait;
use domain::login::Proof;
use domain::{AppId, PhoneNumber, UnionScope};
use secrecy::SecretString;

use crate::{Abilities, EncryptedData, ErrorKind, Followers, LoginCode, PhoneCode, ProviderError, PushReader, Start};

/// What a login requests from the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum LoginScope {
    /// An open id only, without asking for consent.
    Base,
    /// Also nickname, picture and union id; the person is asked for consent.
    #[default]
    UserInfo,
}

/// A browser login that is about to start.
#[derive(Clone, Copy)]
pub struct AuthorizeRequest<'a> {
    /// The address that the upstream returns the browser to.
    pub redirect_uri: &'a str,
    /// The one-time value that returns with the code: `[a-zA-Z0-9]`, at most 128 bytes.
    pub state: &'a str,
    /// What to request.
    pub scope: LoginScope,
    /// The secrets that the server stores for the exchange.
    pub kept: &'a KeptSecrets,
}

/// The secrets that the server generates when a browser login begins, stores with its state, and needs for the exchange.
/// WeChat uses neither; OAuth 2.1 and `OpenID` Connect require both. `Debug` does not print them.
#[derive(Clone)]
pub struct KeptSecrets {
    /// Repeated in the ID token (`OpenID` Connect Core 1.0, section 3.1.2.1): `[a-zA-Z0-9]`, at least 128 random bits.
    pub nonce: SecretString,
    /// Its S256 hash goes into the authorize URL (RFC 7636 section 4.1): 43 to 128 characters.
    pub code_verifier: SecretString,
}

/// A login that returns with its code.
#[derive(Debug, Clone, Copy)]
pub struct Exchange<'a> {
    /// The code, which this exchange spends.
    pub code: &'a LoginCode,
    /// How the login began; `None` when no browser was involved, or when the app allows codes without a state.
    pub begun: Option<&'a BegunLogin>,
    /// Data that the host app encrypted, if the client sent it along.
    pub encrypted: Option<&'a EncryptedData>,
}

impl<'a> Exchange<'a> {
    /// Creates the exchange of a code without a stored state or encrypted data.
    #[must_use]
    pub const fn of(code: &'a LoginCode) -> Self {
        Self { code, begun: None, encrypted: None }
    }

    /// Returns what was stored when the login began, for upstreams that require a part of it again.
    ///
    /// # Errors
    ///
    /// [`CodeRejected`](crate::ErrorKind::CodeRejected) if nothing was stored. The code is unspent.
    pub fn needed_begun(&self) -> Result<&'a BegunLogin, ProviderError> {
        self.begun.ok_or_else(|| {
            let detail = "the code came without its state, which is required to redeem it";
            ProviderError::new(ErrorKind::CodeRejected, detail).unspent()
        })
    }
}

/// What was stored when a browser login began.
#[derive(Debug, Clone)]
pub struct BegunLogin {
    /// The address that the upstream was told to return the browser to; OAuth requires it again, unchanged.
    pub redirect_uri: String,
    /// The secrets of this login.
    pub kept: KeptSecrets,
}

/// How a person shows a phone number in the host app.
#[derive(Debug, Clone)]
pub enum ShownPhone {
    /// As a code of its own, which the server exchanges.
    Code(PhoneCode),
    /// Encrypted for the server with the key of a login, so that a fresh login code comes along.
    Encrypted {
        /// From a login made *before* the number was requested; it is spent.
        login: LoginCode,
        /// The encrypted number.
        data: EncryptedData,
    },
}

/// A way for one app to prove who a person is.
///
/// Implementations guarantee the following, which the contract (feature `contract`) checks:
///
/// - No secret leaks: no app secret, code, token or session key is in an error, a log line, a span or a returned value,
///   except where a method returns exactly that.
/// - Every failure is a [`ProviderError`] with the [`ErrorKind`](crate::ErrorKind) that says what can be done about it,
///   and the upstream's own number and words as its detail.
/// - A field of an answer that the login does not need never breaks it, whatever its type, and neither does a broken
///   profile. What is needed and wrong is an [`UnexpectedAnswer`](crate::ErrorKind::UnexpectedAnswer) that names the field.
///   [`JsonAnswer`](crate::JsonAnswer) reads answers in this way.
/// - Upstreams are called through the [`Http`](crate::Http) of the settings, which limits time and size.
/// - No state is kept between calls that another replica would need: shared tokens belong to the
///   [`TokenKeeper`](crate::TokenKeeper) of the settings.
///
/// [`layer::Layered`](crate::layer::Layered) adds deadlines, a limit of concurrent calls, a circuit breaker, spans and
/// counters to any provider; implementations add none of these.
#[async_trait]
pub trait IdentityProvider: Send + Sync + std::fmt::Debug {
    /// The upstream's id of the app; open ids are unique within it. It must not change once people have logged in.
    fn app_id(&self) -> &AppId;

    /// The issuer of the union ids in its proofs; `None` if they carry none.
    fn union_scope(&self) -> Option<&UnionScope>;

    /// Identifies the upstream that calls go to, such as its host name. Apps of one upstream share its limit of concurrent
    /// calls and its circuit breaker.
    fn upstream(&self) -> &str;

    /// How a login starts.
    fn start(&self) -> Start;

    /// What the provider offers beyond an open id. Proofs must conform to it.
    fn abilities(&self) -> Abilities;

    /// Returns whether the upstream can have issued this code. A code that it cannot is refused before anything is counted,
    /// stored or sent.
    ///
    /// Must return `true` for every code that the upstream has issued. By default any code is possible, as in OAuth (RFC
    /// 6749 appendix A.11).
    fn could_issue(&self, code: &LoginCode) -> bool {
        let _ = code;
        true
    }

    /// Like [`could_issue`](Self::could_issue), for the code of a phone button.
    fn could_issue_for_phone(&self, code: &PhoneCode) -> bool {
        let _ = code;
        true
    }

    /// Returns the URL that the browser is sent to. Only called for providers that start in a browser.
    ///
    /// The URL contains `redirect_uri` and `state` as given, percent-encoded once, and never the secret or the verifier.
    ///
    /// # Errors
    ///
    /// Those of discovery, for upstreams that have one.
    async fn authorize_url(&self, request: &AuthorizeRequest<'_>) -> Result<String, ProviderError> {
        let _ = request;
        Err(ProviderError::unsupported("logins of this app do not begin in a browser"))
    }

    /// Spends the code at the upstream, in exactly one request, and returns the proof of who the person is.
    ///
    /// The request that spends the code is never retried: a code whose first answer was lost is spent (WeChat answers
    /// 40163). If nothing was sent at all, the error reports it with [`ProviderError::code_is_unspent`], which
    /// [`Http`](crate::Http) sets by itself.
    ///
    /// The proof's open id is the upstream's for this app, never a value from the client. An absent, empty or blank union
    /// id is `None`. A profile that the upstream anonymised is an empty [`Profile`](domain::Profile).
    async fn exchange(&self, login: &Exchange<'_>) -> Result<Proof, ProviderError>;

    /// Whether [`exchange_with_groups`](Self::exchange_with_groups) tells the groups of a person.
    fn tells_groups(&self) -> bool {
        false
    }

    /// Like [`exchange`](Self::exchange), for a login whose groups decide what the person may do. Returns the names of the groups in
    /// which the upstream has the person, without those of nested groups unless the upstream tells them.
    ///
    /// Only called for providers that [tell groups](Self::tells_groups). What is wrong with the groups is an error, and never an empty
    /// list.
    async fn exchange_with_groups(&self, login: &Exchange<'_>) -> Result<(Proof, Vec<String>), ProviderError> {
        let _ = login;
        Err(ProviderError::unsupported("this app tells no groups"))
    }

    /// Returns the phone number that the person showed in the host app. Spends the code.
    ///
    /// Only called for providers whose [`Abilities::phone`] is not empty. The upstream vouches for the number: a watermark
    /// of another app is [`UnexpectedAnswer`](crate::ErrorKind::UnexpectedAnswer).
    async fn phone_number(&self, shown: &ShownPhone) -> Result<PhoneNumber, ProviderError> {
        let _ = shown;
        Err(ProviderError::unsupported("this app shows no phone numbers"))
    }

    /// Returns the text of a QR code that brings people to follow the app. Scanning it is pushed to the app's address with the
    /// scene ([`PersonPushed::Followed`](crate::PersonPushed), [`PersonPushed::Scanned`](crate::PersonPushed)).
    ///
    /// `scene` has at most 64 letters, digits and hyphens.
    async fn follow_qr(&self, scene: &str, life: Duration) -> Result<String, ProviderError> {
        let _ = (scene, life);
        Err(ProviderError::unsupported("this app has no followers"))
    }

    /// Reads what the upstream pushes to the app's address; `None` if it pushes nothing.
    fn push_reader(&self) -> Option<&dyn PushReader> {
        None
    }

    /// The app's id in the JS-SDK: the `appId` of `wx.config`.
    ///
    /// Only called for providers whose [`Abilities::js_sdk`] is true.
    fn js_app_id(&self) -> &str {
        self.app_id().as_str()
    }

    /// Returns the ticket with which pages sign their JS-SDK configuration. The ticket is secret.
    ///
    /// Only called for providers whose [`Abilities::js_sdk`] is true. Replicas share the ticket, which is fetched rarely.
    async fn js_ticket(&self) -> Result<SecretString, ProviderError> {
        Err(ProviderError::unsupported("this app has no JS-SDK"))
    }

    /// Returns the access to the app's followers; `None` if the upstream offers none.
    fn followers(&self) -> Option<&dyn Followers> {
        None
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
