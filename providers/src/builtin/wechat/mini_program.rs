//! A WeChat mini program (小程序): `wx.login()` returns the code without asking the person.
//! <https://developers.weixin.qq.com/miniprogram/dev/server/API/user-login/api_code2session>

use std::sync::Arc;

use async_trait::async_trait;
use domain::login::Proof;
use domain::{AppId, OpenId, OpenKey, PhoneNumber, Profile, UnionScope};
use secrecy::ExposeSecret;

use super::config::{WeChatApp, could_issue};
use super::errcode::Credential;
#[cfg(feature = "contract")]
use super::{beyond_tape, tape};
use super::{component, encrypted, global_token, telephone};
#[cfg(feature = "contract")]
use crate::contract::{Answer, Scene, Tape};
use crate::{
    Abilities, EncryptedData, Exchange, Factory, IdentityProvider, JsonAnswer, LoginCode, PhoneCheck, PhoneCode,
    ProviderError, PushReader, ShownPhone, Start, UnionIds,
};

/// Builds mini program providers.
pub(in crate::builtin) const FACTORY: Factory =
    Factory { kind: "wechat-mini-program", build: |settings| Ok(Arc::new(MiniProgram(WeChatApp::read(settings)?))) };

/// A session of `/sns/jscode2session`, or of the platform's call. Its session key never leaves the server.
struct Session {
    open_id: OpenId,
    answer: JsonAnswer,
}

impl Session {
    fn read(answer: JsonAnswer) -> Result<Self, ProviderError> {
        Ok(Self { open_id: answer.needed("openid")?, answer })
    }
}

#[derive(Debug)]
pub(super) struct MiniProgram(pub(super) WeChatApp);

impl MiniProgram {
    /// Exchanges a login code for a session. This spends the code.
    async fn session(&self, code: &LoginCode) -> Result<Session, ProviderError> {
        let app = &self.0;
        if let Some(platform) = &app.platform {
            let answer = component::redeem(platform, app, "/sns/component/jscode2session", ("js_code", code)).await?;
            return Session::read(answer);
        }
        let query = [
            ("appid", app.app_id.as_str()),
            ("secret", app.secret.expose_secret()),
            ("js_code", code.expose()),
            ("grant_type", "authorization_code"),
        ];
        let answer = app.api.get("/sns/jscode2session", &query).await;
        Session::read(answer.map_err(|failure| Credential::AppSecret.explain(failure))?)
    }

    /// Decrypts data with the key of a session. Data of the right kind has the field `has`.
    fn open(&self, session: &Session, data: &EncryptedData, has: &str) -> Result<JsonAnswer, ProviderError> {
        let key = session.answer.needed_secret("session_key")?;
        encrypted::open(data, &key, (&self.0.app_id, has))
    }

    /// Returns the profile in the data that `wx.getUserInfo` and `wx.getUserProfile` encrypt for the person of a session.
    /// Its union id is not read: the data passes through the client and is not signed, so it proves nothing.
    /// <https://developers.weixin.qq.com/miniprogram/dev/framework/open-ability/signature.html>
    fn profile(&self, session: &Session, data: &EncryptedData) -> Result<Profile, ProviderError> {
        let info = self.open(session, data, "nickName")?;
        // The data of `wx.getUserProfile` has no open id.
        if info.value("openId").is_some_and(|open_id| open_id != session.open_id.as_str()) {
            return Err(encrypted::stale("is about another person"));
        }
        let [nickname, picture] = ["nickName", "avatarUrl"].map(|name| info.text(name).unwrap_or_default());
        Ok(Profile::new(&nickname, &picture))
    }
}

#[async_trait]
impl IdentityProvider for MiniProgram {
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
        Start::HostApp
    }

    /// Profiles come only with encrypted data and are mostly anonymous today; a real one is passed on.
    fn abilities(&self) -> Abilities {
        let phone = &[PhoneCheck::Quick, PhoneCheck::RealTime];
        self.0.abilities(Abilities { union_ids: UnionIds::Sometimes, phone, profile: true, js_sdk: false })
    }

    fn could_issue(&self, code: &LoginCode) -> bool {
        could_issue(code.expose())
    }

    fn could_issue_for_phone(&self, code: &PhoneCode) -> bool {
        could_issue(code.expose())
    }

    fn push_reader(&self) -> Option<&dyn PushReader> {
        Some(&self.0)
    }

    async fn exchange(&self, login: &Exchange<'_>) -> Result<Proof, ProviderError> {
        let session = self.session(login.code).await?;
        let profile = login.encrypted.map(|data| self.profile(&session, data)).transpose()?.unwrap_or_default();
        let union = self.0.union(&session.answer)?;
        Ok(Proof { key: OpenKey { app: self.0.app_id.clone(), open_id: session.open_id }, union, profile })
    }

    async fn phone_number(&self, shown: &ShownPhone) -> Result<PhoneNumber, ProviderError> {
        let telephone = match shown {
            ShownPhone::Code(code) => {
                let object = [("code", code.expose())];
                let answer = global_token::post(&self.0, "/wxa/business/getuserphonenumber", &object).await?;
                answer.needed_object("phone_info")?
            }
            ShownPhone::Encrypted { login, data } => self.open(&self.session(login).await?, data, "purePhoneNumber")?,
        };
        telephone::number(&telephone, &self.0.app_id)
    }
}

/// WeChat's answers to a mini program login.
#[cfg(feature = "contract")]
pub(in crate::builtin) const TAPE: Tape = Tape {
    factory: FACTORY,
    settings: tape::settings,
    spends_code: |call| call.path == "/sns/jscode2session",
    redirect_uri: None,
    reads_profile: |_| false,
    needed: |_| &["openid", "unionid"],
    person: tape::PERSON,
    good_code: |scene| session(scene, tape::PERSON.union_id),
    without_union_id: Some(|scene| session(scene, None)),
    used_code: |_| tape::refusal(40163, "code been used"),
    forged_code: |_| tape::refusal(40029, "invalid code"),
    expired_code: |_| tape::refusal(40029, "invalid code"),
    quota: |_| tape::refusal(45011, "api minute-quota reach limit  mustslower  retry next minute"),
    wrong_secret: |_| tape::refusal(40125, "invalid appsecret"),
    unknown_error: |_| tape::refusal(999_999, "words of another year"),
    beyond_logins: beyond_tape::PUSHES,
};

/// Answers a good code.
#[cfg(feature = "contract")]
fn session(scene: &Scene<'_>, union_id: Option<&str>) -> Answer {
    if scene.call.path != "/sns/jscode2session" {
        return tape::nowhere();
    }
    // The session key is the token of a mini program login: its holder can forge the person's data.
    let body = serde_json::json!({ "session_key": crate::contract::TOKEN, "openid": tape::PERSON.open_id });
    tape::refused_exchange(scene.call, "js_code").unwrap_or_else(|| tape::with_union_id(body, union_id))
}
