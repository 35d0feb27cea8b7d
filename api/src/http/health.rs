//! What machines ask: is it alive, is it ready, who issues its tokens, what are its public keys.
//! What people look at is in `pages`.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, HeaderName};
use axum::response::IntoResponse;
use serde_json::json;

use super::Shared;

/// The process answers.
pub(super) async fn alive() -> &'static str {
    "ok\n"
}

/// The process can work: its database answers.
pub(super) async fn ready(State(shared): State<Shared>) -> impl IntoResponse {
    match shared.service.ping().await {
        Ok(()) => (StatusCode::OK, "ok\n"),
        Err(error) => {
            tracing::warn!("not ready: {error}");
            (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n")
        }
    }
}

/// For how long others may keep the keys, and what stands about them.
const CACHED: (HeaderName, &str) = (CACHE_CONTROL, "public, max-age=300");

/// The keys that verify our access tokens (RFC 7517), for the company's own systems.
pub(super) async fn jwks(State(shared): State<Shared>) -> impl IntoResponse {
    ([CACHED], Json(shared.service.jwks().clone()))
}

/// Who issues our access tokens and where the keys are (RFC 8414), for libraries that begin there.
///
/// There is no authorization endpoint and no token endpoint: people sign in by GraphQL. Both lists are empty and not left
/// out: the RFC demands the first, and reads the absence of the second as two grants that we do not have.
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
