//! What a sign-in button needs to know about an app.
//! The app's settings and secret stay in `crate::apps`.

use async_graphql::{Context, Enum, Object, SimpleObject};
use providers::{Start, UnionIds};

use crate::error::{ApiError, ErrorCode};
use crate::graphql::{Alone, alone, client_address, service};
use crate::usecase::Work;

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
    /// Whether its logins tell a unionId.
    union_ids: UnionIdAbility,
    /// The `kind` that `bindPhoneWithWechat` takes from it; empty: it shows no phone numbers.
    phone: Vec<PhoneCheck>,
    /// Whether its logins can tell a nickname or a picture.
    profile: bool,
    /// Whether it has tickets for the JS-SDK.
    js_sdk: bool,
}

impl From<&crate::apps::App> for App {
    fn from(app: &crate::apps::App) -> Self {
        let abilities = app.provider.abilities();
        Self {
            name: app.name.to_string(),
            title: app.title.clone(),
            kind: app.kind.clone(),
            app_id: app.provider.app_id().to_string(),
            start: app.provider.start().into(),
            union_ids: abilities.union_ids.into(),
            phone: abilities.phone.iter().filter(|check| **check == app.phone_codes).copied().map(Into::into).collect(),
            profile: abilities.profile,
            js_sdk: abilities.js_sdk,
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

/// Whether the logins of an app tell a unionId.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(in crate::graphql) enum UnionIdAbility {
    /// None does.
    Never,
    /// Some do: it depends on the scope, the person, or when the app was bound.
    Sometimes,
    /// Every one does.
    Always,
}

impl From<UnionIds> for UnionIdAbility {
    fn from(union_ids: UnionIds) -> Self {
        match union_ids {
            UnionIds::Never => Self::Never,
            UnionIds::Sometimes => Self::Sometimes,
            UnionIds::Always => Self::Always,
        }
    }
}

/// How WeChat came to know the phone number that it vouches for, which is which button of the mini program was tapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "providers::PhoneCheck")]
pub(in crate::graphql) enum PhoneCheck {
    /// The number was bound to the WeChat account at some time: `getPhoneNumber`.
    Quick,
    /// The number was proved by an SMS just now: `getRealtimePhoneNumber`.
    RealTime,
}

use crate::usecase;

/// What a page hands to `wx.config`, beside the `jsApiList` that it chooses itself.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct JsSdkConfig {
    /// What the script calls the app.
    app_id: String,
    /// When it was signed, in seconds since 1970.
    timestamp: i64,
    /// What makes every signature another one.
    nonce_str: String,
    /// The signature.
    signature: String,
    /// The page that was signed: the address that was sent, up to its `#`. The signature holds for this page alone.
    url: String,
}

impl From<usecase::app::JsSdkConfig> for JsSdkConfig {
    fn from(config: usecase::app::JsSdkConfig) -> Self {
        let usecase::app::JsSdkConfig { app_id, timestamp, nonce, signature, url } = config;
        Self { app_id, timestamp, nonce_str: nonce, signature, url }
    }
}

#[derive(Debug, Default)]
pub(crate) struct AppQueries;

#[Object]
impl AppQueries {
    /// The apps that people log in through: what sign-in buttons to show.
    async fn apps(&self, ctx: &Context<'_>) -> Vec<App> {
        usecase::app::all(service(ctx)).iter().map(App::from).collect()
    }

    /// What a page needs to call `wx.config`, and so to use WeChat's own script (JS-SDK). Ask anew for every page, and
    /// whenever a single-page app changes its address.
    async fn js_sdk_config(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Through which app.")] app: String,
        #[graphql(desc = "The page: `location.href`, as it is. It must be on the app's `js_pages` list.")] url: String,
    ) -> Alone<JsSdkConfig> {
        let config = async {
            let app = app.parse().map_err(|_| ApiError::refused(ErrorCode::UnknownApp))?;
            let service = service(ctx);
            let work = (Work::Sign, client_address(ctx));
            usecase::caller::within_limits(service, work, usecase::app::js_sdk_config(service, &app, &url))
                .await
                .map(JsSdkConfig::from)
        };
        alone(config.await)
    }
}
