//! Serves the playground: the bundle of `web/`, embedded in the binary.

use axum::extract::{Path, State};
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use rust_embed::RustEmbed;

use super::{Shared, bundle};
use crate::config::Config;

#[derive(RustEmbed)]
#[folder = "../web/dist"]
#[allow_missing = true]
struct Bundle;

/// Returns whether this binary has the bundle and serves it.
#[cfg(feature = "sandbox")]
pub(crate) fn is_served(config: &Config) -> bool {
    config.is_on(config.graphql.playground) && bundle::is_built::<Bundle>()
}

/// Returns the playground's routes; none when it is disabled.
pub(super) fn routes(config: &Config) -> Router<Shared> {
    if !config.is_on(config.graphql.playground) {
        return Router::new();
    }
    Router::new()
        .route("/playground", get(page))
        .route("/playground/", get(page))
        .route("/playground/config.json", get(settings))
        .route("/playground/{*file}", get(asset))
}

async fn page(State(shared): State<Shared>) -> Response {
    let sandbox = sandbox_origin(&shared).unwrap_or_default();
    let policy = format!(
        "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; \
         worker-src 'self' blob:; connect-src 'self' {sandbox}; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
    );
    bundle::page::<Bundle>("playground", &policy)
}

async fn settings(State(shared): State<Shared>) -> impl IntoResponse {
    let sandbox = sandbox_origin(&shared);
    ([(CACHE_CONTROL, "no-store")], Json(serde_json::json!({ "endpoint": "/graphql", "sandbox": sandbox })))
}

async fn asset(Path(file): Path<String>) -> Response {
    bundle::asset::<Bundle>(&file)
}

fn sandbox_origin(shared: &Shared) -> Option<String> {
    shared.service.config().sandbox_url().map(|url| url.origin().ascii_serialization())
}
