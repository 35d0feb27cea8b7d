//! The database layer, and the only crate that runs SQL. Reads take a [`View`], writes take a [`Tx`].
//! A module has the queries of one subject, as functions over these two. Terms: `docs/glossary.md`.

mod actor;
pub mod audit;
mod backlog;
pub mod conflict;
pub mod data_check;
mod database;
pub mod document;
pub mod erasure;
mod error;
pub mod event;
pub mod export;
pub mod follower;
pub mod history;
pub mod import;
mod json;
pub mod key;
pub mod link;
pub mod login;
pub mod merge;
pub mod operator;
pub mod order;
pub mod outbox;
mod page;
pub mod person_event;
pub mod phone;
pub mod picture;
#[cfg(test)]
mod plans;
pub mod push;
mod random;
pub mod receipt;
pub mod request;
pub mod search;
pub mod server;
pub mod service_token;
pub mod session;
pub mod sms;
pub mod statistics;
pub mod union_scope;
pub mod upstream;
pub mod user;
pub mod webhook;

use std::sync::Arc;

use domain::SessionId;
use sea_orm::{EntityTrait, UpdateMany};

pub use actor::{Actor, UnknownActor};
pub use backlog::Backlog;
pub use database::{Options, PoolUsage, Rows, SWEPT_AT_ONCE, Write, WriteError, purge_expired, sqlite_file, sweep};
pub use error::{Contention, StoreError};
pub use page::{Front, Place, Window};

use database::{Deferred, Executor, Pool, Transaction};
use event::Recording;
use key::Vault;

/// A pool of database connections. Clones are cheap and share the pool.
#[derive(Clone, Debug)]
pub struct Store {
    db: Pool,
    vault: Arc<Vault>,
    recording: Recording,
}

/// Read access to the database.
#[derive(Debug)]
pub struct View<'a> {
    db: Executor<'a>,
    vault: &'a Vault,
}

/// A transaction, with read and write access. Dropping it without [`commit`](Self::commit) rolls it back.
#[derive(Debug)]
pub struct Tx {
    db: Transaction,
    vault: Arc<Vault>,
    /// The session that the transaction acts in, for the journal.
    session: Option<SessionId>,
    /// The kinds of events that it records.
    recording: Recording,
}

impl Store {
    /// Wraps a connection pool and the vault that opens its data keys.
    fn over(db: Pool, vault: Arc<Vault>) -> Self {
        Self { db, vault, recording: Recording::default() }
    }

    /// Records events of these kinds in every write from now on. Without it none are recorded.
    #[must_use]
    pub fn recording(self, recording: Recording) -> Self {
        Self { recording, ..self }
    }

    /// Returns the number of statements sent through this pool, including failed ones. `BEGIN`, `COMMIT` and
    /// `ROLLBACK` are not counted.
    #[must_use]
    pub fn statements(&self) -> u64 {
        self.db.statements()
    }

    /// Returns how often this pool has waited for an answer of the database: for statements, `BEGIN`, `COMMIT` and the
    /// like.
    #[must_use]
    pub fn round_trips(&self) -> u64 {
        self.db.round_trips()
    }

    /// Returns a view of committed data. Each query uses any free connection.
    #[must_use]
    pub fn view(&self) -> View<'_> {
        View { db: Executor::Pool(&self.db), vault: &self.vault }
    }

    /// Begins a transaction. Prefer [`write`](Self::write), which commits and retries.
    pub async fn begin(&self) -> Result<Tx, StoreError> {
        let recording = self.recording.begin();
        Ok(Tx { db: self.db.begin().await?, vault: self.vault.clone(), session: None, recording })
    }

    /// Returns how the connections of the pool are used now.
    #[must_use]
    pub fn pool_usage(&self) -> PoolUsage {
        self.db.usage()
    }

    /// Checks that the database answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        Ok(self.db.ping().await?)
    }

    /// Closes all connections; those in use are closed when they are returned.
    pub async fn close(self) {
        self.db.close().await;
    }
}

impl Tx {
    /// Returns a view from inside the transaction, which also sees its own uncommitted writes.
    #[must_use]
    pub fn look(&self) -> View<'_> {
        View { db: Executor::Transaction(&self.db), vault: &self.vault }
    }

    /// Sends a write with the next statement of the transaction, or before its commit.
    async fn later(&self, write: Deferred) -> Result<Rows, StoreError> {
        self.db.later(write).await
    }

    /// Runs an update, in one round trip with the writes that were deferred. Returns whether it has changed a row.
    async fn changes<E: EntityTrait>(&self, update: UpdateMany<E>) -> Result<bool, StoreError> {
        let rows = self.later(Deferred::update(update)).await?;
        self.settle().await?;
        Ok(!rows.are_none())
    }

    /// Sends the writes that were deferred, and checks their outcome.
    async fn settle(&self) -> Result<(), StoreError> {
        self.db.settle().await
    }

    /// Commits the transaction.
    pub async fn commit(self) -> Result<(), StoreError> {
        self.db.commit().await?;
        self.recording.committed();
        Ok(())
    }

    /// Returns the lost race behind the failure of an attempt on Galera.
    async fn lost_race(&self, error: Option<&StoreError>) -> Option<StoreError> {
        self.db.lost_race(error).await
    }

    /// Rolls back all writes and releases the locks.
    async fn roll_back(self) {
        self.db.roll_back().await;
    }
}
