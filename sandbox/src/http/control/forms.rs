//! The forms of the control page, which have the same fields as the JSON calls and redirect back to the page.

use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use url::form_urlencoded::Serializer;

use crate::pages;

use super::super::Params;
use super::super::html::{control_page, language};
use super::super::params::is_form;
use super::super::returning::go;
use super::ControlRefusal;

/// Returns the fields of a form; `None` for JSON, even with a form's content type, which `curl -d` sends.
pub(super) fn fields(headers: &HeaderMap, body: &[u8]) -> Option<Params> {
    let is_json = matches!(body.trim_ascii_start().first(), Some(b'{' | b'['));
    (is_form(headers) && !is_json).then(|| Params::parse(&String::from_utf8_lossy(body)))
}

/// Redirects to a section of the page, in the language of the form, with the results as parameters.
pub(super) fn back(form: &Params, section: &str, news: &[(&str, &str)]) -> Response {
    let lang = form.filled("lang").map(|lang| ("lang", lang));
    let query = Serializer::new(String::new()).extend_pairs(lang).extend_pairs(news).finish();
    let joint = if query.is_empty() { "" } else { "?" };
    go(StatusCode::SEE_OTHER, &format!("/_sandbox/{joint}{query}#{section}"))
}

/// Returns the page that says why a form was refused.
pub(super) fn turned_down(headers: &HeaderMap, form: &Params, refusal: &ControlRefusal) -> Response {
    let mut response = control_page(pages::turned_down(language(headers, form), &refusal.error));
    *response.status_mut() = refusal.status;
    response
}
