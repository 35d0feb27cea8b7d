//! Group commit for SQLite, which has one writer and pays for each commit with a flush to the disk.
//!
//! All transactions of the process run one after another on one connection. Those that wait for their turn share the
//! commit of the one before: each runs in a savepoint of its own, and none is acknowledged before the common commit. If
//! that fails, [`Store::write`](crate::Store::write) runs all of them again. See ADR 0059.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use deadpool::managed::Manager;
use sea_orm::{ConnAcquireErr, DbErr, RuntimeErr};
use tokio::runtime::Handle;
use tokio::sync::oneshot::error::TryRecvError;
use tokio::sync::{Mutex, OwnedMutexGuard, oneshot};
use tokio::time::timeout;

use super::connection::Connection;
use super::pool::Opener;
use crate::{Contention, StoreError};

/// The most transactions that share a commit.
const MOST: usize = 64;
/// The age after which a group is committed although others wait.
const LONGEST: Duration = Duration::from_millis(2);

/// The writing connection of a SQLite database, and the queue in front of it.
#[derive(Debug)]
pub(super) struct Writer {
    group: Arc<Mutex<Group>>,
    /// The number of transactions that wait for their turn.
    waiting: AtomicUsize,
    patience: Duration,
}

/// The transactions since the last commit.
#[derive(Debug)]
struct Group {
    opener: Opener,
    connection: Option<Connection>,
    /// When the group's transaction began; `None` if there is none.
    begun: Option<Instant>,
    /// Finished transactions that wait for the commit. Dropping a sender tells its transaction that it is lost.
    finished: Vec<oneshot::Sender<()>>,
    current: Option<Place>,
    is_closed: bool,
}

/// The place of the transaction that has its turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// It began the group, so it needs no savepoint.
    First,
    Later,
}

/// A transaction's turn on the writing connection.
#[derive(Debug)]
pub(super) struct Turn {
    writer: Arc<Writer>,
    group: Option<OwnedMutexGuard<Group>>,
}

impl Writer {
    pub(super) fn new(opener: Opener) -> Self {
        let patience = opener.patience();
        let group =
            Group { opener, connection: None, begun: None, finished: Vec::new(), current: None, is_closed: false };
        Self { group: Arc::new(Mutex::new(group)), waiting: AtomicUsize::new(0), patience }
    }

    /// Waits for its turn and begins a transaction.
    pub(super) async fn begin(self: &Arc<Self>) -> Result<Turn, StoreError> {
        let waiting = Waiting::new(&self.waiting);
        let queued = timeout(self.patience, self.group.clone().lock_owned());
        let group = queued.await.map_err(|_| StoreError::Contended(Contention::Busy))?;
        drop(waiting);
        let mut turn = Turn { writer: self.clone(), group: Some(group) };
        uninterrupted(async move {
            if let Some(group) = &mut turn.group {
                group.roll_back().await;
                group.begin().await?;
            }
            Ok(turn)
        })
        .await
    }

    /// Returns the number of transactions that wait for their turn.
    #[cfg(test)]
    pub(super) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Closes the connection after the transaction that has its turn.
    pub(super) async fn close(&self) {
        let mut group = self.group.lock().await;
        group.roll_back().await;
        // The error is that of the transactions that wait for this commit.
        let _ = group.commit().await;
        group.is_closed = true;
        if let Some(connection) = group.connection.take() {
            connection.close().await;
        }
    }
}

/// Counts a waiting transaction, also if its request is given up.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn new(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Turn {
    /// Returns the writing connection until the turn has ended.
    pub(super) fn connection(&mut self) -> Option<&mut Connection> {
        self.group.as_mut()?.connection.as_mut()
    }

    /// Ends the transaction and waits until it is on the disk.
    pub(super) async fn commit(&mut self) -> Result<(), StoreError> {
        let Some(mut group) = self.group.take() else { return Err(lost()) };
        let writer = self.writer.clone();
        uninterrupted(async move {
            group.finish().await?;
            let is_full =
                group.finished.len() + 1 >= MOST || group.begun.is_none_or(|begun| begun.elapsed() >= LONGEST);
            if is_full || writer.waiting.load(Ordering::Relaxed) == 0 {
                return Ok(group.commit().await?);
            }
            let (sender, receiver) = oneshot::channel();
            group.finished.push(sender);
            drop(group);
            until_committed(writer, receiver).await
        })
        .await
    }

    /// Undoes the transaction alone.
    pub(super) async fn roll_back(&mut self) {
        if let Some(mut group) = self.group.take() {
            // Without an answer the next transaction rolls back before it begins.
            let _ = uninterrupted(async move {
                group.roll_back().await;
                Ok(())
            })
            .await;
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(mut group) = self.group.take().filter(|group| group.current.is_some())
            && let Ok(runtime) = Handle::try_current()
        {
            // The others in the group wait for it, and other processes for the lock.
            runtime.spawn(async move { group.roll_back().await });
        }
    }
}

/// Runs to the end, also if its caller is given up: half a `BEGIN` or `COMMIT` would keep the lock of the database.
async fn uninterrupted<T: Send + 'static>(
    work: impl Future<Output = Result<T, StoreError>> + Send + 'static,
) -> Result<T, StoreError> {
    tokio::spawn(work).await.unwrap_or_else(|_| Err(lost()))
}

/// Waits for the commit of the group, and makes it if its turn comes first.
async fn until_committed(writer: Arc<Writer>, mut receiver: oneshot::Receiver<()>) -> Result<(), StoreError> {
    tokio::select! {
        biased;
        committed = &mut receiver => committed.map_err(|_| lost()),
        mut group = writer.group.lock() => match receiver.try_recv() {
            Ok(()) => Ok(()),
            Err(TryRecvError::Closed) => Err(lost()),
            Err(TryRecvError::Empty) => {
                group.roll_back().await;
                group.commit().await?;
                // Rolling back what another transaction left behind may have ended the group.
                receiver.try_recv().map_err(|_| lost())
            }
        },
    }
}

/// The error of a transaction that was rolled back with its group.
fn lost() -> StoreError {
    StoreError::Contended(Contention::GroupRolledBack)
}

impl Group {
    async fn begin(&mut self) -> Result<(), DbErr> {
        if self.is_closed {
            return Err(DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed));
        }
        if self.connection.as_ref().is_none_or(|connection| !connection.is_sound()) {
            // Closing the old one rolls back the group.
            self.forget();
            let opened = Box::pin(self.opener.create()).await;
            self.connection = Some(opened.map_err(|error| DbErr::Conn(RuntimeErr::SqlxError(error.into())))?);
        }
        let (place, sql) = match self.begun {
            None => (Place::First, "BEGIN IMMEDIATE"),
            Some(_) => (Place::Later, "SAVEPOINT turn"),
        };
        self.control(sql).await?;
        self.begun.get_or_insert_with(Instant::now);
        self.current = Some(place);
        Ok(())
    }

    /// Ends the transaction that has its turn, so that only the commit is left.
    async fn finish(&mut self) -> Result<(), DbErr> {
        if self.current == Some(Place::Later)
            && let Err(error) = self.control("RELEASE turn").await
        {
            self.forget();
            return Err(error);
        }
        self.current = None;
        Ok(())
    }

    /// Undoes the transaction that has its turn, if there is one. If it cannot be undone alone, the group is lost.
    async fn roll_back(&mut self) {
        let undone = match self.current.take() {
            None => Ok(()),
            Some(Place::First) => {
                self.begun = None;
                self.control("ROLLBACK").await
            }
            Some(Place::Later) => match self.control("ROLLBACK TO turn").await {
                Ok(()) => self.control("RELEASE turn").await,
                Err(error) => Err(error),
            },
        };
        if undone.is_err() {
            // SQLite ends the whole transaction after some errors, such as a full disk.
            self.forget();
        }
    }

    /// Commits the group, if there is one, and tells its transactions.
    async fn commit(&mut self) -> Result<(), DbErr> {
        if self.begun.take().is_none() {
            return Ok(());
        }
        let committed = self.control("COMMIT").await;
        if committed.is_err() {
            self.forget();
        }
        for finished in self.finished.drain(..) {
            // A transaction whose task has gone does not wait.
            let _ = finished.send(());
        }
        committed
    }

    /// Gives up the group and its connection, which rolls it back.
    fn forget(&mut self) {
        self.finished.clear();
        self.begun = None;
        self.current = None;
        self.connection = None;
    }

    async fn control(&mut self, sql: &'static str) -> Result<(), DbErr> {
        let Some(connection) = &mut self.connection else {
            return Err(DbErr::Custom("the writing connection is closed".to_owned()));
        };
        connection.restart_limit();
        connection.control(sql).await
    }
}

#[cfg(test)]
mod tests;
