//! Faults at the control API: added, listed and cleared, as JSON or by the form of the control page.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use crate::pages::PageError;
use crate::state::World;
use crate::state::faults::Order;

use super::super::faulty::is_a_page;
use super::super::{Params, Shared, hosts};
use super::{ControlRefusal, either, forms};

/// The section of the page that contains the form.
const SECTION: &str = "faults";

/// `GET /_sandbox/faults`: lists the pending faults, oldest first.
pub(super) async fn list(State(world): Shared) -> Response {
    axum::Json(world.faults.list()).into_response()
}

/// `POST /_sandbox/faults`: adds a fault. A form is answered with a redirect to its page.
pub(super) async fn order(State(world): Shared, headers: HeaderMap, body: Bytes) -> Response {
    let Some(form) = forms::fields(&headers, &body) else {
        let ordered = taken(&world, serde_json::from_slice(&body));
        return either(ordered.map(|()| json!({ "faults": world.faults.list() })));
    };
    match taken(&world, of_a_form(&form)) {
        Ok(()) => forms::back(&form, SECTION, &[]),
        Err(refusal) => forms::turned_down(&headers, &form, &refusal),
    }
}

/// `DELETE /_sandbox/faults`: removes all faults.
pub(super) async fn clear(State(world): Shared) -> Response {
    world.faults.clear();
    axum::Json(json!({ "faults": [] })).into_response()
}

/// `POST /_sandbox/faults/clear`: the same for a form, which cannot send DELETE.
pub(super) async fn clear_by_form(State(world): Shared, form: Params) -> Response {
    world.faults.clear();
    forms::back(&form, SECTION, &[])
}

fn taken(world: &World, order: serde_json::Result<Order>) -> Result<(), ControlRefusal> {
    let order = order.map_err(|error| ControlRefusal::bad(format!("invalid fault: {error}")))?;
    let order = order.at(hosts::path_at_any_host);
    let page = is_a_page(&order.path);
    if order.errcode.is_some_and(|number| page && PageError::numbered(number).is_none()) {
        return Err(ControlRefusal::bad("the pages of WeChat have no such number"));
    }
    let waiting = order.understood(&world.company).map_err(ControlRefusal::bad)?;
    let room = world.faults.order(waiting);
    room.then_some(()).ok_or(ControlRefusal::new(StatusCode::TOO_MANY_REQUESTS, "a hundred faults are pending already"))
}

/// Parses a fault from a form: empty fields are absent, and numbers are strings.
fn of_a_form(form: &Params) -> serde_json::Result<Order> {
    let said = form.without(&["lang"]).into_iter().filter(|(_, value)| !value.is_empty());
    let fields = said.map(|(name, value)| {
        let value = match name.as_str() {
            "path" | "app" | "person" | "kind" | "body" => Value::from(value),
            _ => serde_json::from_str(&value).unwrap_or(Value::from(value)),
        };
        (name, value)
    });
    serde_json::from_value(Value::Object(fields.collect::<Map<_, _>>()))
}
