//! Serves the pages of `docs/`, and those beside them that they link to, so that a person who has only the running demo can
//! read them: rendered for browsers, as they are for other clients.

mod library;
mod page;

use axum::Router;
use axum::extract::Path;
use axum::http::header::{
    ACCEPT, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, REFERRER_POLICY, VARY,
};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use headers_accept::Accept;
use headers_core::Header;
use mediatype::MediaType;
use mediatype::names::{HTML, PLAIN, TEXT};

use super::Shared;
use crate::config::Config;

/// A page has neither scripts nor anything of other origins.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";

/// What a page is served as. The first one is for clients that accept anything, such as curl.
static OFFERED: [MediaType<'static>; 2] = [MediaType::new(TEXT, PLAIN), MediaType::new(TEXT, HTML)];

/// The longest `Accept` that is read, in bytes; browsers send some two hundred.
const MAX_ACCEPT: usize = 1_024;

/// Returns the routes of the pages. They are where the playground is: in development, unless it is switched.
pub(super) fn routes(config: &Config) -> Router<Shared> {
    let router = Router::new();
    if !config.is_on(config.graphql.playground) {
        return router;
    }
    router
        .route("/docs", get(index))
        .route("/docs/", get(index))
        .route("/docs/style.css", get(style))
        .route("/docs/{*page}", get(page))
}

async fn index(headers: HeaderMap) -> Response {
    answer("docs/", &library::index(), &headers)
}

async fn page(Path(name): Path<String>, headers: HeaderMap) -> Response {
    let Some((path, text)) = library::find(&name) else { return StatusCode::NOT_FOUND.into_response() };
    answer(&path, &text, &headers)
}

async fn style() -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/css; charset=utf-8"), (CACHE_CONTROL, "no-cache")], include_str!("style.css"))
}

/// Answers with a text of the repository, of which `path` is the place. Only Markdown is rendered.
fn answer(path: &str, text: &str, headers: &HeaderMap) -> Response {
    let is_markdown = path.ends_with('/') || library::is_markdown(path);
    let (kind, body) = if is_markdown && prefers_html(headers) {
        ("text/html; charset=utf-8", page::render(path, text))
    } else {
        // Browsers show plain text, and offer Markdown for download.
        ("text/plain; charset=utf-8", text.to_owned())
    };
    let headers = [
        (CONTENT_TYPE, kind),
        (VARY, "Accept"),
        (CONTENT_SECURITY_POLICY, POLICY),
        (REFERRER_POLICY, "no-referrer"),
        (CACHE_CONTROL, "no-cache"),
    ];
    (headers, body).into_response()
}

/// Whether a client prefers a page to its text. A header that cannot be read says nothing.
fn prefers_html(headers: &HeaderMap) -> bool {
    let mut lines = headers.get_all(ACCEPT).iter().peekable();
    let length: usize = headers.get_all(ACCEPT).iter().map(HeaderValue::len).sum();
    if lines.peek().is_none() || length > MAX_ACCEPT {
        return false;
    }
    Accept::decode(&mut lines).is_ok_and(|accepted| accepted.negotiate(&OFFERED) == Some(&OFFERED[1]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_get_the_page_and_other_clients_the_text() {
        for (accept, is_html) in [
            (Some("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"), true),
            (Some("text/html"), true),
            (Some("text/plain"), false),
            (Some("text/plain, text/html;q=0.9"), false),
            (Some("*/*"), false),
            (Some("text/html;q=0"), false),
            (Some("application/json"), false),
            (Some("\u{e9}"), false),
            (Some(&*"text/html,".repeat(200)), false),
            (None, false),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(accept) = accept {
                headers.insert(ACCEPT, HeaderValue::from_bytes(accept.as_bytes()).expect("a header's value"));
            }

            assert_eq!(prefers_html(&headers), is_html, "{accept:?}");
        }
    }
}
