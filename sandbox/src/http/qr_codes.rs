//! QR codes of an account with a scene (带参数二维码): their creation, their picture, and the phone that scans one.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use qrcode::QrCode as Picture;
use qrcode::render::svg;
use serde::{Deserialize, Serialize};

use crate::clock::Seconds;
use crate::company::{App, AppKind, ids};
use crate::pages::{self, Consent, Crowd, Lang, PageError, Wish};
use crate::state::World;
use crate::state::qr_codes::{FOR_EVER, QrCode};

use super::control;
use super::errcode::Errcode;
use super::global_token::owner;
use super::html::{error_page, language, page as html};
use super::manner::{Manner, Success};
use super::origin::Origin;
use super::posted::Posted;
use super::{Params, Shared};

/// The life of a temporary code whose creation names none.
const USUAL_LIFE: Seconds = 60;
/// The longest life of a temporary code: thirty days.
const LONGEST_LIFE: Seconds = 2_592_000;
/// The largest number of the scene of a permanent code.
const LARGEST_PERMANENT: u32 = 100_000;

#[derive(Deserialize)]
struct Order {
    expire_seconds: Option<Seconds>,
    action_name: String,
    action_info: Info,
}

#[derive(Deserialize)]
struct Info {
    scene: Scene,
}

#[derive(Deserialize)]
struct Scene {
    scene_id: Option<u32>,
    scene_str: Option<String>,
}

#[derive(Serialize)]
struct Answer {
    ticket: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    expire_seconds: Option<Seconds>,
    url: String,
}

/// `POST /cgi-bin/qrcode/create`: makes a code. Its address, which WeChat's is `http://weixin.qq.com/q/…` of, is the page of
/// the phone here.
pub(crate) async fn create(State(world): Shared, origin: Origin, posted: Posted) -> Response {
    Manner::Json.either(created(&world, &origin, &posted), world.clock.now())
}

fn created(world: &World, origin: &Origin, posted: &Posted) -> Result<Success<Answer>, Errcode> {
    let app = owner(world, &posted.params)?;
    // Only certified service accounts have such codes.
    if app.kind != AppKind::OfficialAccount {
        return Err(Errcode::API_UNAUTHORIZED);
    }
    let order: Order = posted.json()?;
    let (scene, is_permanent) = scene(&order).ok_or(Errcode::INVALID_ACTION_INFO)?;
    let life = order.expire_seconds.unwrap_or(USUAL_LIFE).clamp(1, LONGEST_LIFE);
    let ticket = ids::qr_ticket(&app, &scene);
    let kept = if is_permanent { FOR_EVER } else { life };
    world.qr_codes.keep(&ticket, QrCode { app: app.index, scene }, (world.clock.now(), kept));
    let url = origin.with(&format!("/q/{ticket}"));
    Ok(Success::with(Answer { ticket, expire_seconds: (!is_permanent).then_some(life), url }))
}

/// Returns the scene of an order, and whether its code is permanent.
fn scene(order: &Order) -> Option<(String, bool)> {
    let Scene { scene_id, scene_str } = &order.action_info.scene;
    let text = || scene_str.clone().filter(|text| (1..=64).contains(&text.chars().count()));
    match order.action_name.as_str() {
        "QR_SCENE" => Some((scene_id.filter(|id| *id > 0)?.to_string(), false)),
        "QR_STR_SCENE" => Some((text()?, false)),
        "QR_LIMIT_SCENE" => Some((scene_id.filter(|id| (1..=LARGEST_PERMANENT).contains(id))?.to_string(), true)),
        "QR_LIMIT_STR_SCENE" => Some((text()?, true)),
        _ => None,
    }
}

/// `GET /cgi-bin/showqrcode`: returns the picture of a ticket, without a token.
pub(crate) async fn picture(State(world): Shared, origin: Origin, params: Params) -> Response {
    let ticket = params.get("ticket").unwrap_or_default();
    let drawn = world.qr_codes.of(ticket, world.clock.now()).map(|_| origin.with(&format!("/q/{ticket}")));
    let Some(Ok(code)) = drawn.map(Picture::new) else {
        return (StatusCode::NOT_FOUND, "no such QR code\n").into_response();
    };
    let picture = code.render::<svg::Color<'_>>().min_dimensions(280, 280).build();
    let headers = [(header::CONTENT_TYPE, "image/svg+xml"), (header::CACHE_CONTROL, "no-store")];
    (headers, picture).into_response()
}

/// `GET /q/{ticket}`: returns the phone's page after the scan, which asks who holds the phone.
pub(crate) async fn scanned(
    State(world): Shared,
    headers: HeaderMap,
    Path(ticket): Path<String>,
    params: Params,
) -> Response {
    let lang = language(&headers, &params);
    match code_and_app(&world, &ticket) {
        Some((_, app)) => asking(&world, lang, &app, &params),
        None => error_page(lang, PageError::QR_OVER),
    }
}

fn asking(world: &World, lang: Lang, app: &App, params: &Params) -> Response {
    html(pages::consent(&Consent {
        lang,
        other_language: format!("?{}", params.query_with("lang", lang.other().tag())),
        app,
        wish: Wish::Follow,
        full_service: false,
        crowd: Crowd::of(&world.company, None, params.filled("find")),
        // The page's own address.
        action: "",
        kept: vec![("lang".to_owned(), lang.tag().to_owned())],
    }))
}

/// `POST /q/{ticket}`: the person follows, unless they do already; the scan is pushed, and the account's answer is shown.
pub(crate) async fn scan(
    State(world): Shared,
    headers: HeaderMap,
    Path(ticket): Path<String>,
    params: Params,
) -> Response {
    let lang = language(&headers, &params);
    let Some((code, app)) = code_and_app(&world, &ticket) else { return error_page(lang, PageError::QR_OVER) };
    let person = params.get("person").and_then(|id| world.company.person(id));
    match (params.get("decision"), person) {
        (Some("allow"), Some(person)) => {
            let replies = control::scan(&world, (&app, &person), code.scene).await;
            html(pages::account_answer(lang, &app, replies.as_deref()))
        }
        (Some("refuse"), _) => html(pages::refused(lang, &app)),
        _ => asking(&world, lang, &app, &params),
    }
}

fn code_and_app(world: &World, ticket: &str) -> Option<(QrCode, Arc<App>)> {
    let code = world.qr_codes.of(ticket, world.clock.now())?;
    let app = world.company.app_at(code.app)?;
    Some((code, app))
}
