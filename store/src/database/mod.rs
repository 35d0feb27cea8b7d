//! Connection pools for the three supported databases.

mod purge;
mod sql;
#[cfg(test)]
mod statement_limit;
mod write;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sea_orm::sqlx::mysql::{MySqlConnectOptions, MySqlConnection};
use sea_orm::sqlx::postgres::PgConnectOptions;
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sea_orm::sqlx::{self, AssertSqlSafe, Executor, Row};
use sea_orm::{ConnectOptions, Database, DatabaseConnection, DbErr, RuntimeErr};
use secrecy::{ExposeSecret, SecretString};

use crate::StoreError;
use crate::error::is_busy;

pub use purge::purge_expired;
pub(crate) use sql::{CHUNK, changed_unless, read_hash, row_id, same};
pub use write::{Write, WriteError};

/// The database and the limits of its connection pool.
#[derive(Debug, Clone)]
pub struct Options {
    /// A `sqlite:`, `postgres:` or `mysql:` URL, with the password if there is one.
    pub url: SecretString,
    /// The maximum number of open connections.
    pub max_connections: u32,
    /// How long to wait for a free connection.
    pub acquire_timeout: Duration,
    /// The longest time a statement may run before the database cancels it; `None` for no limit. SQLite has no such
    /// setting: there the limit covers all statements of a transaction, and counts computing, not waiting.
    pub statement_timeout: Option<Duration>,
}

/// How long a transaction waits for SQLite's single writer.
const SQLITE_PATIENCE: Duration = Duration::from_secs(10);
/// The pause before another attempt to open a database that another process is opening.
const SQLITE_PAUSE: Duration = Duration::from_millis(50);
/// The number of instructions after which SQLite checks the time limit. That is every few milliseconds; routine
/// queries need fewer.
const SQLITE_STEPS: i32 = 100_000;

/// Returns the file of a SQLite database, or `None` for a server or an in-memory database.
#[must_use]
pub fn sqlite_file(url: &str) -> Option<PathBuf> {
    let options: SqliteConnectOptions = if url.starts_with("sqlite:") { url.parse().ok()? } else { return None };
    let file = options.get_filename();
    // The driver gives an in-memory database this name, which is not a path.
    let in_memory = file.to_string_lossy().starts_with("file:sqlx-in-memory-");
    (!in_memory).then(|| file.to_owned())
}

pub(crate) async fn connect(options: &Options) -> Result<DatabaseConnection, StoreError> {
    let mut connect = driver_options(options.url.expose_secret(), options.statement_timeout)?;
    connect
        .max_connections(options.max_connections)
        .acquire_timeout(options.acquire_timeout)
        .connect_timeout(options.acquire_timeout)
        // Without both there is no maintenance task. In sqlx 0.9.0 that task can loop forever, and hold a thread of the runtime:
        // its count of idle connections underflows when one is taken while it is being returned. A connection is tested
        // when it is taken, so one that a server has closed is replaced then.
        .idle_timeout(None)
        .max_lifetime(None)
        // Statements are not logged: the log line of a slow one would contain its bound values.
        .sqlx_logging(false)
        .record_stmt_in_spans(false);
    let until = Instant::now() + options.acquire_timeout;
    loop {
        match Database::connect(connect.clone()).await {
            // SQLite does not wait for a process that is switching the same file to its write-ahead log.
            Err(error) if is_busy(&error) && Instant::now() < until => tokio::time::sleep(SQLITE_PAUSE).await,
            outcome => return Ok(outcome?),
        }
    }
}

/// Builds the driver options. SeaORM prints its URL in errors and spans, so it receives one without a password; the
/// driver receives the real one.
fn driver_options(url: &str, limit: Option<Duration>) -> Result<ConnectOptions, DbErr> {
    let scheme = url.split(':').next().unwrap_or_default();
    match scheme {
        "sqlite" => Ok(sqlite(read_url(url)?, limit)),
        "postgres" | "postgresql" => Ok(postgres(read_url(url)?, limit)),
        "mysql" | "mariadb" => Ok(mysql(read_url(url)?, limit)),
        _ => Err(bad_url("the database url must begin with sqlite:, postgres: or mysql:")),
    }
}

fn read_url<T: std::str::FromStr>(url: &str) -> Result<T, DbErr> {
    // The cause is omitted because it may quote the URL.
    url.parse().map_err(|_| bad_url("the database url is malformed"))
}

fn bad_url(why: &str) -> DbErr {
    DbErr::Conn(RuntimeErr::Internal(why.to_owned()))
}

fn sqlite(real: SqliteConnectOptions, limit: Option<Duration>) -> ConnectOptions {
    let real = sqlx::ConnectOptions::disable_statement_logging(real)
        .create_if_missing(true)
        .foreign_keys(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(limit.map_or(SQLITE_PATIENCE, |limit| limit.min(SQLITE_PATIENCE)));
    let mut connect = ConnectOptions::new("sqlite:");
    connect.map_sqlx_sqlite_opts(move |_| real.clone());
    if let Some(limit) = limit {
        // Called whenever a connection is handed out for a statement or a transaction, whether new or pooled.
        connect.map_sqlx_sqlite_pool_opts(move |pool| {
            pool.after_connect(move |connection, _| Box::pin(limit_sqlite(connection, limit))).before_acquire(
                move |connection, _| Box::pin(async move { limit_sqlite(connection, limit).await.map(|()| true) }),
            )
        });
    }
    connect
}

/// Starts the time limit of a SQLite connection.
async fn limit_sqlite(connection: &mut SqliteConnection, limit: Duration) -> Result<(), sqlx::Error> {
    let begun = Instant::now();
    connection.lock_handle().await?.set_progress_handler(SQLITE_STEPS, move || begun.elapsed() < limit);
    Ok(())
}

fn postgres(real: PgConnectOptions, limit: Option<Duration>) -> ConnectOptions {
    let real = sqlx::ConnectOptions::disable_statement_logging(real);
    // The server's default unless it was reconfigured. A lost race must show up as a duplicate key.
    let isolation = "SET default_transaction_isolation = 'read committed'";
    let limits = limit.map(|limit| {
        let (statement, idle) = (limit.as_millis(), limit.as_millis() * 2);
        // A transaction waits for nothing but the database, so an idle one has been abandoned.
        format!("; SET statement_timeout = {statement}; SET idle_in_transaction_session_timeout = {idle}")
    });
    let settings: Arc<str> = format!("{isolation}{}", limits.unwrap_or_default()).into();
    let mut connect = ConnectOptions::new("postgres:");
    connect.map_sqlx_postgres_opts(move |_| real.clone()).map_sqlx_postgres_pool_opts(move |pool| {
        let settings = settings.clone();
        pool.after_connect(move |connection, _| {
            let settings = AssertSqlSafe(settings.to_string());
            Box::pin(async move { connection.execute(settings).await.map(|_| ()) })
        })
    });
    connect
}

fn mysql(real: MySqlConnectOptions, limit: Option<Duration>) -> ConnectOptions {
    let real = sqlx::ConnectOptions::disable_statement_logging(real).charset("utf8mb4");
    let mut connect = ConnectOptions::new("mysql:");
    connect.map_sqlx_mysql_opts(move |_| real.clone()).map_sqlx_mysql_pool_opts(move |pool| {
        pool.after_connect(move |connection, _| Box::pin(set_up_mysql(connection, limit)))
    });
    connect
}

async fn set_up_mysql(connection: &mut MySqlConnection, limit: Option<Duration>) -> Result<(), sqlx::Error> {
    // The default, REPEATABLE READ, would return a stale snapshot after a lost race, and take gap locks between keys.
    connection.execute("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED").await?;
    let Some(limit) = limit else { return Ok(()) };
    let version: String = connection.fetch_one("SELECT VERSION()").await?.try_get(0)?;
    let seconds = limit.as_secs().max(1);
    let settings = if version.contains("MariaDB") {
        // https://mariadb.com/kb/en/server-system-variables/#max_statement_time
        let statement = limit.as_secs_f64();
        format!("SET SESSION max_statement_time = {statement}, idle_transaction_timeout = {}", seconds * 2)
    } else {
        // MySQL limits only SELECT statements; for writes, limit the lock wait.
        // https://dev.mysql.com/doc/refman/8.4/en/server-system-variables.html#sysvar_max_execution_time
        let statement = limit.as_millis();
        format!("SET SESSION max_execution_time = {statement}, innodb_lock_wait_timeout = {seconds}")
    };
    connection.execute(AssertSqlSafe(settings)).await.map(|_| ())
}
