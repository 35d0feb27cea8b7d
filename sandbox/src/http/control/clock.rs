//! The clock at the control API: read, moved and stopped, by JSON or by a form.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

use crate::state::World;

use super::super::{Params, Shared};
use super::{ControlRefusal, either, forms, read};

/// `GET /_sandbox/clock`
pub(super) async fn show(State(world): Shared) -> Response {
    axum::Json(json!({ "now": world.clock.now() })).into_response()
}

/// `POST /_sandbox/clock`
pub(super) async fn set(State(world): Shared, headers: HeaderMap, body: Bytes) -> Response {
    let Some(form) = forms::fields(&headers, &body) else {
        let moved = read(&body).and_then(|order| moved(&world, &order));
        return either(moved.map(|()| json!({ "now": world.clock.now() })));
    };
    match ClockOrder::of(&form).and_then(|order| moved(&world, &order)) {
        Ok(()) => forms::back(&form, "clock", &[]),
        Err(refusal) => forms::turned_down(&headers, &form, &refusal),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClockOrder {
    /// Unix seconds: the clock stops there, and only moves when advanced.
    stop_at: Option<i64>,
    advance_seconds: Option<i64>,
    /// Restarts the clock from the system time.
    #[serde(default)]
    run: bool,
}

impl ClockOrder {
    fn of(form: &Params) -> Result<Self, ControlRefusal> {
        let number = |name| form.filled(name).map(str::parse).transpose();
        let order = number("stop_at").and_then(|stop_at| {
            let run = form.get("run") == Some("true");
            Ok(Self { stop_at, advance_seconds: number("advance_seconds")?, run })
        });
        order.map_err(|_| ControlRefusal::bad("the clock is set in whole seconds"))
    }
}

fn moved(world: &World, order: &ClockOrder) -> Result<(), ControlRefusal> {
    if order.run {
        world.clock.run();
    }
    let stopped = order.stop_at.is_none_or(|moment| world.clock.stop_at(moment));
    let advanced = stopped && order.advance_seconds.is_none_or(|by| world.clock.advance(by));
    if advanced { Ok(()) } else { Err(ControlRefusal::bad("the clock moves forward, by at most a century")) }
}
