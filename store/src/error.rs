//! Errors of the store, grouped by what a caller can do about them.

use std::fmt;

use sea_orm::{DbErr, RuntimeErr, SqlErr, sqlx};

/// An error of the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A concurrent transaction conflicts with this one. Drop the transaction and start again from the first read, as
    /// [`Store::write`](crate::Store::write) does.
    #[error("a concurrent transaction conflicts: {0}")]
    Contended(Contention),
    /// Every attempt of a write violated the same unique constraint. The cause is a bug in the write, not a
    /// concurrent transaction.
    #[error("the write {write} violated {constraint} on every attempt")]
    Stuck {
        /// The name of the write.
        write: &'static str,
        /// The name of the constraint.
        constraint: String,
    },
    /// The account is disabled or erased. It accepts no logins and no links.
    #[error("the account is closed")]
    Closed,
    /// A row violates an invariant of the store.
    #[error("a row of {table} is corrupt: {what}")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// The row and what is wrong with it. Never contains a key, a phone number or a secret.
        what: String,
    },
    /// The database failed or is unavailable.
    #[error("the database failed")]
    Database(#[source] DbErr),
}

/// The kind of a conflict between transactions. Contains no column values, because a key may be a phone number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Contention {
    /// A row with the same unique key exists. Holds the name of the constraint, or of its columns.
    UniqueConstraint(String),
    /// The transactions were in a deadlock.
    Deadlock,
    /// A lock wait timed out.
    LockTimeout,
    /// A row that was read has changed (PostgreSQL `40001`, MariaDB 1020).
    Serialization,
    /// SQLite's single writer was busy.
    Busy,
    /// SQLite rolled back the transactions that shared a commit with this one.
    GroupRolledBack,
    /// Rows of this table, on which the decision was based, have changed.
    Changed(&'static str),
}

impl Contention {
    /// Returns the kind as used in metric labels.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::UniqueConstraint(_) => "unique_constraint",
            Self::Deadlock => "deadlock",
            Self::LockTimeout => "lock_timeout",
            Self::Serialization => "serialization",
            Self::Busy => "busy",
            Self::GroupRolledBack => "group_rolled_back",
            Self::Changed(_) => "changed",
        }
    }
}

impl fmt::Display for Contention {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UniqueConstraint(name) => write!(f, "{}: {name}", self.kind()),
            Self::Changed(table) => write!(f, "{}: {table}", self.kind()),
            Self::Deadlock | Self::LockTimeout | Self::Serialization | Self::Busy | Self::GroupRolledBack => {
                f.write_str(self.kind())
            }
        }
    }
}

impl StoreError {
    /// Returns the error for rows of `table` that changed after the decision was based on them.
    #[must_use]
    pub const fn changed(table: &'static str) -> Self {
        Self::Contended(Contention::Changed(table))
    }

    /// Returns whether a row with the same unique key exists.
    #[must_use]
    pub const fn is_duplicate(&self) -> bool {
        matches!(self, Self::Contended(Contention::UniqueConstraint(_)))
    }

    /// Returns whether the database is unavailable, so that a later attempt may succeed.
    #[must_use]
    pub fn is_unavailable(&self) -> bool {
        match self {
            Self::Contended(_) | Self::Stuck { .. } | Self::Closed | Self::Corrupt { .. } => false,
            Self::Database(DbErr::ConnectionAcquire(_) | DbErr::Conn(_)) => true,
            Self::Database(error) => {
                sqlx_error(error).is_some_and(|error| is_away(error) || is_out_of_resources(error))
            }
        }
    }

    /// Returns whether the database cancelled the statement at its time limit.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        match self {
            Self::Contended(_) | Self::Stuck { .. } | Self::Closed | Self::Corrupt { .. } => false,
            Self::Database(error) => sqlx_error(error).is_some_and(was_cancelled),
        }
    }

    /// Returns whether SQLite says that its file is damaged, or is no database: `CORRUPT` with its extensions, `NOTADB`.
    #[must_use]
    pub fn is_damage(&self) -> bool {
        let Self::Database(
            DbErr::Conn(RuntimeErr::SqlxError(error))
            | DbErr::Exec(RuntimeErr::SqlxError(error))
            | DbErr::Query(RuntimeErr::SqlxError(error)),
        ) = self
        else {
            return false;
        };
        let sqlx::Error::Database(cause) = &**error else { return false };
        mysql_number(&**cause).is_none() && matches!(cause.code().as_deref(), Some("11" | "26" | "267" | "523" | "779"))
    }

    /// Returns whether the database takes no writes: SQLite's `READONLY` with its extensions, a standby, a server that is set so.
    pub(crate) fn is_read_only(&self) -> bool {
        let Self::Database(error) = self else { return false };
        let Some(sqlx::Error::Database(cause)) = sqlx_error(error) else { return false };
        match mysql_number(&**cause) {
            Some(number) => number == 1290,
            // The lower byte of SQLite's codes is 8.
            None => cause.code().is_some_and(|code| {
                &*code == "25006" || (code.len() < 5 && code.parse().is_ok_and(|code: u32| code & 0xff == 8))
            }),
        }
    }

    /// Returns whether MariaDB does not find a table, or cannot parse a trigger. Galera says so of sound ones too: see ADR 0101.
    pub(crate) fn is_missing_definition(&self) -> bool {
        let Self::Database(error) = self else { return false };
        let Some(sqlx::Error::Database(cause)) = sqlx_error(error) else { return false };
        match mysql_number(&**cause) {
            // "Table doesn't exist".
            Some(1146) => true,
            // "Unknown trigger has an error in its body".
            Some(1064) => cause.message().contains("has an error in its body"),
            _ => false,
        }
    }

    pub(crate) fn corrupt(table: &'static str, what: impl Into<String>) -> Self {
        Self::Corrupt { table, what: what.into() }
    }
}

impl From<DbErr> for StoreError {
    fn from(error: DbErr) -> Self {
        // The original error is dropped on purpose: some servers include the duplicate key in its text.
        contention(&error).map_or(Self::Database(error), Self::Contended)
    }
}

/// Stands for the name of a constraint that the server does not tell.
const UNNAMED: &str = "a unique constraint";

fn contention(error: &DbErr) -> Option<Contention> {
    let cause = match sqlx_error(error)? {
        sqlx::Error::Database(cause) => cause,
        // OceanBase puts the bytes of a duplicate key into the text of the error, which the driver then cannot read.
        sqlx::Error::Protocol(said) if said.starts_with("invalid utf-8 sequence") => {
            return Some(Contention::UniqueConstraint(UNNAMED.to_owned()));
        }
        _ => return None,
    };
    if matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_))) {
        return Some(Contention::UniqueConstraint(constraint(&**cause)));
    }
    match mysql_number(&**cause) {
        // "Record has changed since last read", "Lock wait timeout exceeded", "Deadlock found".
        Some(1020) => Some(Contention::Serialization),
        // OceanBase: it rolled the transaction back, as it does when another node takes a table over.
        Some(6002) if cause.code().as_deref() == Some("40000") => Some(Contention::Serialization),
        Some(1205) => Some(Contention::LockTimeout),
        Some(1213) => Some(Contention::Deadlock),
        Some(_) => None,
        None => match cause.code().as_deref() {
            // PostgreSQL: serialization_failure, deadlock_detected, lock_not_available.
            Some("40001") => Some(Contention::Serialization),
            Some("40P01") => Some(Contention::Deadlock),
            Some("55P03") => Some(Contention::LockTimeout),
            // SQLite: BUSY, BUSY_SNAPSHOT.
            Some("5" | "517") => Some(Contention::Busy),
            _ => None,
        },
    }
}

/// Returns the name of the violated unique constraint. PostgreSQL reports it in a field. MariaDB and SQLite report it
/// only in the message; MariaDB puts the duplicate values before it, and these must not be logged.
fn constraint(error: &dyn sqlx::error::DatabaseError) -> String {
    let message = error.message();
    let in_message = || match message.rsplit_once(" for key ") {
        Some((_, key)) => Some(key.trim_matches('\'')),
        None => message.strip_prefix("UNIQUE constraint failed: "),
    };
    let is_name = |name: &&str| name.chars().all(|c| c.is_ascii_alphanumeric() || "_., ".contains(c));
    error.constraint().or_else(in_message).filter(is_name).unwrap_or(UNNAMED).to_owned()
}

/// Returns whether SQLite refused a connection because another process holds a lock: `BUSY`, `BUSY_RECOVERY`, `BUSY_SNAPSHOT`.
pub(crate) fn is_busy(error: &DbErr) -> bool {
    let DbErr::Conn(RuntimeErr::SqlxError(cause)) = error else { return false };
    let sqlx::Error::Database(cause) = &**cause else { return false };
    mysql_number(&**cause).is_none() && matches!(cause.code().as_deref(), Some("5" | "261" | "517"))
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

fn was_cancelled(error: &sqlx::Error) -> bool {
    let sqlx::Error::Database(error) = error else { return false };
    match mysql_number(&**error) {
        // MariaDB: 1969 "Query execution was interrupted (max_statement_time exceeded)". MySQL: 3024 "Query execution was
        // interrupted, maximum statement execution time exceeded". OceanBase: 4012 "query has reached the maximum query timeout",
        // "Transaction timeout occurred".
        Some(number) => matches!(number, 1969 | 3024 | 4012),
        // PostgreSQL: query_canceled. SQLite: INTERRUPT.
        None => matches!(error.code().as_deref(), Some("57014" | "9")),
    }
}

/// Returns whether the server is out of disk space or memory. The connection stays usable.
fn is_out_of_resources(error: &sqlx::Error) -> bool {
    let sqlx::Error::Database(error) = error else { return false };
    match mysql_number(&**error) {
        // 1021 "Disk full", 1041 "Out of memory", 1114 "The table is full"; of OceanBase 4184 "Server out of disk space".
        Some(number) => matches!(number, 1021 | 1041 | 1114 | 4184),
        // PostgreSQL: disk_full, out_of_memory. SQLite: FULL, IOERR_SHMSIZE.
        None => matches!(error.code().as_deref(), Some("53100" | "53200" | "13" | "4874")),
    }
}

pub(crate) fn is_away(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => true,
        sqlx::Error::Database(error) => match mysql_number(&**error) {
            // 1040 "Too many connections", 1047 "WSREP has not yet prepared node for application use", 1053 "Server shutdown in
            // progress", 1290 "The MariaDB server is running with the --read-only option", 1927 "Connection was killed"; of
            // OceanBase 6002 "Transaction idle timeout occurred", unless it is a conflict.
            Some(number) => matches!(number, 1040 | 1047 | 1053 | 1290 | 1927 | 6002),
            // PostgreSQL: connection exceptions, too_many_connections, admin_shutdown, crash_shutdown, cannot_connect_now,
            // idle_in_transaction_session_timeout, read_only_sql_transaction: the server is a standby, and another one writes.
            None => error.code().is_some_and(|code| {
                let numbers = ["53300", "57P01", "57P02", "57P03", "25P03", "25006"];
                code.len() == 5 && (code.starts_with("08") || numbers.contains(&&*code))
            }),
        },
        _ => false,
    }
}
