//! Official accounts (公众号, 服务号), website apps (网站应用) and mobile apps (移动应用), which share the login of `sns`.
//!
//! - Official accounts, web pages inside WeChat: <https://developers.weixin.qq.com/doc/service/guide/h5/auth.html>
//! - Website apps, a QR code on the company's own site:
//!   <https://developers.weixin.qq.com/doc/oplatform/Website_App/WeChat_Login/Wechat_Login.html>
//! - Mobile apps, native apps that ask the WeChat client through its SDK:
//!   <https://developers.weixin.qq.com/doc/oplatform/Mobile_App/WeChat_Login/Development_Guide.html>

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::login::Proof;
use domain::{AppId, UnionScope};
use secrecy::SecretString;

use super::config::{WeChatApp, could_issue};
#[cfg(feature = "contract")]
use super::{beyond_tape, tape};
use super::{global_token, sns};
#[cfg(feature = "contract")]
use crate::contract::Tape;
use crate::{
    Abilities, AuthorizeRequest, Exchange, Factory, Followers, IdentityProvider, LoginCode, LoginScope, Problem,
    ProviderError, PushReader, Settings, Start, UnionIds,
};

/// Builds official accounts.
pub(in crate::builtin) const OFFICIAL_ACCOUNT: Factory =
    Factory { kind: "wechat-official-account", build: |settings| build(Kind::OfficialAccount, settings) };
/// Builds website apps.
pub(in crate::builtin) const WEBSITE: Factory =
    Factory { kind: "wechat-website", build: |settings| build(Kind::Website, settings) };
/// Builds mobile apps.
pub(in crate::builtin) const MOBILE: Factory =
    Factory { kind: "wechat-mobile", build: |settings| build(Kind::Mobile, settings) };

fn build(kind: Kind, settings: Settings) -> Result<Arc<dyn IdentityProvider>, Vec<Problem>> {
    Ok(Arc::new(SnsApp { kind, app: WeChatApp::read(settings)? }))
}

#[derive(Debug)]
pub(super) struct SnsApp {
    pub(super) kind: Kind,
    pub(super) app: WeChatApp,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    OfficialAccount,
    Website,
    Mobile,
}

impl Kind {
    const fn start(self) -> Start {
        match self {
            Self::OfficialAccount => Start::Redirect,
            Self::Website => Start::QrPage,
            Self::Mobile => Start::NativeSdk,
        }
    }

    const fn abilities(self) -> Abilities {
        let (union_ids, js_sdk) = match self {
            Self::OfficialAccount => (UnionIds::Sometimes, true),
            Self::Website | Self::Mobile => (UnionIds::Always, false),
        };
        Abilities { union_ids, phone: &[], profile: true, js_sdk }
    }

    /// Returns the page where a login begins, and its scope. A website has only the scope `snsapi_login`, whatever was
    /// requested.
    const fn page(self, scope: LoginScope) -> Option<(&'static str, &'static str)> {
        match (self, scope) {
            (Self::OfficialAccount, LoginScope::Base) => Some(("/connect/oauth2/authorize", "snsapi_base")),
            (Self::OfficialAccount, LoginScope::UserInfo) => Some(("/connect/oauth2/authorize", "snsapi_userinfo")),
            (Self::Website, _) => Some(("/connect/qrconnect", "snsapi_login")),
            (Self::Mobile, _) => None,
        }
    }
}

#[async_trait]
impl IdentityProvider for SnsApp {
    fn app_id(&self) -> &AppId {
        &self.app.app_id
    }

    fn union_scope(&self) -> Option<&UnionScope> {
        self.app.union_scope.as_ref()
    }

    fn upstream(&self) -> &str {
        self.app.api.host()
    }

    fn start(&self) -> Start {
        self.kind.start()
    }

    fn abilities(&self) -> Abilities {
        self.app.abilities(self.kind.abilities())
    }

    async fn authorize_url(&self, request: &AuthorizeRequest<'_>) -> Result<String, ProviderError> {
        let page = self.kind.page(request.scope);
        let (path, scope) = page.ok_or_else(|| ProviderError::unsupported("a mobile app's login has no web page"))?;
        let mut parameters = vec![
            ("appid", self.app.app_id.as_str()),
            ("redirect_uri", request.redirect_uri),
            ("response_type", "code"),
            ("scope", scope),
            ("state", request.state),
        ];
        parameters.extend(self.app.platform.as_ref().map(|platform| ("component_appid", platform.app_id.as_str())));
        Ok(self.app.page(path, &parameters))
    }

    fn could_issue(&self, code: &LoginCode) -> bool {
        could_issue(code.expose())
    }

    fn push_reader(&self) -> Option<&dyn PushReader> {
        Some(&self.app)
    }

    async fn exchange(&self, login: &Exchange<'_>) -> Result<Proof, ProviderError> {
        sns::exchange(&self.app, login.code, self.abilities().union_ids).await
    }

    async fn follow_qr(&self, scene: &str, life: Duration) -> Result<String, ProviderError> {
        match self.kind {
            Kind::OfficialAccount => global_token::follow_qr(&self.app, scene, life).await,
            Kind::Website | Kind::Mobile => Err(ProviderError::unsupported("only official accounts have followers")),
        }
    }

    async fn js_ticket(&self) -> Result<SecretString, ProviderError> {
        match self.kind {
            Kind::OfficialAccount => global_token::js_ticket(&self.app).await,
            Kind::Website | Kind::Mobile => Err(ProviderError::unsupported("only official accounts have the JS-SDK")),
        }
    }

    fn followers(&self) -> Option<&dyn Followers> {
        match self.kind {
            Kind::OfficialAccount => Some(self),
            Kind::Website | Kind::Mobile => None,
        }
    }
}

/// WeChat's answers to the logins of the three kinds, in the order of their factories.
#[cfg(feature = "contract")]
pub(in crate::builtin) const TAPES: [Tape; 3] = [
    Tape {
        without_union_id: Some(|scene| tape::sns(scene, None)),
        beyond_logins: beyond_tape::FOLLOWED,
        ..tape::of_sns(OFFICIAL_ACCOUNT)
    },
    Tape { beyond_logins: beyond_tape::PUSHES, ..tape::of_sns(WEBSITE) },
    Tape { beyond_logins: beyond_tape::PUSHES, ..tape::of_sns(MOBILE) },
];
