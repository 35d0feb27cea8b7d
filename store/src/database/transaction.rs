//! Transactions, and what runs queries: a pool or a transaction.

use std::error::Error;

use async_trait::async_trait;
use deadpool::managed::Object;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, ExecResult, QueryResult, Statement};
use tokio::sync::Mutex;

use super::Pool;
use super::connection::Connection;
use super::deferred::{Deferred, Pending, Rows};
use super::group::Turn;
use super::pool::Opener;
use super::session::MOST_UNITED;
use crate::{Contention, StoreError};

/// A transaction. Dropping it rolls it back.
#[derive(Debug)]
pub(crate) struct Transaction {
    state: Mutex<State>,
    backend: DbBackend,
    most_united: usize,
}

#[derive(Debug)]
struct State {
    held: Held,
    pending: Pending,
}

impl State {
    const fn new(held: Held) -> Self {
        Self { held, pending: Pending::new() }
    }

    /// Sends the deferred writes, and returns the connection for the next statement.
    async fn connection(&mut self, backend: DbBackend) -> Result<&mut Connection, DbErr> {
        let connection = self.held.connection()?;
        self.pending.send(connection, backend).await?;
        Ok(connection)
    }
}

#[derive(Debug)]
enum Held {
    /// A connection of its own; taken when the transaction has ended.
    Alone(Option<Object<Opener>>),
    /// SQLite's writing connection.
    InGroup(Turn),
}

impl Held {
    fn connection(&mut self) -> Result<&mut Connection, DbErr> {
        match self {
            Self::Alone(connection) => connection.as_deref_mut().ok_or_else(ended),
            Self::InGroup(turn) => turn.connection().ok_or_else(ended),
        }
    }
}

fn ended() -> DbErr {
    DbErr::Custom("the transaction has ended".to_owned())
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Self::Alone(connection) = self {
            // Closing the connection makes the server roll back at once.
            drop(connection.take().map(Object::take));
        }
    }
}

impl Transaction {
    pub(super) fn alone(connection: Object<Opener>, backend: DbBackend, most_united: usize) -> Self {
        Self { state: Mutex::new(State::new(Held::Alone(Some(connection)))), backend, most_united }
    }

    pub(super) fn in_group(turn: Turn) -> Self {
        let state = Mutex::new(State::new(Held::InGroup(turn)));
        Self { state, backend: DbBackend::Sqlite, most_united: MOST_UNITED }
    }

    /// Sends a write with the next statement, or before the commit. Returns the number of changed rows, which is known then.
    ///
    /// Deferred writes run in no particular order, so none may depend on a row that another one changes. Foreign keys are fine.
    pub(crate) async fn later(&self, write: Deferred) -> Result<Rows, StoreError> {
        let mut state = self.state.lock().await;
        if state.pending.collides(&write) {
            state.connection(self.backend).await?;
        }
        Ok(state.pending.add(write))
    }

    /// Sends the deferred writes.
    ///
    /// # Errors
    /// Returns [`StoreError::Contended`] if a write that must change a row has changed none.
    pub(crate) async fn settle(&self) -> Result<(), StoreError> {
        let mut state = self.state.lock().await;
        state.connection(self.backend).await?;
        state.pending.check()
    }

    /// Treats the server as a node of Galera.
    #[cfg(all(test, feature = "mariadb"))]
    pub(crate) async fn pretend_galera(&self) {
        if let Held::Alone(Some(connection)) = &mut self.state.lock().await.held {
            connection.is_galera = true;
        }
    }

    /// Asks Galera whether the transaction goes on. See ADR 0100.
    ///
    /// # Errors
    /// Returns [`StoreError::Contended`] if it was ended for one of another node.
    async fn check_alive(&self) -> Result<(), StoreError> {
        let Held::Alone(Some(connection)) = &mut self.state.lock().await.held else { return Ok(()) };
        if connection.has_lost_transaction().await? {
            return Err(StoreError::Contended(Contention::Serialization));
        }
        Ok(())
    }

    /// Returns the lost race behind the failure of an attempt: Galera has ended its transaction before (ADR 0100), or the session does
    /// not find what is there (ADR 0101), and is closed here. `error` is what the store failed with, if it did.
    pub(crate) async fn lost_race(&self, error: Option<&StoreError>) -> Option<StoreError> {
        if matches!(error, Some(StoreError::Contended(_))) {
            return None;
        }
        if let Err(lost @ StoreError::Contended(_)) = self.check_alive().await {
            return Some(lost);
        }
        if !error.is_some_and(StoreError::is_missing_definition) {
            return None;
        }
        let Held::Alone(held) = &mut self.state.lock().await.held else { return None };
        let misled = held.take_if(|connection| connection.is_galera)?;
        tracing::warn!(
            cause = error.and_then(Error::source),
            "a session of Galera does not find a table or a trigger: it is closed"
        );
        drop(Object::take(misled));
        Some(StoreError::Contended(Contention::Serialization))
    }

    /// Sends the deferred writes and commits.
    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        let settled = match self.settle().await {
            Ok(()) => self.check_alive().await,
            Err(error) => Err(error),
        };
        if let Err(error) = settled {
            self.roll_back().await;
            return Err(error);
        }
        match &mut self.state.into_inner().held {
            Held::Alone(connection) => Ok(end(connection, "COMMIT").await?),
            Held::InGroup(turn) => turn.commit().await,
        }
    }

    /// Rolls back and releases the locks. If that fails, the connection is closed.
    pub(crate) async fn roll_back(self) {
        match &mut self.state.into_inner().held {
            Held::Alone(connection) => {
                // A transaction that the database has already ended is fine.
                let _ = end(connection, "ROLLBACK").await;
            }
            Held::InGroup(turn) => turn.roll_back().await,
        }
    }
}

/// Ends the transaction. The connection goes back to the pool if that succeeded, and is closed otherwise.
async fn end(connection: &mut Option<Object<Opener>>, how: &'static str) -> Result<(), DbErr> {
    connection.as_deref_mut().ok_or_else(ended)?.control(how).await?;
    drop(connection.take());
    Ok(())
}

#[async_trait]
impl ConnectionTrait for Transaction {
    fn get_database_backend(&self) -> DbBackend {
        self.backend
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.state.lock().await.connection(self.backend).await?.execute(&statement).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.state.lock().await.connection(self.backend).await?.execute_unprepared(sql).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.state.lock().await.connection(self.backend).await?.query_one(&statement).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.state.lock().await.connection(self.backend).await?.query_all(&statement).await
    }
}

/// What runs the queries of a view.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Executor<'a> {
    /// Any free connection, for each query.
    Pool(&'a Pool),
    /// The transaction's connection.
    Transaction(&'a Transaction),
}

impl Executor<'_> {
    /// How many selections a statement unites at most.
    pub(crate) fn most_united(&self) -> usize {
        match self {
            Self::Pool(pool) => pool.most_united(),
            Self::Transaction(transaction) => transaction.most_united,
        }
    }
}

#[async_trait]
impl ConnectionTrait for Executor<'_> {
    fn get_database_backend(&self) -> DbBackend {
        match self {
            Self::Pool(pool) => pool.get_database_backend(),
            Self::Transaction(transaction) => transaction.get_database_backend(),
        }
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        match self {
            Self::Pool(pool) => pool.execute_raw(statement).await,
            Self::Transaction(transaction) => transaction.execute_raw(statement).await,
        }
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        match self {
            Self::Pool(pool) => pool.execute_unprepared(sql).await,
            Self::Transaction(transaction) => transaction.execute_unprepared(sql).await,
        }
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        match self {
            Self::Pool(pool) => pool.query_one_raw(statement).await,
            Self::Transaction(transaction) => transaction.query_one_raw(statement).await,
        }
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        match self {
            Self::Pool(pool) => pool.query_all_raw(statement).await,
            Self::Transaction(transaction) => transaction.query_all_raw(statement).await,
        }
    }
}
