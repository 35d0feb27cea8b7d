//! A plain client of `graphql-transport-ws`. It can also send messages that a client library would not send.

use std::time::Duration;

use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::Role;

pub use tokio_tungstenite::tungstenite::Message;

/// How long a test waits for a message.
const PATIENCE: Duration = Duration::from_secs(20);

/// An open socket.
#[derive(Debug)]
pub struct Socket(WebSocketStream<TcpStream>);

/// What the service sends.
#[derive(Debug, Clone, PartialEq)]
pub enum Received {
    /// A message.
    Message(Value),
    /// An empty ping, which the client has answered.
    Ping,
    /// The end, with its code and reason.
    Closed(u16, String),
    /// The end of the connection without a code.
    Gone,
}

impl Received {
    /// Returns the type of the message.
    ///
    /// # Panics
    ///
    /// When it is no message.
    #[must_use]
    pub fn ty(&self) -> &str {
        match self {
            Self::Message(message) => message["type"].as_str().expect("a type"),
            Self::Ping | Self::Closed(..) | Self::Gone => panic!("{self:?} is no message"),
        }
    }

    /// Returns the message's payload.
    ///
    /// # Panics
    ///
    /// When it is no message.
    #[must_use]
    pub fn payload(&self) -> &Value {
        match self {
            Self::Message(message) => &message["payload"],
            Self::Ping | Self::Closed(..) | Self::Gone => panic!("{self:?} is no message"),
        }
    }

    /// Returns the code of the end; 0 if there is none.
    ///
    /// # Panics
    ///
    /// When it is not the end.
    #[must_use]
    pub fn code(&self) -> u16 {
        match self {
            Self::Closed(code, _) => *code,
            Self::Gone => 0,
            Self::Message(_) | Self::Ping => panic!("{self:?} is not the end"),
        }
    }
}

impl Socket {
    /// Opens a socket of a service in the protocol.
    ///
    /// # Panics
    ///
    /// When the service refuses.
    pub async fn open(url: &str) -> Self {
        Self::upgrade(url, &[("sec-websocket-protocol", "graphql-transport-ws")]).await.expect("a socket")
    }

    /// Requests a socket with these headers. Returns the status and the body of a refusal.
    ///
    /// # Panics
    ///
    /// When the service does not respond.
    pub async fn upgrade(url: &str, headers: &[(&str, &str)]) -> Result<Self, (u16, Value)> {
        let host = url.trim_start_matches("http://");
        let mut stream = TcpStream::connect(host).await.expect("a connection");
        let mut request = format!(
            "GET /graphql HTTP/1.1\r\nhost: {host}\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\naccept-language: en\r\n"
        );
        for (name, value) in headers {
            request.extend([*name, ": ", *value, "\r\n"]);
        }
        stream.write_all(format!("{request}\r\n").as_bytes()).await.expect("a request");
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.expect("an answer"));
        }
        let head = String::from_utf8(head).expect("text").to_lowercase();
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        if status == 101 {
            return Ok(Self(WebSocketStream::from_raw_socket(stream, Role::Client, None).await));
        }
        let length = head.split("content-length: ").nth(1).and_then(|rest| rest.split("\r\n").next());
        let mut body = vec![0; length.and_then(|length| length.parse().ok()).unwrap_or(0)];
        stream.read_exact(&mut body).await.expect("a body");
        let body = serde_json::from_slice(&body).unwrap_or_else(|_| String::from_utf8_lossy(&body).into());
        Err((status, body))
    }

    /// Opens a socket and initialises the connection with this token, if any. Returns the service's response.
    pub async fn begin(url: &str, bearer: Option<&str>) -> (Self, Received) {
        let mut socket = Self::open(url).await;
        let payload = bearer.map(|token| json!({ "authorization": format!("Bearer {token}") }));
        socket.send(&json!({ "type": "connection_init", "payload": payload })).await;
        let told = socket.next().await;
        (socket, told)
    }

    /// Opens a socket without a token, and initialises the connection.
    pub async fn anonymous(url: &str) -> Self {
        let (socket, told) = Self::begin(url, None).await;
        assert_eq!(told, Received::Message(json!({ "type": "connection_ack" })));
        socket
    }

    /// Sends a message.
    pub async fn send(&mut self, message: &Value) {
        self.send_frame(Message::text(message.to_string())).await;
    }

    /// Sends a frame. A frame that the service no longer reads is lost.
    pub async fn send_frame(&mut self, frame: Message) {
        let _ = self.0.send(frame).await;
    }

    /// Subscribes.
    pub async fn subscribe(&mut self, id: &str, query: &str, variables: Value) {
        let payload = json!({ "query": query, "variables": variables });
        self.send(&json!({ "id": id, "type": "subscribe", "payload": payload })).await;
    }

    /// Returns the next message of the service.
    ///
    /// # Panics
    ///
    /// When it sends nothing for a long time, or something that is not JSON.
    pub async fn next(&mut self) -> Received {
        let said = tokio::time::timeout(PATIENCE, self.0.next()).await.expect("the service sends a message");
        match said {
            Some(Ok(Message::Text(text))) => Received::Message(serde_json::from_str(&text).expect("JSON")),
            Some(Ok(Message::Close(Some(frame)))) => Received::Closed(frame.code.into(), frame.reason.to_string()),
            Some(Ok(Message::Ping(_))) => {
                // The answer is sent with the next flush.
                let _ = self.0.flush().await;
                Received::Ping
            }
            Some(Ok(other)) => panic!("{other:?}"),
            Some(Err(_)) | None => Received::Gone,
        }
    }

    /// Returns the service's next message within this time, if any.
    pub async fn next_within(&mut self, time: Duration) -> Option<Received> {
        tokio::time::timeout(time, self.next()).await.ok()
    }

    /// Returns the first result of a subscription, in the form of an answer to a query.
    pub(crate) async fn first(url: &str, bearer: Option<&str>, (query, variables): (&str, Value)) -> Value {
        let refused =
            |code: &str, detail: &str| json!({ "errors": [{ "extensions": { "code": code, "detail": detail } }] });
        let (mut socket, told) = Self::begin(url, bearer).await;
        match told {
            Received::Message(_) => {}
            Received::Closed(_, reason) => return refused("FORBIDDEN", &reason),
            Received::Ping | Received::Gone => panic!("{told:?}"),
        }
        socket.subscribe("1", query, variables).await;
        let told = socket.next().await;
        match told.ty() {
            "error" => json!({ "errors": told.payload() }),
            _ => told.payload().clone(),
        }
    }
}
