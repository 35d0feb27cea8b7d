//! The settings of a session: isolation and time limits, as each kind of server has them.

use std::time::Duration;

use sea_orm::sqlx::mysql::MySqlConnection;
use sea_orm::sqlx::postgres::{PgConnectOptions, PgConnection};
use sea_orm::sqlx::{self, AssertSqlSafe, Executor, Row};

/// How many prepared statements a connection keeps where the server allows few: OceanBase counts them as open cursors,
/// of which it allows 50 by default, with those of the driver itself.
pub(super) const FEW_STATEMENTS: usize = 32;
/// How many selections a statement unites: SQLite takes 500 at most.
pub(super) const MOST_UNITED: usize = 200;
/// How many it unites on OceanBase, whose planner takes 0.1 s for 12, and a minute for 200.
pub(super) const FEW_UNITED: usize = 12;
/// What "no limit" means to OceanBase, which has no word for it: a day.
const DAY: Duration = Duration::from_hours(24);

/// What kind of server speaks MySQL's protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MySql {
    /// It keeps as many prepared statements as the driver does.
    Usual,
    /// A node of a Galera cluster, which may end a transaction for one of another node.
    Galera,
    /// It keeps [fewer](FEW_STATEMENTS), and unites [fewer](FEW_UNITED).
    OceanBase,
}

/// Returns the options for a pooler that gives each transaction another session: no statement is kept in a session, and no
/// setting is sent that a pooler does not know.
pub(super) fn without_state(options: PgConnectOptions) -> PgConnectOptions {
    options.statement_cache_capacity(0).extra_float_digits(None)
}

/// Returns what begins a transaction in a session that is not set up.
pub(super) fn begin_postgres(limit: Option<Duration>) -> String {
    let limits = limits_of_postgres("LOCAL ", limit);
    format!("BEGIN ISOLATION LEVEL READ COMMITTED{limits}")
}

pub(super) async fn set_up_postgres(connection: &mut PgConnection, limit: Option<Duration>) -> Result<(), sqlx::Error> {
    // The server's default unless it was reconfigured. A lost race must show up as a duplicate key.
    let isolation = "SET default_transaction_isolation = 'read committed'";
    let settings = format!("{isolation}{}", limits_of_postgres("", limit));
    connection.execute(AssertSqlSafe(settings)).await.map(|_| ())
}

fn limits_of_postgres(scope: &str, limit: Option<Duration>) -> String {
    // Zero is no limit, whatever the role has.
    let statement = limit.map_or(0, |limit| limit.as_millis());
    // A transaction waits for nothing but the database, so an idle one has been abandoned.
    let idle = statement * 2;
    format!("; SET {scope}statement_timeout = {statement}; SET {scope}idle_in_transaction_session_timeout = {idle}")
}

pub(super) async fn set_up_mysql(
    connection: &mut MySqlConnection,
    limit: Option<Duration>,
) -> Result<MySql, sqlx::Error> {
    // The default, REPEATABLE READ, would return a stale snapshot after a lost race, and take gap locks between keys.
    connection.execute("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED").await?;
    let version: String = connection.fetch_one("SELECT VERSION()").await?.try_get(0)?;
    if is_oceanbase(&version) {
        connection.execute(AssertSqlSafe(limits_of_oceanbase(limit))).await?;
        return Ok(MySql::OceanBase);
    }
    let is_galera = is_galera(connection, &version).await?;
    if is_galera {
        // Waits for what other nodes have committed before it reads: a session that was opened through another node is there.
        // https://mariadb.com/kb/en/galera-cluster-system-variables/#wsrep_sync_wait
        connection.execute("SET SESSION wsrep_sync_wait = 7").await?;
    }
    let settings = match limit {
        // https://mariadb.com/kb/en/server-system-variables/#max_statement_time
        Some(limit) if version.contains("MariaDB") => {
            let (statement, idle) = (limit.as_secs_f64(), limit.as_secs().max(1) * 2);
            format!("SET SESSION max_statement_time = {statement}, idle_transaction_timeout = {idle}")
        }
        None if version.contains("MariaDB") => {
            "SET SESSION max_statement_time = 0, idle_transaction_timeout = 0".to_owned()
        }
        // MySQL limits only SELECT statements; for writes, limit the lock wait.
        // https://dev.mysql.com/doc/refman/8.4/en/server-system-variables.html#sysvar_max_execution_time
        Some(limit) => {
            let (statement, lock) = (limit.as_millis(), limit.as_secs().max(1));
            format!("SET SESSION max_execution_time = {statement}, innodb_lock_wait_timeout = {lock}")
        }
        None => "SET SESSION max_execution_time = 0".to_owned(),
    };
    connection.execute(AssertSqlSafe(settings)).await?;
    Ok(if is_galera { MySql::Galera } else { MySql::Usual })
}

/// OceanBase limits every statement to ten seconds by default, also those of commands and migrations.
/// <https://en.oceanbase.com/docs/common-oceanbase-database-10000000001106033>
fn limits_of_oceanbase(limit: Option<Duration>) -> String {
    let (statement, transaction) = match limit {
        Some(limit) => (limit, limit * 10),
        None => (DAY, DAY),
    };
    let idle = limit.map_or(DAY, |limit| limit * 2);
    format!(
        "SET SESSION ob_query_timeout = {}, ob_trx_timeout = {}, ob_trx_idle_timeout = {}",
        statement.as_micros(),
        transaction.as_micros(),
        idle.as_micros()
    )
}

fn is_oceanbase(version: &str) -> bool {
    version.contains("OceanBase")
}

/// Returns whether the server is a node of a Galera cluster. Servers without Galera may not know the variable.
async fn is_galera(connection: &mut MySqlConnection, version: &str) -> Result<bool, sqlx::Error> {
    if !version.contains("MariaDB") {
        return Ok(false);
    }
    let row = connection.fetch_optional("SHOW SESSION VARIABLES LIKE 'wsrep_on'").await?;
    let value: Option<String> = row.map(|row| row.try_get(1)).transpose()?;
    Ok(value.is_some_and(|value| value == "ON"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transaction_of_a_pooler_brings_its_settings() {
        let with_limit = begin_postgres(Some(Duration::from_secs(5)));

        assert_eq!(
            with_limit,
            "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL statement_timeout = 5000; \
             SET LOCAL idle_in_transaction_session_timeout = 10000"
        );
        assert_eq!(
            begin_postgres(None),
            "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL statement_timeout = 0; \
             SET LOCAL idle_in_transaction_session_timeout = 0"
        );
    }

    #[test]
    fn a_command_may_take_long_on_oceanbase() {
        assert!(is_oceanbase("5.7.25-OceanBase-v4.3.5.0") && !is_oceanbase("10.11.11-MariaDB"));
        assert_eq!(
            limits_of_oceanbase(None),
            "SET SESSION ob_query_timeout = 86400000000, ob_trx_timeout = 86400000000, ob_trx_idle_timeout = 86400000000"
        );
        assert_eq!(
            limits_of_oceanbase(Some(Duration::from_secs(5))),
            "SET SESSION ob_query_timeout = 5000000, ob_trx_timeout = 50000000, ob_trx_idle_timeout = 10000000"
        );
    }
}
