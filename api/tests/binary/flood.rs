//! Floods of idle and incomplete connections, with few file descriptors. See `http::server` for tests of which
//! connection is closed.

use std::fs::File;
use std::process::{Command, Stdio};
use std::time::Duration;

use reqwest::Client;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use crate::demo::{Running, Workplace, wait_until_ready};

/// How many files the process may open.
const DESCRIPTORS: usize = 128;
/// How many connections there are of each kind: each kind alone exceeds the descriptors.
const FLOOD: usize = 200;

/// Starts a demo that may open few files.
async fn start(place: &Workplace) -> Running {
    place.write("guiyi.toml", "[database]\nmax_connections = 2\n[upstream]\nconcurrency = 8\n");
    let log = File::create(place.folder.path().join("log")).expect("a file");
    let demo = place.command(&["demo"]);
    let mut command = Command::new("sh");
    command.args(["-c", &format!("ulimit -n {DESCRIPTORS}; exec \"$0\" demo")]).arg(demo.get_program());
    command.envs(demo.get_envs().filter_map(|(key, value)| Some((key, value?))));
    command.current_dir(place.folder.path()).stderr(log).stdout(Stdio::null());
    let running = Running(command.spawn().expect("the binary runs"));
    wait_until_ready(running, &place.api, &place.folder.path().join("log")).await
}

fn client() -> Client {
    // No connection is reused, and a request without a response fails the test instead of blocking it.
    Client::builder().pool_max_idle_per_host(0).timeout(Duration::from_mins(1)).build().expect("a client")
}

async fn post(url: String, token: Option<&str>, body: Value) -> Value {
    let request = client().post(url).json(&body);
    let request = if let Some(token) = token { request.bearer_auth(token) } else { request };
    request.send().await.expect("an answer").json().await.expect("JSON")
}

async fn sign_in(place: &Workplace) -> String {
    let code =
        post(format!("http://{}/_sandbox/codes", place.sandbox), None, json!({ "app": "shop", "person": "lan" }));
    let body = Workplace::login(&place.begin("shop").await, &code.await["code"], "accessToken");
    let login = post(format!("http://{}/graphql", place.api), None, body).await;
    login["data"]["wechatLogin"]["accessToken"].as_str().unwrap_or_else(|| panic!("{login}")).to_owned()
}

/// Opens a connection with a small buffer and sends `text`.
async fn send(address: &str, text: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4096).expect("a small buffer");
    let mut stream = socket.connect(address.parse().expect("an address")).await.expect("a connection");
    // It may be closed already.
    let _ = stream.write_all(text.as_bytes()).await;
    stream
}

/// Returns the kinds of connections that keep a server waiting.
async fn floods(place: &Workplace) -> [(&'static str, String); 4] {
    let page = client().get(format!("http://{}/playground", place.api)).send().await.expect("an answer");
    let page = page.text().await.expect("text");
    let script = page
        .split('"')
        .find(|part| std::path::Path::new(part).extension().is_some_and(|kind| kind == "js"))
        .expect("a script")
        .to_owned();
    let script = if script.starts_with('/') { script } else { format!("/playground/{script}") };
    [
        ("half a head", "POST /graphql HTTP/1.1\r\nhost: x\r\nx-half: ".to_owned()),
        (
            "half a body",
            "POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{\"query\":"
                .to_owned(),
        ),
        // Repeated, so that the buffers on both sides fill up.
        ("answers that are not taken", format!("GET {script} HTTP/1.1\r\nhost: x\r\n\r\n").repeat(8)),
        ("no further request", "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n".to_owned()),
    ]
}

#[tokio::test]
async fn requests_are_answered_during_a_flood_of_incomplete_ones() {
    let place = Workplace::new();
    let _demo = start(&place).await;
    let token = sign_in(&place).await;
    let mut held = Vec::new();

    for (kind, sent) in floods(&place).await {
        for _ in 0..FLOOD {
            held.push(send(&place.api, &sent).await);
        }

        let alive = client().get(format!("http://{}/healthz", place.api)).send().await.expect("an answer");
        let me = json!({ "query": "{ me { nickname } }" });
        let me = post(format!("http://{}/graphql", place.api), Some(&token), me).await;

        assert_eq!(alive.status().as_u16(), 200, "{kind}");
        assert_eq!(me, json!({ "data": { "me": { "nickname": "兰心🌿" } } }), "{kind}");
    }

    let log = place.log();
    assert!(log.contains("connection limit reached"), "{log}");
    assert!(!log.contains("cannot accept connections"), "the last descriptor must never be used: {log}");
}

#[tokio::test]
async fn who_has_run_out_of_descriptors_accepts_again_as_soon_as_there_are_some() {
    let place = Workplace::new();
    let _demo = start(&place).await;
    let mut held = Vec::new();
    // The sandbox has no limits and runs in the same process.
    for _ in 0..FLOOD {
        held.push(send(&place.sandbox, "GET / HTTP/1.1\r\n").await);
    }
    let ask = "GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    let mut unheard = send(&place.api, ask).await;
    while !place.log().contains("cannot accept connections") {
        // A descriptor was still free for the previous connection.
        tokio::time::sleep(Duration::from_millis(50)).await;
        unheard = send(&place.api, ask).await;
    }

    drop(held);

    let mut answer = String::new();
    unheard.read_to_string(&mut answer).await.expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
}

#[test]
fn who_cannot_work_with_so_few_descriptors_says_how_many_it_needs() {
    let place = Workplace::new();
    let demo = place.command(&["demo"]);
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -n 64; exec \"$0\" demo"]).arg(demo.get_program());
    command.envs(demo.get_envs().filter_map(|(key, value)| Some((key, value?)))).current_dir(place.folder.path());

    let output = command.output().expect("the binary runs");

    let told = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && told.contains("may open 64 files, and needs at least 227"), "{told}");
}
