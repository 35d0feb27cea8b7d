//! The messages of `graphql-transport-ws`, and the codes with which a socket is closed.
//! <https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md>

use std::borrow::Cow;

use async_graphql::{Request, Response, ServerError};
use axum::extract::ws::{CloseFrame, Utf8Bytes};
use serde::Serialize;
use serde_json::{Map, Value};

/// The longest id of a subscription, in bytes: it is part of the reason of 4409, which has at most 123.
const MAX_ID: usize = 64;

/// A message of a client.
pub(super) enum ClientMessage {
    /// Begins the conversation.
    ConnectionInit { payload: Map<String, Value> },
    /// Begins a subscription.
    Subscribe { id: String, request: Box<Request> },
    /// Ends a subscription.
    Complete { id: String },
    /// Asks for a `pong`.
    Ping { payload: Option<Value> },
    /// Answers a `ping`.
    Pong,
}

/// A message of the server.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum ServerMessage<'a> {
    ConnectionAck,
    Next {
        id: &'a str,
        payload: &'a Response,
    },
    /// The request was refused, and nothing was executed.
    Error {
        id: &'a str,
        payload: &'a [ServerError],
    },
    Complete {
        id: &'a str,
    },
    Pong {
        #[serde(skip_serializing_if = "Option::is_none")]
        payload: Option<Value>,
    },
}

/// Why the server closes a socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Closing {
    pub(super) code: u16,
    pub(super) reason: Cow<'static, str>,
}

impl Closing {
    /// No subscription for a while.
    pub(super) const IDLE: Self = Self::of(1000, "Idle");
    /// Not a frame of the WebSocket protocol, or a reset.
    pub(super) const PROTOCOL: Self = Self::of(1002, "Protocol error");
    /// Text that is not UTF-8.
    pub(super) const NOT_TEXT: Self = Self::of(1007, "Text that is not UTF-8");
    /// The message is longer than allowed.
    pub(super) const TOO_LARGE: Self = Self::of(1009, "Message too large");
    /// The process stops. Another one answers.
    pub(super) const RESTART: Self = Self::of(1012, "Service restart");
    /// A limit is reached, or the database does not answer.
    pub(super) const TRY_AGAIN_LATER: Self = Self::of(1013, "Try again later");
    /// The client does not answer pings (registered by IANA).
    pub(super) const TIMEOUT: Self = Self::of(3008, "Timeout");
    /// A subscription before `connection_ack`.
    pub(super) const UNAUTHORIZED: Self = Self::of(4401, "Unauthorized");
    /// The token is none of the service's, or not valid any more.
    pub(super) const REJECTED: Self = Self::forbidden("The access token is not valid");
    /// The client speaks no protocol of this server.
    pub(super) const SUBPROTOCOL: Self = Self::of(4406, "Subprotocol not acceptable");
    /// No `connection_init` within its time.
    pub(super) const INIT_TIMEOUT: Self = Self::of(4408, "Connection initialisation timeout");
    /// A second `connection_init`.
    pub(super) const SECOND_INIT: Self = Self::of(4429, "Too many initialisation requests");

    const fn of(code: u16, reason: &'static str) -> Self {
        Self { code, reason: Cow::Borrowed(reason) }
    }

    /// Not a message of the protocol.
    pub(super) const fn invalid(reason: &'static str) -> Self {
        Self::of(4400, reason)
    }

    /// The token is not, or no longer, accepted.
    pub(super) const fn forbidden(reason: &'static str) -> Self {
        Self::of(4403, reason)
    }

    /// A second subscription with the id of a running one.
    pub(super) fn known_id(id: &str) -> Self {
        Self { code: 4409, reason: format!("Subscriber for {id} already exists").into() }
    }

    pub(super) fn frame(&self) -> CloseFrame {
        CloseFrame { code: self.code, reason: Utf8Bytes::from(self.reason.as_ref()) }
    }
}

impl ServerMessage<'_> {
    pub(super) fn text(&self) -> String {
        serde_json::to_string(self).expect("messages are JSON")
    }
}

/// Reads a message. Unlike the library, this refuses arrays in place of objects, and members of another type.
pub(super) fn read(text: &str) -> Result<ClientMessage, Closing> {
    let Ok(Value::Object(mut message)) = serde_json::from_str(text) else {
        return Err(Closing::invalid("The message is not a JSON object"));
    };
    let Some(Value::String(ty)) = message.remove("type") else {
        return Err(Closing::invalid("The message has no type"));
    };
    let payload = message.remove("payload").filter(|payload| !payload.is_null());
    match ty.as_str() {
        "connection_init" => Ok(ClientMessage::ConnectionInit { payload: object(payload)?.unwrap_or_default() }),
        "subscribe" => Ok(ClientMessage::Subscribe { id: id(&mut message)?, request: Box::new(request(payload)?) }),
        "complete" => Ok(ClientMessage::Complete { id: id(&mut message)? }),
        "ping" => Ok(ClientMessage::Ping { payload: object(payload)?.map(Value::Object) }),
        "pong" => object(payload).map(|_| ClientMessage::Pong),
        _ => Err(Closing::invalid("The message has an unknown type")),
    }
}

fn id(message: &mut Map<String, Value>) -> Result<String, Closing> {
    match message.remove("id") {
        Some(Value::String(id)) if (1..=MAX_ID).contains(&id.len()) => Ok(id),
        _ => Err(Closing::invalid("The message needs an id of 1 to 64 bytes")),
    }
}

fn object(payload: Option<Value>) -> Result<Option<Map<String, Value>>, Closing> {
    match payload {
        None => Ok(None),
        Some(Value::Object(payload)) => Ok(Some(payload)),
        Some(_) => Err(Closing::invalid("The payload is not an object")),
    }
}

fn request(payload: Option<Value>) -> Result<Request, Closing> {
    let refused = || Closing::invalid("The payload is not a GraphQL request");
    let payload = object(payload)?.ok_or_else(refused)?;
    let is_map = |name: &str| payload.get(name).is_none_or(|value| value.is_object() || value.is_null());
    if !is_map("variables") || !is_map("extensions") {
        return Err(refused());
    }
    serde_json::from_value(Value::Object(payload)).map_err(|_| refused())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> u16 {
        read(text).err().map_or_else(|| panic!("{text} was accepted"), |closing| closing.code)
    }

    #[test]
    fn what_is_no_message_is_refused_with_4400() {
        for text in [
            "",
            "null",
            "[]",
            "\"ping\"",
            "{",
            "{}",
            r#"{"type":1}"#,
            r#"{"type":"Ping"}"#,
            r#"{"type":"start","id":"1"}"#,
            r#"{"type":"connection_terminate"}"#,
            r#"["subscribe","1",{}]"#,
            r#"{"type":"connection_init","payload":"x"}"#,
            r#"{"type":"connection_init","payload":[]}"#,
            r#"{"type":"ping","payload":1}"#,
            r#"{"type":"pong","payload":1}"#,
            r#"{"type":"complete"}"#,
            r#"{"type":"complete","id":1}"#,
            r#"{"type":"complete","id":""}"#,
            r#"{"type":"subscribe","id":"1"}"#,
            r#"{"type":"subscribe","payload":{"query":"{a}"}}"#,
            r#"{"type":"subscribe","id":"1","payload":null}"#,
            r#"{"type":"subscribe","id":"1","payload":["{a}"]}"#,
            r#"{"type":"subscribe","id":"1","payload":{"query":1}}"#,
            r#"{"type":"subscribe","id":"1","payload":{"query":"{a}","variables":[]}}"#,
            r#"{"type":"subscribe","id":"1","payload":{"query":"{a}","extensions":1}}"#,
        ] {
            assert_eq!(refused(text), 4400, "{text}");
        }
        let long = format!(r#"{{"type":"complete","id":"{}"}}"#, "x".repeat(65));
        assert_eq!(refused(&long), 4400);
        let deep = format!(r#"{{"type":"ping","payload":{}1{}}}"#, "[".repeat(10_000), "]".repeat(10_000));
        assert_eq!(refused(&deep), 4400);
    }

    #[test]
    fn a_payload_may_be_missing_or_null_where_it_is_optional() {
        for text in [
            r#"{"type":"connection_init"}"#,
            r#"{"type":"connection_init","payload":null}"#,
            r#"{"type":"ping"}"#,
            r#"{"type":"pong","payload":{"at":1}}"#,
            r#"{"type":"subscribe","id":"1","payload":{"query":"{a}","variables":null,"operationName":null}}"#,
        ] {
            assert!(read(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn the_reason_of_a_known_id_fits_into_a_close_frame() {
        assert!(Closing::known_id(&"x".repeat(MAX_ID)).reason.len() <= 123);
    }
}
