//! The connection of a migration, and its transactions.

use std::borrow::Cow;
use std::time::Duration;

use sea_orm_migration::prelude::DbErr;
use sea_orm_migration::sea_orm::sqlx::error::DatabaseError;
use sea_orm_migration::sea_orm::sqlx::mysql::MySqlDatabaseError;
use sea_orm_migration::sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbBackend, IsolationLevel,
    RuntimeErr, Statement, TransactionOptions, TransactionTrait,
};

const FORGET_STATEMENTS: &str = "DEALLOCATE ALL";
/// Lifts, in a transaction, the limits of time that the role or the database may have: they are meant for requests. Not every
/// version has every limit.
const LIFT_LIMITS: &str = "SELECT set_config(name, '0', true) FROM pg_settings WHERE name IN ('statement_timeout', \
    'lock_timeout', 'idle_in_transaction_session_timeout', 'transaction_timeout') AND setting <> '0'";

/// Begins a transaction. Whatever PostgreSQL's default is, it has a snapshot only while a statement runs: the building of an index
/// waits for older snapshots.
pub(crate) async fn begin(db: &DatabaseConnection) -> Result<DatabaseTransaction, DbErr> {
    let isolation_level = (db.get_database_backend() == DbBackend::Postgres).then_some(IsolationLevel::ReadCommitted);
    begin_with(db, TransactionOptions { isolation_level, ..TransactionOptions::default() }).await
}

/// Begins a transaction. Behind a pooler the next one may be in another session, so each query needs one.
pub(crate) async fn begin_with(
    db: &DatabaseConnection,
    options: TransactionOptions,
) -> Result<DatabaseTransaction, DbErr> {
    let tx = db.begin_with_options(options).await?;
    if tx.get_database_backend() == DbBackend::Postgres {
        // In one round trip.
        tx.execute_unprepared(&format!("{FORGET_STATEMENTS}; {LIFT_LIMITS}")).await?;
    }
    Ok(tx)
}

/// Lifts the limits for statements that run in no transaction. Behind a pooler another client may get the session: Guiyi sets its
/// limits in each transaction.
pub(crate) async fn lift_limits_of_session(db: &DatabaseConnection) -> Result<(), DbErr> {
    db.execute_unprepared("SET statement_timeout = 0").await?;
    db.execute_unprepared("SET lock_timeout = 0").await?;
    Ok(())
}

/// Drops the prepared statements of the session. SeaORM names them, also those that it does not keep, and a pooler may have
/// given the session to a client that used the same names.
pub(crate) async fn forget_statements(tx: &DatabaseTransaction) -> Result<(), DbErr> {
    if tx.get_database_backend() == DbBackend::Postgres {
        tx.execute_unprepared(FORGET_STATEMENTS).await?;
    }
    Ok(())
}

/// Lets a transaction of PostgreSQL wait for a moment only, so that requests do not wait behind it.
pub(crate) async fn give_way(tx: &DatabaseTransaction) -> Result<(), DbErr> {
    tx.execute_unprepared("SET LOCAL lock_timeout = '2s'").await?;
    Ok(())
}

pub(crate) fn statement(db: &DatabaseConnection, sql: &str) -> Statement {
    Statement::from_string(db.get_database_backend(), sql)
}

/// Returns the code of a database's error.
pub(crate) fn code_of(error: &DbErr) -> Option<String> {
    match error {
        DbErr::Conn(RuntimeErr::SqlxError(cause))
        | DbErr::Exec(RuntimeErr::SqlxError(cause))
        | DbErr::Query(RuntimeErr::SqlxError(cause)) => {
            cause.as_database_error().and_then(DatabaseError::code).map(Cow::into_owned)
        }
        _ => None,
    }
}

/// OceanBase ended the statement at its limit of time (4012), or rolled its transaction back (6002).
pub(crate) fn was_ended_by_oceanbase(error: &DbErr) -> bool {
    let DbErr::Query(RuntimeErr::SqlxError(cause)) = error else { return false };
    let cause = cause.as_database_error().and_then(|cause| cause.try_downcast_ref::<MySqlDatabaseError>());
    cause.is_some_and(|cause| matches!(cause.number(), 4012 | 6002))
}

/// Uses one connection, because MySQL's lock belongs to it.
pub(crate) async fn connect(url: &str) -> Result<DatabaseConnection, DbErr> {
    let db = open(url, false).await?;
    if db.get_database_backend() != DbBackend::MySql {
        return Ok(db);
    }
    let row = db.query_one_raw(statement(&db, "SELECT VERSION() AS version")).await?;
    let version: String = row.map_or(Ok(String::new()), |row| row.try_get("", "version"))?;
    if version.contains("MariaDB") {
        db.execute_unprepared("SET SESSION max_statement_time = 0, idle_transaction_timeout = 0").await?;
    }
    if !version.contains("OceanBase") {
        return Ok(db);
    }
    db.close().await?;
    let db = open(url, true).await?;
    // OceanBase ends each statement after ten seconds, unless the session says otherwise; a step may take hours. A day, in
    // microseconds.
    let settings = "SET SESSION ob_query_timeout = 86400000000, ob_trx_timeout = 86400000000";
    db.execute_unprepared(settings).await?;
    Ok(db)
}

/// Opens one connection. `keeps_nothing` is for OceanBase, which allows few prepared statements. MariaDB gets them kept: each
/// that is closed delays the next by an acknowledgement of TCP, which is 40 ms on some systems.
async fn open(url: &str, keeps_nothing: bool) -> Result<DatabaseConnection, DbErr> {
    let mut options = ConnectOptions::new(driver_url(url));
    options.max_connections(1).sqlx_logging(false).record_stmt_in_spans(false);
    // A new connection would lack MySQL's lock and the settings of OceanBase.
    options.max_lifetime(None::<Duration>).idle_timeout(None::<Duration>);
    // Behind a pooler the next transaction may be in another session, which lacks the statements of the last one.
    options.map_sqlx_postgres_opts(|options| options.statement_cache_capacity(0).extra_float_digits(None));
    if keeps_nothing {
        options.map_sqlx_mysql_opts(|options| options.statement_cache_capacity(0));
    }
    Database::connect(options).await.map_err(|error| match error {
        // SeaORM quotes a URL that it cannot parse, and the URL has a password.
        DbErr::Conn(RuntimeErr::Internal(_)) => {
            DbErr::Conn(RuntimeErr::Internal("the database url is malformed".to_owned()))
        }
        other => other,
    })
}

/// SQLite creates its file only if told to, and SeaORM knows MariaDB by the name `mysql:` only.
fn driver_url(url: &str) -> String {
    match url.split_once(':') {
        Some(("sqlite", rest)) if !rest.contains("mode=") => {
            format!("{url}{}mode=rwc", if rest.contains('?') { "&" } else { "?" })
        }
        Some(("mariadb", rest)) => format!("mysql:{rest}"),
        _ => url.to_owned(),
    }
}
