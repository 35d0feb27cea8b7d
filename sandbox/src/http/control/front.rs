//! The handler of the control page, which collects the data for `pages::control`.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::Value;

use crate::pages::{self, Crowd, Desk};
use crate::state::World;

use super::super::html::{control_page, language};
use super::super::{Params, Shared};

/// The number of issued codes and tokens that are listed.
const ISSUED: usize = 100;
/// The number of calls that are listed; `GET /_sandbox/calls` has the others.
const CALLS: usize = 50;
const MESSAGES: usize = 50;

/// `GET /_sandbox/`: the whole page; with `part=live` only its changing part.
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
        // Only a code issued by this sandbox is shown: a link must not inject text into the page.
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
