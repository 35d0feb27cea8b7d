//! Tests that a search reads bounded ranges of the indexes when there are many people: no statement reads all of them, or sorts all
//! whose name begins alike.

use std::time::Duration;

use domain::search::Search;
use domain::{AppId, Timestamp, UserId};
use entities::user::{self, Status};
use migration::throwaway::{Database, Server};
use sea_orm::sea_query::SelectStatement;
use sea_orm::{ConnectionTrait, DbBackend, QueryResult, Statement};

use super::{NicknamePlace, NicknameRange, select_keys, select_nickname_parts, select_nicknames};
use crate::key::Sealer;
use crate::{Options, Store};

const NOW: Timestamp = Timestamp::from_millis(1_760_000_000_000);

/// A store with 4,000 people, half of whom have a name that begins with `Lan`.
pub(crate) struct Plans {
    database: Database,
    pub(crate) store: Store,
    explain: &'static str,
}

impl Plans {
    pub(crate) async fn open(server: Server) -> Self {
        let database = Database::create(server).await;
        let options = Options {
            url: database.url().to_owned().into(),
            max_connections: 2,
            acquire_timeout: Duration::from_secs(30),
            statement_timeout: None,
            shares_connections: false,
        };
        let store = Store::connect(&options, Sealer::of_tests(), NOW).await.expect("a store");
        fill(&store).await;
        let backend = store.db.get_database_backend();
        // The service never analyzes SQLite's tables; the servers do it by themselves.
        let (analyze, explain) = match backend {
            DbBackend::MySql => {
                (&["ALTER TABLE users STATS_SAMPLE_PAGES = 10000", "ANALYZE TABLE users"][..], "EXPLAIN")
            }
            DbBackend::Sqlite => (&[][..], "EXPLAIN QUERY PLAN"),
            _ => (&["ANALYZE"][..], "EXPLAIN"),
        };
        for analyze in analyze {
            store.db.query_all_raw(Statement::from_string(backend, *analyze)).await.expect("statistics");
        }
        Self { database, store, explain }
    }

    /// Returns the plan of a query, as text.
    pub(crate) async fn of(&self, query: &SelectStatement) -> String {
        let mut statement: Statement = self.store.db.get_database_backend().build(query);
        statement.sql = format!("{} {}", self.explain, statement.sql);
        let rows = self.store.db.query_all_raw(statement).await.expect("a plan");
        rows.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    /// Returns the plans of the ranges of a page from the start and of one in the middle, and that of the whole page.
    async fn of_nicknames(&self) -> (Vec<String>, String) {
        let search = Search::read("lan").expect("a search");
        let place = NicknamePlace { name: "Lan 1500".to_owned(), id: UserId::new(NOW) };
        let backend = self.store.db.get_database_backend();
        let mut plans = Vec::new();
        for after in [None, Some(place)] {
            let range = NicknameRange { after, limit: 21 };
            for part in select_nickname_parts(backend, &search.prefixes, &range) {
                plans.push(self.of(&part).await);
            }
        }
        let range = NicknameRange { after: None, limit: 21 };
        let page = select_nicknames(backend, &search.prefixes, &range).expect("a page");
        (plans, self.of(&page).await)
    }

    /// Returns the plans of the look-ups of every kind of key.
    async fn of_keys(&self) -> Vec<String> {
        let apps: Vec<AppId> = ["club", "shop"].map(|app| app.parse().expect("an app id")).to_vec();
        let search = Search::read("13800000001").expect("a search");
        let mut plans = Vec::new();
        for part in select_keys(&self.store.view(), &search, &apps, NOW) {
            plans.push(self.of(&part).await);
        }
        plans
    }

    pub(crate) async fn close(self) {
        self.store.close().await;
        self.database.drop_now().await;
    }
}

/// Returns one line of a plan. Each database has its own columns.
fn line(row: &QueryResult) -> String {
    let word = |column: &str| row.try_get::<Option<String>>("", column).ok().flatten();
    ["QUERY PLAN", "detail", "table", "type", "key", "Extra"].into_iter().filter_map(word).collect::<Vec<_>>().join(" ")
}

async fn fill(store: &Store) {
    let tx = store.begin().await.expect("a transaction");
    let row = |n: usize| user::Model {
        id: UserId::new(NOW),
        status: Status::Active,
        merged_into: None,
        nickname: Some(if n.is_multiple_of(2) { format!("Lan {n}") } else { format!("Wei {n}") }),
        avatar_url: None,
        own_nickname: n.is_multiple_of(5).then(|| format!("Lan {n}")),
        own_avatar_url: None,
        external_id: None,
        cooling_until: None,
        created_at: NOW,
        updated_at: NOW,
    };
    tx.insert_all((0..4_000).map(row).collect()).await.expect("people");
    tx.commit().await.expect("a commit");
}

#[tokio::test]
async fn sqlite_searches_in_the_indexes() {
    let plans = Plans::open(Server::Sqlite).await;

    let (parts, page) = plans.of_nicknames().await;
    let keys = plans.of_keys().await;
    plans.close().await;

    for plan in &parts {
        let is_range = ["ix_users_nickname_id", "ix_users_own_nickname_id"]
            .iter()
            .any(|index| plan.contains(&format!("SEARCH users USING INDEX {index} (")));
        assert!(is_range && !plan.contains("TEMP B-TREE"), "{plan}");
    }
    assert!(!page.contains("SCAN users"), "{page}");
    assert_eq!(keys.len(), 6);
    assert!(keys.iter().all(|plan| plan.contains("SEARCH") && !plan.contains("SCAN")), "{keys:#?}");
}

/// Returns the most rows that PostgreSQL expects to sort. What is less than a page it may sort instead of reading it in order.
#[cfg(feature = "postgres")]
fn sorted(plan: &str) -> u32 {
    let sorts = plan.lines().filter(|line| line.contains("Sort  ("));
    let rows = |line: &str| line.split_once("rows=")?.1.split(' ').next()?.parse().ok();
    sorts.map(|line| rows(line).expect("a number of rows")).max().unwrap_or(0)
}

#[cfg(feature = "postgres")]
#[tokio::test]
async fn postgres_searches_in_the_indexes() {
    let plans = Plans::open(Server::Postgres).await;

    let (parts, page) = plans.of_nicknames().await;
    plans.close().await;

    for plan in &parts {
        assert!(plan.contains("ix_users_nickname_id") || plan.contains("ix_users_own_nickname_id"), "{plan}");
        assert!(!plan.contains("Seq Scan") && sorted(plan) <= 21, "{plan}");
    }
    assert!(!page.contains("Seq Scan"), "{page}");
}

#[cfg(feature = "mariadb")]
#[tokio::test]
async fn mariadb_searches_in_the_indexes() {
    let plans = Plans::open(Server::MariaDb).await;

    let (parts, page) = plans.of_nicknames().await;
    plans.close().await;

    for plan in &parts {
        let is_range = plan.contains("users range ix_users_nickname_id")
            || plan.contains("users range ix_users_own_nickname_id")
            || plan.contains("Impossible WHERE");
        assert!(is_range && !plan.contains("filesort"), "{plan}");
    }
    let sorts = page.lines().any(|line| line.starts_with("users") && line.contains("filesort"));
    assert!(!sorts && !page.contains("users ALL"), "{page}");
}
