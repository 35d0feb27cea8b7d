//! How a page leaves the sandbox: its headers and its language.
//! What is on the pages is in `pages`.

use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use maud::Markup;

use crate::pages::{Lang, PageError};

use super::Params;

/// Pages load nothing from elsewhere. `form-action` is left out on purpose: browsers apply it to the redirect that
/// follows a form too, and that one leads to the site. `frame-ancestors` is left out because wxLogin.js frames us.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; base-uri 'none'";

/// The control page asks for its own news and keeps its forms to itself. Nobody may frame it and have its buttons clicked.
const CONTROL_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; \
                              connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// A page, with the headers all pages have.
pub(super) fn page(markup: Markup) -> Response {
    dressed(markup, POLICY, "no-referrer")
}

/// The control page. A form on a page without any referrer names `null` as its origin, and `cors` would turn it away.
pub(super) fn control_page(markup: Markup) -> Response {
    dressed(markup, CONTROL_POLICY, "same-origin")
}

/// A page that says what is wrong, with the same for machines in a header of ours.
pub(super) fn error_page(lang: Lang, error: PageError) -> Response {
    let mut response = page(crate::pages::error(lang, &error));
    response.headers_mut().insert("x-sandbox-error", HeaderValue::from_static(error.number));
    response
}

/// The language somebody wants: by the parameter `lang`, else as their browser says.
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
