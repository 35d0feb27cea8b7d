//! The global access token of an app, in both flavours.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};

use crate::company::App;
use crate::net::Peer;
use crate::state::World;
use crate::state::global_tokens::{BadGlobalToken, ForcedTooOften};
use crate::state::quotas::Call;
use crate::state::repeated::Granted;

use super::credentials::{insist_on_grant_type, with_secret};
use super::errcode::Errcode;
use super::manner::{Complaint, Manner};
use super::posted::Posted;
use super::{Params, Shared};

/// `GET /cgi-bin/token`: returns a new global token; the previous one stays valid for five more minutes.
pub(crate) async fn token(State(world): Shared, caller: Peer, params: Params) -> Response {
    Manner::Json.either(replace(&world, &params, caller.ip), world.clock.now())
}

/// `POST /cgi-bin/stable_token`: returns the current global token. JSON only, regardless of the content type.
pub(crate) async fn stable_token(State(world): Shared, caller: Peer, posted: Posted) -> Response {
    Manner::Json.either(stable(&world, &posted, caller.ip), world.clock.now())
}

/// Returns the app of the global token in a call.
pub(super) fn owner(world: &World, params: &Params) -> Result<Arc<App>, Errcode> {
    let token = params.filled("access_token").ok_or(Errcode::ACCESS_TOKEN_MISSING)?;
    let index = world.global_tokens.owner(token, world.clock.now()).map_err(|bad| match bad {
        BadGlobalToken::NotLatest => Errcode::INVALID_CREDENTIAL,
        BadGlobalToken::Expired => Errcode::ACCESS_TOKEN_EXPIRED,
    })?;
    world.company.app_at(index).ok_or(Errcode::INVALID_CREDENTIAL)
}

#[derive(Serialize)]
struct Answer {
    access_token: String,
    expires_in: i64,
}

impl From<Granted> for Answer {
    fn from(granted: Granted) -> Self {
        Self { access_token: granted.token, expires_in: granted.expires_in }
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct StableRequest {
    grant_type: String,
    appid: String,
    secret: String,
    force_refresh: bool,
}

fn replace(world: &World, params: &Params, caller: IpAddr) -> Result<Answer, Complaint> {
    insist_on_grant_type(params, "client_credential")?;
    let (appid, secret) = (params.filled("appid"), params.filled("secret"));
    let app = authenticated(world, appid, secret)?;
    listed(&app, caller)?;
    world.count(&app, Call::Token)?;
    Ok(world.global_tokens.replace(app.index, world.clock.now()).into())
}

fn stable(world: &World, posted: &Posted, caller: IpAddr) -> Result<Answer, Complaint> {
    let request: StableRequest = posted.json()?;
    if request.grant_type != "client_credential" {
        return Err(Errcode::INVALID_GRANT_TYPE.into());
    }
    let (appid, secret) = (filled(&request.appid), filled(&request.secret));
    let app = authenticated(world, appid, secret)?;
    listed(&app, caller)?;
    world.count(&app, Call::StableToken)?;
    let now = world.clock.now();
    if request.force_refresh {
        let forced = world.global_tokens.force(app.index, now);
        return forced.map(Answer::from).map_err(|ForcedTooOften| Errcode::DAILY_QUOTA.into());
    }
    Ok(world.global_tokens.stable(app.index, now).into())
}

fn filled(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

fn authenticated(world: &World, app_id: Option<&str>, secret: Option<&str>) -> Result<Arc<App>, Errcode> {
    let app_id = app_id.ok_or(Errcode::APPID_MISSING)?;
    let secret = secret.ok_or(Errcode::APPSECRET_MISSING)?;
    with_secret(world.company.app_by_id(app_id).ok_or(Errcode::INVALID_APPID)?, secret)
}

/// Requires that the caller is on the app's IP list, if it has one.
fn listed(app: &App, caller: IpAddr) -> Result<(), Complaint> {
    let known = app.ip_list.is_empty() || app.ip_list.iter().any(|ip| ip.to_canonical() == caller);
    if known { Ok(()) } else { Err(Complaint::not_in_whitelist(caller)) }
}
