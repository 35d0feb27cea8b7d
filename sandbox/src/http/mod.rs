//! The HTTP routes of the sandbox: WeChat's paths, and the control API under `/_sandbox/`.

mod asking;
mod authorize;
mod callback_ip;
mod changeopenid;
mod clear_quota;
mod control;
mod cors;
mod credentials;
mod errcode;
mod faulty;
mod global_token;
mod hosts;
mod html;
mod manner;
mod mini_program;
mod origin;
mod params;
mod posted;
mod qr_codes;
mod qrconnect;
mod recording;
mod returning;
mod session;
mod sns;
mod telephone;
mod ticket;
mod users;
mod wecom;
mod wecom_errors;
mod wecom_login;
mod wecom_visitor;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{Method, StatusCode, Uri, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{any, get, post};

use crate::paths;
use crate::state::World;

use errcode::Errcode;
use manner::Manner;

pub(crate) use params::Params;

/// The largest request body, in bytes.
const BODY_LIMIT: usize = 64 * 1024;

type Shared = axum::extract::State<Arc<World>>;

/// Builds the router of the sandbox.
pub(crate) fn router(world: Arc<World>) -> Router {
    let wechat = Router::new()
        .merge(browser_routes())
        .merge(server_routes())
        .fallback(unknown)
        .layer(from_fn_with_state(Arc::clone(&world), faulty::apply))
        // Outside the faults, so that calls are recorded as the caller saw them.
        .layer(from_fn_with_state(Arc::clone(&world), recording::record));
    let paths = Router::new()
        .nest("/_sandbox", control::routes())
        .route("/", get(|| async { Redirect::to("/_sandbox/") }))
        .route("/_sandbox/", get(control::index))
        // Only for the routes above: WeChat's own paths have no such check.
        .route_layer(from_fn_with_state(Arc::clone(&world), cors::admit))
        .route("/_sandbox/avatars/{file}", get(control::avatar))
        .route("/_sandbox/avatars/{picture}/{size}", get(control::sized_avatar))
        .route("/_sandbox/assets/{file}", get(control::asset))
        .merge(wechat)
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .with_state(Arc::clone(&world));
    Router::new().fallback_service(paths).layer(from_fn_with_state(world, hosts::route))
}

/// The pages at `open.weixin.qq.com`, `lp.open.weixin.qq.com` and `res.wx.qq.com`, and at WeCom's
/// `login.work.weixin.qq.com` and `open.work.weixin.qq.com`.
fn browser_routes() -> Router<Arc<World>> {
    Router::new()
        .route("/connect/oauth2/authorize", get(authorize::ask).post(authorize::answer))
        .route("/connect/qrconnect", get(qrconnect::page))
        .route("/connect/qrcode/{uuid}", get(qrconnect::picture))
        .route("/connect/l/qrconnect", get(qrconnect::poll))
        .route("/connect/confirm", get(qrconnect::phone).post(qrconnect::confirm))
        .route("/q/{ticket}", get(qr_codes::scanned).post(qr_codes::scan))
        .route("/connect/zh_CN/htmledition/js/wxLogin.js", get(qrconnect::wx_login_js))
        .route("/wwlogin/sso/login", get(wecom_login::page))
        .route("/wwopen/sso/qrConnect", get(wecom_login::page_of_old))
}

/// The server calls at `api.weixin.qq.com`, and at `qyapi.weixin.qq.com`, which shares no path with it.
fn server_routes() -> Router<Arc<World>> {
    Router::new()
        .route("/sns/oauth2/access_token", get(sns::access_token).post(sns::access_token))
        .route("/sns/oauth2/refresh_token", get(sns::refresh_token).post(sns::refresh_token))
        .route("/sns/userinfo", get(sns::userinfo).post(sns::userinfo))
        .route("/sns/auth", get(sns::auth).post(sns::auth))
        .route("/sns/jscode2session", get(mini_program::jscode2session).post(mini_program::jscode2session))
        .route("/cgi-bin/token", get(global_token::token).post(global_token::token))
        .route("/cgi-bin/stable_token", post(global_token::stable_token))
        .route("/cgi-bin/clear_quota", post(clear_quota::clear))
        .route("/cgi-bin/ticket/getticket", get(ticket::get))
        .route("/cgi-bin/user/info", get(users::one))
        .route("/cgi-bin/user/info/batchget", post(users::several))
        .route("/cgi-bin/user/get", get(users::followers))
        .route("/cgi-bin/changeopenid", post(changeopenid::convert))
        .route("/cgi-bin/qrcode/create", post(qr_codes::create))
        .route("/cgi-bin/showqrcode", get(qr_codes::picture))
        .route("/cgi-bin/getcallbackip", get(callback_ip::list))
        .route("/wxa/business/getuserphonenumber", post(mini_program::phone_number))
        .route("/wxa/checksession", get(session::check))
        .route("/wxa/resetusersessionkey", get(session::reset))
        .route("/sns/{*rest}", any(unknown_api))
        .route("/cgi-bin/{*rest}", any(unknown_api))
        .route("/wxa/{*rest}", any(unknown_api))
        .merge(wecom_routes())
        .method_not_allowed_fallback(wrong_method)
}

/// The server calls at `qyapi.weixin.qq.com`.
fn wecom_routes() -> Router<Arc<World>> {
    Router::new()
        .route(paths::wecom::TOKEN, get(wecom::access_token))
        .route(paths::wecom::IDENTITY, get(wecom_visitor::identity))
        .route(paths::wecom::IDENTITY_OF_OLD, get(wecom_visitor::identity_of_old))
        .route(paths::wecom::DETAILS, post(wecom_visitor::details))
        .route(paths::wecom::SESSION, get(wecom_visitor::session))
        .route(paths::wecom::CORP_TICKET, get(wecom::corp_ticket))
        .route(paths::wecom::APP_TICKET, get(wecom::app_ticket))
}

/// Answers a wrong method: 43002 for a GET where POST is required, 43001 where GET is required.
async fn wrong_method(axum::extract::State(world): Shared, method: Method, uri: Uri) -> Response {
    let errcode = if method == Method::GET { Errcode::REQUIRE_POST } else { Errcode::REQUIRE_GET };
    Manner::of(uri.path()).failure(errcode, world.clock.now())
}

async fn unknown_api(axum::extract::State(world): Shared, uri: Uri) -> Response {
    Manner::of(uri.path()).failure(Errcode::INVALID_URL, world.clock.now())
}

async fn unknown() -> Response {
    let text = "the sandbox has no such path; see /_sandbox/\n";
    (StatusCode::NOT_FOUND, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
}
