//! `Retry-After`: how long to wait, for clients and proxies that do not read GraphQL (RFC 9110 section 10.2.3).

use async_graphql::{Response, Value};
use axum::http::HeaderValue;

/// Returns the longest wait of an answer's errors, in seconds.
pub(super) fn retry_after(answer: &Response) -> Option<HeaderValue> {
    let waits = answer.errors.iter().filter_map(|error| match error.extensions.as_ref()?.get("retryAfter")? {
        Value::Number(seconds) => seconds.as_u64(),
        _ => None,
    });
    waits.max().map(HeaderValue::from)
}
