//! Measures `me` while four other people repeat the most expensive admitted operations.
//! `scripts/with-databases "sqlite postgres mariadb" -- cargo run --release -p acceptance --example costly_documents`

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use acceptance::{Client, Company, Server};
use domain::ServiceScope;
use serde_json::{Value, json};

/// Orders of the person who sends expensive operations.
const HISTORY: usize = 20_000;
/// How many orders have lines, and the lines of each: the most that an order may have.
const WITH_LINES: usize = 100;
const LINES: usize = 100;
/// Orders per report.
const BATCH: usize = 500;
/// People who send expensive operations concurrently.
const GREEDY: usize = 4;
/// People who ask for `me`, and how often each.
const ASKING: usize = 4;
const REQUESTS: usize = 300;

/// Makes a document with this many parts.
type Make = fn(usize) -> String;

/// Documents at the limit of what is admitted.
const DOCUMENTS: [(&str, Make); 8] = [
    ("counts", |n| me(n, |at| format!("a{at}: orders(first: 1) {{ totalCount }}"))),
    ("filters that find nothing", |n| {
        me(n, |at| format!("a{at}: orders(first: 1, filter: {{ statuses: [REFUNDED] }}) {{ nodes {{ id }} }}"))
    }),
    ("pages of 100", |n| me(n, |at| format!("a{at}: orders(first: 100) {{ nodes {{ id }} }}"))),
    ("lines of 100 orders", |n| {
        me(1, |_| {
            format!("orders(first: 100) {{ nodes {{ {} }} }}", aliased(n, |at| format!("a{at}: items {{ sku }}")))
        })
    }),
    ("keys", |n| me(n, |at| format!("a{at}: openIds {{ openId }}"))),
    ("histories", |n| me(n, |at| format!("a{at}: linkHistory(first: 1) {{ nodes {{ id }} }}"))),
    ("things by id", |n| format!("{{ {} }}", aliased(n, |at| format!("a{at}: node(id: \"ord_{at:032x}\") {{ id }}")))),
    ("values", |n| {
        me(1, |_| format!("orders(first: 100) {{ nodes {{ {} }} }}", aliased(n, |at| format!("a{at}: orderNo"))))
    }),
];

/// Documents within 64 KiB that take the longest to refuse; they need no session.
const REFUSED: [(&str, Make); 4] = [
    ("unknown fields", |n| format!("{{ {} }}", aliased(n * 9_000, |at| format!("a{at}")))),
    ("one field", |n| format!("{{ {} }}", "a ".repeat(n * 32_000))),
    ("fragments that nothing spreads", |n| {
        format!(
            "{{ me {{ id }} }} {}",
            aliased(n * 399, |at| format!("fragment F{at} on User {{ {} }}", "id ".repeat(45)))
        )
    }),
    ("variables", |n| format!("query ({}) {{ me {{ id }} }}", aliased(n * 4_500, |at| format!("$v{at}: Int")))),
];

fn aliased(n: usize, field: impl Fn(usize) -> String) -> String {
    (0..n).map(|at| field(at) + " ").collect()
}

fn me(n: usize, field: impl Fn(usize) -> String) -> String {
    format!("{{ me {{ {} }} }}", aliased(n, field))
}

#[tokio::main]
async fn main() {
    println!(
        "`me`, {ASKING} people at once, while {GREEDY} others send what is dearest; a history of {HISTORY} orders"
    );
    for server in [Server::Sqlite, Server::Postgres, Server::MariaDb] {
        measure(server).await;
    }
}

async fn measure(server: Server) {
    let settings = toml::toml! { [http]
    body_limit_kib = 4096 };
    let company = Arc::new(Company::open_with(server, settings).await);
    let greedy = company.sign_in("shop", "lan").await;
    for app in ["club", "outlet", "mini"] {
        company.sign_in(app, "lan").await;
    }
    record(&company).await;
    let other = company.sign_in("shop", "wei").await;
    ask(&other).await;

    let anybody = company.client();
    for (what, make) in REFUSED {
        let begun = Instant::now();
        anybody.ask(&make(1)).await;
        println!("{server:?}, refused without a session: {what}: {:?}", begun.elapsed());
    }
    print(server, "nothing else", &mut ask(&other).await);
    for (what, make) in DOCUMENTS {
        let (n, document) = dearest(&greedy, make).await;
        let alone = time(&greedy, &document).await;
        let stop = Arc::new(AtomicBool::default());
        let people = (0..GREEDY).map(|_| {
            let (client, document, stop) = (greedy.clone(), document.clone(), stop.clone());
            tokio::spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    client.ask(&document).await;
                }
            })
        });
        let people: Vec<_> = people.collect();
        print(server, &format!("{what} (x{n}, alone {alone:?})"), &mut ask(&other).await);
        stop.store(true, Ordering::Relaxed);
        for person in people {
            person.await.expect("the task does not panic");
        }
    }
}

/// Returns the largest admitted document of a kind.
async fn dearest(client: &Client, make: Make) -> (usize, String) {
    let (mut fits, mut too_many) = (1, 2_000);
    while fits + 1 < too_many {
        let n = usize::midpoint(fits, too_many);
        let answer = client.ask(&make(n)).await;
        if answer.0.to_string().contains("QUERY_TOO_COMPLEX") { too_many = n } else { fits = n }
    }
    (fits, make(fits))
}

async fn time(client: &Client, document: &str) -> Duration {
    let begun = Instant::now();
    client.ask(document).await.data();
    begun.elapsed()
}

/// Records a long history, with many lines in its newest orders.
async fn record(company: &Company) {
    let system = company.system(&[ServiceScope::OrdersWrite]).await;
    let line = json!({ "sku": "S", "title": "Cup", "quantity": 1, "unitPrice": "1.00" });
    let apps = ["shop", "club", "outlet", "mini"];
    let open_ids = apps.map(|app| company.sandbox.open_id(app, "lan"));
    let order = |at: usize| {
        let days = chrono::TimeDelta::minutes(i64::try_from(at).expect("a small number"));
        let placed_at = chrono::DateTime::<chrono::Utc>::from(company.clock.now().minus(days)).to_rfc3339();
        let lines: Vec<&Value> = if at < WITH_LINES { vec![&line; LINES] } else { vec![] };
        json!({ "app": apps[at % 4], "orderNo": format!("B-{at}"), "openId": open_ids[at % 4], "status": "PAID",
            "total": { "amount": "1.00", "currency": "CNY" }, "placedAt": placed_at, "items": lines })
    };
    for from in (0..HISTORY).step_by(BATCH) {
        system.record((from..from + BATCH).map(order).collect()).await;
    }
}

/// Asks for `me` from every client; returns the duration of each answer.
async fn ask(client: &Client) -> Vec<Duration> {
    let people = (0..ASKING).map(|_| {
        let client = client.clone();
        tokio::spawn(async move {
            let mut times = Vec::with_capacity(REQUESTS);
            for _ in 0..REQUESTS {
                times.push(time(&client, "{ me { id nickname } }").await);
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

fn print(server: Server, what: &str, times: &mut [Duration]) {
    times.sort_unstable();
    let at = |share: usize| times[(times.len() - 1) * share / 100];
    println!("{server:?}, {what}: median {:?}, 95% {:?}, 99% {:?}", at(50), at(95), at(99));
}
