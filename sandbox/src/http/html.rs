//! HTML responses: their headers and their language. See `pages` for the content.

use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use maud::Markup;

use crate::pages::{Lang, PageError};

use super::Params;

/// Pages load nothing from other origins. `form-action` is deliberately absent: browsers also apply it to the redirect
/// after a form, which leads to the site. `frame-ancestors` is absent because wxLogin.js frames the page.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; base-uri 'none'";

/// The control page fetches its own updates and posts only to itself. It cannot be framed, which prevents clickjacking.
const CONTROL_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; \
                              connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Returns a page with the headers of all pages.
pub(super) fn page(markup: Markup) -> Response {
    dressed(markup, POLICY, "no-referrer")
}

/// Returns the control page. A form on a page without any referrer sends the origin `null`, which `cors` would refuse.
pub(super) fn control_page(markup: Markup) -> Response {
    dressed(markup, CONTROL_POLICY, "same-origin")
}

/// Returns an error page, with the error also in the header `x-sandbox-error`.
pub(super) fn error_page(lang: Lang, error: PageError) -> Response {
    let mut response = page(crate::pages::error(lang, &error));
    response.headers_mut().insert("x-sandbox-error", HeaderValue::from_static(error.number));
    response
}

/// Returns the language of the parameter `lang`, else the browser's.
pub(super) fn language(headers: &HeaderMap, params: &Params) -> Lang {
    let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    match params.filled("lang") {
        Some(lang) if lang.starts_with("en") => Lang::En,
        Some(_) => Lang::Zh,
        None => Lang::accepted(accepted),
    }
}

fn dressed(markup: Markup, policy: &'static str, referrer: &'static str) -> Response {
    let headers = [
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::REFERRER_POLICY, HeaderValue::from_static(referrer)),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    (headers, markup).into_response()
}
