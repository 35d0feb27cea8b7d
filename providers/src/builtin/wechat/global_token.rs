//! Calls with the app's global access token, which all replicas share, and the JS-SDK ticket fetched with it.
//! See `sns` for the web token of a login, which is unrelated.

use secrecy::{ExposeSecret, SecretString};

use super::config::WeChatApp;
use super::errcode::{self, Credential};
use crate::builtin::tencent::granted;
use crate::{JsonAnswer, KeptToken, ProviderError};

/// Sends a POST request with a JSON object of strings and the global token.
pub(super) async fn post(app: &WeChatApp, path: &str, object: &[(&str, &str)]) -> Result<JsonAnswer, ProviderError> {
    let call = |token: SecretString| async move {
        let query = [("access_token", token.expose_secret())];
        app.api.post(path, &query, object).await.map_err(errcode::with_global_token)
    };
    app.token.call(|| fetch_token(app), call).await
}

/// Returns the ticket with which pages sign their JS-SDK configuration.
/// <https://developers.weixin.qq.com/doc/service/guide/h5/jssdk.html>
pub(super) async fn js_ticket(app: &WeChatApp) -> Result<SecretString, ProviderError> {
    let call = |token: SecretString| async move {
        let query = [("access_token", token.expose_secret()), ("type", "jsapi")];
        let answer = app.api.get("/cgi-bin/ticket/getticket", &query).await.map_err(errcode::with_global_token)?;
        Ok(granted(&answer, "ticket")?)
    };
    app.ticket.get(|| app.token.call(|| fetch_token(app), call)).await
}

/// Calls `POST /cgi-bin/stable_token`, which returns the same token to every replica until its last five minutes. Never
/// forces a refresh: that would invalidate the token for the other replicas, and is limited to twenty times a day.
/// <https://developers.weixin.qq.com/doc/service/api/base/api_getstableaccesstoken>
async fn fetch_token(app: &WeChatApp) -> Result<KeptToken, ProviderError> {
    let object =
        [("grant_type", "client_credential"), ("appid", app.app_id.as_str()), ("secret", app.secret.expose_secret())];
    let answer = app.api.post("/cgi-bin/stable_token", &[], &object).await;
    granted(&answer.map_err(|failure| Credential::AppSecret.explain(failure))?, "access_token")
}
