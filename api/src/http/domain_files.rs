//! The files by which a platform sees that a domain is the company's, before anything else of ours.
//! Which names and contents are sound is said in the configuration.

use std::collections::HashMap;

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;

use crate::config::Config;

/// One route for each file, GET and HEAD, answered to the byte. A file may stand with several apps.
pub(super) fn routes(config: &Config) -> Router {
    let files = config.apps.iter().flat_map(|app| &app.files);
    let by_name: HashMap<_, _> = files.map(|file| (file.name.as_str(), file.content.as_str())).collect();
    by_name.into_iter().fold(Router::new(), |router, (name, content)| {
        let content = content.to_owned();
        router.route(&format!("/{name}"), get(async move || ([(CONTENT_TYPE, "text/plain")], content)))
    })
}
