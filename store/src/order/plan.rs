//! Tests that a page of orders uses the index ranges when there are many orders.

use std::time::Duration;

use domain::login::{Proof, decide};
use domain::order::{OrderNo, OrderStatus, Report};
use domain::{AppId, Money, OpenKey, OrderId, Profile, Timestamp};
use migration::throwaway::{Database, Server};
use sea_orm::{ConnectionTrait, DbBackend, QueryResult, Statement};

use super::page::{OrderFilter, Position, Range, select_page};
use crate::key::Sealer;
use crate::{Options, Store};

const INDEX: &str = "ix_orders_link_id_placed_at_id";

fn time(millis: i64) -> Timestamp {
    Timestamp::from_millis(1_760_000_000_000 + millis)
}

/// Returns the query plan, as text, of a page deep in a history of three openIds with 2,000 orders each. At this
/// depth MariaDB's estimate, which samples a few index pages, never takes a scan of the whole history to be as cheap.
async fn plan(server: Server, explain: &str) -> String {
    let database = Database::create(server).await;
    let options = Options {
        url: database.url().to_owned().into(),
        max_connections: 2,
        acquire_timeout: Duration::from_secs(30),
        statement_timeout: None,
    };
    let store = Store::connect(&options, Sealer::of_tests(), time(0)).await.expect("a store");
    let links = fill(&store).await;
    let analyze = if store.db.get_database_backend() == DbBackend::MySql { "ANALYZE TABLE orders" } else { "ANALYZE" };
    store.db.execute_unprepared(analyze).await.expect("statistics");

    let filter = OrderFilter { statuses: Some(vec![OrderStatus::Paid]), ..OrderFilter::default() };
    let after = Some(Position { placed_at: time(200), id: OrderId::new(time(200)) });
    let range = Range { after, before: None, limit: 20, from_end: false };
    let query = select_page(&links, &filter, &range).expect("a query");
    let mut statement: Statement = store.db.get_database_backend().build(&query);
    statement.sql = format!("{explain} {}", statement.sql);
    let rows = store.db.query_all_raw(statement).await.expect("a plan");

    let plan = rows.iter().map(line).collect::<Vec<_>>().join("\n");
    store.close().await;
    database.drop_now().await;
    plan
}

/// Returns one line of a plan. Each database has its own columns.
fn line(row: &QueryResult) -> String {
    let word = |column: &str| row.try_get::<Option<String>>("", column).ok().flatten();
    ["QUERY PLAN", "detail", "table", "type", "key", "Extra"].into_iter().filter_map(word).collect::<Vec<_>>().join(" ")
}

async fn fill(store: &Store) -> Vec<domain::LinkId> {
    let mut links = Vec::new();
    for app in ["shop", "club", "news"] {
        let key = OpenKey { app: app.parse().expect("an app id"), open_id: "oLan".parse().expect("an open id") };
        let proof = Proof { key, union: None, profile: Profile::default() };
        let tx = store.begin().await.expect("a transaction");
        let known = crate::login::known(&tx.look(), &proof).await.expect("a look");
        let user = crate::login::apply(&tx, &decide(&known, &proof, domain::Boundness::Bound), &proof, time(0))
            .await
            .expect("a login")
            .user;
        let reports: Vec<_> = (0..2_000).map(|n| report(&proof.key.app, n)).collect();
        super::record(&tx, &reports, time(0)).await.expect("a batch");
        tx.commit().await.expect("a commit");
        links.push(crate::user::open_ids(&store.view(), user).await.expect("open ids")[0].id);
    }
    links
}

fn report(app: &AppId, n: i64) -> Report {
    Report {
        app: app.clone(),
        order_no: OrderNo::parse(&format!("A-{n}")).expect("an order number"),
        open_id: "oLan".parse().expect("an open id"),
        status: OrderStatus::Paid,
        total: Money { minor: 1, currency: "CNY".parse().expect("a currency") },
        placed_at: time(n),
        items: vec![],
    }
}

#[tokio::test]
async fn sqlite_reads_one_bounded_range_of_the_index_per_open_id() {
    let plan = plan(Server::Sqlite, "EXPLAIN QUERY PLAN").await;

    let ranges = plan.matches(&format!("USING INDEX {INDEX} (link_id=? AND placed_at<?)")).count();
    assert_eq!(ranges, 3, "{plan}");
    assert!(!plan.contains("SCAN orders"), "{plan}");
}

#[cfg(feature = "postgres")]
#[tokio::test]
async fn postgres_reads_one_bounded_range_of_the_index_per_open_id() {
    let plan = plan(Server::Postgres, "EXPLAIN").await;

    assert_eq!(plan.matches(&format!("Index Scan Backward using {INDEX}")).count(), 3, "{plan}");
    assert_eq!(plan.matches("Index Cond: ((link_id = ").count(), 3, "{plan}");
    assert!(!plan.contains("Seq Scan"), "{plan}");
}

#[cfg(feature = "mariadb")]
#[tokio::test]
async fn mariadb_reads_one_bounded_range_of_the_index_per_open_id() {
    let plan = plan(Server::MariaDb, "EXPLAIN").await;

    assert_eq!(plan.matches(&format!("orders range {INDEX}")).count(), 3, "{plan}");
    // The sort of the merged page is expected; a sort of a whole history would be a second one, on `orders`.
    assert!(!plan.lines().any(|line| line.starts_with("orders") && line.contains("filesort")), "{plan}");
}
