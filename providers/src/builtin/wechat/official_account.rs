//! A WeChat official account (公众号, 服务号): web pages inside WeChat.
//! <https://developers.weixin.qq.com/doc/service/guide/h5/auth.html>

use std::sync::Arc;

use async_trait::async_trait;
use domain::linking::Proof;
use domain::{AppId, UnionScope};
use secrecy::SecretString;

use super::config::{WeChatApp, could_issue};
#[cfg(feature = "contract")]
use super::tape;
use super::{global_token, sns};
#[cfg(feature = "contract")]
use crate::contract::Tape;
use crate::{
    Abilities, AuthorizeRequest, Exchange, Factory, IdentityProvider, LoginCode, LoginScope, ProviderError, Start,
    UnionIds,
};

/// Makes providers of this kind.
pub(in crate::builtin) const FACTORY: Factory = Factory {
    kind: "wechat-official-account",
    build: |settings| Ok(Arc::new(OfficialAccount(WeChatApp::read(settings)?))),
};

#[derive(Debug)]
struct OfficialAccount(WeChatApp);

#[async_trait]
impl IdentityProvider for OfficialAccount {
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
        Start::Redirect
    }

    fn abilities(&self) -> Abilities {
        self.0.abilities(Abilities { union_ids: UnionIds::Sometimes, phone: &[], profile: true, js_sdk: true })
    }

    async fn authorize_url(&self, request: &AuthorizeRequest<'_>) -> Result<String, ProviderError> {
        let scope = match request.scope {
            LoginScope::Base => "snsapi_base",
            LoginScope::UserInfo => "snsapi_userinfo",
        };
        let parameters = [
            ("appid", self.0.app_id.as_str()),
            ("redirect_uri", request.redirect_uri),
            ("response_type", "code"),
            ("scope", scope),
            ("state", request.state),
        ];
        Ok(self.0.page("/connect/oauth2/authorize", &parameters))
    }

    fn could_issue(&self, code: &LoginCode) -> bool {
        could_issue(code.expose())
    }

    async fn exchange(&self, login: &Exchange<'_>) -> Result<Proof, ProviderError> {
        sns::exchange(&self.0, login.code).await
    }

    async fn js_ticket(&self) -> Result<SecretString, ProviderError> {
        global_token::js_ticket(&self.0).await
    }
}

/// How WeChat answers an official account's login.
#[cfg(feature = "contract")]
pub(in crate::builtin) const TAPE: Tape =
    Tape { factory: FACTORY, without_union_id: Some(|scene| tape::sns(scene, None)), ..tape::SNS };
