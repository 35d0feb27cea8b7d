//! Measures `me` while WeChat hangs: 400 logins wait for it at every moment, and logged-in people keep reading.
//! `scripts/with-databases "sqlite postgres mariadb" -- cargo run --release -p acceptance --example slow_upstream`

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use acceptance::{Client, Company, Server};
use serde_json::json;

/// Logins that wait for WeChat at every moment.
const WAITING: usize = 400;
/// People who ask for `me`, one request after another.
const ASKING: usize = 4;
/// Requests of each of them in one round.
const REQUESTS: usize = 1_500;
/// Quiet and hanging rounds alternate, so that other load on the machine affects both.
const ROUNDS: usize = 3;

#[tokio::main]
async fn main() {
    println!("`me`, {ASKING} people at once; quiet: no logins; hanging: {WAITING} logins wait for WeChat");
    for server in [Server::Sqlite, Server::Postgres, Server::MariaDb] {
        measure(server).await;
    }
}

async fn measure(server: Server) {
    // No circuit breaker and no concurrency limit: every login hangs until its timeout of five seconds.
    let settings = toml::toml! {
        // All have one address, and invalid codes.
        [http.connections]
        per_address = 2048
        [limits]
        per_address = 1_000_000
        per_block = 1_000_000
        per_app = 1_000_000
        in_all = 1_000_000
        [upstream]
        exchanges_per_minute = 1_000_000
        concurrency = 1_000_000
        failures = 1_000_000
    };
    let company = Arc::new(Company::open_with(server, settings).await);
    let client = company.sign_in("shop", "lan").await;
    ask(&client).await;
    let hang = json!({ "path": "/sns/oauth2/access_token", "kind": "hang", "times": 1_000_000 });
    company.sandbox("POST", "/_sandbox/faults", Some(&hang)).await;

    let (mut quiet, mut hanging) = (Vec::new(), Vec::new());
    let mut most = 0;
    for _ in 0..ROUNDS {
        quiet.extend(ask(&client).await);
        let crowd = Crowd::gather(&company).await;
        hanging.extend(ask(&client).await);
        most = crowd.waiting().max(most);
        crowd.leave().await;
    }

    print(server, "quiet", &mut quiet);
    print(server, &format!("hanging ({most} logins waiting)"), &mut hanging);
}

/// Asks for `me` from every client; returns the duration of each answer.
async fn ask(client: &Client) -> Vec<Duration> {
    let people = (0..ASKING).map(|_| {
        let client = client.clone();
        tokio::spawn(async move {
            let mut times = Vec::with_capacity(REQUESTS);
            for _ in 0..REQUESTS {
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

/// Logins that wait for WeChat; each one that fails is replaced by another with a new code.
struct Crowd {
    stop: Arc<AtomicBool>,
    waiting: Arc<AtomicUsize>,
    people: Vec<tokio::task::JoinHandle<()>>,
}

impl Crowd {
    async fn gather(company: &Arc<Company>) -> Self {
        let (stop, waiting) = (Arc::new(AtomicBool::default()), Arc::new(AtomicUsize::default()));
        let people = (0..WAITING).map(|_| {
            let (client, stop, waiting) = (company.client(), stop.clone(), waiting.clone());
            tokio::spawn(async move {
                static CODE: AtomicUsize = AtomicUsize::new(0);
                while !stop.load(Ordering::Relaxed) {
                    let code = format!("0a1{:029}", CODE.fetch_add(1, Ordering::Relaxed));
                    waiting.fetch_add(1, Ordering::Relaxed);
                    client.log_in_unbound(&code, "app").await;
                    waiting.fetch_sub(1, Ordering::Relaxed);
                }
            })
        });
        let people = people.collect();
        // All of them have sent their code by then.
        tokio::time::sleep(Duration::from_secs(2)).await;
        Self { stop, waiting, people }
    }

    fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    async fn leave(self) {
        self.stop.store(true, Ordering::Relaxed);
        for person in self.people {
            person.await.expect("the task does not panic");
        }
    }
}

fn print(server: Server, what: &str, times: &mut [Duration]) {
    times.sort_unstable();
    let at = |share: usize| times[(times.len() - 1) * share / 100];
    println!("{server:?}, {what}: median {:?}, 95% {:?}, 99% {:?}", at(50), at(95), at(99));
}
