//! Measures `me` while 500 invented codes a second arrive from 50 addresses, and whether people can still log in.
//! `scripts/with-databases "sqlite postgres" -- cargo run --release -p acceptance --example invented_codes`

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use acceptance::{Client, Company, Server, VERIFIER, weakened};
use chrono::TimeDelta;
use serde_json::json;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{MissedTickBehavior, interval, sleep};

/// Addresses that the codes come from, each in its own block.
const ADDRESSES: usize = 50;
/// Time between two codes.
const PACE: Duration = Duration::from_millis(2);
/// People who ask for `me`, and how often each.
const ASKING: usize = 4;
const EVERY: Duration = Duration::from_millis(20);
/// Time between two logins, half of them in a browser, half of them in a mini program.
const SIGNING_IN: Duration = Duration::from_millis(200);
/// Quiet and flooded rounds alternate, so that other load on the machine affects both.
const ROUNDS: usize = 4;
const ROUND: Duration = Duration::from_secs(15);

#[tokio::main]
async fn main() {
    println!(
        "`me`, {ASKING} people, each every {EVERY:?}; flooded: {ADDRESSES} addresses send {} invented codes a second",
        Duration::from_secs(1).as_millis() / PACE.as_millis()
    );
    for server in [Server::Sqlite, Server::Postgres] {
        measure(server).await;
    }
}

async fn measure(server: Server) {
    let mut settings = weakened("optional");
    settings.insert("http".to_owned(), toml::toml! { client_address = "x-forwarded-for" }.into());
    let company = Arc::new(Company::open_with(server, settings).await);
    let clock = tokio::spawn(keep_time(company.clone()));
    let client = company.sign_in("shop", "lan").await;
    ask(&client, Duration::from_secs(2)).await;

    let (mut quiet, mut flooded) = (Vec::new(), Vec::new());
    let mut flood = Flood::default();
    for _ in 0..ROUNDS {
        quiet.extend(ask(&client, ROUND).await);
        let running = flood.start(&company);
        // Longer than each block's initial burst.
        sleep(Duration::from_secs(15)).await;
        flooded.extend(ask(&client, ROUND).await);
        running.stop().await;
    }

    print(server, "`me`, quiet", &mut quiet);
    print(server, "`me`, flooded", &mut flooded);
    print(server, "logins, flooded", &mut flood.counts.signed_in.lock().expect("no panic"));
    let count = |counter: &AtomicUsize| counter.load(Ordering::Relaxed);
    let Counts { sent, rejected, limited, turned_away, .. } = &*flood.counts;
    let turned_away = turned_away.lock().expect("no panic");
    println!(
        "{server:?}: {} invented codes, of which {} were refused here and {} asked WeChat; {} people could not sign in {turned_away:?}",
        count(sent),
        count(limited),
        count(rejected),
        turned_away.values().sum::<usize>(),
    );
    clock.abort();
}

/// The company's clock is frozen: advances it.
async fn keep_time(company: Arc<Company>) {
    let mut ticks = interval(Duration::from_millis(50));
    loop {
        ticks.tick().await;
        company.clock.advance(TimeDelta::milliseconds(50));
    }
}

/// Asks for `me` for a while; returns the duration of each answer.
async fn ask(client: &Client, duration: Duration) -> Vec<Duration> {
    let people = (0..ASKING).map(|_| {
        let client = client.clone();
        tokio::spawn(async move {
            let (end, mut ticks) = (Instant::now() + duration, interval(EVERY));
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            let mut times = Vec::new();
            while Instant::now() < end {
                ticks.tick().await;
                let begun = Instant::now();
                client.ask("{ me { id nickname } }").await.data();
                times.push(begun.elapsed());
            }
            times
        })
    });
    let mut times = Vec::new();
    for person in people.collect::<Vec<_>>() {
        times.extend(person.await.expect("the task does not panic"));
    }
    times
}

#[derive(Default)]
struct Counts {
    sent: AtomicUsize,
    rejected: AtomicUsize,
    limited: AtomicUsize,
    /// Duration of each login, including its beginning.
    signed_in: Mutex<Vec<Duration>>,
    /// Failed logins, by step, app and error.
    turned_away: Mutex<BTreeMap<String, usize>>,
}

#[derive(Default)]
struct Flood {
    counts: Arc<Counts>,
}

struct Running {
    stop: Arc<AtomicBool>,
    tasks: Vec<JoinHandle<()>>,
}

impl Flood {
    fn start(&mut self, company: &Arc<Company>) -> Running {
        let stop = Arc::new(AtomicBool::default());
        let invented = tokio::spawn(invent(company.clone(), self.counts.clone(), stop.clone()));
        let people = tokio::spawn(sign_in(company.clone(), self.counts.clone(), stop.clone()));
        Running { stop, tasks: vec![invented, people] }
    }
}

impl Running {
    async fn stop(self) {
        self.stop.store(true, Ordering::Relaxed);
        for task in self.tasks {
            task.await.expect("the task does not panic");
        }
    }
}

async fn invent(company: Arc<Company>, counts: Arc<Counts>, stop: Arc<AtomicBool>) {
    let clients: Vec<_> = (0..ADDRESSES).map(|n| client_from(&company, format!("203.0.{n}.1"))).collect();
    let mut ticks = interval(PACE);
    for number in 0.. {
        ticks.tick().await;
        if stop.load(Ordering::Relaxed) {
            return;
        }
        let (client, counts) = (clients[number % ADDRESSES].clone(), counts.clone());
        let code = format!("0a1{:029}", counts.sent.fetch_add(1, Ordering::Relaxed));
        tokio::spawn(async move {
            match client.log_in_unbound(&code, "shop").await.code() {
                "RATE_LIMITED" => counts.limited.fetch_add(1, Ordering::Relaxed),
                _ => counts.rejected.fetch_add(1, Ordering::Relaxed),
            }
        });
    }
}

/// Logs people in, each with a new account, from a network without earlier logins.
async fn sign_in(company: Arc<Company>, counts: Arc<Counts>, stop: Arc<AtomicBool>) {
    static PERSON: AtomicUsize = AtomicUsize::new(0);
    let (mut ticks, mut people) = (interval(SIGNING_IN), JoinSet::new());
    while !stop.load(Ordering::Relaxed) {
        ticks.tick().await;
        let (company, counts) = (company.clone(), counts.clone());
        let person = PERSON.fetch_add(1, Ordering::Relaxed);
        people.spawn(async move {
            let begun = Instant::now();
            match sign_in_once(&company, person).await {
                Ok(()) => counts.signed_in.lock().expect("no panic").push(begun.elapsed()),
                Err(told) => *counts.turned_away.lock().expect("no panic").entry(told).or_default() += 1,
            }
        });
    }
    people.join_all().await;
}

/// Logs one person in, or returns the error.
async fn sign_in_once(company: &Company, number: usize) -> Result<(), String> {
    let (id, app) = (format!("person-{number}"), if number.is_multiple_of(2) { "site" } else { "mini" });
    company.sandbox("POST", "/_sandbox/people", Some(&json!({ "id": id, "nickname": id }))).await;
    let client = client_from(company, format!("10.{}.{}.1", number / 250, number % 250));
    let mut input = json!({ "code": company.code(app, &id).await, "app": app });
    if app == "site" {
        input["state"] =
            client.begin("site").await.map_err(|refused| format!("beginning at {app}: {}", refused.code()))?;
        input["codeVerifier"] = VERIFIER.into();
    }
    let answer = client.log_in_with(&input).await;
    if answer.0.get("errors").is_some() { Err(format!("at {app}: {}", answer.code())) } else { Ok(()) }
}

fn client_from(company: &Company, address: String) -> Client {
    let mut client = company.client();
    client.forwarded_for = Some(address);
    client
}

fn print(server: Server, what: &str, times: &mut [Duration]) {
    times.sort_unstable();
    let at = |share: usize| times[(times.len() - 1) * share / 100];
    println!("{server:?}, {what}: {} answers, median {:?}, 95% {:?}, 99% {:?}", times.len(), at(50), at(95), at(99));
}
