//! The control page: what there is and what happened, gathered for `pages::control`.
//! The same as JSON is at the other paths of the control API.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::Value;

use crate::pages::{self, Crowd, Desk};
use crate::state::World;

use super::super::html::{control_page, language};
use super::super::{Params, Shared};

/// How many things that were given out are listed.
const ISSUED: usize = 100;
/// How many calls are listed; the others are at `GET /_sandbox/calls`.
const CALLS: usize = 50;
const MESSAGES: usize = 50;

/// `GET /_sandbox/`: everything there is; with `part=live` only what changes by itself.
pub(in crate::http) async fn index(State(world): Shared, headers: HeaderMap, params: Params) -> Response {
    let lang = language(&headers, &params);
    let desk = desk(&world, &params);
    control_page(match params.get("part") {
        Some("live") => pages::live(lang, &desk),
        Some(_) | None => pages::control(lang, &params.query_with("lang", lang.other().tag()), &desk),
    })
}

fn desk<'a>(world: &'a World, params: &'a Params) -> Desk<'a> {
    let mut messages = world.inbox.read(None);
    messages.truncate(MESSAGES);
    let mut calls = world.calls.read(None);
    calls.truncate(CALLS);
    Desk {
        company: &world.company,
        crowd: Crowd::of(&world.company, None, params.filled("find")),
        // Only a text that was given out here is shown: a link must not put words into the page.
        new_code: params.filled("code").filter(|code| world.ledger.knows(code)),
        issued: world.issued(ISSUED),
        messages,
        calls,
        faults: world
            .faults
            .list()
            .into_iter()
            .filter_map(|fault| serde_json::to_value(fault).ok())
            .collect::<Vec<Value>>(),
        now: world.clock.now(),
        stopped: world.clock.is_stopped(),
    }
}
