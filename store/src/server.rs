//! What a database server says of itself, for an operator who looks for a mistake. See `database` for the connections.

use domain::Timestamp;
use sea_orm::{ConnectionTrait, DbBackend, Statement};

use crate::StoreError;
use crate::database::Pool;
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
    /// Whether it refuses every write: a standby, a server that is set so, a file that the process may only read.
    pub is_read_only: bool,
    /// What SQLite finds damaged in its file, in its own words.
    pub damage: Option<String>,
}

/// Asks the server. Of SQLite it reads the whole file, to find damage. Writes nothing.
pub async fn describe(database: &Locked) -> Result<Server, StoreError> {
    let db = database.pool();
    let backend = db.get_database_backend();
    let sql = match backend {
        DbBackend::Postgres => {
            "SELECT 'PostgreSQL ' || current_setting('server_version') AS version, \
             CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT) AS now, \
             CAST(current_setting('max_connections') AS BIGINT) AS most, \
             CAST(CASE WHEN current_setting('transaction_read_only') = 'on' THEN 1 ELSE 0 END AS BIGINT) AS read_only"
        }
        DbBackend::Sqlite => "SELECT 'SQLite ' || sqlite_version() AS version",
        _ => {
            "SELECT VERSION() AS version, CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED) AS now, \
             CAST(@@max_connections AS SIGNED) AS most, CAST(@@read_only AS SIGNED) AS read_only"
        }
    };
    let row = db.query_one_raw(Statement::from_string(backend, sql)).await?;
    let row = row.ok_or(StoreError::corrupt("the server", "it does not describe itself"))?;
    let version: String = row.try_get("", "version")?;
    if backend == DbBackend::Sqlite {
        let (is_read_only, damage) = (is_read_only(db).await?, damage(db).await?);
        return Ok(Server { version, now: None, max_connections: None, is_read_only, damage });
    }
    let now: i64 = row.try_get("", "now")?;
    let most: i64 = row.try_get("", "most")?;
    let read_only: i64 = row.try_get("", "read_only")?;
    Ok(Server {
        version,
        now: Some(Timestamp::from_millis(now)),
        max_connections: u64::try_from(most).ok(),
        is_read_only: read_only != 0,
        damage: None,
    })
}

/// Creates a table in a transaction that is rolled back. `BEGIN IMMEDIATE` alone does not fail where SQLite may not write.
async fn is_read_only(db: &Pool) -> Result<bool, StoreError> {
    let tried = async {
        let tx = db.begin().await?;
        let created = tx.execute_unprepared("CREATE TABLE guiyi_doctor (n INTEGER)").await;
        tx.roll_back().await;
        Ok(created?)
    };
    match tried.await {
        // Contended: another process writes, so writes are possible.
        Ok(_) | Err(StoreError::Contended(_)) => Ok(false),
        Err(error) if error.is_read_only() => Ok(true),
        Err(error) => Err(error),
    }
}

async fn damage(db: &Pool) -> Result<Option<String>, StoreError> {
    let check = Statement::from_string(DbBackend::Sqlite, "PRAGMA quick_check(1)");
    let found: Option<String> = db.query_one_raw(check).await?.map_or(Ok(None), |row| row.try_get_by_index(0))?;
    Ok(found.filter(|found| found != "ok"))
}
