//! The control API: who there is, codes without clicking, the clock, text messages, faults.
//! None of this exists at WeChat.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::company::{App, AppIndex, AppKind, Person, PersonIndex, Scope};
use crate::pages;
use crate::state::World;
use crate::state::codes::Issued;
use crate::state::faults::Fault;
use crate::state::inbox::Sms;

use super::html::{language, page};
use super::{Params, Shared};

/// The routes below `/_sandbox`.
pub(super) fn routes() -> Router<Arc<World>> {
    Router::new()
        .route("/", get(index))
        .route("/apps", get(apps))
        .route("/people", get(people))
        .route("/codes", axum::routing::post(issue_code))
        .route("/phone_codes", axum::routing::post(issue_phone_code))
        .route("/sms", get(read_sms).post(deliver_sms))
        .route("/clock", get(clock).post(move_clock))
        .route("/faults", get(faults).post(order_fault).delete(clear_faults))
        .route("/avatars/{file}", get(avatar))
        .route("/assets/{file}", get(asset))
        .fallback(|| async { refuse(StatusCode::NOT_FOUND, "the control API has nothing at this path") })
        .method_not_allowed_fallback(|| async { refuse(StatusCode::METHOD_NOT_ALLOWED, "not with this method") })
}

/// `GET /_sandbox/`: everything there is, for reading.
pub(super) async fn index(State(world): Shared, headers: HeaderMap, params: Params) -> Response {
    let lang = language(&headers, &params);
    page(pages::index(lang, &world.company, &world.inbox.read(None)))
}

#[derive(Serialize)]
struct AppAnswer<'w> {
    name: &'w str,
    title: &'w str,
    kind: &'static str,
    appid: &'w str,
    secret: &'w str,
    union_scope: Option<&'w str>,
    redirect_domains: &'w [String],
}

impl<'w> From<&'w App> for AppAnswer<'w> {
    fn from(app: &'w App) -> Self {
        Self {
            name: &app.name,
            title: &app.title,
            kind: app.kind.as_str(),
            appid: &app.id,
            secret: &app.secret,
            union_scope: app.union_scope.as_deref(),
            redirect_domains: &app.redirect_domains,
        }
    }
}

#[derive(Serialize)]
struct PersonAnswer<'w> {
    id: &'w str,
    nickname: &'w str,
    phone: Option<&'w str>,
    phones: &'w [String],
    snapshot: bool,
}

impl<'w> From<&'w Person> for PersonAnswer<'w> {
    fn from(person: &'w Person) -> Self {
        let phone = person.phones.first().map(String::as_str);
        let Person { id, nickname, phones, snapshot } = person;
        Self { id, nickname, phone, phones, snapshot: *snapshot }
    }
}

async fn apps(State(world): Shared) -> Response {
    axum::Json(world.company.apps.iter().map(AppAnswer::from).collect::<Vec<_>>()).into_response()
}

async fn people(State(world): Shared) -> Response {
    axum::Json(world.company.people.iter().map(PersonAnswer::from).collect::<Vec<_>>()).into_response()
}

#[derive(Deserialize)]
struct CodeOrder {
    app: String,
    person: String,
    scope: Option<String>,
    snapshot: Option<bool>,
}

type Refused = (StatusCode, &'static str);

async fn issue_code(State(world): Shared, body: Bytes) -> Response {
    either(code(&world, &body).map(|code| json!({ "code": code })))
}

async fn issue_phone_code(State(world): Shared, body: Bytes) -> Response {
    either(phone_code(&world, &body).map(|code| json!({ "code": code })))
}

fn code(world: &World, body: &[u8]) -> Result<String, Refused> {
    let order: CodeOrder = read(body)?;
    let (app_index, app, person_index, person) = both(world, &order)?;
    let scope = scope(app, order.scope.as_deref())?;
    // Only the pages of an official account can be shown as a snapshot.
    let snapshot = app.kind == AppKind::OfficialAccount && (person.snapshot || order.snapshot == Some(true));
    Ok(world.issue_code(Issued { app: app_index, person: person_index, scope, snapshot }))
}

fn phone_code(world: &World, body: &[u8]) -> Result<String, Refused> {
    let order: CodeOrder = read(body)?;
    let (app_index, app, person_index, person) = both(world, &order)?;
    if app.kind != AppKind::MiniProgram {
        return Err((StatusCode::BAD_REQUEST, "only a mini program has a phone number button"));
    }
    if person.phones.is_empty() {
        return Err((StatusCode::BAD_REQUEST, "this person has no phone"));
    }
    Ok(world.issue_phone_code(Issued { app: app_index, person: person_index, scope: None, snapshot: false }))
}

fn both<'w>(world: &'w World, order: &CodeOrder) -> Result<(AppIndex, &'w App, PersonIndex, &'w Person), Refused> {
    let (app_index, app) = world.company.app(&order.app).ok_or((StatusCode::NOT_FOUND, "no such app"))?;
    let (person_index, person) =
        world.company.person(&order.person).ok_or((StatusCode::NOT_FOUND, "no such person"))?;
    Ok((app_index, app, person_index, person))
}

/// The scope that was asked for where the kind of app has it, else the natural one of the kind: one order fits all kinds.
fn scope(app: &App, asked_for: Option<&str>) -> Result<Option<Scope>, Refused> {
    let natural = app.kind.scopes().first().copied();
    let Some(name) = asked_for else { return Ok(natural) };
    let known = Scope::from_name(name).ok_or((StatusCode::BAD_REQUEST, "there is no such scope"))?;
    Ok(if app.kind.scopes().contains(&known) { Some(known) } else { natural })
}

#[derive(Deserialize)]
struct SmsOrder {
    to: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    text: String,
}

async fn deliver_sms(State(world): Shared, body: Bytes) -> Response {
    let order: Result<SmsOrder, Refused> = read(&body);
    either(order.map(|SmsOrder { to, code, text }| {
        world.inbox.deliver(Sms { to, code, text, at: world.clock.now_text() });
        json!({ "delivered": true })
    }))
}

async fn read_sms(State(world): Shared, params: Params) -> Response {
    axum::Json(world.inbox.read(params.filled("to"))).into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClockOrder {
    /// Unix seconds: the clock stops there, and only moves when told to.
    stop_at: Option<i64>,
    advance_seconds: Option<i64>,
}

async fn clock(State(world): Shared) -> Response {
    axum::Json(json!({ "now": world.clock.now() })).into_response()
}

async fn move_clock(State(world): Shared, body: Bytes) -> Response {
    let moved = read(&body).and_then(|order: ClockOrder| {
        let stopped = order.stop_at.is_none_or(|moment| world.clock.stop_at(moment));
        let advanced = stopped && order.advance_seconds.is_none_or(|by| world.clock.advance(by));
        if advanced { Ok(()) } else { Err((StatusCode::BAD_REQUEST, "the clock moves forward, and a century at most")) }
    });
    either(moved.map(|()| json!({ "now": world.clock.now() })))
}

async fn faults(State(world): Shared) -> Response {
    axum::Json(world.faults.list()).into_response()
}

async fn order_fault(State(world): Shared, body: Bytes) -> Response {
    let ordered = read(&body).and_then(|fault: Fault| match fault.mistake() {
        Some(mistake) => Err((StatusCode::BAD_REQUEST, mistake)),
        None if world.faults.order(fault) => Ok(()),
        None => Err((StatusCode::TOO_MANY_REQUESTS, "a hundred faults are waiting already")),
    });
    either(ordered.map(|()| json!({ "faults": world.faults.list() })))
}

async fn clear_faults(State(world): Shared) -> Response {
    world.faults.clear();
    axum::Json(json!({ "faults": [] })).into_response()
}

async fn avatar(State(world): Shared, Path(file): Path<String>) -> Response {
    match file.strip_suffix(".svg").and_then(|id| world.company.person(id)) {
        Some((_, person)) => {
            ([(header::CONTENT_TYPE, "image/svg+xml")], pages::avatar(person).into_string()).into_response()
        }
        None => refuse(StatusCode::NOT_FOUND, "no such person"),
    }
}

async fn asset(Path(file): Path<String>) -> Response {
    let (kind, text) = match file.as_str() {
        "icon.svg" => ("image/svg+xml", include_str!("../../assets/icon.svg")),
        "sandbox.css" => ("text/css; charset=utf-8", include_str!("../../assets/sandbox.css")),
        "qrconnect.js" => ("text/javascript; charset=utf-8", include_str!("../../assets/qrconnect.js")),
        _ => return refuse(StatusCode::NOT_FOUND, "no such file"),
    };
    ([(header::CONTENT_TYPE, kind)], text).into_response()
}

/// The JSON of a body, whatever its header says.
fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refused> {
    serde_json::from_slice(body).map_err(|error| {
        tracing::debug!("the control API was sent something else than it reads: {error}");
        (StatusCode::BAD_REQUEST, "the body is not the JSON that this path reads")
    })
}

fn either(result: Result<serde_json::Value, Refused>) -> Response {
    match result {
        Ok(answer) => axum::Json(answer).into_response(),
        Err((status, error)) => refuse(status, error),
    }
}

fn refuse(status: StatusCode, error: &'static str) -> Response {
    (status, axum::Json(json!({ "error": error }))).into_response()
}
