//! The conversation on one socket: reads and writes its messages, and ends it when a time limit passes, the caller may no longer
//! stay, or the process stops.

use std::time::Duration;

use async_graphql::{Request, Response};
use axum::body::Bytes;
use axum::extract::ws::{Message, WebSocket};
use domain::ServiceScope;
use futures::stream::BoxStream;
use metrics::counter;
use serde_json::{Map, Value};
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};
use tokio_tungstenite::tungstenite::Error as SocketError;
use tracing::debug;

use super::super::address::Asking;
use super::super::endpoint::{bearer, bearer_of, time_limit, user_agent};
use super::super::incoming::{RefusedRequest, admit_to_socket};
use super::super::{Shared, language};
use super::PROTOCOL;
use super::message::{ClientMessage, Closing, ServerMessage, read};
use super::running::{Event, Running};
use crate::config::Sockets as Limits;
use crate::error::{ApiError, ErrorCode};
use crate::graphql::{Carriage, failure, present};
use crate::sockets::Seat;
use crate::usecase::Caller;
use crate::usecase::caller::{Left, Staying};

/// The most subscriptions on one socket.
const MOST: usize = 32;
/// How often time limits and the caller's session are looked at.
const TICK: Duration = Duration::from_secs(1);
/// How long the client may take to answer a close frame.
const FAREWELL: Duration = Duration::from_secs(2);

/// Why a conversation ends: `None` if the client has left.
type End = Option<Closing>;

/// A conversation.
pub(super) struct Conversation {
    shared: Shared,
    asking: Asking,
    socket: WebSocket,
    seat: Seat,
    /// The caller, once it was acknowledged.
    caller: Option<Staying>,
    running: Running,
    limits: Limits,
    opened: Instant,
    /// When the client was last heard.
    heard: Instant,
    /// When it was sent a ping since.
    pinged: Option<Instant>,
    /// When a subscription last ran.
    used: Instant,
}

impl Conversation {
    pub(super) fn new(shared: Shared, asking: Asking, (socket, seat): (WebSocket, Seat)) -> Self {
        let (limits, now) = (shared.service.config().http.sockets, Instant::now());
        let (caller, running, pinged) = (None, Running::default(), None);
        Self { shared, asking, socket, seat, caller, running, limits, opened: now, heard: now, pinged, used: now }
    }

    /// Holds the conversation to its end.
    pub(super) async fn hold(mut self) {
        let is_spoken = self.socket.protocol().is_some_and(|protocol| protocol == PROTOCOL);
        let end = if is_spoken { self.converse().await } else { Some(Closing::SUBPROTOCOL) };
        let code = end.as_ref().map_or(0, |closing| closing.code);
        debug!(code, "a socket ends");
        counter!("guiyi_sockets_closed_total", "code" => code.to_string()).increment(1);
        // Subscriptions do not outlive the conversation, however long the farewell takes.
        drop(std::mem::take(&mut self.running));
        let farewell = async {
            if let Some(closing) = end {
                // Fails when the client has left.
                let _ = self.socket.send(Message::Close(Some(closing.frame()))).await;
            }
            // Data that is not read would reset the connection, and the client would miss the code.
            while let Some(Ok(_)) = self.socket.recv().await {}
        };
        let _ = timeout(FAREWELL, farewell).await;
    }

    async fn converse(&mut self) -> End {
        let sockets = self.shared.service.sockets.clone();
        let mut stopped = std::pin::pin!(sockets.stopped());
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let step = tokio::select! {
                () = &mut stopped => Err(Some(Closing::RESTART)),
                _ = ticks.tick() => self.look_at_the_time().await,
                message = self.socket.recv() => match message {
                    Some(Ok(message)) => self.hear(message).await,
                    Some(Err(error)) => Err(broken(&*error.into_inner())),
                    None => Err(None),
                },
                event = self.running.next() => self.tell(event).await,
            };
            if let Err(end) = step {
                return end;
            }
        }
    }

    async fn look_at_the_time(&mut self) -> Result<(), End> {
        let seconds = |count: u32| Duration::from_secs(count.into());
        let now = Instant::now();
        match &self.caller {
            None if now - self.opened >= seconds(self.limits.init_seconds) => return Err(Some(Closing::INIT_TIMEOUT)),
            None => {}
            Some(caller) => {
                if let Some(left) = caller.left(self.shared.service.clock.now()) {
                    return Err(Some(forbidden(left)));
                }
            }
        }
        if self.running.len() > 0 {
            self.used = now;
        } else if now - self.used >= seconds(self.limits.idle_seconds) {
            return Err(Some(Closing::IDLE));
        }
        let patience = seconds(self.limits.ping_seconds);
        match self.pinged {
            Some(pinged) if now - pinged >= patience => return Err(Some(Closing::TIMEOUT)),
            None if now - self.heard >= patience => {
                self.pinged = Some(now);
                self.send(Message::Ping(Bytes::new())).await?;
            }
            Some(_) | None => {}
        }
        Ok(())
    }

    async fn hear(&mut self, message: Message) -> Result<(), End> {
        (self.heard, self.pinged) = (Instant::now(), None);
        match message {
            Message::Text(text) => match read(&text).map_err(Some)? {
                ClientMessage::ConnectionInit { payload } => self.begin(&payload).await,
                ClientMessage::Subscribe { id, request } => self.subscribe(id, *request).await,
                ClientMessage::Complete { id } => {
                    self.running.end(&id);
                    Ok(())
                }
                ClientMessage::Ping { payload } => self.say(&ServerMessage::Pong { payload }).await,
                ClientMessage::Pong => Ok(()),
            },
            Message::Binary(_) => Err(Some(Closing::invalid("The message is not text"))),
            // The library answers pings.
            Message::Ping(_) | Message::Pong(_) => Ok(()),
            Message::Close(_) => Err(None),
        }
    }

    async fn begin(&mut self, payload: &Map<String, Value>) -> Result<(), End> {
        if self.caller.is_some() {
            return Err(Some(Closing::SECOND_INIT));
        }
        let bearer = token_of(payload, &self.asking).map_err(Some)?;
        let identified = Staying::identify(&self.shared.service, bearer.as_deref(), self.asking.address);
        let identified = timeout(time_limit(&self.shared), identified).await;
        let Ok(Ok(caller)) = identified else { return Err(Some(Closing::TRY_AGAIN_LATER)) };
        match caller.caller() {
            Caller::Anonymous => {}
            Caller::Person(signed_in) => {
                if !self.seat.belongs_to(signed_in.user.id.uuid()) {
                    return Err(Some(Closing::TRY_AGAIN_LATER));
                }
            }
            Caller::System(token) if caller.caller().may(ServiceScope::OrdersRead) => {
                if !self.seat.belongs_to(token.id.uuid()) {
                    return Err(Some(Closing::TRY_AGAIN_LATER));
                }
            }
            Caller::Rejected => return Err(Some(Closing::REJECTED)),
            Caller::Closed => return Err(Some(Closing::forbidden("The account is closed"))),
            Caller::System(_) => return Err(Some(Closing::forbidden("The service token lacks orders:read"))),
            Caller::Operator(_) => return Err(Some(Closing::forbidden("An operator opens no socket"))),
        }
        self.caller = Some(caller);
        self.used = Instant::now();
        self.say(&ServerMessage::ConnectionAck).await
    }

    async fn subscribe(&mut self, id: String, request: Request) -> Result<(), End> {
        let Some(caller) = &self.caller else { return Err(Some(Closing::UNAUTHORIZED)) };
        if self.running.has(&id) {
            return Err(Some(Closing::known_id(&id)));
        }
        if self.running.len() >= MOST {
            let detail = format!("at most {MOST} subscriptions on one socket");
            return self.refuse(&id, failure(ApiError::detailed(ErrorCode::RateLimited, detail))).await;
        }
        let admitted = admit((&self.shared, &self.asking), request, caller.caller().clone());
        let admitted = timeout(time_limit(&self.shared), admitted).await;
        match admitted.unwrap_or_else(|_| Err(ApiError::refused(ErrorCode::Timeout).into())) {
            Ok(events) => {
                self.running.add(id, events);
                Ok(())
            }
            Err(refusal) => self.refuse(&id, *refusal.response).await,
        }
    }

    async fn tell(&mut self, event: Event) -> Result<(), End> {
        match event {
            Event::Refused { id, response } => self.refuse(&id, response).await,
            Event::Next { id, response } => {
                let payload = &present(response, language(&self.asking.headers), &self.shared.service.errors);
                self.say(&ServerMessage::Next { id: &id, payload }).await
            }
            Event::Completed { id } => self.say(&ServerMessage::Complete { id: &id }).await,
        }
    }

    async fn refuse(&mut self, id: &str, response: Response) -> Result<(), End> {
        let response = present(response, language(&self.asking.headers), &self.shared.service.errors);
        self.say(&ServerMessage::Error { id, payload: &response.errors }).await
    }

    async fn say(&mut self, message: &ServerMessage<'_>) -> Result<(), End> {
        self.send(Message::Text(message.text().into())).await
    }

    /// Sends a message. A client that does not read it in time has left.
    async fn send(&mut self, message: Message) -> Result<(), End> {
        let limit = Duration::from_secs(self.shared.service.config().http.connections.answer_seconds.into());
        match timeout(limit, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(None),
        }
    }
}

/// Admits a request as HTTP does: the document is found, and passes the guards, before it is executed.
async fn admit(
    (shared, asking): (&Shared, &Asking),
    request: Request,
    caller: Caller,
) -> Result<BoxStream<'static, Response>, RefusedRequest> {
    let request = shared.documents.find(request, (&shared.service, &caller)).await?;
    let request = admit_to_socket(request)?;
    let request = request.data(caller).data(asking.address).data(user_agent(&asking.headers)).data(Carriage::Json);
    Ok(shared.schema.execute_stream(request))
}

/// Returns the token of `connection_init`, else that of the request's header, which browsers cannot send.
fn token_of(payload: &Map<String, Value>, asking: &Asking) -> Result<Option<String>, Closing> {
    let given = payload.iter().find(|(name, _)| name.eq_ignore_ascii_case("authorization"));
    let token = match given {
        Some((_, Value::String(text))) => match bearer_of(text) {
            Ok(Some(token)) => Some(token),
            Ok(None) | Err(_) => return Err(Closing::REJECTED),
        },
        Some((_, Value::Null)) | None => bearer(&asking.headers).map_err(|_| Closing::REJECTED)?,
        Some(_) => return Err(Closing::REJECTED),
    };
    Ok(token.map(str::to_owned))
}

fn forbidden(left: Left) -> Closing {
    Closing::forbidden(match left {
        Left::TokenExpired => "The access token has expired",
        Left::SessionEnded => "The session has ended",
        Left::SessionMoved => "The session is of another account now",
        Left::TokenInvalid => "The service token has expired or was revoked",
    })
}

/// Returns the code for what a client has sent, by RFC 6455; `None` if the connection broke.
fn broken(error: &(dyn std::error::Error + Send + Sync + 'static)) -> End {
    match error.downcast_ref::<SocketError>()? {
        SocketError::Capacity(_) => Some(Closing::TOO_LARGE),
        SocketError::Utf8(_) => Some(Closing::NOT_TEXT),
        SocketError::Protocol(_) => Some(Closing::PROTOCOL),
        _ => None,
    }
}
