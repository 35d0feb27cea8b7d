//! What comes in place of WeChat's answer: errors, pages, nothing at all.
//! What is done to an answer that WeChat did give is in `spoil` and `way_back`.

use std::time::Duration;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::clock::Seconds;
use crate::net::Peer;
use crate::pages::{Lang, PageError};
use crate::state::World;
use crate::state::faults::{Answer, Instead};

use super::super::errcode::Errcode;
use super::super::html::error_page;
use super::super::manner::Manner;
use super::super::qrconnect;
use super::arrived::Arrived;

/// Nobody is kept waiting longer than this: who is still there then has forgotten the call.
const PATIENCE: Duration = Duration::from_mins(10);

/// What a proxy between WeChat and its callers might send.
const PAGE: &str = "<html><body><h1>ordered fault</h1></body></html>";

/// What a page with a QR code asks again and again: a script answers.
const POLL: &str = "/connect/l/qrconnect";

/// The answer that was ordered in place of the real one.
pub(super) async fn answer(world: &World, answer: &Answer, arrived: &Arrived) -> Response {
    let (path, now) = (&arrived.call.path, world.clock.now());
    let mut response = match &answer.instead {
        Instead::Errcode(number) => failure(Errcode(*number), path, now),
        Instead::Body(body) => text(body.clone()),
        Instead::Html => text(PAGE.to_owned()),
        Instead::Empty => empty(),
        Instead::Quota => failure(quota(path), path, now),
        Instead::Hang => hang().await,
        Instead::Reset => reset(&arrived.peer()),
    };
    if let Some(status) = answer.status {
        let status = StatusCode::from_u16(status).expect("an order's status is 200 to 599");
        if [StatusCode::NO_CONTENT, StatusCode::RESET_CONTENT, StatusCode::NOT_MODIFIED].contains(&status) {
            // HTTP gives these no body.
            return status.into_response();
        }
        *response.status_mut() = status;
    }
    response
}

fn failure(errcode: Errcode, path: &str, now: Seconds) -> Response {
    if path == POLL {
        return qrconnect::script(format!("window.wx_errcode={};window.wx_code='';", errcode.0));
    }
    if is_a_page(path) {
        // An order names a number that pages have; only a limit comes with one that they have not.
        return error_page(Lang::Zh, PageError::numbered(errcode.0).unwrap_or(PageError::TOO_OFTEN));
    }
    Manner::of(path).failure(errcode, now)
}

/// Whether a browser opens this path, and an error is a page with a number of its own.
pub(in crate::http) fn is_a_page(path: &str) -> bool {
    path != POLL && ["/connect/", "/wwlogin/", "/wwopen/"].iter().any(|start| path.starts_with(start))
}

/// `/sns` and `/wxa` are counted by the minute, `/cgi-bin` by the day. Browsers get the page for those who come too often.
fn quota(path: &str) -> Errcode {
    if path.starts_with("/cgi-bin/") { Errcode::DAILY_QUOTA } else { Errcode::MINUTE_QUOTA }
}

/// As it was seen once at `/cgi-bin/token`: neither JSON nor a failure, in the charset of another decade.
fn empty() -> Response {
    [(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=gbk"))].into_response()
}

/// Ends when the caller leaves, since the server then drops whatever it does for them.
async fn hang() -> Response {
    tokio::time::sleep(PATIENCE).await;
    (StatusCode::GATEWAY_TIMEOUT, text(PAGE.to_owned())).into_response()
}

/// Nobody sees this answer: writing it is what resets the connection. A router that is called without a socket has no
/// connection to reset, and its caller hears of a gateway's trouble.
fn reset(peer: &Peer) -> Response {
    if !peer.reset() {
        tracing::debug!("there is no connection to reset");
    }
    (StatusCode::BAD_GATEWAY, text(PAGE.to_owned())).into_response()
}

fn text(body: String) -> Response {
    let kind = if body.trim_start().starts_with('<') { "text/html" } else { "text/plain" };
    ([(header::CONTENT_TYPE, HeaderValue::from_static(kind))], body).into_response()
}
