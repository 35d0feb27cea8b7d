//! What a page's `wx.config` wants, under the names that it has there.
//! How it is signed is the use case's business.

use async_graphql::SimpleObject;

use crate::usecase;

/// What a page hands to `wx.config`, beside the `jsApiList` that it chooses itself.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct JsSdkConfig {
    /// What the script calls the app.
    app_id: String,
    /// When it was signed, in seconds since 1970.
    timestamp: i64,
    /// What makes every signature another one.
    nonce_str: String,
    /// The signature.
    signature: String,
    /// The page that was signed: the address that was sent, up to its `#`. The signature holds for this page alone.
    url: String,
}

impl From<usecase::JsSdkConfig> for JsSdkConfig {
    fn from(config: usecase::JsSdkConfig) -> Self {
        let usecase::JsSdkConfig { app_id, timestamp, nonce, signature, url } = config;
        Self { app_id, timestamp, nonce_str: nonce, signature, url }
    }
}
