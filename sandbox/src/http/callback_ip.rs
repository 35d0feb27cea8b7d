//! The addresses that pushes come from.

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;

use super::global_token::owner;
use super::manner::{Manner, Success};
use super::{Params, Shared};

#[derive(Serialize)]
struct Answer {
    ip_list: [&'static str; 2],
}

/// `GET /cgi-bin/getcallbackip`: returns the addresses of the sandbox, which pushes within one machine.
pub(crate) async fn list(State(world): Shared, params: Params) -> Response {
    let answer = owner(&world, &params).map(|_| Success::with(Answer { ip_list: ["127.0.0.1", "::1"] }));
    Manner::Json.either(answer, world.clock.now())
}
