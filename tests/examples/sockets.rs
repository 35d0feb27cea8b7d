//! Measures many sockets that follow orders, against the binary in a process of its own: the memory, the processor
//! time, and the delay between a report and its message.
//! `scripts/with-databases "sqlite postgres" -- cargo run --release -p acceptance --example sockets -- 1000 sqlite
//! postgres`

#[path = "binary/mod.rs"]
mod binary;

use std::collections::HashMap;
use std::fmt::Write as _;
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use acceptance::socket::{Received, Socket};
use acceptance::{Database, Server};
use binary::Place;
use serde_json::{Value, json};

/// How many reports are sent, and the pause between two.
const REPORTS: usize = 400;
const PAUSE: Duration = Duration::from_millis(50);
/// How long the processor time of idle sockets is measured.
const IDLE: Duration = Duration::from_secs(10);

#[tokio::main]
async fn main() {
    let (sockets, servers) = acceptance::bench::arguments(&[Server::Sqlite, Server::Postgres, Server::MariaDb]);
    let sockets = usize::try_from(sockets).expect("a number of sockets");
    for server in servers {
        Box::pin(measure(server, sockets)).await;
    }
}

/// The reports that were sent, and the delay of each message.
#[derive(Debug, Clone, Default)]
struct Clocks {
    sent: Arc<Mutex<HashMap<String, Instant>>>,
    delays: Arc<Mutex<Vec<Duration>>>,
}

async fn measure(server: Server, sockets: usize) {
    let database = Database::create(server).await;
    let listen = free_address();
    let place = Place::new(database.url(), &settings(&listen, sockets));
    place.write("users.csv", &people(sockets));
    place.run(&["import", "users", "users.csv"]);
    let token = token(&place);
    let mut process = place.start(&["serve"]);
    let url = format!("http://{listen}");
    // Installs the TLS crypto provider, which reqwest asks for also on loopback.
    drop(providers::Http::new(providers::HttpLimits::default()));
    let client = reqwest::Client::builder().build().expect("a client");
    while client.get(format!("{url}/readyz")).send().await.is_err() {
        assert!(!process.is_over(), "the service ended");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let before = process.resident_kib();

    let clocks = Clocks::default();
    let mut listening = Vec::new();
    for person in 0..sockets {
        let socket = subscribe(&url, &token, person).await;
        listening.push(tokio::spawn(listen_to(socket, clocks.clone())));
    }
    let open = process.resident_kib();
    let idle = share(&process, tokio::time::sleep(IDLE)).await;
    let busy = share(&process, async {
        for n in 0..REPORTS {
            let number = format!("S-{n}");
            clocks.sent.lock().expect("no panic").insert(number.clone(), Instant::now());
            report((&client, &url, &token), (n * 7_919 % sockets, &number)).await;
            tokio::time::sleep(PAUSE).await;
        }
        tokio::time::sleep(Duration::from_secs(3)).await;
    });
    let busy = busy.await;
    let mut delays = clocks.delays.lock().expect("no panic").clone();
    delays.sort_unstable();
    assert_eq!(delays.len(), REPORTS, "each change is sent once");
    let [before, open, after] = [before, open, process.resident_kib()].map(|kib| kib / 1024);
    let at = |percent: usize| delays[(delays.len() - 1) * percent / 100];
    println!("{server:?}, {sockets} sockets, {REPORTS} changes");
    println!("  resident: {before} MiB before, {open} MiB with the sockets, {after} MiB after");
    println!("  processor: {idle:.1} % of a core while nothing happens, {busy:.1} % with the changes");
    println!("  told after: median {:.0?}, p99 {:.0?}, at most {:.0?}", at(50), at(99), at(100));
    listening.iter().for_each(tokio::task::JoinHandle::abort);
    drop(process);
    database.drop_now().await;
}

/// All sockets come from one address, with one service token.
fn settings(listen: &str, sockets: usize) -> String {
    let (most, max) = (sockets + 100, sockets * 2 + 300);
    format!(
        "[http]\nlisten = \"{listen}\"\n[http.connections]\nmax = {max}\nper_address = {max}\n\
         [http.sockets]\nmax = {most}\nper_block = {most}\nper_person = {most}\n"
    )
}

async fn listen_to(mut socket: Socket, clocks: Clocks) {
    while let Some(number) = next(&mut socket).await {
        let sent = clocks.sent.lock().expect("no panic").get(&number).copied();
        clocks.delays.lock().expect("no panic").push(sent.expect("a report that was sent").elapsed());
    }
}

/// Returns an address without a listener.
fn free_address() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").to_string()
}

fn people(count: usize) -> String {
    let mut people = "externalId,openId:shop,unionId:hemu\n".to_owned();
    for person in 0..count {
        let _ = writeln!(people, "C-{person},{},{}", open_id(person), union_id(person));
    }
    people
}

fn open_id(person: usize) -> String {
    format!("oBench4mple5Qm7hV2cY{person:08}")
}

fn union_id(person: usize) -> String {
    format!("uBench4mple5Qm7hV2cY{person:08}")
}

fn token(place: &Place) -> String {
    let made = place.run(&["token", "create", "--name", "bench", "--scope", "orders:read", "--scope", "orders:write"]);
    let token = made.split_whitespace().find(|word| word.starts_with("gys_"));
    token.map_or_else(|| panic!("no token in {made}"), str::to_owned)
}

async fn subscribe(url: &str, token: &str, person: usize) -> Socket {
    let (mut socket, told) = Socket::begin(url, Some(token)).await;
    assert_eq!(told.ty(), "connection_ack", "{told:?}");
    let query = "subscription ($unionId: String!) { orderChanged(unionId: $unionId) { order { orderNo status } } }";
    socket.subscribe("1", query, json!({ "unionId": union_id(person) })).await;
    let told = socket.next().await;
    assert_eq!(told.payload(), &json!({ "data": { "orderChanged": { "order": null } } }));
    socket
}

/// Returns the number of the order in the next message; `None` when the socket ends.
async fn next(socket: &mut Socket) -> Option<String> {
    loop {
        match socket.next_within(Duration::from_secs(10)).await {
            Some(Received::Message(message)) => {
                let number = &message["payload"]["data"]["orderChanged"]["order"]["orderNo"];
                return Some(number.as_str().expect("an order").to_owned());
            }
            Some(Received::Ping) | None => {}
            Some(Received::Closed(..) | Received::Gone) => return None,
        }
    }
}

async fn report((client, url, token): (&reqwest::Client, &str, &str), (person, number): (usize, &str)) {
    let order = json!({
        "app": "shop", "orderNo": number, "openId": open_id(person), "status": "PAID",
        "total": { "amount": "10.00", "currency": "CNY" }, "placedAt": "2026-05-01T10:00:00Z", "items": [],
    });
    let query = "mutation ($input: [OrderInput!]!) { recordOrders(input: $input) { created } }";
    let body = json!({ "query": query, "variables": { "input": [order] } });
    let request = client.post(format!("{url}/graphql")).bearer_auth(token).json(&body);
    let answer: Value = request.send().await.expect("an answer").json().await.expect("JSON");
    assert_eq!(answer["data"]["recordOrders"]["created"], 1, "{answer}");
}

/// Returns how much of a core the process uses in this time, in percent.
async fn share(process: &binary::Running, meanwhile: impl Future<Output = ()>) -> f64 {
    let (began, before) = (Instant::now(), process.processor_time());
    meanwhile.await;
    let used = process.processor_time().saturating_sub(before);
    used.as_secs_f64() / began.elapsed().as_secs_f64() * 100.0
}
