//! History at the control API: issued codes and tokens, and recorded calls.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::json;

use crate::state::World;
use crate::state::ledger::{Condition, Given, Kind};

use super::super::{Params, Shared};
use super::{either, forms};

/// `GET /_sandbox/issued`: codes and tokens, newest first.
pub(super) async fn issued(State(world): Shared) -> Response {
    let issued: Vec<_> = world.issued(usize::MAX).into_iter().map(|given| told(&world, given)).collect();
    axum::Json(issued).into_response()
}

/// `GET /_sandbox/calls?path=`: the calls of WeChat's paths, newest first.
pub(super) async fn calls(State(world): Shared, params: Params) -> Response {
    let calls = world.calls.read(params.filled("path"));
    either(Ok(calls.iter().map(AsRef::as_ref).collect::<Vec<_>>()))
}

/// `DELETE /_sandbox/calls`
pub(super) async fn forget_calls(State(world): Shared) -> Response {
    world.calls.clear();
    axum::Json(json!({ "calls": [] })).into_response()
}

/// `POST /_sandbox/calls/clear`: the same for a form, which cannot send DELETE.
pub(super) async fn forget_calls_by_form(State(world): Shared, form: Params) -> Response {
    world.calls.clear();
    forms::back(&form, "calls", &[])
}

#[derive(Serialize)]
struct HistoryEntry {
    kind: Kind,
    text: String,
    app: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    person: Option<String>,
    issued_at: i64,
    /// `null` for a token that was revoked.
    ends_at: Option<i64>,
    condition: Condition,
}

fn told(world: &World, Given { entry, end, condition }: Given) -> HistoryEntry {
    let person = entry.person.and_then(|index| world.company.person_at(index));
    HistoryEntry {
        kind: entry.kind,
        text: entry.text,
        app: world.company.app_at(entry.app).map(|app| app.name.clone()),
        person: person.map(|person| person.id.clone()),
        issued_at: entry.at,
        ends_at: end,
        condition,
    }
}
