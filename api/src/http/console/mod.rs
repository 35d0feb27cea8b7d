//! `/console`: the bundle of `web/console/`, embedded in the binary, and the logins of operators. The console itself uses
//! `/graphql`. See [`crate::usecase::operator`].

mod login;
mod page;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use rust_embed::RustEmbed;

use super::{Shared, bundle};
use crate::config::Config;

#[derive(RustEmbed)]
#[folder = "../web/console/dist"]
#[allow_missing = true]
struct Bundle;

const POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob: https:; \
                      font-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

/// Returns the console's routes; none when it is disabled.
pub(super) fn routes(config: &Config) -> Router<Shared> {
    if !config.console.enabled {
        return Router::new();
    }
    let routes = Router::new()
        .route("/console", get(index))
        .route("/console/", get(index))
        .route("/console/config.json", get(settings))
        .route("/console/login", get(login::begin))
        .route("/console/callback", get(login::complete))
        .route("/console/{*file}", get(asset));
    #[cfg(feature = "sandbox")]
    let routes = routes.route("/console/demo", axum::routing::post(login::demo));
    routes
}

async fn index() -> Response {
    bundle::page::<Bundle>("console", POLICY)
}

async fn settings(State(shared): State<Shared>) -> impl IntoResponse {
    let settings = serde_json::json!({ "endpoint": "/graphql", "demo": shared.service.config().has_demo_operators() });
    ([(CACHE_CONTROL, "no-store")], Json(settings))
}

/// Returns a file of the bundle. Every other address is one of the page's own.
async fn asset(Path(file): Path<String>) -> Response {
    let found = bundle::asset::<Bundle>(&file);
    let is_of_page = found.status() == StatusCode::NOT_FOUND && !file.starts_with("assets/");
    if is_of_page || file == "index.html" { index().await } else { found }
}
