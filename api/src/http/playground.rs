//! Serves the playground: the bundle of `web/`, embedded in the binary.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use rust_embed::RustEmbed;

use super::Shared;
use crate::config::Config;

#[derive(RustEmbed)]
#[folder = "../web/dist"]
#[allow_missing = true]
struct Bundle;

/// The page of a binary that was built without the bundle.
const WITHOUT_BUNDLE: &str = "<!doctype html><html lang=en><meta charset=utf-8><title>Guiyi playground</title>\
    <body style='font:17px/1.6 system-ui;max-width:38rem;margin:12vh auto;padding:0 1.5rem'>\
    <h1>The playground is not in this binary</h1>\
    <p>It is built with Node 20: run <code>make run</code>, or <code>make web</code> and build again.</p>\
    <p lang=zh-CN>此程序未包含 playground。请安装 Node 20 后运行 <code>make run</code>，或运行 <code>make web</code> 后重新编译。</p>";

/// Returns whether this binary has the bundle and serves it.
#[cfg(feature = "sandbox")]
pub(crate) fn is_served(config: &Config) -> bool {
    config.is_on(config.graphql.playground) && Bundle::get("index.html").is_some()
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
    let page = Bundle::get("index.html").map_or_else(|| WITHOUT_BUNDLE.as_bytes().into(), |index| index.data);
    // The address may briefly contain a code, which must not leak as a referrer or stay in a cache.
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CONTENT_SECURITY_POLICY, &policy),
        (REFERRER_POLICY, "no-referrer"),
        (CACHE_CONTROL, "no-store"),
    ];
    (headers, page).into_response()
}

async fn settings(State(shared): State<Shared>) -> impl IntoResponse {
    let sandbox = sandbox_origin(&shared);
    ([(CACHE_CONTROL, "no-store")], Json(serde_json::json!({ "endpoint": "/graphql", "sandbox": sandbox })))
}

async fn asset(Path(file): Path<String>) -> Response {
    let Some(found) = Bundle::get(&file) else { return StatusCode::NOT_FOUND.into_response() };
    // Names of assets contain a hash of their content.
    let cache = if file.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    let kind = found.metadata.mimetype().to_owned();
    ([(CONTENT_TYPE, kind.as_str()), (CACHE_CONTROL, cache)], found.data).into_response()
}

fn sandbox_origin(shared: &Shared) -> Option<String> {
    shared.service.config().sandbox_url().map(|url| url.origin().ascii_serialization())
}
