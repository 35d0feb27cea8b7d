//! Records the newest calls of WeChat's paths as the caller sent and saw them, including secrets: the sandbox's secrets are
//! invented, and meant to be shown.

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, request};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::time::Instant;

use crate::state::World;
use crate::state::calls::{Call, Message};

use super::{BODY_LIMIT, Shared};

/// The script of a poll without a change. These answers are too many to record.
const NO_NEWS: &[u8] = b"window.wx_errcode=408;";

/// Passes a call on and records it once it is answered; a call that is never answered is not recorded.
pub(super) async fn record(State(world): Shared, request: Request, next: Next) -> Response {
    let (number, began) = (world.calls.arrive(), Instant::now());
    let (parts, body) = request.into_parts();
    // Read before the endpoint runs: a body that an endpoint does not read is worth recording too.
    let Ok(body) = to_bytes(body, BODY_LIMIT).await else {
        let refusal = (StatusCode::PAYLOAD_TOO_LARGE, "the body is longer than 64 KB\n").into_response();
        return Asked::of(&parts, &[], (number, began)).answered(&world, refusal).await;
    };
    let asked = Asked::of(&parts, &body, (number, began));
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    asked.answered(&world, response).await
}

/// The request, recorded before the endpoint consumes it.
struct Asked {
    number: u64,
    began: Instant,
    method: String,
    path: String,
    query: String,
    request: Message,
}

impl Asked {
    fn of(parts: &request::Parts, body: &[u8], (number, began): (u64, Instant)) -> Self {
        Self {
            number,
            began,
            method: parts.method.to_string(),
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().unwrap_or_default().to_owned(),
            request: message(&parts.headers, body),
        }
    }

    async fn answered(self, world: &World, response: Response) -> Response {
        let (parts, body) = response.into_parts();
        // This neither waits nor copies.
        let body = to_bytes(body, usize::MAX).await.expect("every answer here is made in memory, whole");
        if !body.starts_with(NO_NEWS) {
            world.calls.keep(Call {
                number: self.number,
                at: world.clock.now(),
                method: self.method,
                path: self.path,
                query: self.query,
                request: self.request,
                status: parts.status.as_u16(),
                answer: message(&parts.headers, &body),
                micros: u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX),
            });
        }
        Response::from_parts(parts, Body::from(body))
    }
}

fn message(headers: &HeaderMap, body: &[u8]) -> Message {
    Message::of(headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())), body)
}
