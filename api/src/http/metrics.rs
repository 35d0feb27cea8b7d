//! `/metrics`, on a listener of its own: counters and durations as Prometheus reads them.
//! What is counted is said in `cli::metrics` and where it happens.

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;

/// The text format of Prometheus.
/// <https://prometheus.io/docs/instrumenting/exposition_formats/>
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Answers GET /metrics with what `render` says.
pub(crate) fn router<R: Fn() -> String + Clone + Send + Sync + 'static>(render: R) -> Router {
    Router::new().route("/metrics", get(async move || ([(CONTENT_TYPE, TEXT)], render())))
}
