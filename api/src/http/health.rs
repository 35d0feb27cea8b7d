//! Health, readiness, and the metadata and keys of the token issuer.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, HeaderName};
use axum::response::IntoResponse;
use serde_json::json;

use super::Shared;

/// Reports that the process is running.
pub(super) async fn alive() -> &'static str {
    "ok\n"
}

/// Reports whether the process should get requests: the database answers, and the process is not about to stop.
pub(super) async fn ready(State(shared): State<Shared>) -> impl IntoResponse {
    if shared.service.is_draining() {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping\n");
    }
    match shared.service.ping().await {
        Ok(()) => (StatusCode::OK, "ok\n"),
        Err(error) => {
            tracing::warn!("not ready: {error}");
            (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n")
        }
    }
}

/// How long clients may cache the keys and the metadata.
const CACHED: (HeaderName, &str) = (CACHE_CONTROL, "public, max-age=300");

/// Returns the keys that verify access tokens (RFC 7517), for the company's own systems.
pub(super) async fn jwks(State(shared): State<Shared>) -> impl IntoResponse {
    ([CACHED], Json(shared.service.jwks().clone()))
}

/// Returns the issuer's metadata with the address of the keys (RFC 8414), for libraries that start from it.
///
/// There is no authorization endpoint and no token endpoint: login is a GraphQL mutation. Both lists are present and
/// empty: the RFC requires the first, and interprets a missing second one as two grants that are not supported.
pub(super) async fn metadata(State(shared): State<Shared>) -> impl IntoResponse {
    let issuer = shared.service.config().public_url();
    let metadata = json!({
        "issuer": issuer,
        "jwks_uri": format!("{issuer}/.well-known/jwks.json"),
        "response_types_supported": [],
        "grant_types_supported": [],
    });
    ([CACHED], Json(metadata))
}
