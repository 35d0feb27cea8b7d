//! One connection to a database, and how it is opened.
//!
//! SeaORM's own connection is a pool of `sqlx`, which asks the server after every statement whether the connection is still
//! alive: a round trip more. Here SeaORM builds the statements and reads the rows, and [`Pool`](super::Pool) keeps the
//! connections. See ADR 0059.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use sea_orm::sea_query::Values;
use sea_orm::sqlx::mysql::{MySqlConnectOptions, MySqlConnection};
use sea_orm::sqlx::postgres::{PgConnectOptions, PgConnection};
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sea_orm::sqlx::{self, AssertSqlSafe, ConnectOptions, Connection as _, Executor, Row};
use sea_orm::{DbBackend, DbErr, ExecResult, QueryResult, RuntimeErr, Statement};
use sea_query_sqlx::SqlxValues;
use tracing::{Instrument, Span, debug_span};

use super::session::{self, MySql};
use super::sql::FEW;
use crate::error::is_away;

/// How long a transaction waits for SQLite's single writer.
const SQLITE_PATIENCE: Duration = Duration::from_secs(10);
/// The number of instructions after which SQLite checks the time limit. That is every few milliseconds; routine
/// queries need fewer.
const SQLITE_STEPS: i32 = 100_000;

/// Which database to connect to, and the longest time a statement may run.
#[derive(Debug, Clone)]
pub(super) struct Target {
    kind: Kind,
    limit: Option<Duration>,
    /// Begins a transaction, where a pooler gives each transaction another session; else sessions are set up once.
    begin: Option<Arc<str>>,
    /// Whether the server turned out to be OceanBase.
    is_oceanbase: Arc<AtomicBool>,
}

#[derive(Debug, Clone)]
enum Kind {
    Sqlite(Box<SqliteConnectOptions>),
    Postgres(Box<PgConnectOptions>),
    MySql(Box<MySqlConnectOptions>),
}

impl Target {
    /// Reads a URL. Errors do not quote it: it may contain a password.
    pub(super) fn read(url: &str, limit: Option<Duration>, is_shared: bool) -> Result<Self, DbErr> {
        let scheme = url.split(':').next().unwrap_or_default();
        let kind = match scheme {
            "sqlite" => Kind::Sqlite(Box::new(sqlite(read_url(url)?, limit))),
            "postgres" | "postgresql" => {
                let options = read_url::<PgConnectOptions>(url)?.disable_statement_logging();
                Kind::Postgres(Box::new(if is_shared { session::without_state(options) } else { options }))
            }
            "mysql" | "mariadb" => {
                let options = read_url::<MySqlConnectOptions>(url)?.disable_statement_logging();
                Kind::MySql(Box::new(options.charset("utf8mb4")))
            }
            _ => return Err(bad_url("the database url must begin with sqlite:, postgres: or mysql:")),
        };
        let begin = (is_shared && matches!(kind, Kind::Postgres(_))).then(|| session::begin_postgres(limit).into());
        Ok(Self { kind, limit, begin, is_oceanbase: Arc::default() })
    }

    pub(super) const fn backend(&self) -> DbBackend {
        match self.kind {
            Kind::Sqlite(_) => DbBackend::Sqlite,
            Kind::Postgres(_) => DbBackend::Postgres,
            Kind::MySql(_) => DbBackend::MySql,
        }
    }

    /// How many selections a statement unites at most. Known when a connection has been opened.
    pub(super) fn most_united(&self) -> usize {
        if self.is_oceanbase.load(Ordering::Relaxed) { session::FEW_UNITED } else { session::MOST_UNITED }
    }

    /// How long a transaction waits for SQLite's single writer.
    pub(super) fn patience(&self) -> Duration {
        patience(self.limit)
    }

    /// Opens a connection and sets it up.
    pub(super) async fn connect(&self, sent: &Arc<Sent>) -> Result<Connection, sqlx::Error> {
        let deadline = self.limit.map(Deadline::new);
        let mut is_galera = false;
        let driver = match &self.kind {
            Kind::Sqlite(options) => {
                let mut connection = options.connect().await?;
                if let Some(deadline) = &deadline {
                    deadline.watch(&mut connection).await?;
                }
                Driver::Sqlite(connection)
            }
            Kind::Postgres(options) => {
                let mut connection = options.connect().await?;
                if self.begin.is_none() {
                    session::set_up_postgres(&mut connection, self.limit).await?;
                }
                Driver::Postgres(connection)
            }
            Kind::MySql(options) => {
                let (connection, server) = self.connect_mysql(options).await?;
                is_galera = server == MySql::Galera;
                Driver::MySql(connection)
            }
        };
        let begin = self.begin.clone();
        Ok(Connection { driver, deadline, begin, is_galera, sent: sent.clone(), is_spoilt: false, is_used: false })
    }

    async fn connect_mysql(&self, options: &MySqlConnectOptions) -> Result<(MySqlConnection, MySql), sqlx::Error> {
        let few = options.clone().statement_cache_capacity(session::FEW_STATEMENTS);
        if self.is_oceanbase.load(Ordering::Relaxed) {
            let mut connection = few.connect().await?;
            let server = session::set_up_mysql(&mut connection, self.limit).await?;
            return Ok((connection, server));
        }
        let mut connection = options.connect().await?;
        match session::set_up_mysql(&mut connection, self.limit).await? {
            server @ (MySql::Usual | MySql::Galera) => Ok((connection, server)),
            MySql::OceanBase => {
                self.is_oceanbase.store(true, Ordering::Relaxed);
                connection.close().await?;
                Box::pin(self.connect_mysql(options)).await
            }
        }
    }
}

fn read_url<T: std::str::FromStr>(url: &str) -> Result<T, DbErr> {
    // The cause is omitted because it may quote the URL.
    url.parse().map_err(|_| bad_url("the database url is malformed"))
}

fn bad_url(why: &str) -> DbErr {
    DbErr::Conn(RuntimeErr::Internal(why.to_owned()))
}

fn patience(limit: Option<Duration>) -> Duration {
    limit.map_or(SQLITE_PATIENCE, |limit| limit.min(SQLITE_PATIENCE))
}

fn sqlite(options: SqliteConnectOptions, limit: Option<Duration>) -> SqliteConnectOptions {
    options
        .disable_statement_logging()
        .create_if_missing(true)
        .foreign_keys(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(patience(limit))
}

/// The time limit of a SQLite connection, which the database asks for while it computes.
#[derive(Debug, Clone)]
struct Deadline {
    limit: Duration,
    opened: Instant,
    /// In milliseconds after `opened`.
    ends: Arc<AtomicU64>,
}

impl Deadline {
    fn new(limit: Duration) -> Self {
        Self { limit, opened: Instant::now(), ends: Arc::new(AtomicU64::new(u64::MAX)) }
    }

    async fn watch(&self, connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        let Self { opened, ends, .. } = self.clone();
        let is_in_time = move || opened.elapsed().as_millis() < u128::from(ends.load(Ordering::Relaxed));
        connection.lock_handle().await?.set_progress_handler(SQLITE_STEPS, is_in_time);
        Ok(())
    }

    fn begin(&self) {
        let ends = (self.opened.elapsed() + self.limit).as_millis();
        self.ends.store(u64::try_from(ends).unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}

/// What was sent to the database.
#[derive(Debug, Default)]
pub(super) struct Sent {
    statements: AtomicU64,
    controls: AtomicU64,
}

impl Sent {
    /// The statements, including failed ones.
    pub(super) fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }

    /// The statements, and everything else that the client waits for: `BEGIN`, `COMMIT`, savepoints, pings.
    pub(super) fn round_trips(&self) -> u64 {
        self.statements() + self.controls.load(Ordering::Relaxed)
    }
}

/// A connection of any kind.
#[derive(Debug)]
pub(crate) struct Connection {
    driver: Driver,
    deadline: Option<Deadline>,
    begin: Option<Arc<str>>,
    /// Whether the server may end a transaction for one of another node.
    pub(super) is_galera: bool,
    sent: Arc<Sent>,
    /// Whether a statement is running, was given up, or showed that the server has gone.
    is_spoilt: bool,
    /// Whether it has answered since it was opened.
    is_used: bool,
}

#[derive(Debug)]
enum Driver {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
    MySql(MySqlConnection),
}

/// Awaits a future of the driver's connection.
macro_rules! driven {
    ($connection:expr, $span:expr, $driver:ident => $work:expr) => {
        // Boxed: the futures of three drivers are too large for the stack of nested callers.
        match &mut $connection.driver {
            Driver::Sqlite($driver) => Box::pin($work).instrument($span).await,
            Driver::Postgres($driver) => Box::pin($work).instrument($span).await,
            Driver::MySql($driver) => Box::pin($work).instrument($span).await,
        }
    };
}

impl Connection {
    /// Returns whether it may be used again.
    pub(super) const fn is_sound(&self) -> bool {
        !self.is_spoilt
    }

    /// Returns whether the server has closed it since its last use. A new connection does not tell.
    pub(super) const fn has_gone_stale(&self) -> bool {
        self.is_spoilt && self.is_used
    }

    /// Restarts the time limit of SQLite.
    pub(super) fn restart_limit(&self) {
        if let Some(deadline) = &self.deadline {
            deadline.begin();
        }
    }

    pub(super) async fn execute(&mut self, statement: &Statement) -> Result<ExecResult, DbErr> {
        let (span, sql, values) = self.begin(statement);
        let keeps = self.keeps(statement);
        let done = driven!(self, span, driver => async {
            sqlx::query_with(sql, values).persistent(keeps).execute(driver).await.map(ExecResult::from)
        });
        self.end(done).map_err(|error| DbErr::Exec(RuntimeErr::SqlxError(error.into())))
    }

    pub(super) async fn execute_unprepared(&mut self, sql: &str) -> Result<ExecResult, DbErr> {
        self.sent.statements.fetch_add(1, Ordering::Relaxed);
        self.is_spoilt = true;
        let span = asked(sql);
        let sql = AssertSqlSafe(sql.to_owned());
        let done = driven!(self, span, driver => async { driver.execute(sql).await.map(ExecResult::from) });
        self.end(done).map_err(|error| DbErr::Exec(RuntimeErr::SqlxError(error.into())))
    }

    pub(super) async fn query_one(&mut self, statement: &Statement) -> Result<Option<QueryResult>, DbErr> {
        let (span, sql, values) = self.begin(statement);
        let keeps = self.keeps(statement);
        let row = driven!(self, span, driver => async {
            sqlx::query_with(sql, values).persistent(keeps).fetch_optional(driver).await.map(|row| row.map(QueryResult::from))
        });
        self.end(row).map_err(|error| DbErr::Query(RuntimeErr::SqlxError(error.into())))
    }

    pub(super) async fn query_all(&mut self, statement: &Statement) -> Result<Vec<QueryResult>, DbErr> {
        let (span, sql, values) = self.begin(statement);
        let keeps = self.keeps(statement);
        let rows = driven!(self, span, driver => async {
            let rows = sqlx::query_with(sql, values).persistent(keeps).fetch_all(driver).await;
            rows.map(|rows| rows.into_iter().map(QueryResult::from).collect())
        });
        self.end(rows).map_err(|error| DbErr::Query(RuntimeErr::SqlxError(error.into())))
    }

    /// Returns whether the prepared statement is kept in the session.
    ///
    /// After five executions PostgreSQL keeps the plan of a statement until its tables are analysed. A plan for a list of keys that
    /// was made while the tables were small reads all rows as they grow, so such a statement is planned each time.
    /// <https://www.postgresql.org/docs/current/sql-prepare.html#SQL-PREPARE-NOTES>
    fn keeps(&self, statement: &Statement) -> bool {
        let values = statement.values.as_ref().map_or(0, |values| values.0.len());
        let has_list = values > FEW && !statement.sql.starts_with("INSERT") && !statement.sql.starts_with("WITH");
        let plans_anew = has_list && matches!(self.driver, Driver::Postgres(_));
        !plans_anew && !self.needs_transactions()
    }

    /// Returns whether a query outside of a transaction needs one: the parts of it may reach different sessions else.
    pub(super) const fn needs_transactions(&self) -> bool {
        self.begin.is_some()
    }

    pub(super) async fn begin_transaction(&mut self) -> Result<(), DbErr> {
        match self.begin.clone() {
            None => self.control("BEGIN").await,
            Some(begin) => self.send(&begin).await,
        }
    }

    /// Ends a transaction that was begun for a query. The error of the query comes first.
    pub(super) async fn end_transaction<T>(&mut self, outcome: Result<T, DbErr>) -> Result<T, DbErr> {
        if outcome.is_err() && !self.is_sound() {
            return outcome;
        }
        let ended = self.control(if outcome.is_ok() { "COMMIT" } else { "ROLLBACK" }).await;
        outcome.and_then(|done| ended.map(|()| done))
    }

    /// Sends `BEGIN` with the settings of a transaction.
    async fn send(&mut self, sql: &str) -> Result<(), DbErr> {
        self.sent.controls.fetch_add(1, Ordering::Relaxed);
        self.is_spoilt = true;
        let sql = AssertSqlSafe(sql.to_owned());
        let done = driven!(self, Span::none(), driver => async { driver.execute(sql).await.map(|_| ()) });
        self.end(done).map_err(|error| DbErr::Exec(RuntimeErr::SqlxError(error.into())))
    }

    /// Sends `BEGIN`, `COMMIT` and the like.
    pub(super) async fn control(&mut self, sql: &'static str) -> Result<(), DbErr> {
        self.sent.controls.fetch_add(1, Ordering::Relaxed);
        self.is_spoilt = true;
        let done = match &mut self.driver {
            // Prepared once: SQLite parses a text each time.
            Driver::Sqlite(driver) => Box::pin(sqlx::query(sql).execute(driver)).await.map(|_| ()),
            // One round trip, without preparing.
            Driver::Postgres(driver) => Box::pin(driver.execute(sql)).await.map(|_| ()),
            Driver::MySql(driver) => Box::pin(driver.execute(sql)).await.map(|_| ()),
        };
        self.end(done).map_err(|error| DbErr::Exec(RuntimeErr::SqlxError(error.into())))
    }

    /// Returns whether Galera has ended the transaction for one of another node. It tells one statement; those after it run by
    /// themselves, and a COMMIT of nothing succeeds.
    pub(super) async fn has_lost_transaction(&mut self) -> Result<bool, DbErr> {
        let Driver::MySql(driver) = &mut self.driver else { return Ok(false) };
        if !self.is_galera {
            return Ok(false);
        }
        self.sent.controls.fetch_add(1, Ordering::Relaxed);
        self.is_spoilt = true;
        let asked = Box::pin(driver.fetch_one("SELECT CAST(@@in_transaction AS SIGNED)")).await;
        let is_in_transaction = asked.and_then(|row| row.try_get::<i64, _>(0));
        let is_in_transaction = self.end(is_in_transaction);
        is_in_transaction.map(|is| is == 0).map_err(|error| DbErr::Query(RuntimeErr::SqlxError(error.into())))
    }

    pub(super) async fn ping(&mut self) -> Result<(), sqlx::Error> {
        self.sent.controls.fetch_add(1, Ordering::Relaxed);
        self.is_spoilt = true;
        let answer = driven!(self, Span::none(), driver => driver.ping());
        self.end(answer)
    }

    /// Ends the session at the server, which would log a lost connection otherwise.
    pub(super) async fn close(self) {
        // A connection that the server has closed already is fine.
        let _ = match self.driver {
            Driver::Sqlite(driver) => driver.close().await,
            Driver::Postgres(driver) => driver.close().await,
            Driver::MySql(driver) => driver.close().await,
        };
    }

    fn begin(&mut self, statement: &Statement) -> (Span, AssertSqlSafe<String>, SqlxValues) {
        self.sent.statements.fetch_add(1, Ordering::Relaxed);
        self.is_spoilt = true;
        let values = statement.values.clone().unwrap_or(Values(Vec::new()));
        (asked(&statement.sql), AssertSqlSafe(statement.sql.clone()), SqlxValues(values))
    }

    /// Reached only if the statement was not given up.
    fn end<T>(&mut self, outcome: Result<T, sqlx::Error>) -> Result<T, sqlx::Error> {
        self.is_spoilt = outcome.as_ref().is_err_and(is_away);
        self.is_used |= !self.is_spoilt;
        outcome
    }
}

/// Returns the span of a statement, with its text alone: values are bound, and may be secret.
fn asked(sql: &str) -> Span {
    tracing::trace!(target: "store", sql, "statement");
    debug_span!(target: "store", "sql", db.query.text = sql)
}
