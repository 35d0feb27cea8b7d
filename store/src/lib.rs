//! The database layer, and the only crate that runs SQL. Reads take a [`View`], writes take a [`Tx`].
//! A module has the queries of one subject, as functions over these two. Terms: `docs/glossary.md`.

mod actor;
pub mod audit;
pub mod conflict;
pub mod data_check;
mod database;
pub mod document;
mod error;
pub mod history;
pub mod import;
mod json;
pub mod key;
pub mod link;
pub mod login;
pub mod merge;
pub mod order;
pub mod outbox;
mod page;
pub mod person_event;
pub mod phone;
mod random;
pub mod receipt;
pub mod service_token;
pub mod session;
pub mod sms;
pub mod union_scope;
pub mod upstream;
pub mod user;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use domain::SessionId;
use sea_orm::{
    DatabaseConnection, DatabaseExecutor, DatabaseTransaction, SqliteTransactionMode, TransactionOptions,
    TransactionTrait,
};

pub use actor::{Actor, UnknownActor};
pub use database::{Options, Write, WriteError, purge_expired, sqlite_file};
pub use error::{Contention, StoreError};
pub use page::{Front, Place};

use key::Vault;

/// A pool of database connections. Clones are cheap and share the pool.
#[derive(Clone, Debug)]
pub struct Store {
    db: DatabaseConnection,
    vault: Arc<Vault>,
    /// The number of statements sent.
    statements: Arc<AtomicU64>,
}

/// Read access to the database.
#[derive(Debug)]
pub struct View<'a> {
    db: DatabaseExecutor<'a>,
    vault: &'a Vault,
}

/// A transaction, with read and write access. Dropping it without [`commit`](Self::commit) rolls it back.
#[derive(Debug)]
pub struct Tx {
    db: DatabaseTransaction,
    vault: Arc<Vault>,
    /// The session that the transaction acts in, for the journal.
    session: Option<SessionId>,
}

impl Store {
    /// Wraps a connection pool and the vault that opens its data keys.
    fn over(mut db: DatabaseConnection, vault: Arc<Vault>) -> Self {
        let statements = Arc::<AtomicU64>::default();
        let counter = statements.clone();
        db.set_metric_callback(move |info| {
            counter.fetch_add(1, Ordering::Relaxed);
            // The text alone: values are bound, and may be secret.
            tracing::trace!(sql = info.statement.sql, "statement");
        });
        Self { db, vault, statements }
    }

    /// Returns the number of statements sent through this pool, including failed ones. `BEGIN`, `COMMIT` and
    /// `ROLLBACK` are not counted.
    #[must_use]
    pub fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }

    /// Returns a view of committed data. Each query uses any free connection.
    #[must_use]
    pub fn view(&self) -> View<'_> {
        View { db: (&self.db).into(), vault: &self.vault }
    }

    /// Begins a transaction. Prefer [`write`](Self::write), which commits and retries.
    pub async fn begin(&self) -> Result<Tx, StoreError> {
        // SQLite allows one writer. A transaction that starts with a read would fail at its first write, so it takes
        // the write lock at once.
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        Ok(Tx { db: self.db.begin_with_options(options).await?, vault: self.vault.clone(), session: None })
    }

    /// Opens another pool of connections to the same database, with the same keys.
    pub async fn beside(&self, options: &Options) -> Result<Self, StoreError> {
        Ok(Self::over(database::connect(options).await?, self.vault.clone()))
    }

    /// Checks that the database answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        Ok(self.db.ping().await?)
    }

    /// Closes all connections, waiting for those in use to be returned.
    pub async fn close(self) {
        // A pool that is already closed is fine.
        let _ = self.db.close().await;
    }
}

impl Tx {
    /// Returns a view from inside the transaction, which also sees its own uncommitted writes.
    #[must_use]
    pub fn look(&self) -> View<'_> {
        View { db: (&self.db).into(), vault: &self.vault }
    }

    /// Commits the transaction.
    pub async fn commit(self) -> Result<(), StoreError> {
        Ok(self.db.commit().await?)
    }

    /// Rolls back all writes and releases the locks.
    async fn roll_back(self) {
        // A transaction that the database has already ended is fine.
        let _ = self.db.rollback().await;
    }
}
