//! The trait that every way of signing in implements.
//! How a provider is made from the configuration lives in `factory`.

use async_trait::async_trait;
use domain::linking::Proof;
use domain::{AppId, UnionScope};

use crate::{LoginCode, ProviderError};

/// How a login starts, which is how a client gets a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Start {
    /// The browser goes to the upstream and comes back with a code.
    Redirect,
    /// The browser shows a QR code; the phone confirms; the browser comes back with a code.
    QrPage,
    /// The upstream's SDK in a native app gives the code.
    NativeSdk,
    /// The host app (a mini program's WeChat) gives the code.
    HostApp,
}

impl Start {
    /// Does the code pass through a browser, so that only a `state` ties it to the one who asked?
    #[must_use]
    pub const fn is_browser(self) -> bool {
        match self {
            Self::Redirect | Self::QrPage => true,
            Self::NativeSdk | Self::HostApp => false,
        }
    }
}

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
#[derive(Debug, Clone, Copy)]
pub struct AuthorizeRequest<'a> {
    /// Where the upstream sends the browser back to.
    pub redirect_uri: &'a str,
    /// The one-time value that comes back with the code: `[a-zA-Z0-9]`, at most 128 bytes.
    pub state: &'a str,
    /// How much to ask for.
    pub scope: LoginScope,
}

/// One app's way of proving who a person is.
///
/// Implementations never log, return or keep the secret, a code, a token or a session key.
#[async_trait]
pub trait IdentityProvider: Send + Sync + std::fmt::Debug {
    /// What the upstream calls the app; open ids are unique within it.
    fn app_id(&self) -> &AppId;

    /// The issuer of the union ids that its proofs carry; `None` when they carry none.
    fn union_scope(&self) -> Option<&UnionScope>;

    /// How a login starts.
    fn start(&self) -> Start;

    /// Where to send the browser; `None` when no browser is involved.
    fn authorize_url(&self, request: &AuthorizeRequest<'_>) -> Option<String>;

    /// Spends the code at the upstream, in exactly one request, and says who the person is.
    ///
    /// Never tried again on its own: a code whose first exchange got lost is spent (WeChat answers 40163).
    async fn exchange(&self, code: &LoginCode) -> Result<Proof, ProviderError>;
}
