//! Measures how long writes take while expired rows are deleted, beside the same writes before.
//! `scripts/with-databases "sqlite postgres" -- cargo run --release -p acceptance --example sweep -- 500000 sqlite postgres`

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use acceptance::{Company, Server, bench};

/// How long the writes are measured before.
const BEFORE: Duration = Duration::from_secs(10);

#[tokio::main]
async fn main() {
    let (rows, servers) = bench::arguments(&[Server::Sqlite, Server::Postgres]);
    for server in servers {
        Box::pin(measure(server, rows)).await;
    }
}

async fn measure(server: Server, rows: u64) {
    let settings = toml::toml! { [limits]
    per_address = 1_000_000_000
    per_block = 1_000_000_000
    per_app = 1_000_000_000
    in_all = 1_000_000_000 };
    let company = Company::open_with(server, settings).await;
    let hash = if server == Server::Postgres { "sha256(n::text::bytea)" } else { "CAST(printf('%032d', n) AS BLOB)" };
    let numbers = if server == Server::Postgres {
        format!("SELECT generate_series(1, {rows}) AS n")
    } else {
        format!("WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {rows}) SELECT n FROM s")
    };
    let insert = format!(
        "INSERT INTO login_states (hash, app, return_to, created_at, expires_at) \
         SELECT {hash}, 'shop', 'https://shop.example.com/signed-in', n, n FROM ({numbers}) AS numbers"
    );
    company.database.run(&insert).await;
    println!("{server:?}, {rows} expired logins");

    let stop = Arc::new(AtomicBool::new(false));
    let alone = tokio::spawn(writes(company.client(), stop.clone()));
    tokio::time::sleep(BEFORE).await;
    stop.store(true, Ordering::Relaxed);
    let before = say("writes before", alone.await.expect("a writer"));

    let stop = Arc::new(AtomicBool::new(false));
    let beside = tokio::spawn(writes(company.client(), stop.clone()));
    let begun = Instant::now();
    company.app.service().sweep().await.expect("a sweep");
    let swept = begun.elapsed();
    stop.store(true, Ordering::Relaxed);
    let beside = say("writes beside the sweep", beside.await.expect("a writer"));
    println!("  the sweep took {swept:.1?}");
    let left = usize::try_from(company.database.count("login_states").await);
    assert_eq!(left, Ok(before + beside), "the new logins are left, and nothing else");
}

/// Begins logins, one after the other, and returns how long each took.
async fn writes(client: acceptance::Client, stop: Arc<AtomicBool>) -> Vec<Duration> {
    let mut times = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let begun = Instant::now();
        client.begin("shop").await.expect("a login begins");
        times.push(begun.elapsed());
    }
    times
}

/// Prints the times of writes, and returns their number.
fn say(what: &str, mut times: Vec<Duration>) -> usize {
    times.sort_unstable();
    let at = |per_mille: usize| times[(times.len() - 1) * per_mille / 1000];
    println!(
        "  {what:<24} {:>7} in all, median {:.2?}, 99 % {:.2?}, 99.9 % {:.2?}, longest {:.2?}",
        times.len(),
        at(500),
        at(990),
        at(999),
        at(1000)
    );
    times.len()
}
