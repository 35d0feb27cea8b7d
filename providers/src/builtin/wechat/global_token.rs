//! Calls with the app's global access token, which all replicas share, and the JS-SDK ticket fetched with it.
//! See `sns` for the web token of a login, which is unrelated.

use std::net::IpAddr;
use std::time::Duration;

use domain::OpenId;
use ipnet::IpNet;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use super::component;
use super::config::WeChatApp;
use super::errcode::{self, Credential};
use crate::builtin::tencent::{Failure, granted};
use crate::{JsonAnswer, KeptToken, ProviderError};

/// Sends a POST request with a JSON object of strings and the global token.
pub(super) async fn post(app: &WeChatApp, path: &str, object: &[(&str, &str)]) -> Result<JsonAnswer, ProviderError> {
    let call = |token: SecretString| async move {
        let query = [("access_token", token.expose_secret())];
        app.api.post(path, &query, object).await.map_err(errcode::with_global_token)
    };
    app.token.call(|| fetch_token(app), call).await
}

/// Returns the text of a parametric QR code (带参数二维码), which only certified service accounts have.
/// <https://developers.weixin.qq.com/doc/service/guide/product/qrcode.html>
pub(super) async fn follow_qr(app: &WeChatApp, scene: &str, life: Duration) -> Result<String, ProviderError> {
    let order = json!({
        "expire_seconds": life.as_secs(),
        "action_name": "QR_STR_SCENE",
        "action_info": { "scene": { "scene_str": scene } },
    });
    let order = &order;
    let call = |token: SecretString| async move {
        let query = [("access_token", token.expose_secret())];
        app.api.post_body("/cgi-bin/qrcode/create", &query, (order, &[])).await.map_err(errcode::with_global_token)
    };
    app.token.call(|| fetch_token(app), call).await?.needed_text("url")
}

/// Returns the addresses that WeChat pushes from. Some are blocks, such as `101.226.103.0/25`.
/// <https://developers.weixin.qq.com/doc/service/api/base/api_getcallbackip.html>
pub(super) async fn push_senders(app: &WeChatApp) -> Result<Vec<IpNet>, ProviderError> {
    let answer = get(app, "/cgi-bin/getcallbackip", None).await?;
    let read = |text: &str| text.parse::<IpNet>().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from));
    let list = answer.value("ip_list");
    let list = list.as_ref().and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let senders: Vec<IpNet> = list.iter().filter_map(|sender| read(sender.as_str()?)).collect();
    if senders.is_empty() { Err(answer.wrong("ip_list", "is not a list of addresses")) } else { Ok(senders) }
}

/// Sends a GET request with the global token and at most one other parameter.
pub(super) async fn get(
    app: &WeChatApp,
    path: &str,
    parameter: Option<(&str, &str)>,
) -> Result<JsonAnswer, ProviderError> {
    let call = |token: SecretString| async move {
        let query: Vec<_> = [("access_token", token.expose_secret())].into_iter().chain(parameter).collect();
        app.api.get(path, &query).await.map_err(errcode::with_global_token)
    };
    app.token.call(|| fetch_token(app), call).await
}

/// The answer to a request about a list of openIds.
pub(super) enum ListAnswer {
    /// The answer.
    Answered(JsonAnswer),
    /// WeChat does not accept one of the openIds, and answers about none of them.
    BadOpenId,
}

/// The number for a list in which one openId is not valid for the app.
const INVALID_OPENID: i64 = 40003; // invalid openid

/// Sends a POST request about a list of openIds with the global token.
pub(super) async fn post_list(
    app: &WeChatApp,
    path: &str,
    (body, open_ids): (&Value, &[OpenId]),
) -> Result<ListAnswer, ProviderError> {
    let call = |token: SecretString| async move {
        let query = [("access_token", token.expose_secret())];
        match app.api.post_body(path, &query, (body, open_ids)).await {
            Ok(answer) => Ok(ListAnswer::Answered(answer)),
            Err(Failure::Refused { number: INVALID_OPENID, .. }) => Ok(ListAnswer::BadOpenId),
            Err(failure) => Err(errcode::with_global_token(failure)),
        }
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
///
/// A platform fetches the token of an app that authorized it.
async fn fetch_token(app: &WeChatApp) -> Result<KeptToken, ProviderError> {
    if let Some(platform) = &app.platform {
        return component::authorizer_token(platform, app).await;
    }
    let object =
        [("grant_type", "client_credential"), ("appid", app.app_id.as_str()), ("secret", app.secret.expose_secret())];
    let answer = app.api.post("/cgi-bin/stable_token", &[], &object).await;
    granted(&answer.map_err(|failure| Credential::AppSecret.explain(failure))?, "access_token")
}
