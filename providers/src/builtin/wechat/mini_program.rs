//! A WeChat mini program (小程序): `wx.login()` gives the code, without asking the person.
//! <https://developers.weixin.qq.com/miniprogram/dev/server/API/user-login/api_code2session>

use std::sync::Arc;

use async_trait::async_trait;
use domain::linking::Proof;
use domain::{AppId, OpenKey, Profile, UnionScope};
use secrecy::ExposeSecret;
use serde::Deserialize;

use super::config::WeChatApp;
#[cfg(feature = "contract")]
use super::tape;
use super::{sns, wire};
#[cfg(feature = "contract")]
use crate::contract::{Answer, Scene, Tape};
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

/// How WeChat answers a mini program's login.
#[cfg(feature = "contract")]
pub(in crate::builtin) const TAPE: Tape = Tape {
    factory: FACTORY,
    settings: tape::settings,
    spends_code: |call| call.path == "/sns/jscode2session",
    person: tape::PERSON,
    good_code: |scene| session(scene, tape::PERSON.union_id),
    without_union_id: Some(|scene| session(scene, None)),
    used_code: |_| tape::refusal(40163, "code been used"),
    forged_code: |_| tape::refusal(40029, "invalid code"),
    expired_code: |_| tape::refusal(40029, "invalid code"),
    quota: |_| tape::refusal(45011, "api minute-quota reach limit  mustslower  retry next minute"),
    wrong_secret: |_| tape::refusal(40125, "invalid appsecret"),
};

/// A good code.
#[cfg(feature = "contract")]
fn session(scene: &Scene<'_>, union_id: Option<&str>) -> Answer {
    if scene.call.path != "/sns/jscode2session" {
        return tape::nowhere();
    }
    // The session key is the token of a mini program's login: whoever has it can forge the person's data.
    let body = serde_json::json!({ "session_key": crate::contract::TOKEN, "openid": tape::PERSON.open_id });
    tape::refused_exchange(scene.call, "js_code").unwrap_or_else(|| tape::with_union_id(body, union_id))
}
