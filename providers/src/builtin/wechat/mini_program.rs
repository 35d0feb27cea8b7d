//! A WeChat mini program (小程序): `wx.login()` gives the code, without asking the person.
//! <https://developers.weixin.qq.com/miniprogram/dev/server/API/user-login/api_code2session>

use std::sync::Arc;

use async_trait::async_trait;
use domain::linking::Proof;
use domain::{AppId, OpenKey, Profile, UnionScope};
use secrecy::ExposeSecret;
use serde::Deserialize;

use super::config::WeChatApp;
use super::{sns, wire};
use crate::{Abilities, Exchange, Factory, IdentityProvider, ProviderError, Start, UnionIds};

/// Makes providers of this kind.
pub(in crate::builtin) const FACTORY: Factory =
    Factory { kind: "wechat-mini-program", build: |settings| Ok(Arc::new(MiniProgram(WeChatApp::read(settings)?))) };

/// The answer of `/sns/jscode2session`; its `session_key` is not read, since nothing here decrypts with it.
#[derive(Deserialize)]
struct Session {
    openid: String,
    unionid: Option<String>,
}

#[derive(Debug)]
struct MiniProgram(WeChatApp);

#[async_trait]
impl IdentityProvider for MiniProgram {
    fn app_id(&self) -> &AppId {
        &self.0.app_id
    }

    fn union_scope(&self) -> Option<&UnionScope> {
        self.0.union_scope.as_ref()
    }

    fn upstream(&self) -> &str {
        self.0.upstream()
    }

    fn start(&self) -> Start {
        Start::HostApp
    }

    fn abilities(&self) -> Abilities {
        self.0.abilities(Abilities { union_ids: UnionIds::Sometimes, phone: &[], profile: false, js_sdk: false })
    }

    async fn exchange(&self, login: &Exchange<'_>) -> Result<Proof, ProviderError> {
        let app = &self.0;
        let query = [
            ("appid", app.app_id.as_str()),
            ("secret", app.secret.expose_secret()),
            ("js_code", login.code.expose()),
            ("grant_type", "authorization_code"),
        ];
        let session: Session = wire::get(app, "/sns/jscode2session", &query).await?;
        Ok(Proof {
            key: OpenKey { app: app.app_id.clone(), open_id: sns::open_id(&session.openid)? },
            union: app.union(session.unionid.as_deref()),
            profile: Profile::default(),
        })
    }
}
