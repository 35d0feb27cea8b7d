//! The usage of quotas at the control API.

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;

use crate::state::World;
use crate::state::quotas::{Period, Usage};

use super::super::Shared;
use super::{ControlRefusal, either};

/// The maximum number of entries.
const LISTED: usize = 1_000;

#[derive(Serialize)]
struct Shown {
    app: String,
    path: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    person: Option<String>,
    per: Period,
    used: u32,
    of: u32,
}

/// `GET /_sandbox/quotas`: lists the usage of the current minute, day and month.
pub(super) async fn list(State(world): Shared) -> Response {
    let usage = world.quotas.list(LISTED, world.clock.now());
    either(Ok::<Vec<_>, ControlRefusal>(usage.iter().map(|usage| Shown::of(&world, usage)).collect()))
}

impl Shown {
    fn of(world: &World, usage: &Usage) -> Self {
        let person = usage.call.person().and_then(|person| world.company.person_at(person));
        Self {
            app: world.company.app_at(usage.app).map(|app| app.name.clone()).unwrap_or_default(),
            path: usage.call.path(),
            person: person.map(|person| person.id.clone()),
            per: usage.period,
            used: usage.used,
            of: usage.most,
        }
    }
}
