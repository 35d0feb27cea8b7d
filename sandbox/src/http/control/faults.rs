//! Faults at the control API: ordered, listed and taken back, as JSON or by the form of the control page.
//! What an order may say is decided in `state::faults`, what it does in `faulty`.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::{Map, Value, json};
use url::form_urlencoded;

use crate::state::World;
use crate::state::faults::Order;

use super::super::Shared;
use super::super::params::is_form;
use super::{Refusal, either};

/// The field of a form that says nothing of a fault.
const LANGUAGE: &str = "lang";

/// `GET /_sandbox/faults`: the orders that wait, oldest first.
pub(super) async fn list(State(world): Shared) -> Response {
    axum::Json(world.faults.list()).into_response()
}

/// `POST /_sandbox/faults`: one more order. A form is answered with the way back to its page.
pub(super) async fn order(State(world): Shared, headers: HeaderMap, body: Bytes) -> Response {
    let form = comes_as_a_form(&headers, &body);
    let order = if form { of_a_form(&body) } else { serde_json::from_slice(&body) };
    match order.map_err(|error| unreadable(&error)).and_then(|order| taken(&world, order)) {
        Ok(()) if form => back_to_the_page(&body),
        Ok(()) => either(Ok(json!({ "faults": world.faults.list() }))),
        Err(refusal) => refusal.into_response(),
    }
}

/// `DELETE /_sandbox/faults`: takes back every order.
pub(super) async fn clear(State(world): Shared) -> Response {
    world.faults.clear();
    axum::Json(json!({ "faults": [] })).into_response()
}

/// `POST /_sandbox/faults/clear`: the same for a form, which knows no other method.
pub(super) async fn clear_by_form(State(world): Shared, body: Bytes) -> Response {
    world.faults.clear();
    back_to_the_page(&body)
}

fn taken(world: &World, order: Order) -> Result<(), Refusal> {
    let waiting = order.understood(&world.company).map_err(Refusal::bad)?;
    let room = world.faults.order(waiting);
    room.then_some(()).ok_or(Refusal::new(StatusCode::TOO_MANY_REQUESTS, "a hundred faults are waiting already"))
}

/// JSON stays JSON under the name of a form, which is what `curl -d` gives it.
fn comes_as_a_form(headers: &HeaderMap, body: &[u8]) -> bool {
    is_form(headers) && !body.trim_ascii_start().starts_with(b"{")
}

/// An order from a form: what was left empty was not said, and numbers come as texts.
fn of_a_form(body: &[u8]) -> serde_json::Result<Order> {
    let said = form_urlencoded::parse(body).filter(|(name, value)| name != LANGUAGE && !value.is_empty());
    let fields = said.map(|(name, value)| {
        let value = match &*name {
            "path" | "app" | "person" | "kind" | "body" => Value::from(value),
            _ => serde_json::from_str(&value).unwrap_or(Value::from(value)),
        };
        (name.into_owned(), value)
    });
    serde_json::from_value(Value::Object(fields.collect::<Map<_, _>>()))
}

fn unreadable(error: &serde_json::Error) -> Refusal {
    Refusal::bad(format!("this is no fault: {error}"))
}

/// Back to where the form is, in its language if it names one.
fn back_to_the_page(form: &[u8]) -> Response {
    let lang = form_urlencoded::parse(form).find(|(name, _)| name == LANGUAGE);
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(lang).finish();
    let joint = if query.is_empty() { "" } else { "?" };
    Redirect::to(&format!("/_sandbox/{joint}{query}#faults")).into_response()
}
