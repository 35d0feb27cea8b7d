//! Tests that pages and sums of orders use their indexes when there are many orders: no statement reads or sorts a whole history.

use domain::login::{Proof, decide};
use domain::order::{OrderNo, OrderStatus, Report};
use domain::{AppId, LinkId, Money, OpenKey, OrderId, Profile, Timestamp};
use migration::throwaway::Server;
use sea_orm::ConnectionTrait;

use super::page::{AmountFilter, OrderFilter, OrderSort, Position, Range, select_page, select_parts};
use crate::Store;
use crate::plans::Plans;
#[cfg(feature = "postgres")]
use crate::plans::sorted;

const BY_TIME: &str = "ix_orders_link_id_placed_at_id";
const BY_STATUS: &str = "ix_orders_link_id_status_placed_at_id";
const BY_AMOUNT: &str = "ix_orders_link_id_status_currency_total_minor_id";
const BY_NUMBER: &str = "uq_orders_app_order_no";

fn time(millis: i64) -> Timestamp {
    Timestamp::from_millis(1_760_000_000_000 + millis)
}

/// A history of three openIds with 2,000 orders each.
struct History {
    plans: Plans,
    links: Vec<(LinkId, AppId)>,
}

impl History {
    async fn open(server: Server) -> Self {
        let plans = Plans::open(server, time(0)).await;
        let links = fill(&plans.store).await;
        plans.analyze("orders").await;
        Self { plans, links }
    }

    fn links(&self) -> Vec<(LinkId, &AppId)> {
        self.links.iter().map(|(link, app)| (*link, app)).collect()
    }
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
    let history = History::open(server).await;
    let plans = &history.plans;
    let (backend, most_united) = (plans.store.db.get_database_backend(), plans.store.db.most_united());
    let mut bad = Vec::new();
    let mut pages = Vec::new();
    for (filter, range, index) in lists() {
        for part in select_parts(&history.links(), (&filter, &range), backend) {
            let plan = plans.of(&part).await;
            if !is_good(&plan, index) {
                bad.push(format!("{filter:?}\n{range:?}\n{plan}"));
            }
        }
        for page in select_page(&history.links(), (&filter, &range), backend, most_united) {
            pages.push(plans.of(&page).await);
        }
    }
    assert!(bad.is_empty(), "not by the index alone:\n{}", bad.join("\n\n"));
    history.plans.close().await;
    pages
}

/// Returns the plan of the sums of a time that is not whole months.
async fn sums(server: Server) -> String {
    let History { plans, links } = History::open(server).await;
    let filter = OrderFilter { placed_from: Some(time(500)), placed_until: Some(time(600)), ..OrderFilter::default() };
    let links: Vec<LinkId> = links.iter().map(|(link, _)| *link).collect();
    let db = &plans.store.db;
    let queries = super::totals::select(&links, &filter, db.get_database_backend(), db.most_united());
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
    use sea_orm::{DbBackend, EntityTrait, QueryFilter, QueryTrait};

    let History { plans, .. } = History::open(Server::Postgres).await;
    plans.forget("orders").await;
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
