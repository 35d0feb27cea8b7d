//! A WeChat mobile app (移动应用): a native app that asks the WeChat client through its SDK.
//! <https://developers.weixin.qq.com/doc/oplatform/Mobile_App/WeChat_Login/Development_Guide.html>

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
use crate::{Abilities, Exchange, Factory, IdentityProvider, LoginCode, ProviderError, Start, UnionIds};

/// Makes providers of this kind.
pub(in crate::builtin) const FACTORY: Factory =
    Factory { kind: "wechat-mobile", build: |settings| Ok(Arc::new(Mobile(WeChatApp::read(settings)?))) };

#[derive(Debug)]
struct Mobile(WeChatApp);

#[async_trait]
impl IdentityProvider for Mobile {
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
        Start::NativeSdk
    }

    fn abilities(&self) -> Abilities {
        self.0.abilities(Abilities { union_ids: UnionIds::Always, phone: &[], profile: true, js_sdk: false })
    }

    fn could_issue(&self, code: &LoginCode) -> bool {
        could_issue(code.expose())
    }

    async fn exchange(&self, login: &Exchange<'_>) -> Result<Proof, ProviderError> {
        sns::exchange(&self.0, login.code).await
    }
}

/// How WeChat answers a mobile app's login.
#[cfg(feature = "contract")]
pub(in crate::builtin) const TAPE: Tape = Tape { factory: FACTORY, ..tape::SNS };
