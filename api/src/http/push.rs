//! The addresses that upstreams push to: `/push/{app}`.
//!
//! A refusal says nothing but that: a stranger must not learn which apps receive pushes, or which part of a forged
//! signature was right. The reason is logged.

use std::time::Duration;

use ::metrics::counter;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use providers::{PushQuery, PushRefusal};
use store::StoreError;
use tokio::time::timeout;
use tracing::{error, info};

use super::Shared;
use super::address::Asking;
use super::body::Reading;
use crate::apps::App;
use crate::push_relay::{Forwarded, RelayAnswer, forward};
use crate::service::Service;
use crate::usecase::push::{self, BadSender, Opened, PassedOn, Received, Receiver};
use crate::usecase::qr_login;

/// The largest body of a push. Messages of WeChat have a few KB; those of the compatible mode are three times as long.
const LARGEST_BODY: usize = 256 * 1024;
/// WeChat waits for five seconds for an answer.
const PATIENCE: Duration = Duration::from_millis(4_500);
/// The answer "received, and nothing to say".
const SUCCESS: &str = "success";

const WEBHOOK_ID: HeaderName = HeaderName::from_static("webhook-id");
const WEBHOOK_TIMESTAMP: HeaderName = HeaderName::from_static("webhook-timestamp");
const WEBHOOK_SIGNATURE: HeaderName = HeaderName::from_static("webhook-signature");

/// Answers the check of an address (WeChat's URL verification).
pub(super) async fn check(
    State(shared): State<Shared>,
    Path(app): Path<String>,
    query: Result<Query<PushQuery>, QueryRejection>,
) -> Response {
    let Some((app, Query(query))) = named(&shared.service, &app).zip(query.ok()) else { return unknown() };
    let Some(receiver) = Receiver::of(app) else { return unknown() };
    match receiver.echo(&shared.service, &query) {
        Ok(echo) => ([(CONTENT_TYPE, "text/plain; charset=utf-8")], echo).into_response(),
        Err(refusal) => refused(app, refusal),
    }
}

/// Receives a push: stores what the service acts on, passes on what the company's own receiver wants, and answers.
pub(super) async fn receive(
    State(shared): State<Shared>,
    Path(app): Path<String>,
    Asking { headers, address }: Asking,
    request: Request,
) -> Response {
    let raw_query = request.uri().query().unwrap_or_default().to_owned();
    let query = Query::<PushQuery>::try_from_uri(request.uri());
    let body = request.into_body();
    let service = &shared.service;
    let Some((app, Query(query))) = named(service, &app).zip(query.ok()) else { return unknown() };
    let Some(receiver) = Receiver::of(app) else { return unknown() };
    let mut reading = Reading::of(body);
    match reading.ends_within(LARGEST_BODY).await {
        Ok(true) => {}
        Ok(false) => {
            count(app, "too_large");
            return StatusCode::PAYLOAD_TOO_LARGE.into_response();
        }
        Err(_) => return StatusCode::BAD_REQUEST.into_response(),
    }
    let body = reading.into_bytes();
    let opened = match passed_on(&headers) {
        Some(passed_on) => receiver.open_passed_on(service, passed_on, &body).map(|opened| (opened, false)),
        None => receiver.open(service, &query, &body).map(|opened| (opened, true)),
    };
    let (opened, is_original) = match opened {
        Ok(opened) => opened,
        Err(refusal) => return refused(app, refusal),
    };
    let content_type = headers.get(CONTENT_TYPE).map(|value| value.as_bytes().to_vec());
    let push = Forwarded { query: raw_query, content_type, body };
    // A push that the company's receiver has passed on does not go back to it.
    let push = is_original.then_some(push);
    let accepted = async {
        // What the company's own receiver passes on comes from there. After the signature: a stranger causes no call of the upstream.
        if is_original && let Err(sender) = receiver.check_sender(service, address).await {
            return unwelcome(app, &sender);
        }
        store_and_relay(&shared, app, (opened, push)).await
    };
    timeout(PATIENCE, accepted).await.unwrap_or_else(|_| {
        count(app, "late");
        StatusCode::SERVICE_UNAVAILABLE.into_response()
    })
}

/// Stores and passes on at the same time, so that neither waits for the other. The answer says `success` only if the event is
/// stored; if it is not, WeChat repeats the push. The scan of a login's QR code is answered here, and does not go on.
async fn store_and_relay(shared: &Shared, app: &App, (opened, push): (Opened, Option<Forwarded>)) -> Response {
    let service = &shared.service;
    let reply = match reply_to_scan(service, app, &opened).await {
        Ok(reply) => reply,
        Err(failure) => return failed(app, &failure),
    };
    let relay = app.push.as_ref().and_then(|push| push.relay.as_ref()).filter(|_| reply.is_none());
    let relay = relay.filter(|relay| relay.takes(&opened.name, opened.is_ours())).zip(push);
    let (storing, receiving_app) = (service.clone(), app.clone());
    // In its own task: WeChat may hang up before the event is stored.
    let stored = service.detached(async move { push::receive(&storing, &receiving_app, opened).await });
    let relayed = async {
        match relay {
            Some((relay, push)) => forward(service, app.name.as_str(), relay, push).await,
            None => None,
        }
    };
    match tokio::join!(stored, relayed) {
        (Ok(received), relayed) => {
            count(app, outcome(received));
            match (reply, relayed) {
                (Some(reply), _) => ([(CONTENT_TYPE, "application/xml; charset=utf-8")], reply).into_response(),
                (None, Some(answer)) => answer_of(answer),
                (None, None) => SUCCESS.into_response(),
            }
        }
        (Err(failure), _) => failed(app, &failure),
    }
}

/// Returns the answer to the person who scanned the QR code of a login.
async fn reply_to_scan(service: &Service, app: &App, opened: &Opened) -> Result<Option<String>, StoreError> {
    let Some((receiver, (open_id, scene))) = Receiver::of(app).zip(opened.scan()) else { return Ok(None) };
    let text = qr_login::scanned(service, app, open_id, scene).await?;
    Ok(text.map(|text| receiver.reply(service, &opened.message, &text)))
}

fn failed(app: &App, failure: &dyn std::error::Error) -> Response {
    count(app, "failed");
    error!(app = %app.name, "a push could not be stored: {failure}");
    StatusCode::SERVICE_UNAVAILABLE.into_response()
}

fn answer_of(answer: RelayAnswer) -> Response {
    let RelayAnswer { content_type, body } = answer;
    match content_type {
        Some(content_type) => ([(CONTENT_TYPE, content_type)], body).into_response(),
        None => body.into_response(),
    }
}

/// Returns the headers of a push that the company's own receiver has passed on.
fn passed_on(headers: &HeaderMap) -> Option<PassedOn<'_>> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    Some(PassedOn { id: text(WEBHOOK_ID)?, timestamp: text(WEBHOOK_TIMESTAMP)?, signatures: text(WEBHOOK_SIGNATURE)? })
}

fn named<'a>(service: &'a Service, app: &str) -> Option<&'a App> {
    service.apps.named(&app.parse().ok()?)
}

fn unknown() -> Response {
    StatusCode::NOT_FOUND.into_response()
}

fn refused(app: &App, refusal: PushRefusal) -> Response {
    let outcome = match refusal {
        PushRefusal::Signature => "forged",
        PushRefusal::Stale => "stale",
        PushRefusal::Plain | PushRefusal::Undecipherable => "undecipherable",
        PushRefusal::Message(_) => "malformed",
    };
    count(app, outcome);
    info!(app = %app.name, "a push was refused: {refusal}");
    StatusCode::FORBIDDEN.into_response()
}

fn unwelcome(app: &App, sender: &BadSender) -> Response {
    match sender {
        BadSender::Stranger => {
            count(app, "stranger");
            info!(app = %app.name, "a push was refused: {sender}");
            StatusCode::FORBIDDEN.into_response()
        }
        BadSender::Unknown(failure) => {
            count(app, "failed");
            error!(app = %app.name, "a push was refused: {sender}: {failure}");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

const fn outcome(received: Received) -> &'static str {
    match received {
        Received::Stored => "stored",
        Received::Repeated => "repeated",
        Received::Ticket => "ticket",
        Received::Other => "other",
    }
}

fn count(app: &App, outcome: &'static str) {
    counter!("guiyi_pushes_total", "app" => app.name.to_string(), "outcome" => outcome).increment(1);
}
