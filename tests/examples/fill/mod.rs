//! Fills the database of a benchmark with rows that SQL computes.

use acceptance::Server;
use sqlx::sqlite::{SqliteConnectOptions, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection as _, Executor, PgConnection, Row, SqliteConnection};

/// Rows per statement.
const STEP: u64 = 250_000;

/// A connection that fills a database while no other process uses it.
pub(crate) enum Target {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Target {
    pub(crate) async fn open(server: Server, url: &str) -> Self {
        if server == Server::Postgres {
            let mut connection = PgConnection::connect(url).await.expect("the database answers");
            // The rows are valid, so their foreign keys need no check.
            connection.execute("SET session_replication_role = replica").await.expect("a superuser");
            return Self::Postgres(connection);
        }
        let options: SqliteConnectOptions = url.parse().expect("an address of a database");
        let options = options
            .disable_statement_logging()
            .foreign_keys(false)
            .synchronous(SqliteSynchronous::Off)
            .pragma("cache_size", "-1048576");
        Self::Sqlite(options.connect().await.expect("the database opens"))
    }

    pub(crate) async fn run(&mut self, statement: String) {
        let statement = AssertSqlSafe(statement);
        match self {
            Self::Sqlite(connection) => connection.execute(statement).await.map(drop),
            Self::Postgres(connection) => connection.execute(statement).await.map(drop),
        }
        .expect("the statement is right");
    }

    /// Drops the indexes of some tables that are not keys. Returns the statements that create them.
    pub(crate) async fn drop_indexes(&mut self, tables: &str) -> Vec<String> {
        let indexes: Vec<(String, String)> = match self {
            Self::Sqlite(connection) => {
                let all = format!(
                    "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN ({tables})"
                );
                let rows = connection.fetch_all(AssertSqlSafe(all)).await.expect("the indexes");
                rows.iter().map(|row| (row.get(0), row.get(1))).collect()
            }
            Self::Postgres(connection) => {
                let all = format!(
                    "SELECT indexname, indexdef FROM pg_indexes WHERE tablename IN ({tables})
                     AND indexname NOT IN (SELECT conname FROM pg_constraint)"
                );
                let rows = connection.fetch_all(AssertSqlSafe(all)).await.expect("the indexes");
                rows.iter().map(|row| (row.get(0), row.get(1))).collect()
            }
        };
        for (name, _) in &indexes {
            self.run(format!("DROP INDEX {name}")).await;
        }
        indexes.into_iter().map(|(_, create)| create).collect()
    }

    /// Returns the SQL expression of the id of a table's row with this ordinal, an expression as well.
    pub(crate) fn id(&self, table: u64, n: &str) -> String {
        match self {
            Self::Sqlite(_) => format!("unhex(printf('%012x7%03x8%015x', 1700000000000 + {n}, {table}, {n}))"),
            Self::Postgres(_) => format!(
                "(lpad(to_hex(1700000000000 + {n}), 12, '0') || '7' || lpad(to_hex({table}), 3, '0') || '8'
                  || lpad(to_hex({n}), 15, '0'))::uuid"
            ),
        }
    }

    /// Returns the ordinals of people, as a table `people` with a column `n`.
    fn numbers(&self, from: u64, until: u64) -> String {
        let last = until - 1;
        match self {
            Self::Sqlite(_) => format!(
                "(WITH RECURSIVE numbers(n) AS (VALUES ({from}) UNION ALL SELECT n + 1 FROM numbers WHERE n < {last})
                  SELECT n FROM numbers) AS people"
            ),
            Self::Postgres(_) => format!("(SELECT generate_series({from}::bigint, {last}::bigint) AS n) AS people"),
        }
    }

    /// Inserts rows with the ordinals `n` below `count`, as far as the condition says.
    pub(crate) async fn insert(&mut self, table: &str, values: &str, (count, condition): (u64, &str)) {
        let mut from = 0;
        while from < count {
            let until = count.min(from + STEP);
            let numbers = self.numbers(from, until);
            self.run(format!("INSERT INTO {table} SELECT {values} FROM {numbers} {condition}")).await;
            from = until;
        }
    }

    /// Creates the indexes again, and closes the connection.
    pub(crate) async fn finish(mut self, indexes: Vec<String>) {
        for create in indexes {
            self.run(create).await;
        }
        match self {
            Self::Sqlite(connection) => connection.close().await.expect("the database closes"),
            Self::Postgres(mut connection) => {
                // Does what autovacuum does, which the tests' server has switched off.
                connection.execute("VACUUM ANALYZE").await.expect("statistics");
                connection.close().await.expect("the database closes");
            }
        }
    }
}
