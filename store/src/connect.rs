//! How a pool of connections to each of the three databases is opened.
//! What is asked over it is written in the other modules.

use std::path::PathBuf;
use std::time::Duration;

use sea_orm::sqlx::mysql::MySqlConnectOptions;
use sea_orm::sqlx::postgres::PgConnectOptions;
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sea_orm::sqlx::{self, Executor};
use sea_orm::{ConnectOptions, Database, DatabaseConnection, DbErr, RuntimeErr};
use secrecy::{ExposeSecret, SecretString};

use crate::StoreError;

/// Where the database is and how much of it we may use.
#[derive(Debug, Clone)]
pub struct Options {
    /// `sqlite:`, `postgres:` or `mysql:`, with the password if there is one.
    pub url: SecretString,
    /// The most connections that are open at a time.
    pub max_connections: u32,
    /// How long to wait for a free connection.
    pub acquire_timeout: Duration,
}

/// How long SQLite's one writer is waited for.
const SQLITE_PATIENCE: Duration = Duration::from_secs(10);

/// The file of a SQLite database; nothing of a database on a server or in memory.
#[must_use]
pub fn sqlite_file(url: &str) -> Option<PathBuf> {
    let options: SqliteConnectOptions = if url.starts_with("sqlite:") { url.parse().ok()? } else { return None };
    let file = options.get_filename();
    // The driver names a database in memory so, which is no path.
    let in_memory = file.to_string_lossy().starts_with("file:sqlx-in-memory-");
    (!in_memory).then(|| file.to_owned())
}

pub(crate) async fn connect(options: &Options) -> Result<DatabaseConnection, StoreError> {
    let mut connect = driver_options(options.url.expose_secret())?;
    connect
        .max_connections(options.max_connections)
        .acquire_timeout(options.acquire_timeout)
        .connect_timeout(options.acquire_timeout)
        // Statements are not logged: a slow one would be printed with what was bound to it.
        .sqlx_logging(false)
        .record_stmt_in_spans(false);
    Ok(Database::connect(connect).await?)
}

/// SeaORM prints the URL it was given in errors and spans, so it gets one without a password;
/// the driver gets the real one.
fn driver_options(url: &str) -> Result<ConnectOptions, DbErr> {
    let scheme = url.split(':').next().unwrap_or_default();
    match scheme {
        "sqlite" => Ok(sqlite(read_url(url)?)),
        "postgres" | "postgresql" => Ok(postgres(read_url(url)?)),
        "mysql" | "mariadb" => Ok(mysql(read_url(url)?)),
        _ => Err(bad_url("the database url begins with none of sqlite:, postgres:, mysql:")),
    }
}

fn read_url<T: std::str::FromStr>(url: &str) -> Result<T, DbErr> {
    // The cause is left out because it may quote the url.
    url.parse().map_err(|_| bad_url("the database url cannot be read"))
}

fn bad_url(why: &str) -> DbErr {
    DbErr::Conn(RuntimeErr::Internal(why.to_owned()))
}

fn sqlite(real: SqliteConnectOptions) -> ConnectOptions {
    let real = sqlx::ConnectOptions::disable_statement_logging(real)
        .create_if_missing(true)
        .foreign_keys(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(SQLITE_PATIENCE);
    let mut connect = ConnectOptions::new("sqlite:");
    connect.map_sqlx_sqlite_opts(move |_| real.clone());
    connect
}

fn postgres(real: PgConnectOptions) -> ConnectOptions {
    let real = sqlx::ConnectOptions::disable_statement_logging(real);
    let mut connect = ConnectOptions::new("postgres:");
    connect.map_sqlx_postgres_opts(move |_| real.clone()).map_sqlx_postgres_pool_opts(|pool| {
        // The default of the server, unless somebody changed it there: a lost race must show as a taken key.
        pool.after_connect(|connection, _| {
            Box::pin(async move {
                connection.execute("SET default_transaction_isolation = 'read committed'").await.map(|_| ())
            })
        })
    });
    connect
}

fn mysql(real: MySqlConnectOptions) -> ConnectOptions {
    let real = sqlx::ConnectOptions::disable_statement_logging(real).charset("utf8mb4");
    let mut connect = ConnectOptions::new("mysql:");
    connect.map_sqlx_mysql_opts(move |_| real.clone()).map_sqlx_mysql_pool_opts(|pool| {
        // The default, REPEATABLE READ, would show us an old picture after a lost race and lock gaps between keys.
        pool.after_connect(|connection, _| {
            Box::pin(async move {
                connection.execute("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED").await.map(|_| ())
            })
        })
    });
    connect
}
