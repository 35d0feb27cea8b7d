//! Answers that replace WeChat's: errors, pages, or none.

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

/// The longest duration of a hang: by then, callers have timed out.
const PATIENCE: Duration = Duration::from_mins(10);

/// A page as a proxy between WeChat and its callers might send it.
const PAGE: &str = "<html><body><h1>ordered fault</h1></body></html>";

/// The poll of a QR page, which a script answers.
const POLL: &str = "/connect/l/qrconnect";

/// Returns the answer that the fault defines.
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
        let status = StatusCode::from_u16(status).expect("a fault's status is 200 to 599");
        if [StatusCode::NO_CONTENT, StatusCode::RESET_CONTENT, StatusCode::NOT_MODIFIED].contains(&status) {
            // These statuses have no body in HTTP.
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
        // Faults accept only numbers that have pages; only a quota error can lack one.
        return error_page(Lang::Zh, PageError::numbered(errcode.0).unwrap_or(PageError::TOO_OFTEN));
    }
    Manner::of(path).failure(errcode, now)
}

/// Returns whether a browser opens this path, where errors are pages with numbers of their own.
pub(in crate::http) fn is_a_page(path: &str) -> bool {
    path != POLL && ["/connect/", "/wwlogin/", "/wwopen/"].iter().any(|start| path.starts_with(start))
}

/// `/sns` and `/wxa` have quotas per minute, `/cgi-bin` per day. Browsers get the page for too many visits.
fn quota(path: &str) -> Errcode {
    if path.starts_with("/cgi-bin/") { Errcode::DAILY_QUOTA } else { Errcode::MINUTE_QUOTA }
}

/// As observed once at `/cgi-bin/token`: neither JSON nor an error, in the charset GBK.
fn empty() -> Response {
    [(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=gbk"))].into_response()
}

/// Ends when the caller disconnects, since the server then drops the handler.
async fn hang() -> Response {
    tokio::time::sleep(PATIENCE).await;
    (StatusCode::GATEWAY_TIMEOUT, text(PAGE.to_owned())).into_response()
}

/// Resets the connection, which happens when this answer is written; the caller never sees it. Without a socket there is
/// no connection to reset, and the caller gets 502.
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
