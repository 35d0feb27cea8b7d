//! Measures the upgrade of a database of `m0009_refresh_generations`, with ten orders for each person, to today's tables. On
//! PostgreSQL a process of that version goes on recording and reading orders and signing people in: how long did it wait?
//! `scripts/with-databases "sqlite postgres" -- cargo run --release -p acceptance --example upgrade -- 1000000 sqlite postgres`

mod fill;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use acceptance::{Company, Server, bench};
use fill::Target;
use migration::throwaway::Database;
use sqlx::{AssertSqlSafe, Connection as _, Executor, PgConnection};

const BEFORE: &str = "m0009_refresh_generations";
/// The tables that are filled. Their indexes are built after the rows.
const TABLES: &str = "'users', 'open_ids', 'union_ids', 'phones', 'orders', 'order_items'";
const ORDERS_PER_PERSON: u64 = 10;
/// Steps that take less are not listed.
const WORTH_LISTING: Duration = Duration::from_millis(500);

#[tokio::main]
async fn main() {
    let (people, servers) = bench::arguments(&[Server::Sqlite, Server::Postgres]);
    for server in servers {
        Box::pin(measure(server, people)).await;
    }
}

async fn measure(server: Server, people: u64) {
    let database = Database::as_of(server, BEFORE).await;
    let begun = Instant::now();
    fill(server, database.url(), people).await;
    let orders = people * ORDERS_PER_PERSON;
    println!("{server:?}, {people} people with phones, {orders} orders of one line, filled in {:.0?}", begun.elapsed());
    let older = (server == Server::Postgres).then(|| Older::start(database.url()));

    let begun = Instant::now();
    loop {
        let pending = migration::pending(database.url()).await.expect("the steps");
        let Some(step) = pending.first() else { break };
        let begun = Instant::now();
        migration::up_to(database.url(), step).await.expect("a step");
        let time = begun.elapsed();
        if time >= WORTH_LISTING {
            println!("  {step:<28} {time:>9.2?}");
        }
    }
    println!("  {:<28} {:>9.2?}", "all steps", begun.elapsed());
    if let Some(older) = older {
        older.stop().await;
    }
    let begun = Instant::now();
    let company = Company::open_on(database, toml::toml! { database.migrate_on_start = true }).await;
    println!("  {:<28} {:>9.2?}", "phone numbers are encrypted", begun.elapsed());
    let clear = migration::has_clear_numbers(company.database.url()).await.expect("an answer");
    assert!(!clear, "a number is left");
    let sums = company.database.count("order_totals").await;
    assert!(u64::try_from(sums).is_ok_and(|sums| sums >= orders), "{sums} sums");
    company.database.drop_now().await;
}

/// What a process of the older version does every ten milliseconds, and the longest that each of it took.
const ACTS: [(&str, &str); 3] = [
    (
        "records an order",
        "INSERT INTO orders (id, link_id, app, order_no, status, total_minor, currency, placed_at, created_at, updated_at)
         SELECT gen_random_uuid(), id, 'app', 'later ' || gen_random_uuid(), 'PAID', 100, 'CNY', 1, 1, 1 FROM open_ids LIMIT 1",
    ),
    (
        "reads orders",
        "SELECT * FROM orders JOIN order_items ON order_id = orders.id
         WHERE link_id = (SELECT id FROM open_ids LIMIT 1) LIMIT 20",
    ),
    ("signs in", "UPDATE open_ids SET last_login_at = 1 WHERE id = (SELECT id FROM open_ids LIMIT 1)"),
];

/// A process of the older version.
struct Older {
    stops: Arc<AtomicBool>,
    acts: Vec<tokio::task::JoinHandle<(u32, Duration)>>,
}

impl Older {
    fn start(url: &str) -> Self {
        let stops = Arc::new(AtomicBool::new(false));
        let acts = ACTS.map(|(_, act)| tokio::spawn(repeat(url.to_owned(), act, stops.clone())));
        Self { stops, acts: acts.into() }
    }

    async fn stop(self) {
        self.stops.store(true, Ordering::Relaxed);
        for (act, (name, _)) in self.acts.into_iter().zip(ACTS) {
            let (times, longest) = act.await.expect("the older version goes on");
            println!("  an older process {name}: {times} times, at most {longest:.2?}");
        }
    }
}

async fn repeat(url: String, act: &'static str, stops: Arc<AtomicBool>) -> (u32, Duration) {
    let mut connection = PgConnection::connect(&url).await.expect("the database answers");
    let (mut times, mut longest) = (0, Duration::ZERO);
    while !stops.load(Ordering::Relaxed) {
        let begun = Instant::now();
        connection.execute(AssertSqlSafe(act)).await.expect("the older version goes on");
        longest = longest.max(begun.elapsed());
        times += 1;
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    (times, longest)
}

async fn fill(server: Server, url: &str, people: u64) {
    let mut target = Target::open(server, url).await;
    let indexes = target.drop_indexes(TABLES).await;
    let [user, link, union, phone, order, item] = [1, 2, 3, 4, 5, 6].map(|table| target.id(table, "n"));
    let link_of_order = target.id(2, &format!("(n / {ORDERS_PER_PERSON})"));
    let at = "1700000000000 + n";
    // Each order of a person is in another month.
    let placed_at = format!("1700000000000 + n % {ORDERS_PER_PERSON} * 2678400000");
    let number = "'+86138' || (10000000 + n)";
    let orders = people * ORDERS_PER_PERSON;
    let rows = [
        (
            "users (id, status, nickname, external_id, created_at, updated_at)",
            format!("{user}, 'ACTIVE', 'Lan' || n, 'C-' || n, {at}, {at}"),
            people,
        ),
        (
            "open_ids (id, app, open_id, user_id, created_at, linked_at)",
            format!("{link}, 'app', 'o' || n, {user}, {at}, {at}"),
            people,
        ),
        (
            "union_ids (id, scope, union_id, user_id, created_at)",
            format!("{union}, 'scope', 'u' || n, {user}, {at}"),
            people,
        ),
        (
            "phones (id, user_id, number, active_number, active_user, proof, created_at, last_proof_at)",
            format!("{phone}, {user}, {number}, {number}, {user}, 'CODE', {at}, {at}"),
            people,
        ),
        (
            "orders (id, link_id, app, order_no, status, total_minor, currency, placed_at, created_at, updated_at)",
            format!(
                "{order}, {link_of_order}, 'app', 'N' || n, 'PAID', 100 + n % 1000, 'CNY', {placed_at}, {at}, {at}"
            ),
            orders,
        ),
        (
            "order_items (id, order_id, position, title, quantity, unit_minor)",
            format!("{item}, {order}, 0, 'Tea', 1, 100 + n % 1000"),
            orders,
        ),
    ];
    for (table, values, count) in rows {
        target.insert(table, &values, (count, "")).await;
    }
    target.finish(indexes).await;
}
