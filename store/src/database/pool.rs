//! The pool of connections. A connection is taken for each query or transaction, without asking the server whether it is
//! alive: a query that finds its connection closed runs again on another one.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use deadpool::managed::{self, Manager, Metrics, Object, PoolError, RecycleError, RecycleResult, Timeouts};
use deadpool::{Runtime, managed::QueueMode};
use sea_orm::sqlx;
use sea_orm::{ConnAcquireErr, ConnectionTrait, DbBackend, DbErr, ExecResult, QueryResult, RuntimeErr, Statement};
use secrecy::ExposeSecret;

use super::Options;
use super::connection::{Connection, Sent, Target};
use super::group::Writer;
use super::transaction::Transaction;
use crate::StoreError;
use crate::error::is_busy;

/// After this time without use, a connection is asked whether the server still knows it.
const IDLE: Duration = Duration::from_secs(30);
/// The pause before another attempt to open a database that another process is opening.
const SQLITE_PAUSE: Duration = Duration::from_millis(50);

/// How the connections of a pool are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolUsage {
    /// Connections that a query or a transaction has.
    pub used: usize,
    /// Open connections that are free.
    pub idle: usize,
    /// Queries and transactions that wait for a connection.
    pub waiting: usize,
}

/// A pool of connections. Clones are cheap and share it.
#[derive(Debug, Clone)]
pub(crate) struct Pool {
    connections: managed::Pool<Opener>,
    /// SQLite's one writer.
    writer: Option<Arc<Writer>>,
    backend: DbBackend,
    sent: Arc<Sent>,
}

/// Opens connections and decides which are used again.
#[derive(Debug, Clone)]
pub(super) struct Opener {
    target: Target,
    sent: Arc<Sent>,
}

impl Opener {
    pub(super) fn patience(&self) -> Duration {
        self.target.patience()
    }
}

impl Manager for Opener {
    type Type = Connection;
    type Error = sqlx::Error;

    async fn create(&self) -> Result<Connection, sqlx::Error> {
        self.target.connect(&self.sent).await
    }

    async fn recycle(&self, connection: &mut Connection, metrics: &Metrics) -> RecycleResult<sqlx::Error> {
        if !connection.is_sound() {
            return Err(RecycleError::message("a statement was given up, or the server has gone"));
        }
        if self.target.backend() != DbBackend::Sqlite && metrics.last_used() >= IDLE {
            connection.ping().await?;
        }
        Ok(())
    }
}

impl Pool {
    /// Opens the pool, and one connection to check that the database answers.
    pub(crate) async fn open(options: &Options) -> Result<Self, StoreError> {
        let url = options.url.expose_secret();
        let target = Target::read(url, options.statement_timeout, options.shares_connections)?;
        let (backend, sent) = (target.backend(), Arc::<Sent>::default());
        let opener = Opener { target, sent: sent.clone() };
        let patience = Some(options.acquire_timeout);
        let connections = managed::Pool::builder(opener.clone())
            .max_size(usize::try_from(options.max_connections).unwrap_or(usize::MAX))
            .timeouts(Timeouts { wait: patience, create: patience, recycle: patience })
            .queue_mode(QueueMode::Lifo)
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|error| DbErr::Conn(RuntimeErr::Internal(error.to_string())))?;
        let writer = (backend == DbBackend::Sqlite).then(|| Arc::new(Writer::new(opener)));
        let pool = Self { connections, writer, backend, sent };
        let until = Instant::now() + options.acquire_timeout;
        loop {
            match pool.take().await {
                // SQLite does not wait for a process that is switching the same file to its write-ahead log.
                Err(error) if is_busy(&error) && Instant::now() < until => tokio::time::sleep(SQLITE_PAUSE).await,
                Err(error) => return Err(error.into()),
                Ok(_) => return Ok(pool),
            }
        }
    }

    /// How many selections a statement unites at most.
    pub(crate) fn most_united(&self) -> usize {
        self.connections.manager().target.most_united()
    }

    /// Begins a transaction.
    pub(crate) async fn begin(&self) -> Result<Transaction, StoreError> {
        if let Some(writer) = &self.writer {
            return Ok(Transaction::in_group(writer.begin().await?));
        }
        loop {
            let mut connection = self.take().await?;
            match connection.begin_transaction().await {
                Ok(()) => return Ok(Transaction::alone(connection, self.backend, self.most_united())),
                Err(_) if connection.has_gone_stale() => drop(Object::take(connection)),
                Err(error) => return Err(error.into()),
            }
        }
    }

    pub(crate) async fn ping(&self) -> Result<(), DbErr> {
        let answer = self.take().await?.ping().await;
        answer.map_err(|error| DbErr::Conn(RuntimeErr::SqlxError(error.into())))
    }

    /// Closes all connections; those in use when they are returned.
    pub(crate) async fn close(&self) {
        for connection in self.connections.retain(|_, _| false).removed {
            connection.close().await;
        }
        self.connections.close();
        if let Some(writer) = &self.writer {
            writer.close().await;
        }
    }

    /// Returns how the connections are used now.
    pub(crate) fn usage(&self) -> PoolUsage {
        let status = self.connections.status();
        PoolUsage {
            used: status.size.saturating_sub(status.available),
            idle: status.available,
            waiting: status.waiting,
        }
    }

    /// Returns the number of statements sent, including failed ones.
    pub(crate) fn statements(&self) -> u64 {
        self.sent.statements()
    }

    /// Returns how often the process has waited for an answer of the database.
    pub(crate) fn round_trips(&self) -> u64 {
        self.sent.round_trips()
    }

    /// Returns the number of transactions that wait for SQLite's writer.
    #[cfg(test)]
    pub(crate) fn waiting_writers(&self) -> usize {
        self.writer.as_ref().map_or(0, |writer| writer.waiting())
    }

    async fn take(&self) -> Result<Object<Opener>, DbErr> {
        let taken = Box::pin(self.connections.get()).await.map_err(|error| match error {
            PoolError::Timeout(_) => DbErr::ConnectionAcquire(ConnAcquireErr::Timeout),
            PoolError::Closed => DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed),
            PoolError::Backend(error) => DbErr::Conn(RuntimeErr::SqlxError(error.into())),
            error @ (PoolError::NoRuntimeSpecified | PoolError::PostCreateHook(_)) => {
                DbErr::Conn(RuntimeErr::Internal(error.to_string()))
            }
        })?;
        taken.restart_limit();
        Ok(taken)
    }
}

/// Runs a query in a transaction of its own if the connection needs one.
macro_rules! alone {
    ($connection:ident => $query:expr) => {
        if !$connection.needs_transactions() {
            $query.await
        } else if let Err(error) = $connection.begin_transaction().await {
            Err(error)
        } else {
            let outcome = $query.await;
            $connection.end_transaction(outcome).await
        }
    };
}

/// Runs a query on any free connection. A read is repeated if its connection turns out to be closed.
macro_rules! repeated {
    ($pool:expr, $connection:ident => $query:expr) => {
        loop {
            let mut $connection = $pool.take().await?;
            match alone!($connection => $query) {
                Err(_) if $connection.has_gone_stale() => drop(Object::take($connection)),
                outcome => return outcome,
            }
        }
    };
}

#[async_trait]
impl ConnectionTrait for Pool {
    fn get_database_backend(&self) -> DbBackend {
        self.backend
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        // Not repeated: the database may have executed it.
        let mut connection = self.take().await?;
        alone!(connection => connection.execute(&statement))
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.take().await?.execute_unprepared(sql).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        repeated!(self, connection => connection.query_one(&statement))
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        repeated!(self, connection => connection.query_all(&statement))
    }
}
