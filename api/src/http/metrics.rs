//! `/metrics`, on its own listener, in Prometheus's text format. See `cli::metrics` for the metrics.

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;

/// The text format of Prometheus.
/// <https://prometheus.io/docs/instrumenting/exposition_formats/>
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Answers GET /metrics with the output of `render`.
pub(crate) fn router<R: Fn() -> String + Clone + Send + Sync + 'static>(render: R) -> Router {
    Router::new().route("/metrics", get(async move || ([(CONTENT_TYPE, TEXT)], render())))
}
