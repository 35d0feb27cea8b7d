//! The login of official accounts, website apps and mobile apps: a code, a web token, a profile.
//! Source: "Web page authorization" and "WeChat login", developers.weixin.qq.com.

use domain::login::Proof;
use domain::{OpenId, OpenKey, Profile, UnionKey};
use secrecy::ExposeSecret;
use serde_json::Value;

use super::component;
use super::config::WeChatApp;
use super::errcode::Credential;
use crate::{ErrorKind, JsonAnswer, LoginCode, ProviderError, UnionIds, without_profile};

/// Exchanges the code and, for more than the base scope, fetches the profile. `union_ids` are those that the kind of app
/// declares: where WeChat always sends one, an answer without it is wrong.
pub(super) async fn exchange(app: &WeChatApp, code: &LoginCode, union_ids: UnionIds) -> Result<Proof, ProviderError> {
    let grant = grant(app, code).await?;
    if is_snapshot(&grant)? {
        return Err(ProviderError::new(ErrorKind::Snapshot, "WeChat shows the page to a snapshot user"));
    }
    let key = OpenKey { app: app.app_id.clone(), open_id: grant.needed("openid")? };
    let union = app.union(&grant)?;
    let (late, profile) = match grant.text("scope").as_deref() {
        Some("snsapi_base") => (None, Profile::default()),
        _ => user_info(app, &grant, (&key.open_id, union.is_some())).await.map_err(ProviderError::spent)?,
    };
    // An empty union id in the first answer must not hide the one in the second.
    let union = union.or(late);
    if union.is_none() && union_ids == UnionIds::Always {
        return Err(grant.wrong("unionid", "is missing or empty, also in the profile"));
    }
    Ok(Proof { key, union, profile })
}

/// Calls `GET /sns/oauth2/access_token`, or that of the platform, which spends the code.
async fn grant(app: &WeChatApp, code: &LoginCode) -> Result<JsonAnswer, ProviderError> {
    if let Some(platform) = &app.platform {
        return component::redeem(platform, app, "/sns/oauth2/component/access_token", ("code", code)).await;
    }
    let query = [
        ("appid", app.app_id.as_str()),
        ("secret", app.secret.expose_secret()),
        ("code", code.expose()),
        ("grant_type", "authorization_code"),
    ];
    let grant = app.api.get("/sns/oauth2/access_token", &query).await;
    grant.map_err(|failure| Credential::AppSecret.explain(failure))
}

/// Returns whether `is_snapshotuser` is set: 1 for a snapshot user, otherwise absent.
fn is_snapshot(grant: &JsonAnswer) -> Result<bool, ProviderError> {
    match grant.known("is_snapshotuser")? {
        Some(Value::Bool(is_snapshot)) => Ok(is_snapshot),
        _ => Ok(grant.whole_number("is_snapshotuser")?.is_some_and(|number| number != 0)),
    }
}

/// Calls `GET /sns/userinfo` and returns the union id and the profile.
async fn user_info(
    app: &WeChatApp,
    grant: &JsonAnswer,
    (open_id, has_union): (&OpenId, bool),
) -> Result<(Option<UnionKey>, Profile), ProviderError> {
    let token = grant.needed_secret("access_token")?;
    let query = [("access_token", token.expose_secret()), ("openid", open_id.as_str()), ("lang", "zh_CN")];
    let info = app.api.get("/sns/userinfo", &query).await.map_err(|failure| Credential::WebToken.explain(failure));
    match info {
        Ok(info) => {
            let [nickname, picture] = ["nickname", "headimgurl"].map(|name| info.text(name).unwrap_or_default());
            let union = if has_union { None } else { app.union(&info)? };
            Ok((union, Profile::new(&nickname, &picture)))
        }
        // Without it, only the profile is missing: both ids are known, or the app reads no union ids.
        Err(error) if (has_union || app.union_scope.is_none()) && !error.kind.is_about_the_login() => {
            Ok((None, without_profile(&error)))
        }
        Err(error) => Err(error),
    }
}
