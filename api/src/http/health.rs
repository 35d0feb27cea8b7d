//! What machines ask: is it alive, is it ready, what are its public keys.
//! What people look at is in `pages`.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::IntoResponse;

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

/// The keys that verify our access tokens (RFC 7517), for the company's own systems.
pub(super) async fn jwks(State(shared): State<Shared>) -> impl IntoResponse {
    ([(CACHE_CONTROL, "public, max-age=300")], Json(shared.service.jwks().clone()))
}
