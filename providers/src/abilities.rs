//! What a provider can do: how its logins start, and what they tell beyond an open id.
//! How it does it is behind [`IdentityProvider`](crate::IdentityProvider).

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

/// What a provider tells and does beyond an open id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Abilities {
    /// Whether its proofs carry a union id.
    pub union_ids: UnionIds,
    /// How it can vouch for a phone number; empty: not at all.
    pub phone: &'static [PhoneCheck],
    /// Whether its proofs can carry a nickname or a picture.
    pub profile: bool,
    /// Whether it has tickets for the JS-SDK.
    pub js_sdk: bool,
}

impl Abilities {
    /// An open id and nothing else.
    pub const OPEN_ID_ONLY: Self = Self { union_ids: UnionIds::Never, phone: &[], profile: false, js_sdk: false };
}

/// Whether proofs carry a union id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UnionIds {
    /// None does.
    Never,
    /// Some do: it depends on the scope, the person, or when the app was bound.
    Sometimes,
    /// Every one does.
    Always,
}

/// How an upstream came to know the phone number that it vouches for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PhoneCheck {
    /// The number was bound to the upstream's account at some time (手机号快速验证).
    Quick,
    /// The number was proved by an SMS just now (手机号实时验证).
    RealTime,
}
