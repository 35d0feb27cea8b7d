//! The login of official accounts, website apps and mobile apps: a code, a web token, a profile.
//! Source: "Web page authorization" and "WeChat login", developers.weixin.qq.com.

use domain::login::Proof;
use domain::{OpenId, OpenKey, Profile};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::config::WeChatApp;
use super::errcode::Credential;
use crate::{ErrorKind, LoginCode, ProviderError};

/// The fields of the `/sns/oauth2/access_token` response that the provider reads.
#[derive(Deserialize)]
struct Grant {
    access_token: SecretString,
    openid: String,
    #[serde(default)]
    scope: String,
    unionid: Option<String>,
    /// 1 for a snapshot user, otherwise absent.
    #[serde(default)]
    is_snapshotuser: u8,
}

/// The fields of the `/sns/userinfo` response that the provider reads.
#[derive(Deserialize)]
struct UserInfo {
    #[serde(default)]
    nickname: String,
    #[serde(default)]
    headimgurl: String,
    unionid: Option<String>,
}

/// Exchanges the code and, for more than the base scope, fetches the profile.
pub(super) async fn exchange(app: &WeChatApp, code: &LoginCode) -> Result<Proof, ProviderError> {
    let token = grant(app, code).await?;
    if token.is_snapshotuser == 1 {
        return Err(ProviderError::new(ErrorKind::Snapshot, "WeChat shows the page to a snapshot user"));
    }
    let key = OpenKey { app: app.app_id.clone(), open_id: open_id(&token.openid)? };
    if token.scope == "snsapi_base" {
        return Ok(Proof { key, union: app.union(token.unionid.as_deref()), profile: Profile::default() });
    }
    let info = user_info(app, &token).await.map_err(ProviderError::spent)?;
    // An empty union id in the first answer must not hide the one in the second.
    let union = app.union(token.unionid.as_deref()).or_else(|| app.union(info.unionid.as_deref()));
    Ok(Proof { key, union, profile: Profile::new(&info.nickname, &info.headimgurl) })
}

async fn grant(app: &WeChatApp, code: &LoginCode) -> Result<Grant, ProviderError> {
    let query = [
        ("appid", app.app_id.as_str()),
        ("secret", app.secret.expose_secret()),
        ("code", code.expose()),
        ("grant_type", "authorization_code"),
    ];
    let grant = app.api.get("/sns/oauth2/access_token", &query).await;
    grant.map_err(|failure| Credential::AppSecret.explain(failure))
}

async fn user_info(app: &WeChatApp, token: &Grant) -> Result<UserInfo, ProviderError> {
    let query =
        [("access_token", token.access_token.expose_secret()), ("openid", token.openid.as_str()), ("lang", "zh_CN")];
    let info = app.api.get("/sns/userinfo", &query).await;
    info.map_err(|failure| Credential::WebToken.explain(failure))
}

/// Parses an open id from WeChat. An empty or malformed one is an error.
pub(super) fn open_id(told: &str) -> Result<OpenId, ProviderError> {
    told.parse().map_err(|e| {
        ProviderError::new(ErrorKind::UnexpectedAnswer, "the answer of WeChat has no usable openid").caused_by(e)
    })
}
