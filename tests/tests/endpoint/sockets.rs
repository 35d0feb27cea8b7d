//! Sockets: the protocol `graphql-transport-ws` message by message, who may open a socket, and what ends it.

use std::time::Duration;

use acceptance::pushing::{KEY, keys, pushed};
use acceptance::socket::{Message, Received, Socket};
use acceptance::{CHALLENGE, Client, Company, Server};
use futures::future::join_all;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

const SUBSCRIPTION: &str = "subscription ($state: String!) { qrLoginStatus(state: $state) { status code } }";

/// A step of a conversation. `$state` stands for the state of a pending login.
#[derive(Clone, Copy)]
enum Step {
    /// The client sends this text.
    Say(&'static str),
    /// The client sends a text of this length.
    SayLong(usize),
    /// The client sends these bytes.
    Bytes(&'static [u8]),
    /// The service sends this text.
    Hear(&'static str),
    /// The service refuses the request of this id with an error.
    HearError(&'static str, &'static str),
    /// The service closes the socket.
    Ends(u16),
}

use Step::{Bytes, Ends, Hear, HearError, Say, SayLong};

const INIT: Step = Say(r#"{"type":"connection_init"}"#);
const ACK: Step = Hear(r#"{"type":"connection_ack"}"#);
const PING: Step = Say(r#"{"type":"ping"}"#);
const PONG: Step = Hear(r#"{"type":"pong"}"#);
const WATCH: Step = Say(
    r#"{"type":"subscribe","id":"1","payload":{"query":"subscription { qrLoginStatus(state: \"$state\") { status } }"}}"#,
);
const WAITING: Step = Hear(r#"{"type":"next","id":"1","payload":{"data":{"qrLoginStatus":{"status":"WAITING"}}}}"#);
const OTHER: Step = Say(
    r#"{"type":"subscribe","id":"2","payload":{"query":"subscription { qrLoginStatus(state: \"x\") { status code } }"}}"#,
);
const EXPIRED: Step =
    Hear(r#"{"type":"next","id":"2","payload":{"data":{"qrLoginStatus":{"status":"EXPIRED","code":null}}}}"#);
const COMPLETE: Step = Hear(r#"{"type":"complete","id":"2"}"#);

type Conversation = (&'static str, Vec<Step>);

fn conversations() -> Vec<Conversation> {
    [going_well(), out_of_order(), malformed(), refused_documents(), refused_at_the_beginning()].concat()
}

fn going_well() -> Vec<Conversation> {
    let [asked, answered] =
        [Say(r#"{"type":"ping","payload":{"at":1}}"#), Hear(r#"{"type":"pong","payload":{"at":1}}"#)];
    let end = Say(r#"{"type":"complete","id":"1"}"#);
    vec![
        ("a client is acknowledged", vec![INIT, ACK]),
        ("its payload may be empty", vec![Say(r#"{"type":"connection_init","payload":{}}"#), ACK]),
        ("the last event comes before the end", vec![INIT, ACK, OTHER, EXPIRED, COMPLETE]),
        ("an id may be used again", vec![INIT, ACK, OTHER, EXPIRED, COMPLETE, OTHER, EXPIRED, COMPLETE]),
        ("two subscriptions", vec![INIT, ACK, WATCH, WAITING, OTHER, EXPIRED, COMPLETE]),
        (
            "a client that ends its subscription is told nothing more of it",
            vec![INIT, ACK, WATCH, WAITING, end, PING, PONG, WATCH, WAITING],
        ),
        ("an id that does not run is ended", vec![INIT, ACK, Say(r#"{"type":"complete","id":"9"}"#), PING, PONG]),
        ("a ping before the beginning", vec![PING, PONG, INIT, ACK]),
        ("a ping with a payload", vec![INIT, ACK, asked, answered]),
        ("a pong that was not asked for", vec![INIT, ACK, Say(r#"{"type":"pong"}"#), PING, PONG]),
    ]
}

fn out_of_order() -> Vec<Conversation> {
    vec![
        ("two subscriptions of one id", vec![INIT, ACK, WATCH, WAITING, WATCH, Ends(4409)]),
        ("a subscription before the acknowledgement", vec![WATCH, Ends(4401)]),
        ("a second beginning", vec![INIT, ACK, INIT, Ends(4429)]),
        ("two beginnings at once", vec![INIT, INIT, ACK, Ends(4429)]),
    ]
}

fn malformed() -> Vec<Conversation> {
    vec![
        ("no JSON", vec![INIT, ACK, Say("{"), Ends(4400)]),
        ("no JSON before the beginning", vec![Say("hello"), Ends(4400)]),
        ("an array", vec![INIT, ACK, Say(r#"["subscribe","1",{"query":"{ me { id } }"}]"#), Ends(4400)]),
        ("bytes", vec![INIT, ACK, Bytes(br#"{"type":"ping"}"#), Ends(4400)]),
        ("an unknown type", vec![INIT, ACK, Say(r#"{"type":"start","id":"1"}"#), Ends(4400)]),
        ("a type of the older protocol", vec![INIT, ACK, Say(r#"{"type":"connection_terminate"}"#), Ends(4400)]),
        ("no id", vec![INIT, ACK, Say(r#"{"type":"subscribe","payload":{"query":"{ a }"}}"#), Ends(4400)]),
        ("no payload", vec![INIT, ACK, Say(r#"{"type":"subscribe","id":"1"}"#), Ends(4400)]),
        ("a message of 65 KiB", vec![INIT, ACK, SayLong(65 * 1024 + 1), Ends(1009)]),
        ("a message of 10 MiB", vec![INIT, ACK, SayLong(10 * 1024 * 1024), Ends(1009)]),
    ]
}

/// A refused document ends its subscription, and the socket goes on.
fn refused_documents() -> Vec<Conversation> {
    let refused = |name, message, code| (name, vec![INIT, ACK, Say(message), HearError("1", code), WATCH, WAITING]);
    vec![
        refused(
            "a document that cannot be parsed",
            r#"{"type":"subscribe","id":"1","payload":{"query":"subscription {"}}"#,
            "INVALID_QUERY",
        ),
        refused(
            "a field that does not exist",
            r#"{"type":"subscribe","id":"1","payload":{"query":"subscription { orders { id } }"}}"#,
            "INVALID_QUERY",
        ),
        refused(
            "an argument that is missing",
            r#"{"type":"subscribe","id":"1","payload":{"query":"subscription { qrLoginStatus { status } }"}}"#,
            "INVALID_QUERY",
        ),
        refused(
            "an operation that does not exist",
            r#"{"type":"subscribe","id":"1","payload":{"operationName":"B","query":"subscription A { qrLoginStatus(state: \"x\") { status } }"}}"#,
            "INVALID_QUERY",
        ),
        refused(
            "two root fields",
            r#"{"type":"subscribe","id":"1","payload":{"query":"subscription { a: qrLoginStatus(state: \"x\") { status } b: qrLoginStatus(state: \"y\") { status } }"}}"#,
            "INVALID_QUERY",
        ),
        refused("a query", r#"{"type":"subscribe","id":"1","payload":{"query":"{ me { id } }"}}"#, "INVALID_QUERY"),
        refused(
            "a mutation",
            r#"{"type":"subscribe","id":"1","payload":{"query":"mutation { logout { success } }"}}"#,
            "INVALID_QUERY",
        ),
        refused(
            "a document by an unknown hash",
            r#"{"type":"subscribe","id":"1","payload":{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}}}}"#,
            "PERSISTED_QUERY_NOT_FOUND",
        ),
    ]
}

fn refused_at_the_beginning() -> Vec<Conversation> {
    vec![
        (
            "a token that is none",
            vec![Say(r#"{"type":"connection_init","payload":{"Authorization":"Bearer x"}}"#), Ends(4403)],
        ),
        (
            "a token of another scheme",
            vec![Say(r#"{"type":"connection_init","payload":{"authorization":"x"}}"#), Ends(4403)],
        ),
        (
            "a token that is no text",
            vec![Say(r#"{"type":"connection_init","payload":{"authorization":1}}"#), Ends(4403)],
        ),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_conversation_goes_as_the_protocol_has_it() {
    let company = with(toml::Table::new()).await;
    let state = start(&company).await;
    let conversations = conversations();

    let wrong = join_all(conversations.iter().map(|(name, steps)| hold(&company.url, &state, name, steps))).await;

    let wrong: Vec<_> = wrong.into_iter().flatten().collect();
    assert!(wrong.is_empty(), "{} of {} go wrong:\n{}", wrong.len(), conversations.len(), wrong.join("\n"));
}

/// Runs a conversation. Returns what goes wrong.
async fn hold(url: &str, state: &str, name: &str, steps: &[Step]) -> Option<String> {
    let mut socket = Socket::open(url).await;
    for (at, step) in steps.iter().enumerate() {
        let (expected, told) = match step {
            Say(text) => {
                socket.send_frame(Message::text(text.replace("$state", state))).await;
                continue;
            }
            SayLong(length) => {
                socket.send_frame(Message::text("x".repeat(*length))).await;
                continue;
            }
            Bytes(bytes) => {
                socket.send_frame(Message::binary(bytes.to_vec())).await;
                continue;
            }
            Hear(text) => (serde_json::from_str(text).expect("JSON"), socket.next().await),
            HearError(id, code) => (json!({ "type": "error", "id": id, "code": code }), socket.next().await),
            Ends(code) => (json!(code), socket.next().await),
        };
        let said = match &told {
            Received::Message(message) if message["type"] == "error" => {
                let [error] = message["payload"].as_array().expect("a list").as_slice() else {
                    return Some(name.into());
                };
                assert!(error["message"].is_string() && error["extensions"]["errorId"].is_string(), "{error}");
                json!({ "type": "error", "id": message["id"], "code": error["extensions"]["code"] })
            }
            Received::Message(message) => message.clone(),
            Received::Closed(code, reason) if !reason.is_empty() => json!(code),
            Received::Closed(..) | Received::Ping | Received::Gone => Value::Null,
        };
        if said != expected {
            return Some(format!("{name}, step {at}: expected {expected}, heard {told:?}"));
        }
    }
    None
}

/// Starts the company with an official account that receives pushes.
async fn with(mut settings: toml::Table) -> Company {
    settings.extend(pushed(&keys(&[KEY])));
    Company::open_with(Server::Sqlite, settings).await
}

async fn begin(url: &str, client: &Client) -> (Socket, Received) {
    Socket::begin(url, client.bearer.as_deref()).await
}

/// Starts a login by a QR code. Returns its state.
async fn start(company: &Company) -> String {
    let query = "mutation ($challenge: String!) { startQrLogin(input: { app: \"shop\", codeChallenge: $challenge }) \
        { state } }";
    let started = company.client().send(query, json!({ "challenge": CHALLENGE })).await;
    started.data()["startQrLogin"]["state"].as_str().expect("a state").to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_of_another_protocol_is_closed_with_4406() {
    let company = with(toml::Table::new()).await;

    for protocols in [&[][..], &[("sec-websocket-protocol", "graphql-ws")], &[("sec-websocket-protocol", "chat, x")]] {
        let mut socket = Socket::upgrade(&company.url, protocols).await.expect("a socket");
        socket.send(&json!({ "type": "connection_init" })).await;

        assert_eq!(socket.next().await.code(), 4406, "{protocols:?}");
    }
    let both = [("sec-websocket-protocol", "graphql-ws, graphql-transport-ws")];
    let mut socket = Socket::upgrade(&company.url, &both).await.expect("a socket");
    socket.send(&json!({ "type": "connection_init" })).await;
    assert_eq!(socket.next().await.ty(), "connection_ack");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_of_other_origins_open_no_socket() {
    let allowed = "https://shop.example.com";
    let company = with(toml::toml! { [http]
    allowed_origins = ["https://shop.example.com"] })
    .await;
    let ask = async |origin: &str| {
        let headers = [("origin", origin), ("sec-websocket-protocol", "graphql-transport-ws")];
        Socket::upgrade(&company.url, &headers).await
    };

    for foreign in ["https://evil.example.com", "null", "https://shop.example.com.evil.com", "http://shop.example.com"]
    {
        let (status, body) = ask(foreign).await.expect_err(foreign);
        assert_eq!((status, &body["errors"][0]["extensions"]["code"]), (403, &json!("FORBIDDEN")), "{foreign}");
    }
    for ours in [allowed, &company.url] {
        assert!(ask(ours).await.is_ok(), "{ours}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_does_not_begin_is_closed_with_4408() {
    let company = with(toml::toml! { [http.sockets]
    init_seconds = 1 })
    .await;
    let mut silent = Socket::open(&company.url).await;
    let mut pinging = Socket::open(&company.url).await;
    pinging.send(&json!({ "type": "ping" })).await;
    assert_eq!(pinging.next().await.ty(), "pong");
    let mut begun = Socket::anonymous(&company.url).await;

    assert_eq!((silent.next().await.code(), pinging.next().await.code()), (4408, 4408));
    assert_eq!(begun.next_within(Duration::from_secs(2)).await, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_silent_client_is_sent_pings_and_one_that_does_not_answer_is_closed() {
    let company = with(toml::toml! { [http.sockets]
    ping_seconds = 1 })
    .await;
    let mut lives = Socket::anonymous(&company.url).await;
    let mut sleeps = Socket::anonymous(&company.url).await;

    for _ in 0..4 {
        assert_eq!(lives.next().await, Received::Ping);
    }

    // It starts reading only now, and has answered no ping.
    assert_eq!((sleeps.next().await, sleeps.next().await.code()), (Received::Ping, 3008));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_socket_without_a_subscription_is_closed_after_a_while() {
    let company = with(toml::toml! { [http.sockets]
    idle_seconds = 1 })
    .await;
    let mut idle = Socket::anonymous(&company.url).await;
    let mut used = Socket::anonymous(&company.url).await;
    used.subscribe("1", SUBSCRIPTION, json!({ "state": start(&company).await })).await;
    assert_eq!(used.next().await.ty(), "next");

    assert_eq!(idle.next().await.code(), 1000);
    assert_eq!(used.next_within(Duration::from_secs(2)).await, None);
    used.send(&json!({ "type": "complete", "id": "1" })).await;
    assert_eq!(used.next().await.code(), 1000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_an_address_block_and_the_process_have_so_many_sockets() {
    let company = with(toml::toml! { [http.sockets]
    max = 4
    per_block = 3
    per_person = 2 })
    .await;
    let lan = company.sign_in("shop", "lan").await;
    let ask = async || Socket::upgrade(&company.url, &[("sec-websocket-protocol", "graphql-transport-ws")]).await;

    let (first, told) = begin(&company.url, &lan).await;
    assert_eq!(told.ty(), "connection_ack");
    let (_second, told) = begin(&company.url, &lan).await;
    assert_eq!(told.ty(), "connection_ack");
    let (_, told) = begin(&company.url, &lan).await;
    assert_eq!(told.code(), 1013);

    let _third = until_ok(&ask).await;
    let (status, body) = ask().await.expect_err("the block is full");
    assert_eq!((status, &body["errors"][0]["extensions"]["code"]), (429, &json!("RATE_LIMITED")));
    assert!(body["errors"][0]["extensions"]["retryAfter"].is_u64(), "{body}");
    // The places of an ended socket are free, including those of its person.
    drop(first);
    drop(until_ok(&ask).await);
    let again = async || {
        let (socket, told) = begin(&company.url, &lan).await;
        if matches!(told, Received::Message(_)) { Ok(socket) } else { Err((0, Value::Null)) }
    };
    let _again = until_ok(&again).await;

    let process = with(toml::toml! { [http.sockets]
    max = 1 })
    .await;
    let _only = Socket::anonymous(&process.url).await;
    let (status, body) = Socket::upgrade(&process.url, &[]).await.expect_err("the process is full");
    assert_eq!((status, &body["errors"][0]["extensions"]["code"]), (503, &json!("SERVICE_UNAVAILABLE")));
    // Requests are still served.
    assert_eq!(process.client().ask("{ __typename }").await.data()["__typename"], "Query");
}

/// Retries until it is possible.
async fn until_ok(ask: &impl AsyncFn() -> Result<Socket, (u16, Value)>) -> Socket {
    for _ in 0..100 {
        if let Ok(socket) = ask().await {
            return socket;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("no place becomes free");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_socket_ends_with_the_access_token() {
    let company = with(toml::Table::new()).await;
    let lan = company.sign_in("shop", "lan").await;
    let (mut socket, told) = begin(&company.url, &lan).await;
    assert_eq!(told.ty(), "connection_ack");

    company.clock.advance(chrono::TimeDelta::minutes(15));

    assert_eq!(socket.next().await, Received::Closed(4403, "The access token has expired".to_owned()));
    // The token opens no other socket.
    assert_eq!(begin(&company.url, &lan).await.1.code(), 4403);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_socket_ends_with_the_session_also_when_another_replica_ends_it() {
    let company = with(toml::Table::new()).await;
    let lan = company.sign_in("shop", "lan").await;
    let mei = company.sign_in("shop", "mei").await;
    let (mut ended, _) = begin(&company.url, &lan).await;
    let (mut lives, _) = begin(&company.url, &mei).await;
    ended.subscribe("1", SUBSCRIPTION, json!({ "state": start(&company).await })).await;
    assert_eq!(ended.next().await.ty(), "next");
    let mut elsewhere = company.replica().await;
    elsewhere.bearer = lan.bearer.clone();

    elsewhere.ask("mutation { logoutEverywhere }").await.data();

    assert_eq!(ended.next().await, Received::Closed(4403, "The session has ended".to_owned()));
    assert_eq!(begin(&company.url, &lan).await.1.code(), 4403);
    assert_eq!(lives.next_within(Duration::from_secs(3)).await, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_closed_account_and_a_system_without_orders_open_no_socket() {
    let company = with(toml::Table::new()).await;
    let lan = company.sign_in("shop", "lan").await;
    let (mut socket, _) = begin(&company.url, &lan).await;
    let operator = company.system(&[domain::ServiceScope::UsersDisable]).await;
    let id = lan.id().await;
    let disable = "mutation ($id: ID!) { disableUser(id: $id, reason: \"a stolen phone\") { userId } }";

    operator.send(disable, json!({ "id": id })).await.data();

    assert_eq!(socket.next().await.code(), 4403);
    assert_eq!(begin(&company.url, &lan).await.1, Received::Closed(4403, "The account is closed".to_owned()));
    assert_eq!(
        begin(&company.url, &operator).await.1,
        Received::Closed(4403, "The service token lacks orders:read".to_owned())
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_native_client_may_send_its_token_in_the_header() {
    let company = with(toml::Table::new()).await;
    let bearer = format!("Bearer {}", company.sign_in("shop", "lan").await.bearer.expect("a token"));
    let headers = |token| [("sec-websocket-protocol", "graphql-transport-ws"), ("authorization", token)];
    let mut sound = Socket::upgrade(&company.url, &headers(&bearer)).await.expect("a socket");
    let mut wrong = Socket::upgrade(&company.url, &headers("Bearer x")).await.expect("a socket");

    for socket in [&mut sound, &mut wrong] {
        socket.send(&json!({ "type": "connection_init" })).await;
    }

    assert_eq!((sound.next().await.ty(), wrong.next().await.code()), ("connection_ack", 4403));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_stops_says_so_and_waits_for_no_socket() {
    let company = with(toml::Table::new()).await;
    let app = company.app_with(|_| {}).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let (stop, stopped) = oneshot::channel::<()>();
    let served =
        tokio::spawn(async move { Box::pin(app.serve(listener, async { stopped.await.unwrap_or(()) })).await });
    let mut idle = Socket::anonymous(&url).await;
    let mut silent = Socket::open(&url).await;

    stop.send(()).expect("the service runs");

    let restart = Received::Closed(1012, "Service restart".to_owned());
    assert_eq!((idle.next().await, silent.next().await), (restart.clone(), restart));
    tokio::time::timeout(Duration::from_secs(5), served).await.expect("it stops").expect("it does not panic");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sockets_execute_listed_documents_only_where_requests_do() {
    let company = with(toml::toml! { [graphql]
    documents = "listed" })
    .await;
    let mut socket = Socket::anonymous(&company.url).await;

    socket.subscribe("1", SUBSCRIPTION, json!({ "state": "x" })).await;

    let told = socket.next().await;
    assert_eq!((told.ty(), &told.payload()[0]["extensions"]["code"]), ("error", &json!("DOCUMENT_NOT_ALLOWED")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_limits_of_documents_hold_on_sockets() {
    let company = with(toml::Table::new()).await;
    let mut socket = Socket::anonymous(&company.url).await;
    let nested =
        format!("subscription {{ qrLoginStatus(state: {}1{}) {{ status }} }}", "[".repeat(400), "]".repeat(400));
    let directives =
        format!("subscription {{ qrLoginStatus(state: \"x\") {{ status {} }} }}", "@skip(if: false) ".repeat(101));
    let fields = format!("subscription {{ qrLoginStatus(state: \"x\") {{ {} }} }}", "status ".repeat(2_001));

    for document in [nested, directives, fields] {
        socket.subscribe("1", &document, json!({})).await;
        let told = socket.next().await;
        assert_eq!((told.ty(), &told.payload()[0]["extensions"]["code"]), ("error", &json!("QUERY_TOO_COMPLEX")));
    }
    let state = start(&company).await;
    for id in 0..32 {
        socket.subscribe(&id.to_string(), SUBSCRIPTION, json!({ "state": state })).await;
        assert_eq!(socket.next().await.ty(), "next");
    }
    socket.subscribe("one more", SUBSCRIPTION, json!({ "state": state })).await;
    let told = socket.next().await;
    assert_eq!((told.ty(), &told.payload()[0]["extensions"]["code"]), ("error", &json!("RATE_LIMITED")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn errors_are_told_in_the_language_of_the_client() {
    let company = with(toml::Table::new()).await;
    let headers = [("sec-websocket-protocol", "graphql-transport-ws"), ("accept-language", "zh-CN")];
    let mut socket = Socket::upgrade(&company.url, &headers[..1]).await.expect("a socket");
    socket.send(&json!({ "type": "connection_init" })).await;
    socket.next().await;
    socket.subscribe("1", "subscription { x }", json!({})).await;
    let english = socket.next().await.payload()[0]["message"].clone();

    assert!(english.as_str().is_some_and(str::is_ascii), "{english}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thirty_sockets_that_watch_logins_cost_two_statements_a_second() {
    let company = with(toml::Table::new()).await;
    let mut sockets = Vec::new();
    for _ in 0..3 {
        let state = start(&company).await;
        for _ in 0..10 {
            let mut socket = Socket::anonymous(&company.url).await;
            socket.subscribe("1", SUBSCRIPTION, json!({ "state": state })).await;
            assert_eq!(socket.next().await.ty(), "next");
            sockets.push(socket);
        }
    }
    let statements = || company.app.service().statements();
    let before = statements();

    tokio::time::sleep(Duration::from_secs(3)).await;

    let watched = statements() - before;
    assert!((4..=8).contains(&watched), "{watched} statements in three seconds");
    drop(sockets);
    tokio::time::sleep(Duration::from_secs(2)).await;
    let before = statements();
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(statements(), before, "nothing is read when no socket watches");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_vanishes_frees_its_place() {
    let company = with(toml::toml! { [http.sockets]
    max = 1 })
    .await;
    let mut socket = Socket::anonymous(&company.url).await;
    socket.subscribe("1", SUBSCRIPTION, json!({ "state": start(&company).await })).await;
    assert_eq!(socket.next().await.ty(), "next");

    drop(socket);

    let ask = async || Socket::upgrade(&company.url, &[("sec-websocket-protocol", "graphql-transport-ws")]).await;
    until_ok(&ask).await;
}
