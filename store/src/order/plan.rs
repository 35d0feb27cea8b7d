//! Tests that pages and sums of orders use their indexes when there are many orders: no statement reads or sorts a whole history.

use std::time::Duration;

use domain::login::{Proof, decide};
use domain::order::{OrderNo, OrderStatus, Report};
use domain::{AppId, LinkId, Money, OpenKey, OrderId, Profile, Timestamp};
use migration::throwaway::{Database, Server};
use sea_orm::sea_query::SelectStatement;
use sea_orm::{ConnectionTrait, DbBackend, QueryResult, Statement};

use super::page::{AmountFilter, OrderFilter, OrderSort, Position, Range, select_page, select_parts};
use crate::key::Sealer;
use crate::{Options, Store};

const BY_TIME: &str = "ix_orders_link_id_placed_at_id";
const BY_STATUS: &str = "ix_orders_link_id_status_placed_at_id";
const BY_AMOUNT: &str = "ix_orders_link_id_status_currency_total_minor_id";
const BY_NUMBER: &str = "uq_orders_app_order_no";

fn time(millis: i64) -> Timestamp {
    Timestamp::from_millis(1_760_000_000_000 + millis)
}

/// A store with a history of three openIds with 2,000 orders each. MariaDB counts all pages of the indexes: from a sample, it
/// sometimes takes a scan of an openId's whole history to be as cheap.
struct Plans {
    database: Database,
    store: Store,
    links: Vec<(LinkId, AppId)>,
    explain: &'static str,
}

impl Plans {
    async fn open(server: Server) -> Self {
        let database = Database::create(server).await;
        let options = Options {
            url: database.url().to_owned().into(),
            max_connections: 2,
            acquire_timeout: Duration::from_secs(30),
            statement_timeout: None,
            shares_connections: false,
        };
        let store = Store::connect(&options, Sealer::of_tests(), time(0)).await.expect("a store");
        let links = fill(&store).await;
        let backend = store.db.get_database_backend();
        // The service never analyzes SQLite's tables; the servers do it by themselves.
        let (analyze, explain) = match backend {
            DbBackend::MySql => {
                (&["ALTER TABLE orders STATS_SAMPLE_PAGES = 10000", "ANALYZE TABLE orders"][..], "EXPLAIN")
            }
            DbBackend::Sqlite => (&[][..], "EXPLAIN QUERY PLAN"),
            _ => (&["ANALYZE"][..], "EXPLAIN"),
        };
        for analyze in analyze {
            store.db.query_all_raw(Statement::from_string(backend, *analyze)).await.expect("statistics");
        }
        Self { database, store, links, explain }
    }

    fn links(&self) -> Vec<(LinkId, &AppId)> {
        self.links.iter().map(|(link, app)| (*link, app)).collect()
    }

    /// Returns the plan of a query, as text.
    async fn of(&self, query: &SelectStatement) -> String {
        let mut statement: Statement = self.store.db.get_database_backend().build(query);
        statement.sql = format!("{} {}", self.explain, statement.sql);
        let rows = self.store.db.query_all_raw(statement).await.expect("a plan");
        rows.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    async fn close(self) {
        self.store.close().await;
        self.database.drop_now().await;
    }
}

/// Returns one line of a plan. Each database has its own columns.
fn line(row: &QueryResult) -> String {
    let word = |column: &str| row.try_get::<Option<String>>("", column).ok().flatten();
    ["QUERY PLAN", "detail", "table", "type", "key", "Extra"].into_iter().filter_map(word).collect::<Vec<_>>().join(" ")
}

async fn fill(store: &Store) -> Vec<(LinkId, AppId)> {
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
        links.push((crate::user::open_ids(&store.view(), user).await.expect("open ids")[0].id, proof.key.app));
    }
    links
}

/// An order in a hundred is refunded.
fn report(app: &AppId, n: i64) -> Report {
    Report {
        app: app.clone(),
        order_no: OrderNo::parse(&format!("A-{n}")).expect("an order number"),
        open_id: "oLan".parse().expect("an open id"),
        status: if n % 100 == 0 { OrderStatus::Refunded } else { OrderStatus::Paid },
        total: Money { minor: n * 7 % 2_000, currency: "CNY".parse().expect("a currency") },
        placed_at: time(n),
        shop_updated_at: None,
        items: vec![],
        refunds: None,
        deliveries: None,
    }
}

/// Every kind of list, with the index that serves it.
fn lists() -> Vec<(OrderFilter, Range, &'static str)> {
    let everything = OrderFilter::default();
    let rare = OrderFilter { statuses: Some(vec![OrderStatus::Refunded]), ..everything.clone() };
    let usual = OrderFilter { statuses: Some(vec![OrderStatus::Paid]), ..everything.clone() };
    let of_a_time = |filter: &OrderFilter| OrderFilter {
        placed_from: Some(time(500)),
        placed_until: Some(time(1_500)),
        ..filter.clone()
    };
    let amount = |min, max| Some(AmountFilter { currency: "CNY".parse().expect("a currency"), min, max });
    let of_amounts = |filter: &OrderFilter, min, max| OrderFilter { amount: amount(min, max), ..filter.clone() };
    let numbered = OrderFilter { order_no: OrderNo::parse("A-7").ok(), ..everything.clone() };
    let (newest, oldest) = (OrderSort::NewestFirst, OrderSort::OldestFirst);
    let (largest, smallest) = (OrderSort::LargestFirst, OrderSort::SmallestFirst);
    let lists = [
        (&everything, newest, BY_TIME),
        (&everything, oldest, BY_TIME),
        (&of_a_time(&everything), newest, BY_TIME),
        (&rare, newest, BY_STATUS),
        (&rare, oldest, BY_STATUS),
        (&of_a_time(&rare), newest, BY_STATUS),
        (&of_a_time(&rare), oldest, BY_STATUS),
        (&of_amounts(&everything, None, None), largest, BY_AMOUNT),
        (&of_amounts(&everything, Some(500), Some(1_500)), smallest, BY_AMOUNT),
        (&of_amounts(&usual, Some(100), None), largest, BY_AMOUNT),
        (&numbered, newest, BY_NUMBER),
    ]
    .map(|(filter, sort, index)| (filter.clone(), sort, index));
    let places = |sort: OrderSort| {
        let key = if sort.is_by_amount() { 1_000 } else { time(1_000).millis() };
        Some(Position { key, id: OrderId::new(time(1_000)) })
    };
    let range = |sort| Range { sort, after: None, before: None, limit: 20, from_end: false };
    let ranges = |sort| {
        [
            range(sort),
            Range { after: places(sort), ..range(sort) },
            Range { before: places(sort), from_end: true, ..range(sort) },
        ]
    };
    let each = |(filter, sort, index): (OrderFilter, OrderSort, &'static str)| {
        ranges(sort).map(|range| (filter.clone(), range, index))
    };
    lists.into_iter().flat_map(each).collect()
}

/// Checks the plan of every part of every list, and returns those of the whole pages.
async fn check(server: Server, is_good: impl Fn(&str, &str) -> bool) -> Vec<String> {
    let plans = Plans::open(server).await;
    let backend = plans.store.db.get_database_backend();
    let mut bad = Vec::new();
    let mut pages = Vec::new();
    for (filter, range, index) in lists() {
        for part in select_parts(&plans.links(), (&filter, &range), backend) {
            let plan = plans.of(&part).await;
            if !is_good(&plan, index) {
                bad.push(format!("{filter:?}\n{range:?}\n{plan}"));
            }
        }
        for page in select_page(&plans.links(), (&filter, &range), backend) {
            pages.push(plans.of(&page).await);
        }
    }
    assert!(bad.is_empty(), "not by the index alone:\n{}", bad.join("\n\n"));
    plans.close().await;
    pages
}

/// Returns the most rows that PostgreSQL expects to sort. What is less than a page it may sort instead of reading it in order.
#[cfg(feature = "postgres")]
fn sorted(plan: &str) -> u32 {
    let sorts = plan.lines().filter(|line| line.contains("Sort  ("));
    let rows = |line: &str| line.split_once("rows=")?.1.split(' ').next()?.parse().ok();
    sorts.map(|line| rows(line).expect("a number of rows")).max().unwrap_or(0)
}

/// Returns the plan of the sums of a time that is not whole months.
async fn sums(server: Server) -> String {
    let plans = Plans::open(server).await;
    let filter = OrderFilter { placed_from: Some(time(500)), placed_until: Some(time(600)), ..OrderFilter::default() };
    let links: Vec<LinkId> = plans.links.iter().map(|(link, _)| *link).collect();
    let queries = super::totals::select(&links, &filter, plans.store.db.get_database_backend());
    let plan = plans.of(&queries[0]).await;
    plans.close().await;
    plan
}

#[tokio::test]
async fn sqlite_reads_bounded_ranges_of_an_index_for_every_list() {
    let pages = check(Server::Sqlite, |plan, index| {
        plan.contains(&format!("USING INDEX {index} ("))
            && !plan.contains("TEMP B-TREE")
            && !plan.contains("SCAN orders")
    })
    .await;

    assert!(pages.iter().all(|plan| !plan.contains("SCAN orders")), "{pages:#?}");
    let deep = pages[1].matches(&format!("USING INDEX {BY_TIME} (link_id=? AND placed_at<?)")).count();
    assert_eq!(deep, 3, "{}", pages[1]);
    let plan = sums(Server::Sqlite).await;
    let edges = plan.matches(&format!("USING INDEX {BY_TIME} (link_id=? AND placed_at>? AND placed_at<?)")).count();
    assert_eq!((edges, plan.contains("SCAN orders"), plan.contains("SCAN order_totals")), (3, false, false), "{plan}");
}

#[cfg(feature = "postgres")]
#[tokio::test]
async fn postgres_reads_bounded_ranges_of_an_index_for_every_list() {
    let pages = check(Server::Postgres, |plan, index| {
        // For a status that few orders have, either index of statuses will do.
        let of_status =
            (index == BY_STATUS || index == BY_AMOUNT) && (plan.contains(BY_STATUS) || plan.contains(BY_AMOUNT));
        let is_served = plan.contains(index) || of_status;
        is_served && sorted(plan) <= 20 && !plan.contains("Seq Scan")
    })
    .await;

    assert!(pages.iter().all(|plan| !plan.contains("Seq Scan on orders")), "{pages:#?}");
    assert_eq!(pages[1].matches(&format!("Index Scan Backward using {BY_TIME}")).count(), 3, "{}", pages[1]);
    let plan = sums(Server::Postgres).await;
    assert!(!plan.contains("Seq Scan on orders"), "{plan}");
}

#[cfg(feature = "mariadb")]
#[tokio::test]
async fn mariadb_reads_bounded_ranges_of_an_index_for_every_list() {
    let pages = check(Server::MariaDb, |plan, index| {
        // It reads what a unique key has while it plans.
        let is_read = plan.starts_with("Impossible WHERE noticed after reading const tables") && index == BY_NUMBER;
        is_read || plan.contains(index) && !plan.contains("filesort")
    })
    .await;

    // The sort of the merged page is expected; a sort of a whole history would be a second one, on `orders`.
    let sorts = |plan: &String| plan.lines().any(|line| line.starts_with("orders") && line.contains("filesort"));
    assert!(!pages.iter().any(sorts), "{pages:#?}");
    assert_eq!(pages[1].matches(&format!("orders range {BY_TIME}")).count(), 3, "{}", pages[1]);
    let plan = sums(Server::MariaDb).await;
    assert_eq!(plan.matches(&format!("orders range {BY_TIME}")).count(), 3, "{plan}");
}

/// The condition by which reports find the orders that are known already, on a table that was never analysed.
#[cfg(feature = "postgres")]
#[tokio::test]
async fn postgres_looks_up_known_orders_before_it_has_statistics() {
    use entities::order::{self, Column};
    use sea_orm::{EntityTrait, QueryFilter, QueryTrait};

    let plans = Plans::open(Server::Postgres).await;
    let sql = "DELETE FROM pg_statistic WHERE starelid = 'orders'::regclass";
    plans.store.db.execute_unprepared(sql).await.expect("statistics are forgotten");
    let keys: Vec<_> = (0..500).map(|n| OrderNo::parse(&format!("A-{n}")).expect("an order number")).collect();
    let columns = [Column::Id, Column::App, Column::OrderNo];
    let app: AppId = "shop".parse().expect("an app id");
    let with_key = crate::database::has_key::<order::Entity>(DbBackend::Postgres, columns, app, keys);
    let query = order::Entity::find().filter(with_key);

    let plan = plans.of(query.as_query()).await;
    let by_both = "Index Cond: (((app)::text = 'shop'::text) AND ((order_no)::text = \"*VALUES*\".column1))";
    let found = query.all(&plans.store.db).await.expect("orders");

    assert!(plan.contains(BY_NUMBER) && plan.contains(by_both), "{plan}");
    assert!(!plan.contains("Seq Scan"), "{plan}");
    assert_eq!(found.len(), 500);
    plans.close().await;
}
