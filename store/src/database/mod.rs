//! Connections to the three supported databases.

mod connection;
mod deferred;
mod group;
#[cfg(test)]
mod interruptions;
mod pool;
mod purge;
mod session;
mod sql;
mod transaction;
mod write;

use std::path::PathBuf;
use std::time::Duration;

use sea_orm::sqlx::sqlite::SqliteConnectOptions;
use secrecy::SecretString;

pub(crate) use deferred::Deferred;
pub use deferred::Rows;
pub(crate) use pool::Pool;
pub use pool::PoolUsage;
pub use purge::{SWEPT_AT_ONCE, purge_expired, sweep};
pub(crate) use sql::{CHUNK, Repeated, changed_unless, has_key, is_one_of, read_hash, row_id, same};
pub(crate) use transaction::{Executor, Transaction};
pub use write::{Write, WriteError};

/// The database and the limits of its connection pool.
#[derive(Debug, Clone)]
pub struct Options {
    /// A `sqlite:`, `postgres:` or `mysql:` URL, with the password if there is one.
    pub url: SecretString,
    /// The maximum number of open connections. With SQLite there is one more, which writes.
    pub max_connections: u32,
    /// How long to wait for a free connection.
    pub acquire_timeout: Duration,
    /// The longest time a statement may run before the database cancels it; `None` for no limit. SQLite has no such
    /// setting: there the limit covers all statements of a transaction, and counts computing, not waiting.
    pub statement_timeout: Option<Duration>,
    /// Whether a pooler gives each transaction another session of PostgreSQL, so that a session keeps neither settings nor
    /// prepared statements.
    pub shares_connections: bool,
}

/// Returns the file of a SQLite database, or `None` for a server or an in-memory database.
#[must_use]
pub fn sqlite_file(url: &str) -> Option<PathBuf> {
    let options: SqliteConnectOptions = if url.starts_with("sqlite:") { url.parse().ok()? } else { return None };
    let file = options.get_filename();
    // The driver gives an in-memory database this name, which is not a path.
    let in_memory = file.to_string_lossy().starts_with("file:sqlx-in-memory-");
    (!in_memory).then(|| file.to_owned())
}
