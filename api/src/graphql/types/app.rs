//! What a sign-in button needs to know about an app.
//! The app's settings and secret stay in `crate::apps`.

use async_graphql::{Enum, SimpleObject};
use providers::Start;

/// An app that people log in through.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct App {
    /// What clients say: the `app` argument of the login fields.
    name: String,
    /// What a sign-in button shows.
    title: String,
    /// The kind of app, as in the configuration: `wechat-official-account`, `oidc` and so on; docs/providers.md lists them.
    kind: String,
    /// What openIds hang on: at WeChat the app's public id, which its SDKs and scripts want.
    app_id: String,
    /// How a login starts.
    start: LoginStart,
}

impl From<&crate::apps::App> for App {
    fn from(app: &crate::apps::App) -> Self {
        Self {
            name: app.name.to_string(),
            title: app.title.clone(),
            kind: app.kind.clone(),
            app_id: app.provider.app_id().to_string(),
            start: app.provider.start().into(),
        }
    }
}

/// How a login starts, which is how a client gets a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(in crate::graphql) enum LoginStart {
    /// Send the browser to the `authorizeUrl` of `beginLogin`; it comes back with a code.
    Redirect,
    /// Show the `authorizeUrl` of `beginLogin`, a page with a QR code; the browser comes back with a code.
    QrPage,
    /// The upstream's SDK in the native app gives the code.
    NativeSdk,
    /// The host app gives the code: `wx.login()` in a mini program.
    HostApp,
}

impl From<Start> for LoginStart {
    fn from(start: Start) -> Self {
        match start {
            Start::Redirect => Self::Redirect,
            Start::QrPage => Self::QrPage,
            Start::NativeSdk => Self::NativeSdk,
            Start::HostApp => Self::HostApp,
        }
    }
}
