//! `guiyi webhooks`, and a service that delivers events by itself, also after it was killed.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Output;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use migration::throwaway::{Database, Server};
use serde_json::{Value, json};

use crate::demo::{Workplace, free_address, start};

/// Configures a webhook at this address.
fn configure(place: &Workplace, address: &str) {
    place.write("guiyi.toml", &webhook(address));
}

fn webhook(address: &str) -> String {
    format!(
        "[[webhooks]]\nname = \"crm\"\nurl = \"http://{address}/hook\"\nallow_private = true\n\
         secrets = [\"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\"]\n"
    )
}

fn outcome(output: Output) -> (bool, String, String) {
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    (output.status.success(), text(output.stdout), text(output.stderr))
}

#[test]
fn a_webhook_is_listed_tested_and_sent_to_again_in_both_languages() {
    let place = Workplace::new();
    configure(&place, &free_address());
    let run = |arguments: &[&str]| outcome(place.run(&[&["--demo", "webhooks"], arguments].concat()));
    let chinese = |arguments: &[&str]| {
        let mut command = place.command(&[&["--demo", "webhooks"], arguments].concat());
        outcome(command.env("LC_ALL", "zh_CN.UTF-8").output().expect("the binary runs"))
    };

    assert_eq!(run(&["list"]).1, "crm  0 pending  0 failed\n");
    let (success, said, error) = run(&["test", "crm"]);
    assert_eq!(
        (success, said.as_str(), error.as_str()),
        (false, "crm: cannot connect\n", "guiyi: crm has not received the event\n")
    );
    assert_eq!(chinese(&["test", "crm"]).1, "crm：无法连接\n");
    assert_eq!(run(&["resend", "crm", "--failed"]).1, "0 event(s) will be sent again\n");
    assert_eq!(chinese(&["resend", "crm"]).1, "将重新发送 0 个事件\n");
    assert_eq!(run(&["test", "erp"]).2, "guiyi: no webhook is named `erp`; configured: crm\n");
    let unknown = "evn_0198f2d4c7b17f0e9a4d3c2b1a090801";
    assert_eq!(run(&["resend", "crm", "--event", unknown]).2, format!("guiyi: there is no event {unknown}\n"));
    assert!(!run(&["resend", "crm", "--failed", "--since", "2026-05-01T00:00:00Z"]).0);
}

/// Responds to every request with 204, and sends the bodies to the test.
fn receiver() -> (String, mpsc::Receiver<Value>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address").to_string();
    let (send, bodies) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            let (_, body) = read(&mut stream).expect("a request");
            stream.write_all(RECEIVED).expect("an answer");
            if send.send(serde_json::from_str(&body).expect("JSON")).is_err() {
                return;
            }
        }
    });
    (address, bodies)
}

const RECEIVED: &[u8] = b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n";

/// Reads a request. Returns its `webhook-id` and its body; `None` if the connection ends before.
fn read(stream: &mut TcpStream) -> Option<(String, String)> {
    let mut read = Vec::new();
    loop {
        let mut part = [0; 4096];
        let count = stream.read(&mut part).ok().filter(|count| *count > 0)?;
        read.extend_from_slice(&part[..count]);
        let text = String::from_utf8_lossy(&read).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        if serde_json::from_str::<Value>(body).is_ok() {
            let id = head.lines().find_map(|line| line.strip_prefix("webhook-id: ")).expect("an id");
            return Some((id.to_owned(), body.to_owned()));
        }
    }
}

#[tokio::test]
async fn a_login_is_told_by_the_running_service() {
    let place = Workplace::new();
    let (address, bodies) = receiver();
    configure(&place, &address);
    let _demo = start(&place).await;
    let user = sign_in(&place, "lan").await;

    let told = tokio::task::spawn_blocking(move || {
        [(); 2].map(|()| bodies.recv_timeout(Duration::from_secs(20)).expect("an event"))
    });

    let told = told.await.expect("no panic").map(|event| (event["type"].clone(), event["data"]["personId"].clone()));
    assert_eq!(told, [(json!("person.created"), user.clone()), (json!("person.signed_in"), user)]);
}

/// Signs a person in, and returns the id of the account.
async fn sign_in(place: &Workplace, person: &str) -> Value {
    let http = reqwest::Client::builder().build().expect("a client");
    let code = http.post(format!("http://{}/_sandbox/codes", place.sandbox));
    let code = code.json(&json!({ "app": "shop", "person": person })).send().await.expect("an answer");
    let code: Value = code.json().await.expect("JSON");
    let login = Workplace::login(&place.begin("shop").await, &code["code"], "user { id }");
    let login = http.post(format!("http://{}/graphql", place.api)).json(&login).send().await.expect("an answer");
    let user = login.json::<Value>().await.expect("JSON")["data"]["wechatLogin"]["user"]["id"].clone();
    assert!(user.is_string(), "{person} is signed in");
    user
}

/// A consumer that receives every message, and responds only to the first ones until it is told to respond.
struct Consumer {
    address: String,
    /// The id and the body of each message, in the order of arrival.
    seen: Arc<Mutex<Vec<(String, String)>>>,
    answers: Arc<AtomicBool>,
}

impl Consumer {
    fn start(at_first: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address").to_string();
        let consumer = Self { address, seen: Arc::default(), answers: Arc::default() };
        let (seen, answers) = (consumer.seen.clone(), consumer.answers.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (mut stream, seen, answers) = (stream.expect("a connection"), seen.clone(), answers.clone());
                std::thread::spawn(move || {
                    let Some(message) = read(&mut stream) else { return };
                    let mut seen = seen.lock().expect("no panic poisons the lock");
                    seen.push(message);
                    let is_answered = seen.len() <= at_first || answers.load(Ordering::SeqCst);
                    drop(seen);
                    if is_answered {
                        // The process may have been killed meanwhile.
                        let _ = stream.write_all(RECEIVED);
                    } else {
                        // Waits until the other side is gone.
                        let _ = stream.read(&mut [0; 1]);
                    }
                });
            }
        });
        consumer
    }

    fn seen(&self) -> Vec<(String, String)> {
        self.seen.lock().expect("no panic poisons the lock").clone()
    }
}

macro_rules! on_a_database {
    ($module:ident, $server:expr) => {
        mod $module {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn a_process_that_is_killed_during_deliveries_loses_nothing_and_repeats_with_the_same_id() {
                super::kill_during_deliveries($server).await;
            }
        }
    };
}

on_a_database!(sqlite, migration::throwaway::Server::Sqlite);
#[cfg(feature = "postgres")]
on_a_database!(postgres, migration::throwaway::Server::Postgres);
#[cfg(feature = "mariadb")]
on_a_database!(mariadb, migration::throwaway::Server::MariaDb);

async fn kill_during_deliveries(server: Server) {
    const ANSWERED: usize = 3;
    let (database, place, consumer) = (Database::create(server).await, Workplace::new(), Consumer::start(ANSWERED));
    let keys = "[tokens]\nsecret_keys = [\"a-key-of-this-test-a-key-of-this-test\"]\n";
    let settings = format!("{keys}[database]\nurl = \"{}\"\n{}", database.url(), webhook(&consumer.address));
    place.write("guiyi.toml", &settings);
    let mut running = start(&place).await;
    for person in ["lan", "wei", "mei", "lan", "wei", "mei"] {
        sign_in(&place, person).await;
    }
    let begun = Instant::now();
    while consumer.seen().len() < ANSWERED + 2 {
        assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", consumer.seen());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }

    // The consumer has received messages that it has not acknowledged.
    running.0.kill().expect("a child can be killed");
    running.0.wait().expect("it ends");
    let before = consumer.seen();
    // The clock of the service is the system's: the minute of the leases is taken off the rows.
    database.run("UPDATE webhook_deliveries SET lease_until = lease_until - 60000").await;
    consumer.answers.store(true, Ordering::SeqCst);
    let _running = start(&place).await;
    for person in ["lan", "jun"] {
        sign_in(&place, person).await;
    }

    let told = || outcome(place.run(&["--demo", "webhooks", "list"])).1;
    while told() != "crm  0 pending  0 failed\n" {
        assert!(begun.elapsed() < Duration::from_mins(1), "{}", told());
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let seen = consumer.seen();
    let mut bodies: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (id, body) in &seen {
        bodies.entry(id).or_default().push(body);
    }
    // Lan, Wei and Mei were created and logged in twice, then Lan once more; Jun was created and logged in.
    assert_eq!((bodies.len(), database.count("events").await), (12, 12));
    for (id, bodies) in &bodies {
        assert!(bodies.iter().all(|body| *body == bodies[0]), "{id}: {bodies:?}");
        assert!(bodies[0].contains(&format!("\"id\":\"{id}\"")), "{id}: {bodies:?}");
    }
    // Unacknowledged messages were sent again, settled ones were not.
    let unanswered: Vec<&String> = before[ANSWERED..].iter().map(|(id, _)| id).collect();
    assert!(unanswered.iter().all(|id| bodies[id.as_str()].len() == 2), "{bodies:?}");
    // A response may have been lost with the process, too.
    assert!(seen.len() - bodies.len() <= before.len(), "{bodies:?}");
    let mut last: BTreeMap<String, i64> = BTreeMap::new();
    for event in seen.iter().map(|(_, body)| serde_json::from_str::<Value>(body).expect("JSON")) {
        let sequence = event["sequence"].as_str().and_then(|text| text.parse().ok()).expect("a number");
        let last = last.entry(event["data"]["personId"].to_string()).or_default();
        assert!(*last <= sequence, "{sequence} of {} comes after {last}", event["data"]["personId"]);
        *last = sequence;
    }
}
