//! Serves the files by which platforms verify the company's domain. Their routes come before all others.

use std::collections::HashMap;

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;

use crate::config::Config;

/// Returns one route for each file, GET and HEAD, with its exact bytes. Several apps may have the same file.
pub(super) fn routes(config: &Config) -> Router {
    let files = config.apps.iter().flat_map(|app| &app.files);
    let by_name: HashMap<_, _> = files.map(|file| (file.name.as_str(), file.content.as_str())).collect();
    by_name.into_iter().fold(Router::new(), |router, (name, content)| {
        let content = content.to_owned();
        router.route(&format!("/{name}"), get(async move || ([(CONTENT_TYPE, "text/plain")], content)))
    })
}
