//! What the server of a mini program calls: the login of `wx.login`, and the phone number button.
//! Session checks are in `session`; encrypted data, which needs no server of WeChat's, is ordered at the control API.

use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};

use crate::company::{App, AppKind};
use crate::ids;
use crate::state::World;
use crate::state::codes::{Code, Issued};
use crate::state::quotas::Call;

use super::cgi::owner;
use super::errcode::{Errcode, Manner};
use super::posted::Posted;
use super::sns::{authenticated, granted};
use super::{Params, Shared};

/// `GET /sns/jscode2session`: takes the code of `wx.login` and gives a session.
pub(crate) async fn jscode2session(State(world): Shared, params: Params) -> Response {
    Manner::Plain.either(session(&world, &params), world.clock.now())
}

/// `POST /wxa/business/getuserphonenumber`: takes the code of the phone number button.
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
    errcode: i64,
    errmsg: &'static str,
    phone_info: Telephone,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Telephone {
    phone_number: String,
    pure_phone_number: String,
    country_code: CountryCode,
    watermark: Watermark,
}

/// A text in the documents' table, a number in their sample.
#[derive(Serialize)]
#[serde(untagged)]
enum CountryCode {
    Text(String),
    Number(u16),
}

#[derive(Serialize)]
struct Watermark {
    timestamp: i64,
    appid: String,
}

fn session(world: &World, params: &Params) -> Result<MiniLogin, Errcode> {
    let app = authenticated(world, params, "js_code")?;
    granted(params, "authorization_code")?;
    let code = params.filled("js_code").ok_or(Errcode::MISSING_CODE)?;
    let wanted = |issued: &Issued| issued.app == app.index && app.kind == AppKind::MiniProgram;
    // Before the code is taken: who is told to come back in a minute may bring it again.
    if let Some(issued) = world.look_at_code(code).filter(wanted) {
        world.count(&app, Call::MiniLogin(issued.person))?;
    }
    let issued = taken(world.redeem_code(code, wanted))?;
    let person = world.company.person_at(issued.person).ok_or(Errcode::INVALID_CODE)?;
    if person.blocked {
        return Err(Errcode::CODE_BLOCKED);
    }
    Ok(MiniLogin {
        session_key: world.sessions.renew(app.index, issued.person),
        openid: ids::open_id(&app, &person),
        unionid: ids::union_id(&app, &person),
    })
}

fn taken(code: Code) -> Result<Issued, Errcode> {
    match code {
        Code::Taken(issued) => Ok(issued),
        Code::Used => Err(Errcode::CODE_BEEN_USED),
        Code::Unknown => Err(Errcode::INVALID_CODE),
    }
}

fn phone(world: &World, posted: &Posted) -> Result<PhoneAnswer, Errcode> {
    let app = owner(world, &posted.params)?;
    let request: PhoneRequest = posted.json()?;
    let code = request.code.filter(|code| !code.is_empty()).ok_or(Errcode::INVALID_CODE)?;
    if world.look_at_phone_code(&code).is_some_and(|issued| issued.app != app.index) {
        return Err(Errcode::INVALID_APPID);
    }
    let wanted = |issued: &Issued| {
        let person = world.company.person_at(issued.person);
        let belongs = |openid: &str| person.is_some_and(|person| ids::open_id(&app, &person) == openid);
        request.openid.as_deref().is_none_or(belongs)
    };
    let issued = taken(world.redeem_phone_code(&code, wanted))?;
    let person = world.company.person_at(issued.person).ok_or(Errcode::INVALID_CODE)?;
    let number = person.phones.first().ok_or(Errcode::INVALID_CODE)?;
    let watermark = Watermark { timestamp: world.clock.now(), appid: app.id.clone() };
    Ok(PhoneAnswer { errcode: 0, errmsg: "ok", phone_info: Telephone::of(number, &app, watermark) })
}

impl Telephone {
    fn of(number: &str, app: &App, watermark: Watermark) -> Self {
        let (phone_number, pure, country_code) = as_told(number);
        let (phone_number, pure_phone_number) = (phone_number.to_owned(), pure.to_owned());
        let country_code = match country_code.parse() {
            Ok(number) if app.numeric_country_code => CountryCode::Number(number),
            Ok(_) | Err(_) => CountryCode::Text(country_code.to_owned()),
        };
        Self { phone_number, pure_phone_number, country_code, watermark }
    }
}

/// A number as WeChat tells it, the same without its country, and the country.
/// WeChat leaves out the country of Chinese numbers, and tells others with it.
pub(super) fn as_told(number: &str) -> (&str, &str, &str) {
    let (country, pure) = split(number);
    (if country == "86" { pure } else { number }, pure, country)
}

/// Country and rest. Good enough for invented people: the countries with one digit, China's neighbours with three,
/// and two digits for everybody else.
fn split(number: &str) -> (&str, &str) {
    let digits = number.trim_start_matches('+');
    let length = match digits.as_bytes() {
        [b'1' | b'7', ..] => 1,
        [b'8', b'5' | b'8', ..] | [b'9', b'6' | b'7' | b'9', ..] => 3,
        _ => 2,
    };
    digits.split_at_checked(length).unwrap_or(("", digits))
}
