//! Apps as clients see them: what a sign-in button needs, and signed configurations for the JS-SDK. See [`crate::apps`]
//! for settings and secrets.

use async_graphql::{Context, Enum, Object, SimpleObject};
use providers::{Start, UnionIds};

use crate::error::{ApiError, ErrorCode};
use crate::graphql::{Alone, alone, client_address, service};
use crate::usecase::Work;

/// An app that people sign in through.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct App {
    /// The app's name, for the `app` argument of the login fields.
    name: String,
    /// The text of a sign-in button.
    title: String,
    /// The kind of app, as in the configuration: `wechat-official-account`, `oidc` and so on; docs/providers.md lists them.
    kind: String,
    /// The provider's app id; openIds are unique per app id. At WeChat it is the public `AppID`, which WeChat's SDKs and
    /// scripts need.
    app_id: String,
    /// How a login starts.
    start: LoginStart,
    /// Whether logins through this app return a unionId.
    union_ids: UnionIdAbility,
    /// The `kind` that `bindPhoneWithWechat` accepts for this app. Empty if the app cannot provide phone numbers.
    phone: Vec<PhoneCheck>,
    /// Whether logins through this app can return a nickname or a picture.
    profile: bool,
    /// Whether `jsSdkConfig` works for this app.
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

/// How a client starts a login and gets the login code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(in crate::graphql) enum LoginStart {
    /// Redirect the browser to the `authorizeUrl` of `beginLogin`; the browser returns with a code.
    Redirect,
    /// Show the `authorizeUrl` of `beginLogin`, a page with a QR code; the browser returns with a code.
    QrPage,
    /// Get the code from the provider's SDK in the native app.
    NativeSdk,
    /// Get the code from the host app: `wx.login()` in a mini program.
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

/// Whether logins through an app return a unionId.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(in crate::graphql) enum UnionIdAbility {
    /// No login returns a unionId.
    Never,
    /// Some logins do. It depends on the scope, the person, and when the app was added to the Open Platform account.
    Sometimes,
    /// Every login returns a unionId.
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

/// How WeChat verified a phone number. It depends on the mini program component that the person tapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "providers::PhoneCheck")]
pub(in crate::graphql) enum PhoneCheck {
    /// `getPhoneNumber`: the number was bound to the WeChat account at some time in the past.
    Quick,
    /// `getRealtimePhoneNumber`: WeChat has just verified the number by SMS.
    RealTime,
}

use crate::usecase;

/// The parameters of `wx.config`, except `jsApiList`, which the page chooses.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct JsSdkConfig {
    /// The app's id in the script.
    app_id: String,
    /// The time of the signature, in seconds since 1970-01-01 UTC.
    timestamp: i64,
    /// A random string that makes each signature unique.
    nonce_str: String,
    /// The signature.
    signature: String,
    /// The signed page: the given address without its fragment. The signature is valid for this page only.
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
    /// All apps that people can sign in through.
    async fn apps(&self, ctx: &Context<'_>) -> Vec<App> {
        usecase::app::all(service(ctx)).iter().map(App::from).collect()
    }

    /// Signs a page for WeChat's JS-SDK (`wx.config`). WeChat on iOS compares the address with which the page was
    /// loaded, also after a single-page app has changed it. All others compare the present address: there, request a
    /// new signature after every change.
    async fn js_sdk_config(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The app's name.")] app: String,
        #[graphql(desc = "The page's address, unchanged. It must be on the app's `js_pages` list.")] url: String,
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
