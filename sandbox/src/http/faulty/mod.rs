//! Applies faults: before a call, in place of its answer, or to the answer. See `state::faults` for their selection.

mod arrived;
mod instead;
mod spoil;
mod way_back;

pub(super) use instead::is_a_page;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::header;
use axum::http::response::Parts;
use axum::middleware::Next;
use axum::response::Response;

use crate::state::World;
use crate::state::faults::{Fault, Spoil, Wrong};

use super::Shared;
use arrived::Arrived;

/// Larger than the longest possible answer: ten thousand openIds.
const ANSWER_LIMIT: usize = 4 * 1024 * 1024;

/// Passes a call on, or applies the fault that matches it.
pub(super) async fn apply(State(world): Shared, request: Request, next: Next) -> Response {
    if !world.faults.wait_at(request.uri().path()) {
        return next.run(request).await;
    }
    let arrived = match Arrived::read(&world, request).await {
        Ok(arrived) => arrived,
        Err(too_large) => return too_large,
    };
    match world.faults.next(&arrived.call) {
        Some(fault) => {
            tracing::info!(path = arrived.call.path, "applying a fault to this call");
            Occasion { world: &world, fault: &fault, arrived: &arrived }.carry_out(next).await
        }
        None => next.run(arrived.request()).await,
    }
}

/// A call and the fault that matches it.
struct Occasion<'a> {
    world: &'a World,
    fault: &'a Fault,
    arrived: &'a Arrived,
}

impl Occasion<'_> {
    async fn carry_out(&self, next: Next) -> Response {
        let request = self.arrived.request();
        match &self.fault.wrong {
            Wrong::Nothing if self.fault.after => {
                let answer = next.run(request).await;
                self.wait().await;
                answer
            }
            Wrong::Nothing => {
                self.wait().await;
                next.run(request).await
            }
            // Only the word for pushes, which is no path, has such a fault.
            Wrong::Pushed(_) => next.run(request).await,
            Wrong::Answer(answer) => {
                if self.fault.after {
                    drop(next.run(request).await);
                }
                self.wait().await;
                instead::answer(self.world, answer, self.arrived).await
            }
            Wrong::Spoilt(spoil) => self.spoilt(*spoil, next.run(request).await).await,
            Wrong::WayBack(way) => way_back::turned(self, *way, next.run(request).await).await,
            Wrong::Snapshot => next.run(self.arrived.request_for_a_snapshot()).await,
            Wrong::TokenRotated => {
                self.rotate_token();
                next.run(request).await
            }
        }
    }

    async fn wait(&self) {
        if !self.fault.delay.is_zero() {
            tokio::time::sleep(self.fault.delay).await;
        }
    }

    async fn spoilt(&self, spoil: Spoil, answer: Response) -> Response {
        let (parts, body) = taken_apart(answer).await;
        let app_id = self.arrived.call.app_id.as_deref().unwrap_or_default();
        match spoil::spoilt(spoil, &body, app_id) {
            Some(spoilt) if self.counts() => put_together(parts, spoilt.into()),
            Some(_) | None => put_together(parts, body),
        }
    }

    fn rotate_token(&self) {
        if let Some((app, token)) = self.arrived.global_token.as_ref().filter(|_| self.counts()) {
            self.world.global_tokens.revoke_like(*app, token);
            self.world.wecom.revoke(*app);
        }
    }

    /// Returns whether the fault still applies, now that the call is known to be affected.
    fn counts(&self) -> bool {
        self.world.faults.spend(self.fault.number)
    }
}

/// Splits an answer into its head and its bytes.
async fn taken_apart(answer: Response) -> (Parts, Bytes) {
    let (parts, body) = answer.into_parts();
    let body = to_bytes(body, ANSWER_LIMIT).await.unwrap_or_else(|error| {
        tracing::warn!("an answer is too long for a fault and is replaced by an empty one: {error}");
        Bytes::new()
    });
    (parts, body)
}

fn put_together(mut parts: Parts, body: Bytes) -> Response {
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(body))
}
