//! The server calls of a mini program: the login of `wx.login`, and the phone number button.

use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};

use crate::company::{AppKind, ids};
use crate::encrypted_data::Telephone;
use crate::state::World;
use crate::state::codes::{Issued, Tapped};
use crate::state::quotas::Call;

use super::credentials::{authenticated, insist_on_grant_type};
use super::errcode::Errcode;
use super::global_token::owner;
use super::manner::{Manner, Success};
use super::posted::Posted;
use super::sns::taken;
use super::telephone::telephone;
use super::{Params, Shared};

/// `GET /sns/jscode2session`: exchanges the code of `wx.login` for a session.
pub(crate) async fn jscode2session(State(world): Shared, params: Params) -> Response {
    Manner::Plain.either(session(&world, &params), world.clock.now())
}

/// `POST /wxa/business/getuserphonenumber`: exchanges the code of the phone number button.
pub(crate) async fn phone_number(State(world): Shared, posted: Posted) -> Response {
    Manner::Json.either(phone(&world, &posted), world.clock.now())
}

#[derive(Serialize)]
struct MiniLogin {
    session_key: String,
    openid: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    unionid: Option<String>,
}

#[derive(Deserialize)]
struct PhoneRequest {
    code: Option<String>,
    openid: Option<String>,
}

#[derive(Serialize)]
struct PhoneAnswer {
    phone_info: Telephone,
}

fn session(world: &World, params: &Params) -> Result<MiniLogin, Errcode> {
    let app = authenticated(world, params, "js_code")?;
    insist_on_grant_type(params, "authorization_code")?;
    let code = params.filled("js_code").ok_or(Errcode::MISSING_CODE)?;
    let wanted = |issued: &Issued| issued.app == app.index && app.kind == AppKind::MiniProgram;
    // Before the code is spent: a caller that is told to wait a minute may use it again.
    if let Some(issued) = world.look_at_code(code).filter(wanted) {
        world.count(&app, Call::MiniLogin(issued.person))?;
    }
    let issued = taken(world.redeem_code(code, wanted))?;
    let person = world.company.person_at(issued.person).ok_or(Errcode::INVALID_CODE)?;
    if person.blocked {
        return Err(Errcode::CODE_BLOCKED);
    }
    let session_key = world.sessions.current(app.index, issued.person);
    Ok(MiniLogin {
        session_key: session_key.expect("a code of a mini program comes with a session key"),
        openid: ids::open_id(&app, &person),
        unionid: ids::union_id(&app, &person),
    })
}

fn phone(world: &World, posted: &Posted) -> Result<Success<PhoneAnswer>, Errcode> {
    let app = owner(world, &posted.params)?;
    let request: PhoneRequest = posted.json()?;
    let code = request.code.filter(|code| !code.is_empty()).ok_or(Errcode::INVALID_CODE)?;
    if world.look_at_phone_code(&code).is_some_and(|tapped| tapped.app != app.index) {
        return Err(Errcode::INVALID_APPID);
    }
    let wanted = |tapped: &Tapped| {
        let person = world.company.person_at(tapped.person);
        let belongs = |openid: &str| person.is_some_and(|person| ids::open_id(&app, &person) == openid);
        request.openid.as_deref().is_none_or(belongs)
    };
    let tapped = taken(world.redeem_phone_code(&code, wanted))?;
    let person = world.company.person_at(tapped.person).ok_or(Errcode::INVALID_CODE)?;
    let number = person.phones.get(usize::from(tapped.phone)).ok_or(Errcode::INVALID_CODE)?;
    let phone_info = telephone(number, &app, world.clock.now()).ok_or(Errcode::INVALID_CODE)?;
    Ok(Success::with(PhoneAnswer { phone_info }))
}
