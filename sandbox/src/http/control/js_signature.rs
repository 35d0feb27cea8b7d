//! The correct signature of a page's JS-SDK configuration, for comparison with a caller's own.

use axum::body::Bytes;
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;

use crate::signature;

use super::{ControlRefusal, either, read};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Page {
    ticket: String,
    noncestr: String,
    timestamp: i64,
    url: String,
}

/// `POST /_sandbox/js-signature`
pub(super) async fn js_signature(body: Bytes) -> Response {
    let page: Result<Page, ControlRefusal> = read(&body);
    either(page.map(|Page { ticket, noncestr, timestamp, url }| {
        json!({ "signature": signature::js_sdk(&ticket, &noncestr, timestamp, &url) })
    }))
}
