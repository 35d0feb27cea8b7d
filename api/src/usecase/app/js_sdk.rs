//! Signs pages for WeChat's JS-SDK. The provider fetches and shares the ticket.

use data_encoding::HEXLOWER;
use domain::AppName;
use secrecy::{ExposeSecret, SecretString};
use sha1::{Digest, Sha1};

use crate::config::PageAddress;
use crate::error::{ApiError, ErrorCode};
use crate::random;
use crate::service::Service;

/// The parameters of `wx.config`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsSdkConfig {
    /// The app's id in the script.
    pub app_id: String,
    /// The time of the signature, in seconds since 1970.
    pub timestamp: i64,
    /// A random string that makes each signature unique.
    pub nonce: String,
    /// The signature.
    pub signature: String,
    /// The signed page: the given address without its fragment.
    pub url: String,
}

/// Signs a page on the app's `js_pages` list.
///
/// # Errors
/// `UNKNOWN_APP`, `NO_JS_SDK` or `PAGE_NOT_ALLOWED`, or an error of the provider that fetches the ticket.
pub async fn js_sdk_config(service: &Service, app: &AppName, url: &str) -> Result<JsSdkConfig, ApiError> {
    let app = super::find(service, app)?;
    if !app.provider.abilities().js_sdk {
        return Err(ApiError::refused(ErrorCode::NoJsSdk));
    }
    let url = url.split('#').next().unwrap_or_default();
    let page: Option<PageAddress> = url.parse().ok();
    if !page.is_some_and(|page| app.js_pages.iter().any(|listed| listed.covers(&page))) {
        return Err(ApiError::refused(ErrorCode::PageNotAllowed));
    }
    let ticket = app.provider.js_ticket().await?;
    let (timestamp, nonce) = (service.clock.now().millis() / 1_000, random::hex());
    let signature = sign(&ticket, &nonce, timestamp, url);
    let app_id = app.provider.js_app_id().to_owned();
    Ok(JsSdkConfig { app_id, timestamp, nonce, signature, url: url.to_owned() })
}

/// Signs the parameters in alphabetical order, with unescaped values, as WeChat requires.
/// <https://developers.weixin.qq.com/doc/offiaccount/OA_Web_Apps/JS-SDK.html>, appendix 1.
fn sign(ticket: &SecretString, nonce: &str, timestamp: i64, url: &str) -> String {
    let ticket = ticket.expose_secret();
    let text = format!("jsapi_ticket={ticket}&noncestr={nonce}&timestamp={timestamp}&url={url}");
    HEXLOWER.encode(&Sha1::digest(text))
}

#[cfg(test)]
mod tests {
    use super::sign;

    #[test]
    fn the_signature_is_wechats() {
        let published = "sM4AOVdWfPE4DxkXGEs8VMCPGGVi4C3VM0P37wVUCFvkVAy_90u5h9nbSlYy3-Sl-HhTdfl2fzFy1AOcHKP7qg";
        for (ticket, nonce, timestamp, url, signature) in [
            // From WeChat's page on the JS-SDK.
            (
                published,
                "Wm3WZYTPz0wzccnW",
                1_414_587_457,
                "http://mp.weixin.qq.com?params=value",
                "0f9de62fce790f9a083d5c99e95740ceb90c27ed",
            ),
            // From an earlier edition of that page.
            (
                published,
                "Wm3WZYTPz0wzccnW",
                1_414_587_457,
                "http://mp.weixin.qq.com",
                "f4d90daf4b3bca3078ab155816175ba34c443a7b",
            ),
            (
                "kgt8ON7yVITDhtdwci0qeSandboxTicketExample",
                "n0nceExample",
                1_760_000_000,
                "https://app.example.test/h5/page?x=1",
                "c5fefe05cb661002d3096c449b3f1df7697419bf",
            ),
        ] {
            assert_eq!(sign(&ticket.to_owned().into(), nonce, timestamp, url), signature, "{url}");
        }
    }
}
