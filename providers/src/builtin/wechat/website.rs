//! A WeChat website app (网站应用): a QR code on the company's own site.
//! <https://developers.weixin.qq.com/doc/oplatform/Website_App/WeChat_Login/Wechat_Login.html>

use std::sync::Arc;

use async_trait::async_trait;
use domain::linking::Proof;
use domain::{AppId, UnionScope};

use super::config::{WeChatApp, could_issue};
use super::sns;
#[cfg(feature = "contract")]
use super::tape;
#[cfg(feature = "contract")]
use crate::contract::Tape;
use crate::{
    Abilities, AuthorizeRequest, Exchange, Factory, IdentityProvider, LoginCode, ProviderError, Start, UnionIds,
};

/// Makes providers of this kind.
pub(in crate::builtin) const FACTORY: Factory =
    Factory { kind: "wechat-website", build: |settings| Ok(Arc::new(Website(WeChatApp::read(settings)?))) };

#[derive(Debug)]
struct Website(WeChatApp);

#[async_trait]
impl IdentityProvider for Website {
    fn app_id(&self) -> &AppId {
        &self.0.app_id
    }

    fn union_scope(&self) -> Option<&UnionScope> {
        self.0.union_scope.as_ref()
    }

    fn upstream(&self) -> &str {
        self.0.api.host()
    }

    fn start(&self) -> Start {
        Start::QrPage
    }

    fn abilities(&self) -> Abilities {
        self.0.abilities(Abilities { union_ids: UnionIds::Always, phone: &[], profile: true, js_sdk: false })
    }

    async fn authorize_url(&self, request: &AuthorizeRequest<'_>) -> Result<String, ProviderError> {
        // `snsapi_login` is the only scope a website has, whatever was asked for.
        let parameters = [
            ("appid", self.0.app_id.as_str()),
            ("redirect_uri", request.redirect_uri),
            ("response_type", "code"),
            ("scope", "snsapi_login"),
            ("state", request.state),
        ];
        Ok(self.0.page("/connect/qrconnect", &parameters))
    }

    fn could_issue(&self, code: &LoginCode) -> bool {
        could_issue(code.expose())
    }

    async fn exchange(&self, login: &Exchange<'_>) -> Result<Proof, ProviderError> {
        sns::exchange(&self.0, login.code).await
    }
}

/// How WeChat answers a website app's login.
#[cfg(feature = "contract")]
pub(in crate::builtin) const TAPE: Tape = Tape { factory: FACTORY, ..tape::SNS };
