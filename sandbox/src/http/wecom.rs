//! The server calls of a WeCom app for itself: its access token, and the tickets that its pages sign with.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;

use crate::company::App;
use crate::state::World;
use crate::state::global_tokens::BadGlobalToken;
use crate::state::repeated::Granted;

use super::errcode::Errcode;
use super::manner::{Manner, Success};
use super::{Params, Shared};

/// Returns the app of the access token in a call. Only the query is searched, as in WeCom.
pub(super) fn owner(world: &World, params: &Params) -> Result<Arc<App>, Errcode> {
    let token = params.filled("access_token").filter(|_| params.in_query("access_token"));
    let token = token.ok_or(Errcode::ACCESS_TOKEN_MISSING)?;
    let index = world.wecom.owner(token, world.clock.now()).map_err(|bad| match bad {
        BadGlobalToken::NotLatest => Errcode::INVALID_ACCESS_TOKEN,
        BadGlobalToken::Expired => Errcode::ACCESS_TOKEN_EXPIRED,
    })?;
    world.company.app_at(index).ok_or(Errcode::INVALID_ACCESS_TOKEN)
}

/// `GET /cgi-bin/gettoken`: returns the access token of an app, the same one until it expires.
pub(super) async fn access_token(State(world): Shared, params: Params) -> Response {
    let now = world.clock.now();
    let granted = authenticated(&world, &params).map(|app| world.wecom.access_token(app.index, now));
    let answer = granted.map(|Granted { token, expires_in }| Success::with(Token { access_token: token, expires_in }));
    Manner::WeCom.either(answer, now)
}

/// `GET /cgi-bin/get_jsapi_ticket`: returns the JS ticket of the corp.
pub(super) async fn corp_ticket(State(world): Shared, params: Params) -> Response {
    let now = world.clock.now();
    let granted = owner(&world, &params).map(|app| world.wecom.corp_ticket(&app.id, now));
    Manner::WeCom.either(granted.map(Ticket::answer), now)
}

/// `GET /cgi-bin/ticket/get?type=agent_config`: returns the JS ticket of the app.
pub(super) async fn app_ticket(State(world): Shared, params: Params) -> Response {
    let now = world.clock.now();
    let granted = owner(&world, &params).and_then(|app| match params.get("type") {
        Some("agent_config") => Ok(world.wecom.app_ticket(app.index, now)),
        Some(_) | None => Err(Errcode::INVALID_TYPE),
    });
    Manner::WeCom.either(granted.map(Ticket::answer), now)
}

#[derive(Serialize)]
struct Token {
    access_token: String,
    expires_in: i64,
}

#[derive(Serialize)]
struct Ticket {
    ticket: String,
    expires_in: i64,
}

impl Ticket {
    fn answer(granted: Granted) -> Success<Self> {
        Success::with(Self { ticket: granted.token, expires_in: granted.expires_in })
    }
}

/// Returns the calling app: the secret identifies it within its corp. WeCom reports a missing secret first.
fn authenticated(world: &World, params: &Params) -> Result<Arc<App>, Errcode> {
    let secret = params.filled("corpsecret").ok_or(Errcode::APPSECRET_MISSING)?;
    let corp_id = params.filled("corpid").ok_or(Errcode::APPID_MISSING)?;
    let apps = world.company.apps_of_corp(corp_id);
    if apps.is_empty() {
        return Err(Errcode::INVALID_APPID);
    }
    apps.into_iter().find(|app| app.secret == secret).ok_or(Errcode::INVALID_CREDENTIAL)
}
