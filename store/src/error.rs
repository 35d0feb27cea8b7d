//! The ways in which the database can fail us, by what a caller can do about them.
//! What a client is told about it is decided in `api`.

use sea_orm::{DbErr, RuntimeErr, SqlErr, sqlx};

/// Why the store could not do as asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Somebody else was faster: a unique constraint, a deadlock, a serialization failure, or a lock that came too late.
    /// Drop the transaction, look again, decide again.
    #[error("somebody else was faster")]
    Taken,
    /// The account was disabled or erased: nobody signs in to it, and nothing is linked to it any more.
    #[error("the account is closed")]
    Closed,
    /// A row says what no row can say.
    #[error("a row of {table} is corrupt: {what}")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// What is wrong with which row; never a key, a number or a secret.
        what: String,
    },
    /// The database failed or is away.
    #[error("the database failed")]
    Database(#[source] DbErr),
}

impl StoreError {
    /// Is the database away, rather than broken? Trying again later may help.
    #[must_use]
    pub fn is_unavailable(&self) -> bool {
        match self {
            Self::Taken | Self::Closed | Self::Corrupt { .. } => false,
            Self::Database(DbErr::ConnectionAcquire(_) | DbErr::Conn(_)) => true,
            Self::Database(error) => sqlx_error(error).is_some_and(is_away),
        }
    }

    /// Did the database cancel the statement because it ran too long?
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        match self {
            Self::Taken | Self::Closed | Self::Corrupt { .. } => false,
            Self::Database(error) => sqlx_error(error).is_some_and(was_cancelled),
        }
    }

    pub(crate) fn corrupt(table: &'static str, what: impl Into<String>) -> Self {
        Self::Corrupt { table, what: what.into() }
    }
}

impl From<DbErr> for StoreError {
    fn from(error: DbErr) -> Self {
        let unique = matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_)));
        // The cause is dropped on purpose: some servers print the doubled key, and a key may be a phone number.
        if unique || sqlx_error(&error).is_some_and(lost_a_race) { Self::Taken } else { Self::Database(error) }
    }
}

fn sqlx_error(error: &DbErr) -> Option<&sqlx::Error> {
    match error {
        DbErr::Exec(RuntimeErr::SqlxError(cause)) | DbErr::Query(RuntimeErr::SqlxError(cause)) => Some(cause),
        _ => None,
    }
}

fn mysql_number(error: &dyn sqlx::error::DatabaseError) -> Option<u16> {
    error.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>().map(sqlx::mysql::MySqlDatabaseError::number)
}

fn lost_a_race(error: &sqlx::Error) -> bool {
    let sqlx::Error::Database(error) = error else { return false };
    match mysql_number(&**error) {
        // 1020 "Record has changed since last read", 1205 "Lock wait timeout exceeded", 1213 "Deadlock found".
        Some(number) => matches!(number, 1020 | 1205 | 1213),
        // PostgreSQL: serialization_failure, deadlock_detected, lock_not_available. SQLite: BUSY, BUSY_SNAPSHOT.
        None => matches!(error.code().as_deref(), Some("40001" | "40P01" | "55P03" | "5" | "517")),
    }
}

fn was_cancelled(error: &sqlx::Error) -> bool {
    let sqlx::Error::Database(error) = error else { return false };
    match mysql_number(&**error) {
        // MariaDB: 1969 "Query execution was interrupted (max_statement_time exceeded)". MySQL: 3024 "Query execution was
        // interrupted, maximum statement execution time exceeded".
        Some(number) => matches!(number, 1969 | 3024),
        // PostgreSQL: query_canceled. SQLite: INTERRUPT.
        None => matches!(error.code().as_deref(), Some("57014" | "9")),
    }
}

fn is_away(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => true,
        sqlx::Error::Database(error) => match mysql_number(&**error) {
            // 1040 "Too many connections", 1053 "Server shutdown in progress", 1927 "Connection was killed".
            Some(number) => matches!(number, 1040 | 1053 | 1927),
            // PostgreSQL: connection exceptions, too_many_connections, admin_shutdown, crash_shutdown, cannot_connect_now,
            // idle_in_transaction_session_timeout.
            None => error.code().is_some_and(|code| {
                let numbers = ["53300", "57P01", "57P02", "57P03", "25P03"];
                code.len() == 5 && (code.starts_with("08") || numbers.contains(&&*code))
            }),
        },
        _ => false,
    }
}
