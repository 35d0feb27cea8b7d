//! Sockets for subscriptions: `GET /graphql` with `Upgrade: websocket`, in the protocol `graphql-transport-ws`.
//!
//! `async-graphql` runs the subscriptions. Its own loop of the protocol is not used: it closes with other codes, accepts a second
//! subscription of the same id, has no time limit for `connection_init`, and executes what no guard has seen (ADR 0079).

mod conversation;
mod message;
mod running;

use axum::extract::FromRequestParts;
use axum::extract::ws::WebSocketUpgrade;
use axum::http::header::UPGRADE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use metrics::counter;
use tracing::Instrument;

use super::address::Asking;
use super::outgoing::{self, Media};
use super::{Shared, carriage, language};
use crate::error::{ApiError, ErrorCode};
use crate::graphql::{failure, present};
use crate::sockets::Full;
use conversation::Conversation;

/// The only protocol.
const PROTOCOL: &str = "graphql-transport-ws";
/// The bytes that are read at a time.
const READ_BUFFER: usize = 4 * 1024;
/// When a client that found no place may try again.
const FULL: std::time::Duration = std::time::Duration::from_secs(10);

/// A request to open a socket; `None` for any other request.
pub(super) struct Upgrade(pub(super) Option<Result<WebSocketUpgrade, Response>>);

impl FromRequestParts<Shared> for Upgrade {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Self, Self::Rejection> {
        if !wants_socket(&parts.headers) {
            return Ok(Self(None));
        }
        let upgrade = WebSocketUpgrade::from_request_parts(parts, shared).await;
        Ok(Self(Some(upgrade.map_err(IntoResponse::into_response))))
    }
}

fn wants_socket(headers: &HeaderMap) -> bool {
    headers.get(UPGRADE).is_some_and(|protocol| protocol.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

/// Opens a socket, or answers why not.
pub(super) fn open(shared: Shared, asking: Asking, upgrade: WebSocketUpgrade) -> Response {
    let config = shared.service.config();
    if !carriage::is_of_our_pages(&asking.headers, config) {
        let error = ApiError::detailed(ErrorCode::Forbidden, "pages of this origin may not open sockets");
        return refused(&shared, &asking, (StatusCode::FORBIDDEN, "origin"), error);
    }
    let seat = match shared.service.sockets.take(asking.address.block()) {
        Ok(seat) => seat,
        Err(Full::Process) => {
            let error = ApiError::wait(ErrorCode::ServiceUnavailable, FULL);
            return refused(&shared, &asking, (StatusCode::SERVICE_UNAVAILABLE, "process"), error);
        }
        Err(Full::Block) => {
            let error = ApiError::wait(ErrorCode::RateLimited, FULL);
            return refused(&shared, &asking, (StatusCode::TOO_MANY_REQUESTS, "block"), error);
        }
    };
    let limit = config.http.body_limit_kib as usize * 1024;
    let upgrade = upgrade.protocols([PROTOCOL]).max_message_size(limit).max_frame_size(limit);
    let span = tracing::Span::current();
    upgrade.read_buffer_size(READ_BUFFER).on_upgrade(move |socket| {
        let service = shared.service.clone();
        let conversation = Conversation::new(shared, asking, (socket, seat));
        let held = async move {
            // Shutdown waits until the client was told. Fails only when the task panicked, which is logged.
            let _ = service.track(conversation.hold()).await;
        };
        held.instrument(span)
    })
}

fn refused(
    shared: &Shared,
    asking: &Asking,
    (status, reason): (StatusCode, &'static str),
    error: ApiError,
) -> Response {
    counter!("guiyi_sockets_refused_total", "reason" => reason).increment(1);
    let answer = present(failure(error), language(&asking.headers), &shared.service.errors);
    outgoing::write(answer, Media::Json, Some(status))
}
