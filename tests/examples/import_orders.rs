//! Measures `guiyi import orders` with many rows: its rate from the first to the last row, its memory, and how it
//! compares with a bulk load of the same rows into the same tables by the database itself.
//! `scripts/with-databases "sqlite postgres" -- cargo run --release -p acceptance --example import_orders -- 1000000
//! sqlite postgres`

#[path = "binary/mod.rs"]
mod binary;

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use acceptance::{Database, Server};
use binary::Place;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection as _, Executor, PgConnection};

/// The rows of one transaction of an import.
const BATCH: i64 = 500;
/// The tables that an import of orders fills, parents first.
const TABLES: [&str; 4] = ["open_ids", "orders", "order_items", "order_totals"];

#[tokio::main]
async fn main() {
    let (rows, servers) = acceptance::bench::arguments(&[Server::Sqlite, Server::Postgres]);
    for server in servers {
        Box::pin(measure(server, rows)).await;
    }
}

async fn measure(server: Server, rows: u64) {
    let database = Database::create(server).await;
    let place = Place::new(database.url(), "");
    place.write("orders.csv", &orders(rows));
    let began = Instant::now();
    let mut process = place.start(&["import", "orders", "orders.csv"]);
    let (mut samples, mut peak, mut used) = (Vec::new(), 0, Duration::ZERO);
    while !process.is_over() {
        peak = peak.max(process.resident_kib());
        used = used.max(process.processor_time());
        // Each batch writes one audit entry.
        samples.push((began.elapsed(), database.count("audit_events").await * BATCH));
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let time = began.elapsed();
    assert_eq!(u64::try_from(database.count("orders").await).ok(), Some(rows));
    place.run(&["check-totals"]);
    let bulk = Database::create(server).await;
    let alone = match server {
        Server::Sqlite => load_sqlite(database.url(), bulk.url()).await,
        _ => load_postgres(database.url(), bulk.url()).await,
    };
    assert_eq!(bulk.count("orders").await, database.count("orders").await);

    println!("{server:?}, {rows} orders with a line each, of {} openIds", buyers(rows));
    let (rate_of_all, peak) = (rate(rows, time), peak / 1024);
    println!(
        "  import: {time:.1?}, {rate_of_all:.0} rows/s, {used:.1?} of processor time, at most {peak} MiB resident"
    );
    let rates: Vec<String> = tenths(&samples, rows).iter().map(|rate| format!("{rate:.0}")).collect();
    println!("  rows/s by tenths: {}", rates.join(" "));
    println!("  the database alone: {alone:.1?}, {:.0} rows/s", rate(rows, alone));
    println!("  ratio: {:.2}", alone.as_secs_f64() / time.as_secs_f64());
    bulk.drop_now().await;
    database.drop_now().await;
}

#[expect(clippy::cast_precision_loss, reason = "a rate need not be exact")]
fn rate(rows: u64, time: Duration) -> f64 {
    rows as f64 / time.as_secs_f64()
}

/// Returns the rate of each tenth of the rows.
fn tenths(samples: &[(Duration, i64)], rows: u64) -> Vec<f64> {
    let rows = i64::try_from(rows).expect("a number of rows");
    let reached = |part: i64| {
        let found = samples.iter().find(|(_, done)| *done >= rows * part / 10).or(samples.last());
        found.copied().unwrap_or_default()
    };
    let of_part = |part| {
        let ((from, before), (until, done)) = (reached(part), reached(part + 1));
        rate(u64::try_from(done - before).unwrap_or_default(), until.saturating_sub(from))
    };
    (0..10).map(of_part).filter(|rate| rate.is_finite()).collect()
}

const fn buyers(rows: u64) -> u64 {
    rows / 10 + 1
}

/// Orders of two years, with those of one buyer spread over the file.
fn orders(rows: u64) -> String {
    let mut orders = "app,orderNo,openId,status,amount,currency,placedAt,items\n".to_owned();
    for n in 0..rows {
        let (buyer, second) = (n * 7_919 % buyers(rows), 1_700_000_000 + n * 60_000_000 / rows);
        let price = format!("{}.{:02}", n % 500 + 1, n % 100);
        let _ = writeln!(
            orders,
            "shop,S-{n},oBench4mple5Qm7hV2cY{buyer:08},PAID,{price},CNY,{second},\
             \"[{{\"\"title\"\":\"\"铁观音 250 g\"\",\"\"quantity\"\":1,\"\"unitPrice\"\":\"\"{price}\"\"}}]\""
        );
    }
    orders
}

/// Copies the tables into a database with the same indexes, in one transaction, and returns how long that took.
async fn load_sqlite(from: &str, to: &str) -> Duration {
    let options: SqliteConnectOptions = to.parse().expect("an address of a database");
    let options = options
        .disable_statement_logging()
        .foreign_keys(false)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .pragma("cache_size", "-262144");
    let mut connection = options.connect().await.expect("the database opens");
    let file = from.strip_prefix("sqlite:").and_then(|rest| rest.split('?').next()).expect("a file");
    let attach = format!("ATTACH DATABASE '{file}' AS imported");
    connection.execute(AssertSqlSafe(attach)).await.expect("the other database");
    let began = Instant::now();
    connection.execute("BEGIN").await.expect("a transaction");
    for table in TABLES {
        let copy = format!("INSERT INTO main.{table} SELECT * FROM imported.{table}");
        connection.execute(AssertSqlSafe(copy)).await.expect("a copy");
    }
    connection.execute("COMMIT").await.expect("a commit");
    let time = began.elapsed();
    connection.close().await.expect("the database closes");
    time
}

/// Copies the tables as text into a database with the same indexes, and returns how long the writing half took.
async fn load_postgres(from: &str, to: &str) -> Duration {
    let mut source = PgConnection::connect(from).await.expect("the database answers");
    let mut target = PgConnection::connect(to).await.expect("the database answers");
    // The rows are valid, so their foreign keys need no check.
    target.execute("SET session_replication_role = replica").await.expect("a superuser");
    let mut time = Duration::ZERO;
    for table in TABLES {
        let mut rows = Vec::new();
        {
            use futures::TryStreamExt;
            let mut read = source.copy_out_raw(&format!("COPY {table} TO STDOUT")).await.expect("a copy");
            while let Some(part) = read.try_next().await.expect("a part") {
                rows.extend_from_slice(&part);
            }
        }
        let began = Instant::now();
        let mut write = target.copy_in_raw(&format!("COPY {table} FROM STDIN")).await.expect("a copy");
        for part in rows.chunks(1 << 20) {
            write.send(part).await.expect("a part");
        }
        write.finish().await.expect("a copy");
        time += began.elapsed();
    }
    time
}
