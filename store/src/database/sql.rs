//! Query helpers that several modules share.

use domain::{Timestamp, UserId};
use entities::user::{self, Status};
use sea_orm::sea_query::{Expr, ExprTrait, LockType};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, IntoActiveModel, ModelTrait, QueryFilter, QueryOrder,
    QuerySelect, Select,
};
use uuid::{NoContext, Uuid};

use crate::{StoreError, Tx};

/// The maximum number of rows or keys per statement. With ten columns each, this is well below SQLite's limit of
/// 32,766 values.
pub(crate) const CHUNK: usize = 500;

/// Compares two columns for equality.
pub(crate) fn same(one: impl ColumnTrait, other: impl ColumnTrait) -> Expr {
    Expr::col(one.as_column_ref()).equals(other.as_column_ref())
}

/// Returns a conflict if a guarded update matched no row, because a concurrent transaction has changed the table.
pub(crate) fn changed_unless(table: &'static str, rows: u64) -> Result<(), StoreError> {
    if rows == 0 { Err(StoreError::changed(table)) } else { Ok(()) }
}

/// Returns a new id for a row that is not referred to outside the store.
pub(crate) fn row_id(now: Timestamp) -> Uuid {
    let (seconds, nanos) = now.unix_parts();
    Uuid::new_v7(uuid::Timestamp::from_unix(NoContext, seconds, nanos))
}

/// Reads a hash from a column.
pub(crate) fn read_hash(table: &'static str, bytes: Vec<u8>) -> Result<[u8; 32], StoreError> {
    bytes.try_into().map_err(|_| StoreError::corrupt(table, "a hash is not 32 bytes long"))
}

impl Tx {
    /// Locks accounts until the end of the transaction. Accounts are locked in the order of their ids and before any
    /// of their rows, so that concurrent transactions queue and do not deadlock.
    pub(crate) async fn lock(&self, users: &[UserId]) -> Result<Vec<user::Model>, StoreError> {
        let rows =
            user::Entity::find().filter(user::Column::Id.is_in(users.iter().copied())).order_by_asc(user::Column::Id);
        Ok(self.locking(rows).all(&self.db).await?)
    }

    /// Locks the selected rows against changes until the end of the transaction. The lock is the weakest that does
    /// so: in PostgreSQL, rows that refer to them can still be inserted.
    pub(crate) fn locking<E: EntityTrait>(&self, rows: Select<E>) -> Select<E> {
        match self.db.get_database_backend() {
            DbBackend::Postgres => rows.lock(LockType::NoKeyUpdate),
            _ => rows.lock_exclusive(),
        }
    }

    /// Locks accounts, none of which may be an alias or closed.
    pub(crate) async fn lock_active(&self, users: &[UserId]) -> Result<Vec<user::Model>, StoreError> {
        let rows = self.lock(users).await?;
        let closed = |row: &user::Model| match row.status {
            Status::Disabled | Status::Erased => true,
            Status::Active | Status::Merged => false,
        };
        if rows.iter().any(closed) {
            return Err(StoreError::Closed);
        }
        let all_active = rows.len() == users.len() && rows.iter().all(|row| row.status == Status::Active);
        if all_active { Ok(rows) } else { Err(StoreError::changed("users")) }
    }

    /// Locks one account.
    pub(crate) async fn lock_one(&self, user: UserId) -> Result<user::Model, StoreError> {
        self.lock_active(&[user]).await?.pop().ok_or(StoreError::changed("users"))
    }

    /// Locks the accounts that a case will name, so that none of them becomes an alias meanwhile. Closed accounts are
    /// allowed.
    pub(crate) async fn lock_for_case(&self, users: &[UserId]) -> Result<(), StoreError> {
        let rows = self.lock(users).await?;
        if rows.iter().any(|row| row.status == Status::Merged) { Err(StoreError::changed("users")) } else { Ok(()) }
    }

    /// Inserts one row. A duplicate key is [`StoreError::Contended`].
    pub(crate) async fn insert<E, M>(&self, row: M) -> Result<(), StoreError>
    where
        E: EntityTrait<Model = M>,
        M: ModelTrait<Entity = E> + IntoActiveModel<E::ActiveModel>,
    {
        E::insert(row.into_active_model()).exec_without_returning(&self.db).await?;
        Ok(())
    }

    /// Inserts any number of rows in few statements.
    pub(crate) async fn insert_all<E, M>(&self, rows: Vec<M>) -> Result<(), StoreError>
    where
        E: EntityTrait<Model = M>,
        M: ModelTrait<Entity = E> + IntoActiveModel<E::ActiveModel>,
    {
        let mut rows = rows.into_iter().map(IntoActiveModel::into_active_model).peekable();
        while rows.peek().is_some() {
            E::insert_many(rows.by_ref().take(CHUNK)).exec_without_returning(&self.db).await?;
        }
        Ok(())
    }
}
