//! Calls of a third-party platform (第三方平台) for the apps that authorized it. See `platform` for the documents.

use secrecy::{ExposeSecret, SecretString};

use super::config::{Platform, WeChatApp};
use super::errcode::{self, Credential};
use crate::builtin::tencent::{Api, granted};
use crate::{CallError, JsonAnswer, KeptToken, LoginCode, ProviderError};

/// Exchanges a code of the app, whose parameter has this name, with the platform's token. This spends the code.
pub(super) async fn redeem(
    platform: &Platform,
    app: &WeChatApp,
    path: &str,
    (name, code): (&str, &LoginCode),
) -> Result<JsonAnswer, ProviderError> {
    let call = |token: SecretString| async move {
        let query = [
            ("appid", app.app_id.as_str()),
            (name, code.expose()),
            ("grant_type", "authorization_code"),
            ("component_appid", platform.app_id.as_str()),
            ("component_access_token", token.expose_secret()),
        ];
        app.api.get(path, &query).await.map_err(errcode::with_global_token)
    };
    platform.token.call(|| fetch_token(platform, &app.api), call).await
}

/// Returns a token of an app that authorized the platform.
pub(super) async fn authorizer_token(platform: &Platform, app: &WeChatApp) -> Result<KeptToken, ProviderError> {
    let call = |token: SecretString| async move {
        let ids = [("component_appid", platform.app_id.as_str()), ("authorizer_appid", app.app_id.as_str())];
        let info = post(&app.api, "api_get_authorizer_info", &token, &ids).await?;
        let refresh = info.needed_object("authorization_info")?.needed_secret("authorizer_refresh_token")?;
        let object = [ids[0], ids[1], ("authorizer_refresh_token", refresh.expose_secret())];
        let answer = post(&app.api, "api_authorizer_token", &token, &object).await?;
        Ok(granted(&answer, "authorizer_access_token")?)
    };
    platform.token.call(|| fetch_token(platform, &app.api), call).await
}

/// Calls `POST /cgi-bin/component/api_component_token` with the ticket that was pushed last.
async fn fetch_token(platform: &Platform, api: &Api) -> Result<KeptToken, ProviderError> {
    let ticket = platform.verify_ticket.get().await?;
    let object = [
        ("component_appid", platform.app_id.as_str()),
        ("component_appsecret", api.secret.expose_secret()),
        ("component_verify_ticket", ticket.expose_secret()),
    ];
    let answer = api.post("/cgi-bin/component/api_component_token", &[], &object).await;
    granted(&answer.map_err(|failure| Credential::AppSecret.explain(failure))?, "component_access_token")
}

/// Sends a POST request of the platform about an app.
async fn post(api: &Api, call: &str, token: &SecretString, object: &[(&str, &str)]) -> Result<JsonAnswer, CallError> {
    let query = [("component_access_token", token.expose_secret())];
    let answer = api.post(&format!("/cgi-bin/component/{call}"), &query, object).await;
    answer.map_err(errcode::with_global_token)
}
