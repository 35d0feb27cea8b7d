//! What a database server says of itself, for an operator who looks for a mistake. See `database` for the connections.

use domain::Timestamp;
use sea_orm::{ConnectionTrait, DbBackend, Statement};

use crate::StoreError;
use crate::key::Locked;

/// A server, as it describes itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// Its name and version.
    pub version: String,
    /// Its clock; `None` for SQLite, which has that of the process.
    pub now: Option<Timestamp>,
    /// The most connections that it accepts; `None` if it has no limit.
    pub max_connections: Option<u64>,
}

/// Asks the server. Reads no table.
pub async fn describe(database: &Locked) -> Result<Server, StoreError> {
    let db = database.pool();
    let backend = db.get_database_backend();
    let sql = match backend {
        DbBackend::Postgres => {
            "SELECT 'PostgreSQL ' || current_setting('server_version') AS version, \
             CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT) AS now, \
             CAST(current_setting('max_connections') AS BIGINT) AS most"
        }
        DbBackend::Sqlite => "SELECT 'SQLite ' || sqlite_version() AS version",
        _ => {
            "SELECT VERSION() AS version, CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED) AS now, \
             CAST(@@max_connections AS SIGNED) AS most"
        }
    };
    let row = db.query_one_raw(Statement::from_string(backend, sql)).await?;
    let row = row.ok_or(StoreError::corrupt("the server", "it does not describe itself"))?;
    let version: String = row.try_get("", "version")?;
    if backend == DbBackend::Sqlite {
        return Ok(Server { version, now: None, max_connections: None });
    }
    let now: i64 = row.try_get("", "now")?;
    let most: i64 = row.try_get("", "most")?;
    Ok(Server { version, now: Some(Timestamp::from_millis(now)), max_connections: u64::try_from(most).ok() })
}
