//! Website login of WeChat and WeCom: a page with a QR code, the phone's page, and the poll for the phone's progress.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use qrcode::QrCode;
use qrcode::render::svg;

use crate::company::{AppKind, Person};
use crate::pages::{self, Consent, Crowd, Lang, PageError, QrView, Wish};
use crate::state::World;
use crate::state::codes::Issued;
use crate::state::qr::{Progress, QrPage, Uuid};

use super::asking::{Asking, of_a_website};
use super::html::{error_page, language, page as html};
use super::origin::Origin;
use super::returning::{appended, go};
use super::{Params, Shared};

/// `GET /connect/qrconnect`: returns the page with the QR code.
pub(crate) async fn page(State(world): Shared, headers: HeaderMap, params: Params) -> Response {
    shown(&world, language(&headers, &params), &params, of_a_website(&world, &params))
}

/// Returns the page with a QR code for a valid request, else the error page.
pub(super) fn shown(world: &World, lang: Lang, params: &Params, asking: Result<Asking, PageError>) -> Response {
    let asking = match asking {
        Ok(asking) => asking,
        Err(error) => return error_page(lang, error),
    };
    let state = asking.state.unwrap_or_default();
    let page = QrPage { app: asking.app.index, redirect_uri: asking.redirect_uri, state };
    let uuid = world.qr_pages.open(page.clone(), world.clock.now());
    html(pages::qr(&QrView {
        lang,
        other_language: format!("?{}", params.query_with("lang", lang.other().tag())),
        app: &asking.app,
        crowd: Crowd::of(&world.company, None, params.filled("find")),
        uuid: &uuid.text(),
        back: &appended(&page.redirect_uri, &[]),
        state: &page.state,
        self_redirect: params.get("self_redirect").unwrap_or("default"),
        framed: params.get("login_type") == Some("jssdk"),
        kept: params.without(&["find"]),
    }))
}

/// `GET /connect/qrcode/{uuid}`: returns the picture. WeChat sends a JPEG; browsers accept either.
pub(crate) async fn picture(State(world): Shared, origin: Origin, Path(uuid): Path<String>) -> Response {
    let Some((uuid, _)) = open_page(&world, &uuid) else {
        return (StatusCode::NOT_FOUND, "no such QR code\n").into_response();
    };
    let link = origin.with(&format!("/connect/confirm?uuid={}", uuid.text()));
    let Ok(code) = QrCode::new(link) else {
        return (StatusCode::BAD_REQUEST, "the host name is too long for a QR code\n").into_response();
    };
    let picture = code.render::<svg::Color<'_>>().min_dimensions(280, 280).build();
    let headers = [(header::CONTENT_TYPE, "image/svg+xml"), (header::CACHE_CONTROL, "no-store")];
    (headers, picture).into_response()
}

/// `GET /connect/l/qrconnect`: returns a script with the phone's progress.
pub(crate) async fn poll(State(world): Shared, params: Params) -> Response {
    let known_scanned = params.get("last") == Some("404");
    let known_cancelled = params.get("last") == Some("403");
    let seen = move |progress: &Progress| match progress {
        Progress::Waiting => true,
        Progress::Scanned => known_scanned,
        Progress::Cancelled => known_cancelled,
        Progress::Confirmed { .. } => false,
    };
    let news = match params.get("uuid").and_then(Uuid::parse) {
        Some(uuid) => world.qr_pages.news(uuid, seen, world.clock.now()).await,
        None => None,
    };
    let (errcode, code) = match news {
        None => (402, String::new()),
        Some(Progress::Confirmed { code }) => (405, code),
        Some(progress) if seen(&progress) => (408, String::new()),
        Some(Progress::Scanned) => (404, String::new()),
        Some(Progress::Cancelled) => (403, String::new()),
        Some(Progress::Waiting) => (408, String::new()),
    };
    script(format!("window.wx_errcode={errcode};window.wx_code='{code}';"))
}

/// `GET /connect/confirm`: returns the phone's page after the scan.
pub(crate) async fn phone(State(world): Shared, headers: HeaderMap, params: Params) -> Response {
    let lang = language(&headers, &params);
    let Some((uuid, page)) = open_page(&world, params.get("uuid").unwrap_or_default()) else {
        return error_page(lang, PageError::QR_OVER);
    };
    let Some(app) = world.company.app_at(page.app) else { return error_page(lang, PageError::QR_OVER) };
    world.qr_pages.advance(uuid, || Progress::Scanned, world.clock.now());
    html(pages::consent(&Consent {
        lang,
        other_language: format!("?{}", params.query_with("lang", lang.other().tag())),
        app: &app,
        wish: match app.kind {
            AppKind::WeCom => Wish::Member,
            AppKind::OfficialAccount | AppKind::Website | AppKind::Mobile | AppKind::MiniProgram => Wish::Website,
        },
        full_service: false,
        crowd: Crowd::of(&world.company, None, params.filled("find")),
        action: "/connect/confirm",
        kept: vec![("uuid".to_owned(), uuid.text()), ("lang".to_owned(), lang.tag().to_owned())],
    }))
}

/// `POST /connect/confirm`: handles the answer on the phone, or "scan as" on the page itself.
pub(crate) async fn confirm(State(world): Shared, headers: HeaderMap, params: Params) -> Response {
    let lang = language(&headers, &params);
    let Some((uuid, page)) = open_page(&world, params.get("uuid").unwrap_or_default()) else {
        return error_page(lang, PageError::QR_OVER);
    };
    let now = world.clock.now();
    let person = params.get("person").and_then(|id| world.company.person(id));
    let progress = match (params.get("decision"), person) {
        (Some("refuse"), _) => world.qr_pages.advance(uuid, || Progress::Cancelled, now),
        (Some("allow"), Some(person)) => {
            world.qr_pages.advance(uuid, || Progress::Confirmed { code: code_for(&world, &page, &person) }, now)
        }
        _ => return phone(State(world), headers, params).await,
    };
    match progress {
        // The helper beside the QR code is in the browser that logs in, so it can be redirected directly.
        Some(Progress::Confirmed { code }) if params.get("then") == Some("return") => {
            let pairs = [("code", code.as_str()), ("state", page.state.as_str())];
            go(StatusCode::SEE_OTHER, &appended(&page.redirect_uri, &pairs))
        }
        Some(Progress::Confirmed { .. }) => html(pages::phone_done(lang, true)),
        Some(Progress::Cancelled | Progress::Scanned | Progress::Waiting) => html(pages::phone_done(lang, false)),
        None => error_page(lang, PageError::QR_OVER),
    }
}

/// `GET /connect/zh_CN/htmledition/js/wxLogin.js`: returns the script with which a site shows the QR code in a frame.
pub(crate) async fn wx_login_js() -> Response {
    script(include_str!("../../assets/wxLogin.js").to_owned())
}

fn open_page(world: &World, uuid: &str) -> Option<(Uuid, QrPage)> {
    let uuid = Uuid::parse(uuid)?;
    world.qr_pages.page(uuid, world.clock.now()).map(|page| (uuid, page))
}

fn code_for(world: &World, page: &QrPage, person: &Person) -> String {
    let scope = world.company.app_at(page.app).and_then(|app| app.kind.scopes().first().copied());
    world.issue_code(Issued { app: page.app, person: person.index, scope, snapshot: false })
}

pub(super) fn script(text: String) -> Response {
    let kind = HeaderValue::from_static("text/javascript; charset=utf-8");
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, HeaderValue::from_static("no-store"))], text)
        .into_response()
}
