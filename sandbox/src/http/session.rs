//! The session key of a mini program: its check and its reset.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;

use crate::company::{App, PersonIndex};
use crate::signature;
use crate::state::World;
use crate::state::quotas::Call;

use super::errcode::Errcode;
use super::global_token::owner;
use super::manner::{Manner, Success};
use super::{Params, Shared};

/// `GET /wxa/checksession`: checks whether this signature was made with the current session key.
pub(crate) async fn check(State(world): Shared, params: Params) -> Response {
    let checked = signed(&world, &params).map(|_| Success::with(()));
    Manner::Json.either(checked, world.clock.now())
}

/// `GET /wxa/resetusersessionkey`: replaces the session key, for a caller that can sign with the old one.
pub(crate) async fn reset(State(world): Shared, params: Params) -> Response {
    Manner::Json.either(renewed(&world, &params), world.clock.now())
}

#[derive(Serialize)]
struct Renewed {
    openid: String,
    session_key: String,
}

struct Signed {
    app: Arc<App>,
    person: PersonIndex,
    openid: String,
}

fn renewed(world: &World, params: &Params) -> Result<Success<Renewed>, Errcode> {
    let session = signed(world, params)?;
    world.count(&session.app, Call::SessionReset)?;
    let session_key = world.sessions.renew(session.app.index, session.person);
    Ok(Success::with(Renewed { openid: session.openid, session_key }))
}

/// Returns the session that the call refers to, if its signature is correct.
fn signed(world: &World, params: &Params) -> Result<Signed, Errcode> {
    let app = owner(world, params)?;
    let openid = params.filled("openid").ok_or(Errcode::MISSING_OPENID)?;
    if params.get("sig_method") != Some("hmac_sha256") {
        return Err(Errcode::INVALID_SIG_METHOD);
    }
    let person = world.company.person_by_open_id(&app, openid).ok_or(Errcode::INVALID_OPENID)?.index;
    let key = world.sessions.current(app.index, person).ok_or(Errcode::INVALID_SIGNATURE)?;
    let given = params.get("signature").unwrap_or_default();
    // Some SDKs sign in upper case.
    if signature::session(&key).eq_ignore_ascii_case(given) {
        Ok(Signed { app, person, openid: openid.to_owned() })
    } else {
        Err(Errcode::INVALID_SIGNATURE)
    }
}
