//! The control API: its routes, text messages, files, and the format of its answers. WeChat has no counterpart.

mod clock;
mod codes;
mod encrypted;
mod faults;
mod forms;
mod front;
mod history;
mod js_signature;
mod migrations;
mod push;
mod quotas;
mod roster;

use std::borrow::Cow;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::company::{App, Person, ids};
use crate::pages;
use crate::state::World;
use crate::state::inbox::Sms;

use super::{Params, Shared};

pub(super) use front::index;
pub(super) use push::scan;

/// The routes below `/_sandbox`.
pub(super) fn routes() -> Router<Arc<World>> {
    Router::new()
        .route("/", get(index))
        .route("/apps", get(roster::apps).post(roster::add_app))
        .route("/apps/{name}", get(roster::app).patch(roster::change_app))
        .route("/people", get(roster::people).post(roster::add_person))
        .route("/people/{id}", get(roster::person).patch(roster::change_person))
        .route("/codes", post(codes::issue))
        .route("/push", post(push::push))
        .route("/push/verify", post(push::verify))
        .route("/js-signature", post(js_signature::js_signature))
        .route("/phone-codes", post(codes::issue_for_a_phone))
        .route("/encrypted-data", post(encrypted::encrypted_data))
        .route("/sms", get(read_sms).post(deliver_sms))
        .route("/migrations", get(migrations::list).post(migrations::carry_out))
        .route("/quotas", get(quotas::list))
        .route("/clock", get(clock::show).post(clock::set))
        .route("/issued", get(history::issued))
        .route("/calls", get(history::calls).delete(history::forget_calls))
        .route("/calls/clear", post(history::forget_calls_by_form))
        .route("/faults", get(faults::list).post(faults::order).delete(faults::clear))
        .route("/faults/clear", post(faults::clear_by_form))
        .fallback(|| async { ControlRefusal::unknown("the control API has no such path") })
        .method_not_allowed_fallback(|| async {
            ControlRefusal::new(StatusCode::METHOD_NOT_ALLOWED, "this path does not support this method")
        })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SmsOrder {
    to: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    text: String,
}

async fn deliver_sms(State(world): Shared, body: Bytes) -> Response {
    let order: Result<SmsOrder, ControlRefusal> = read(&body);
    either(order.map(|SmsOrder { to, code, text }| {
        world.inbox.deliver(Sms { to, code, text, at: world.clock.now_text() });
        json!({ "delivered": true })
    }))
}

async fn read_sms(State(world): Shared, params: Params) -> Response {
    axum::Json(world.inbox.read(params.filled("to"))).into_response()
}

pub(super) async fn avatar(State(world): Shared, Path(file): Path<String>) -> Response {
    match person_named(&world, file.strip_suffix(".svg").unwrap_or_default()) {
        Ok(person) => drawn(&person, 64),
        Err(refusal) => refusal.into_response(),
    }
}

/// A picture at the address in profiles, in one of WeChat's sizes, of which 0 is the largest.
pub(super) async fn sized_avatar(State(world): Shared, Path((picture, size)): Path<(String, String)>) -> Response {
    let size = match size.as_str() {
        "0" => Some(640),
        "46" | "64" | "96" | "132" => size.parse().ok(),
        _ => None,
    };
    let (id, edition) = picture.split_once('.').unwrap_or_default();
    let person = world.company.person(id).filter(|person| person.has_picture() && ids::picture(person) == edition);
    match (person, size) {
        (Some(person), Some(size)) => drawn(&person, size),
        (Some(_) | None, _) => ControlRefusal::unknown("no such picture, or no longer").into_response(),
    }
}

fn drawn(person: &Person, size: u16) -> Response {
    ([(header::CONTENT_TYPE, "image/svg+xml")], pages::avatar(person, size).into_string()).into_response()
}

pub(super) async fn asset(Path(file): Path<String>) -> Response {
    let (kind, text) = match file.as_str() {
        "icon.svg" => ("image/svg+xml", include_str!("../../../assets/icon.svg")),
        "sandbox.css" => ("text/css; charset=utf-8", include_str!("../../../assets/sandbox.css")),
        "wechat.css" => ("text/css; charset=utf-8", include_str!("../../../assets/wechat.css")),
        "control.css" => ("text/css; charset=utf-8", include_str!("../../../assets/control.css")),
        "control.js" => ("text/javascript; charset=utf-8", include_str!("../../../assets/control.js")),
        "tick.svg" => ("image/svg+xml", include_str!("../../../assets/tick.svg")),
        "back.js" => ("text/javascript; charset=utf-8", include_str!("../../../assets/back.js")),
        "qrconnect.js" => ("text/javascript; charset=utf-8", include_str!("../../../assets/qrconnect.js")),
        _ => return ControlRefusal::unknown("no such file").into_response(),
    };
    ([(header::CONTENT_TYPE, kind)], text).into_response()
}

/// Why a request is refused.
struct ControlRefusal {
    status: StatusCode,
    error: Cow<'static, str>,
}

impl ControlRefusal {
    fn new(status: StatusCode, error: impl Into<Cow<'static, str>>) -> Self {
        Self { status, error: error.into() }
    }

    fn bad(error: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, error)
    }

    fn unknown(error: &'static str) -> Self {
        Self::new(StatusCode::NOT_FOUND, error)
    }
}

impl IntoResponse for ControlRefusal {
    fn into_response(self) -> Response {
        (self.status, axum::Json(json!({ "error": self.error }))).into_response()
    }
}

/// Parses a JSON body, regardless of its content type.
fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, ControlRefusal> {
    serde_json::from_slice(body).map_err(|error| {
        // Without the error's message, which quotes the body and may contain a code.
        tracing::debug!(line = error.line(), column = error.column(), "the control API cannot read a body");
        ControlRefusal::bad("the body is not the JSON that this path requires")
    })
}

/// Returns the app with this name or appid; for a WeCom app also `corpid/agent_id`.
fn app_named(world: &World, name: &str) -> Result<Arc<App>, ControlRefusal> {
    world.company.app(name).ok_or(ControlRefusal::unknown("no such app"))
}

/// Returns the person with this id.
fn person_named(world: &World, id: &str) -> Result<Arc<Person>, ControlRefusal> {
    world.company.person(id).ok_or(ControlRefusal::unknown("no such person"))
}

fn either(result: Result<impl Serialize, ControlRefusal>) -> Response {
    match result {
        Ok(answer) => axum::Json(answer).into_response(),
        Err(refusal) => refusal.into_response(),
    }
}
