//! The only crate that runs SQL: what can be read is a method of [`View`], what can be written one of [`Tx`].
//! Nothing here decides who a person is: see `domain`.

mod actor;
pub mod audit;
pub mod conflict;
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

/// The database behind a pool of connections. Cloning is cheap and shares the pool.
#[derive(Clone, Debug)]
pub struct Store {
    db: DatabaseConnection,
    vault: Arc<Vault>,
    /// How many statements were sent.
    statements: Arc<AtomicU64>,
}

/// Can look.
#[derive(Debug)]
pub struct View<'a> {
    db: DatabaseExecutor<'a>,
    vault: &'a Vault,
}

/// Can look and touch. What it wrote is undone unless it is committed: dropping it is a rollback.
#[derive(Debug)]
pub struct Tx {
    db: DatabaseTransaction,
    vault: Arc<Vault>,
    /// The session in which it acts, for the journal.
    session: Option<SessionId>,
}

impl Store {
    /// The database behind this pool, and what opens its keys.
    fn over(mut db: DatabaseConnection, vault: Arc<Vault>) -> Self {
        let statements = Arc::<AtomicU64>::default();
        let counter = statements.clone();
        db.set_metric_callback(move |_| {
            counter.fetch_add(1, Ordering::Relaxed);
        });
        Self { db, vault, statements }
    }

    /// How many statements were sent to the database through this pool, failed ones included; transactions begin and end
    /// without being counted.
    #[must_use]
    pub fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }

    /// Looks at what is committed, each question on any free connection.
    #[must_use]
    pub fn view(&self) -> View<'_> {
        View { db: (&self.db).into(), vault: &self.vault }
    }

    /// Begins a transaction. Use [`write`](Self::write), which commits it and retries.
    pub async fn begin(&self) -> Result<Tx, StoreError> {
        // SQLite has one writer: who begins by reading and then writes would fail at the first write, so we queue here.
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

    /// Asks the database whether it is there.
    pub async fn ping(&self) -> Result<(), StoreError> {
        Ok(self.db.ping().await?)
    }

    /// Closes every connection, after the ones in use have come back.
    pub async fn close(self) {
        // A pool that is closed already is what was asked for.
        let _ = self.db.close().await;
    }
}

impl Tx {
    /// Looks from inside the transaction: at what is committed and at what it wrote itself.
    #[must_use]
    pub fn look(&self) -> View<'_> {
        View { db: (&self.db).into(), vault: &self.vault }
    }

    /// Makes everything that was written permanent, at once.
    pub async fn commit(self) -> Result<(), StoreError> {
        Ok(self.db.commit().await?)
    }

    /// Undoes everything that was written, and frees what it locked.
    async fn roll_back(self) {
        // A transaction that the database has ended by itself is what was asked for.
        let _ = self.db.rollback().await;
    }
}
