//! The forms of the control page: they give the same orders as JSON does, and lead back to the page.
//! What an order does is decided where it is carried out.

use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use url::form_urlencoded::Serializer;

use crate::pages;

use super::super::Params;
use super::super::html::{control_page, language};
use super::super::params::is_form;
use super::super::returning::go;
use super::Refusal;

/// The fields of a form. `None` for JSON, even under a form's name, which is what `curl -d` gives it.
pub(super) fn fields(headers: &HeaderMap, body: &[u8]) -> Option<Params> {
    let is_json = matches!(body.trim_ascii_start().first(), Some(b'{' | b'['));
    (is_form(headers) && !is_json).then(|| Params::parse(&String::from_utf8_lossy(body)))
}

/// Back to a section of the page, in the language of the form, with what there is to say.
pub(super) fn back(form: &Params, section: &str, news: &[(&str, &str)]) -> Response {
    let lang = form.filled("lang").map(|lang| ("lang", lang));
    let query = Serializer::new(String::new()).extend_pairs(lang).extend_pairs(news).finish();
    let joint = if query.is_empty() { "" } else { "?" };
    go(StatusCode::SEE_OTHER, &format!("/_sandbox/{joint}{query}#{section}"))
}

/// A page that says why the order of a form was not carried out.
pub(super) fn turned_down(headers: &HeaderMap, form: &Params, refusal: &Refusal) -> Response {
    let mut response = control_page(pages::turned_down(language(headers, form), &refusal.error));
    *response.status_mut() = refusal.status;
    response
}
