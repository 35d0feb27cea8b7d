//! Measures the operator's search over HTTP, with many people who each have an openId, a unionId, a phone, an external id, a nickname
//! and an order.
//! `scripts/with-databases "sqlite postgres" -- cargo run --release -p acceptance --example search -- 10000000 sqlite postgres`

mod fill;

use std::time::{Duration, Instant};

use acceptance::{Client, Company, Server, bench};
use domain::ServiceScope;

use fill::Target;

/// The app of the openIds and the orders, by its id at WeChat.
const APP: &str = "wxde30000000005409";
/// Searches of each kind.
const SEARCHES: u64 = 200;
/// Members with a real phone: the member's ordinal is the end of the number.
const MEMBERS: u64 = 100;
/// The tables that are filled. Their indexes are built after the rows.
const TABLES: &str = "'users', 'open_ids', 'union_ids', 'phones', 'orders'";

#[tokio::main]
async fn main() {
    let (people, servers) = bench::arguments(&[Server::Sqlite, Server::Postgres]);
    for server in servers {
        Box::pin(measure(server, people)).await;
    }
}

async fn measure(server: Server, people: u64) {
    // The company creates the key of the phone numbers. Without a key, it would not open a database that has numbers.
    let company = Company::open(server).await;
    let begun = Instant::now();
    fill(server, company.database.url(), people).await;
    let filled = begun.elapsed();
    for member in 0..MEMBERS {
        company.member(&format!("M-{member}"), &number(member), 10).await;
    }
    let operator = company.system(ServiceScope::ALL).await;
    println!(
        "{server:?}, {people} people, filled in {filled:.0?}; {SEARCHES} searches of each kind, one after the other"
    );
    for (kind, text) in kinds() {
        let mut times = Vec::new();
        for search in 0..SEARCHES {
            // Far apart, so that pages of the database are rarely in memory. The people without a number: see `fill`.
            let person = (search * 7_919 * 104_729 % people) | 1;
            times.push(search_for(&operator, (kind, &text(person))).await);
        }
        times.sort_unstable();
        let at = |part: usize| times[(times.len() - 1) * part / 100];
        println!("  {kind:<12} median {:>9.2?}   p99 {:>9.2?}   slowest {:>9.2?}", at(50), at(99), at(100));
    }
    company.database.drop_now().await;
}

/// The search texts.
type Text = fn(u64) -> String;

fn kinds() -> [(&'static str, Text); 8] {
    [
        ("PHONE", |person| number(person % MEMBERS)),
        ("OPEN_ID", |person| format!("o{}", scattered(person))),
        ("UNION_ID", |person| format!("u{}", scattered(person))),
        ("EXTERNAL_ID", |person| format!("C-{person}")),
        ("ORDER_NO", |person| format!("N{}", scattered(person))),
        ("USER_ID", |person| format!("usr_{}", id(1, person))),
        // A whole nickname, and the beginning that a thousandth of the people share.
        ("NICKNAME", |person| format!("Lan{} {}", person % 1_000, scattered(person))),
        ("NICKNAME", |person| format!("lan{}", person % 1_000)),
    ]
}

fn number(member: u64) -> String {
    format!("+861380000{member:04}")
}

/// The ordinal of a person, in an order that differs from that of the rows.
fn scattered(person: u64) -> String {
    format!("{:08x}", (person * 2_654_435_761) & 0xffff_ffff)
}

/// The id of a row, as a UUID of version 7.
fn id(table: u64, person: u64) -> String {
    format!("{:012x}7{table:03x}8{person:015x}", 1_700_000_000_000_u64 + person)
}

async fn search_for(operator: &Client, (kind, text): (&str, &str)) -> Duration {
    let query = format!(
        "{{ people(search: \"{text}\", first: 20) {{ nodes {{ matches {{ kind key }} user {{ id nickname createdAt }} }} }} }}"
    );
    let begun = Instant::now();
    let answer = operator.ask(&query).await;
    let time = begun.elapsed();
    let nodes = answer.data()["people"]["nodes"].clone();
    let found = nodes.as_array().is_some_and(|nodes| nodes.iter().any(|node| node["matches"][0]["kind"] == kind));
    assert!(found, "{kind} {text}: {nodes}");
    time
}

/// Returns the SQL expression for [`scattered`].
fn scattered_in(target: &Target) -> &'static str {
    match target {
        Target::Sqlite(_) => "printf('%08x', (n * 2654435761) & 4294967295)",
        Target::Postgres(_) => "lpad(to_hex((n * 2654435761) & 4294967295), 8, '0')",
    }
}

/// Returns the SQL expression of a hash that no number has.
fn hash_in(target: &Target) -> &'static str {
    match target {
        Target::Sqlite(_) => "randomblob(32)",
        Target::Postgres(_) => "sha256(n::text::bytea)",
    }
}

/// Fills a migrated database.
async fn fill(server: Server, url: &str, people: u64) {
    let mut target = Target::open(server, url).await;
    let indexes = target.drop_indexes(TABLES).await;
    let [user, link, union, phone, order] = [1, 2, 3, 4, 5].map(|table| target.id(table, "n"));
    let (scattered, hash) = (scattered_in(&target), hash_in(&target));
    let at = "1700000000000 + n";
    let rows = [
        (
            "users (id, status, nickname, external_id, created_at, updated_at)",
            format!("{user}, 'ACTIVE', 'Lan' || (n % 1000) || ' ' || {scattered}, 'C-' || n, {at}, {at}"),
        ),
        (
            "open_ids (id, app, open_id, user_id, created_at, linked_at)",
            format!("{link}, '{APP}', 'o' || {scattered}, {user}, {at}, {at}"),
        ),
        (
            "union_ids (id, scope, union_id, user_id, created_at)",
            format!("{union}, 'hemu', 'u' || {scattered}, {user}, {at}"),
        ),
        (
            "phones (id, user_id, sealed_number, active_hash, active_user, proof, created_at)",
            format!("{phone}, {user}, {hash}, {hash}, {user}, 'CODE', {at}"),
        ),
        (
            "orders (id, link_id, app, order_no, status, total_minor, currency, placed_at, created_at, updated_at)",
            format!("{order}, {link}, '{APP}', 'N' || {scattered}, 'PAID', 100, 'CNY', {at}, {at}, {at}"),
        ),
    ];
    for (table, values) in rows {
        // A number without a valid seal cannot be read, so people who have one are not searched for.
        let condition = if table.starts_with("phones") { "WHERE n % 2 = 0" } else { "" };
        target.insert(table, &values, (people, condition)).await;
    }
    target.finish(indexes).await;
}
