//! The reset of an app's daily call counters.

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use crate::state::World;
use crate::state::quotas::Call;

use super::Shared;
use super::errcode::Errcode;
use super::global_token::owner;
use super::manner::{Manner, Success};
use super::posted::Posted;

/// `POST /cgi-bin/clear_quota`: resets the day's call counters.
pub(crate) async fn clear(State(world): Shared, posted: Posted) -> Response {
    Manner::Json.either(cleared(&world, &posted), world.clock.now())
}

#[derive(Deserialize)]
struct ClearRequest {
    appid: Option<String>,
}

fn cleared(world: &World, posted: &Posted) -> Result<Success<()>, Errcode> {
    let app = owner(world, &posted.params)?;
    let request: ClearRequest = posted.json()?;
    let app_id = request.appid.filter(|app_id| !app_id.is_empty()).ok_or(Errcode::APPID_MISSING)?;
    if app_id != app.id {
        return Err(Errcode::INVALID_APPID);
    }
    world.count(&app, Call::ClearQuota)?;
    world.quotas.clear_day(app.index, world.clock.now());
    Ok(Success::with(()))
}
