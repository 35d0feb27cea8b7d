//! The tickets that a page needs to use WeChat's script, cards or SDK.

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;

use crate::state::World;
use crate::state::quotas::Call;
use crate::state::repeated::Granted;
use crate::state::tickets::TicketType;

use super::errcode::Errcode;
use super::global_token::owner;
use super::manner::{Manner, Success};
use super::{Params, Shared};

/// `GET /cgi-bin/ticket/getticket`: returns the ticket of an app, for one type of use.
pub(crate) async fn get(State(world): Shared, params: Params) -> Response {
    Manner::Json.either(ticket(&world, &params), world.clock.now())
}

#[derive(Serialize)]
struct Answer {
    ticket: String,
    expires_in: i64,
}

fn ticket(world: &World, params: &Params) -> Result<Success<Answer>, Errcode> {
    let app = owner(world, params)?;
    // The answer to a wrong type is not documented; this is WeChat's number for invalid arguments.
    let of = params.get("type").and_then(TicketType::from_name).ok_or(Errcode::INVALID_ARGS)?;
    world.count(&app, Call::Ticket)?;
    let Granted { token: ticket, expires_in } = world.tickets.current(app.index, of, world.clock.now());
    Ok(Success::with(Answer { ticket, expires_in }))
}
