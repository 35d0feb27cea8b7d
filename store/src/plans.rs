//! The plans that databases make of queries, for tests of what a query reads when there are many rows.

use std::time::Duration;

use domain::Timestamp;
use migration::throwaway::{Database, Server};
use sea_orm::sea_query::SelectStatement;
use sea_orm::{ConnectionTrait, DbBackend, QueryResult, Statement};

use crate::key::Sealer;
use crate::{Options, Store};

/// A store on a database of its own, whose queries are explained.
pub(crate) struct Plans {
    database: Database,
    pub(crate) store: Store,
}

impl Plans {
    /// Opens a store on an empty database.
    pub(crate) async fn open(server: Server, now: Timestamp) -> Self {
        let database = Database::create(server).await;
        let options = Options {
            url: database.url().to_owned().into(),
            max_connections: 2,
            acquire_timeout: Duration::from_secs(30),
            statement_timeout: None,
            shares_connections: false,
        };
        let store = Store::connect(&options, Sealer::of_tests(), now).await.expect("a store");
        Self { database, store }
    }

    /// Gathers the statistics that the servers gather by themselves. The service never analyzes SQLite's tables. MariaDB counts all
    /// pages of the indexes: from a sample, it sometimes takes a scan to be as cheap.
    pub(crate) async fn analyze(&self, table: &str) {
        let backend = self.store.db.get_database_backend();
        let statements = match backend {
            DbBackend::MySql => {
                vec![format!("ALTER TABLE {table} STATS_SAMPLE_PAGES = 10000"), format!("ANALYZE TABLE {table}")]
            }
            DbBackend::Sqlite => Vec::new(),
            _ => vec![format!("ANALYZE {table}")],
        };
        for analyze in statements {
            self.store.db.query_all_raw(Statement::from_string(backend, analyze)).await.expect("statistics");
        }
    }

    /// Forgets what PostgreSQL knows of a table, as if it were never analysed.
    #[cfg(feature = "postgres")]
    pub(crate) async fn forget(&self, table: &str) {
        let forget = format!("DELETE FROM pg_statistic WHERE starelid = '{table}'::regclass");
        self.store.db.execute_unprepared(&forget).await.expect("statistics are forgotten");
    }

    /// Returns the plan of a query, as text.
    pub(crate) async fn of(&self, query: &SelectStatement) -> String {
        let backend = self.store.db.get_database_backend();
        let explain = if backend == DbBackend::Sqlite { "EXPLAIN QUERY PLAN" } else { "EXPLAIN" };
        let mut statement: Statement = backend.build(query);
        statement.sql = format!("{explain} {}", statement.sql);
        let rows = self.store.db.query_all_raw(statement).await.expect("a plan");
        rows.iter().map(line).collect::<Vec<_>>().join("\n")
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

/// Returns the most rows that PostgreSQL expects to sort. What is less than a page it may sort instead of reading it in order.
#[cfg(feature = "postgres")]
pub(crate) fn sorted(plan: &str) -> u32 {
    let sorts = plan.lines().filter(|line| line.contains("Sort  ("));
    let rows = |line: &str| line.split_once("rows=")?.1.split(' ').next()?.parse().ok();
    sorts.map(|line| rows(line).expect("a number of rows")).max().unwrap_or(0)
}
