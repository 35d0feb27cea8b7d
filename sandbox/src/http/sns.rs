//! The server calls of a web login: a code is exchanged for tokens, a token for a profile.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;

use crate::company::{App, AppKind, Person, Scope, ids};
use crate::state::World;
use crate::state::codes::{Code, Issued};
use crate::state::quotas::Call;
use crate::state::web_tokens::{ACCESS_LIFE, BadToken, Login, Pair};

use super::credentials::{authenticated, insist_on_grant_type};
use super::errcode::Errcode;
use super::manner::{Manner, Success};
use super::origin::Origin;
use super::{Params, Shared};

/// `GET /sns/oauth2/access_token`: exchanges a code for tokens.
pub(crate) async fn access_token(State(world): Shared, params: Params) -> Response {
    Manner::Plain.either(exchange(&world, &params), world.clock.now())
}

/// `GET /sns/oauth2/refresh_token`: renews an access token.
pub(crate) async fn refresh_token(State(world): Shared, params: Params) -> Response {
    Manner::Plain.either(refresh(&world, &params), world.clock.now())
}

/// `GET /sns/userinfo`: returns the profile for an access token.
pub(crate) async fn userinfo(State(world): Shared, origin: Origin, params: Params) -> Response {
    Manner::Plain.either(profile(&world, &params, &origin), world.clock.now())
}

/// `GET /sns/auth`: checks whether this access token belongs to this openId.
pub(crate) async fn auth(State(world): Shared, params: Params) -> Response {
    Manner::Plain.either(check(&world, &params).map(Success::with), world.clock.now())
}

#[derive(Serialize)]
struct Tokens {
    access_token: String,
    expires_in: i64,
    refresh_token: String,
    openid: String,
    scope: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_snapshotuser: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unionid: Option<String>,
}

#[derive(Serialize)]
struct Profile {
    openid: String,
    nickname: String,
    // Since October 2021 the next five fields always have these values.
    sex: u8,
    language: &'static str,
    city: &'static str,
    province: &'static str,
    country: &'static str,
    headimgurl: String,
    privilege: [&'static str; 0],
    #[serde(skip_serializing_if = "Option::is_none")]
    unionid: Option<String>,
}

fn exchange(world: &World, params: &Params) -> Result<Tokens, Errcode> {
    let app = authenticated(world, params, "code")?;
    world.count(&app, Call::Exchange)?;
    insist_on_grant_type(params, "authorization_code")?;
    let code = params.filled("code").ok_or(Errcode::MISSING_CODE)?;
    let wanted = |issued: &Issued| issued.app == app.index && app.kind != AppKind::MiniProgram;
    let issued = taken(world.redeem_code(code, wanted))?;
    let scope = issued.scope.ok_or(Errcode::INVALID_CODE)?;
    let pair = world.web_tokens.issue(issued, scope, world.clock.now());
    let person = world.company.person_at(issued.person).ok_or(Errcode::INVALID_CODE)?;
    Ok(tokens((&app, &person), (scope, issued.snapshot), pair))
}

/// Returns the content of a valid code.
pub(super) fn taken<T>(code: Code<T>) -> Result<T, Errcode> {
    match code {
        Code::Taken(meaning) => Ok(meaning),
        Code::Used => Err(Errcode::CODE_BEEN_USED),
        Code::Unknown => Err(Errcode::INVALID_CODE),
    }
}

fn tokens((app, person): (&App, &Person), (scope, snapshot): (Scope, bool), pair: Pair) -> Tokens {
    let (openid, unionid) = identity(app, person, snapshot);
    Tokens {
        access_token: pair.access,
        expires_in: ACCESS_LIFE,
        refresh_token: pair.refresh,
        openid,
        scope: scope.as_str(),
        is_snapshotuser: snapshot.then_some(1),
        unionid: unionid.filter(|_| scope.shows_profile()),
    }
}

/// Returns the ids of a login: the person's own, or those of the snapshot page, which belong to no person.
fn identity(app: &App, person: &Person, snapshot: bool) -> (String, Option<String>) {
    if snapshot {
        (ids::snapshot_open_id(app, person), ids::snapshot_union_id(app, person))
    } else {
        (ids::open_id(app, person), ids::union_id(app, person))
    }
}

fn refresh(world: &World, params: &Params) -> Result<Tokens, Errcode> {
    let app_id = params.filled("appid").ok_or(Errcode::APPID_MISSING)?;
    let token = params.filled("refresh_token").ok_or(Errcode::REFRESH_TOKEN_MISSING)?;
    insist_on_grant_type(params, "refresh_token")?;
    let app = world.company.app_by_id(app_id).ok_or(Errcode::INVALID_APPID)?;
    world.count(&app, Call::Refresh)?;
    let now = world.clock.now();
    let login = world.web_tokens.refreshable(token, app.refresh_days, now).map_err(|bad| match bad {
        BadToken::Unknown => Errcode::INVALID_REFRESH_TOKEN,
        BadToken::Expired => Errcode::REFRESH_TOKEN_EXPIRED,
    })?;
    let person = world.company.person_at(login.person).filter(|_| login.app == app.index);
    let person = person.ok_or(Errcode::INVALID_REFRESH_TOKEN)?;
    let pair = world.web_tokens.renew(&login, app.refresh_days, now);
    // The documents list neither of the two fields for this answer.
    Ok(Tokens { unionid: None, is_snapshotuser: None, ..tokens((&app, &person), (login.scope, login.snapshot), pair) })
}

fn profile(world: &World, params: &Params, origin: &Origin) -> Result<Profile, Errcode> {
    let (login, app, person) = logged_in(world, params)?;
    world.count(&app, Call::Profile)?;
    let asked_for = params.filled("openid").ok_or(Errcode::MISSING_OPENID)?;
    if !login.scope.shows_profile() {
        return Err(Errcode::API_UNAUTHORIZED);
    }
    let (openid, unionid) = identity(&app, &person, login.snapshot);
    if openid != asked_for {
        // At least one widely used product sends a wrong openid successfully, so WeChat seems to ignore it.
        tracing::warn!(app = app.name, "userinfo was called with an openid other than the token's");
        if app.strict {
            return Err(Errcode::INVALID_OPENID);
        }
    }
    let nickname = if login.snapshot { "微信用户".to_owned() } else { person.nickname.clone() };
    let headimgurl = origin.picture_of(&person).filter(|_| !login.snapshot).unwrap_or_default();
    let (language, city, province, country) = ("", "", "", "");
    Ok(Profile { openid, nickname, sex: 0, language, city, province, country, headimgurl, privilege: [], unionid })
}

fn check(world: &World, params: &Params) -> Result<(), Errcode> {
    let (login, app, person) = logged_in(world, params).map_err(|errcode| match errcode {
        Errcode::ACCESS_TOKEN_MISSING => errcode,
        // A token of another kind is invalid here; an unknown or expired one belongs to no openId.
        _ if super::global_token::owner(world, params).is_ok() => Errcode::INVALID_ACCESS_TOKEN,
        _ => Errcode::INVALID_OPENID,
    })?;
    let asked_for = params.filled("openid").ok_or(Errcode::MISSING_OPENID)?;
    let (openid, _) = identity(&app, &person, login.snapshot);
    if openid == asked_for { Ok(()) } else { Err(Errcode::INVALID_OPENID) }
}

/// Returns the login of an access token. A valid global token is unknown here.
fn logged_in(world: &World, params: &Params) -> Result<(Login, Arc<App>, Arc<Person>), Errcode> {
    let token = params.filled("access_token").ok_or(Errcode::ACCESS_TOKEN_MISSING)?;
    let login = world.web_tokens.access(token, world.clock.now()).map_err(|bad| match bad {
        BadToken::Unknown => Errcode::INVALID_ACCESS_TOKEN,
        BadToken::Expired => Errcode::ACCESS_TOKEN_EXPIRED,
    })?;
    let app = world.company.app_at(login.app).ok_or(Errcode::INVALID_ACCESS_TOKEN)?;
    let person = world.company.person_at(login.person).ok_or(Errcode::INVALID_ACCESS_TOKEN)?;
    Ok((login, app, person))
}
