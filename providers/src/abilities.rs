//! What a provider can do: how its logins start, and what its proofs carry beyond an open id.

/// How a login starts, that is, how a client gets a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Start {
    /// The browser is redirected to the upstream and returns with a code.
    Redirect,
    /// The browser shows a QR code, the person confirms on the phone, and the browser returns with a code.
    QrPage,
    /// The upstream's SDK in a native app returns the code.
    NativeSdk,
    /// The host app (WeChat, for a mini program) returns the code.
    HostApp,
}

impl Start {
    /// Returns whether the code passes through a browser, where only a `state` ties it to the login that requested it.
    #[must_use]
    pub const fn is_browser(self) -> bool {
        match self {
            Self::Redirect | Self::QrPage => true,
            Self::NativeSdk | Self::HostApp => false,
        }
    }
}

/// What a provider offers beyond an open id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Abilities {
    /// Whether its proofs carry a union id.
    pub union_ids: UnionIds,
    /// How it can vouch for a phone number; empty if it cannot.
    pub phone: &'static [PhoneCheck],
    /// Whether its proofs can carry a nickname or a picture.
    pub profile: bool,
    /// Whether it has tickets for the JS-SDK.
    pub js_sdk: bool,
}

impl Abilities {
    /// Proofs with an open id only.
    pub const OPEN_ID_ONLY: Self = Self { union_ids: UnionIds::Never, phone: &[], profile: false, js_sdk: false };
}

/// Whether proofs carry a union id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UnionIds {
    /// No proof carries one.
    Never,
    /// Some proofs carry one, depending on the scope, the person, or when the app was bound.
    Sometimes,
    /// Every proof carries one. An answer without one is an [`UnexpectedAnswer`](crate::ErrorKind::UnexpectedAnswer): a login
    /// without it would open a second account for a person who has one.
    Always,
}

/// How an upstream verified the phone number that it vouches for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PhoneCheck {
    /// The number was bound to the upstream's account at some earlier time (手机号快速验证).
    Quick,
    /// The number was just verified by SMS (手机号实时验证).
    RealTime,
}
