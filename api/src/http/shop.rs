//! Serves the demo shop, a front end of the demo company: the bundle of `web/shop/`, embedded in the binary. It has a listener
//! of its own, so that it is another origin than the API, as the front ends of most companies are.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use rust_embed::RustEmbed;

use super::bundle;
use crate::config::Config;

#[derive(RustEmbed)]
#[folder = "../web/shop/dist"]
#[allow_missing = true]
struct Bundle;

/// What the pages need to know.
struct Place {
    endpoint: String,
    sandbox: Option<String>,
    policy: String,
}

/// Returns whether this binary has the bundle and serves it.
pub(crate) fn is_served(config: &Config) -> bool {
    config.shop_url().is_some() && bundle::is_built::<Bundle>()
}

/// Returns the router of the shop's own listener.
pub(crate) fn router(config: &Config) -> Router {
    let api = config.public_url();
    let sandbox = config.sandbox_url().map(|url| url.origin().ascii_serialization());
    let from = sandbox.as_deref().unwrap_or_default();
    let policy = format!(
        "default-src 'self'; img-src 'self' data: {from}; connect-src 'self' {api} {from}; frame-ancestors 'none'; \
         base-uri 'none'; form-action 'none'"
    );
    let place = Arc::new(Place { endpoint: format!("{api}/graphql"), sandbox, policy });
    Router::new()
        .route("/", get(page))
        // Each app of the company has its page here: `/shop`, `/club`.
        .route("/{app}", get(page))
        .route("/config.json", get(settings))
        .route("/assets/{*file}", get(asset))
        .with_state(place)
}

async fn page(State(place): State<Arc<Place>>) -> Response {
    bundle::page::<Bundle>("shop", &place.policy)
}

async fn settings(State(place): State<Arc<Place>>) -> impl IntoResponse {
    let settings = serde_json::json!({ "endpoint": place.endpoint, "sandbox": place.sandbox });
    ([(CACHE_CONTROL, "no-store")], Json(settings))
}

async fn asset(Path(file): Path<String>) -> Response {
    bundle::asset::<Bundle>(&format!("assets/{file}"))
}
