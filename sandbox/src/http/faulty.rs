//! Carries out the faults that were ordered for a path.
//! Who ordered what is in `state::faults`.

use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::pages::Lang;
use crate::state::World;
use crate::state::faults::Fault;

use super::Shared;
use super::asking::PageError;
use super::errcode::{Errcode, Manner};
use super::html::error_page;

/// Lets a call through, or lets it fail as ordered.
pub(super) async fn apply(State(world): Shared, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let Some(fault) = world.faults.next(&path) else { return next.run(request).await };
    tracing::info!(path, "a call fails as ordered");
    if fault.after {
        let done = next.run(request).await;
        wait(&fault).await;
        return spoilt(&world, &fault, &path).unwrap_or(done);
    }
    wait(&fault).await;
    match spoilt(&world, &fault, &path) {
        Some(response) => response,
        None => next.run(request).await,
    }
}

async fn wait(fault: &Fault) {
    if fault.delay_ms > 0 {
        tokio::time::sleep(Duration::from_millis(u64::from(fault.delay_ms))).await;
    }
}

/// The answer that was ordered in place of the real one.
fn spoilt(world: &World, fault: &Fault, path: &str) -> Option<Response> {
    let now = world.clock.now();
    let answer = match (&fault.body, fault.errcode) {
        (Some(body), _) => Some(raw(body)),
        (None, Some(number)) if is_a_page(path) => {
            Some(error_page(Lang::Zh, PageError::numbered(number).unwrap_or(PageError::TOO_OFTEN)))
        }
        (None, Some(number)) => Some(Errcode(number).answer(Manner::of(path), now)),
        (None, None) => None,
    };
    match fault.status {
        None => answer,
        Some(status) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
            let mut response = answer.unwrap_or_else(|| raw("<html><body><h1>ordered fault</h1></body></html>"));
            *response.status_mut() = status;
            Some(response)
        }
    }
}

fn is_a_page(path: &str) -> bool {
    ["/connect/", "/wwlogin/", "/wwopen/"].iter().any(|start| path.starts_with(start))
}

fn raw(body: &str) -> Response {
    let kind = if body.trim_start().starts_with('<') { "text/html" } else { "text/plain" };
    ([(header::CONTENT_TYPE, HeaderValue::from_static(kind))], body.to_owned()).into_response()
}
